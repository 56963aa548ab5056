"""`request_id: [a, b]`: a header names every request, and no two alike."""

from __future__ import annotations

from collections.abc import Mapping

from wnmon.judge.kind import AcrossKind
from wnmon.judge.places import Places, complaint_across, prepare_requests
from wnmon.judge.subject import Subject, Unjudged
from wnmon.model.result import Finding
from wnmon.model.said import Said, either
from wnmon.model.text import cut

SHOWN = ("x-request-id", "request-id", "x-oneapi-request-id")
"""The names a finding offers: what OpenAI, Anthropic and the one-api family write."""

# x-litellm-call-id, x-amzn-RequestId, apim-request-id, x-ms-request-id, msh-request-id, X-B3-TraceId, X-Tt-Logid ...
_ENDINGS = (
    *("request-id", "requestid", "req-id", "call-id", "trace-id", "traceid", "log-id", "logid"),
    *("correlation-id", "correlationid"),
)
# Cloudflare, CloudFront, Vercel, Google, W3C Trace Context, OpenRouter.
_NAMES = frozenset({"cf-ray", "x-amz-cf-id", "x-vercel-id", "x-cloud-trace-context", "traceparent", "x-generation-id"})


def assess(expected: Places, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain where no header names every request by another value. One that does is enough, whatever others say."""
    answers = [subjects[name].exchange for name in expected.requests]
    named = dict.fromkeys(name.lower() for name, _ in answers[0].headers if _names_a_request(name.lower()))
    said = {name: [(answer.header(name) or "").strip() for answer in answers] for name in named}
    full = {name: values for name, values in said.items() if all(values)}
    if any(len(set(values)) == len(values) for values in full.values()):
        return []
    for name, values in full.items():
        message, actual = Said("request_ids_repeat"), cut(", ".join(values))
        return [complaint_across(message, Said("different_ids"), actual, f"header:{name}")]
    return [complaint_across(Said("request_id_missing"), either(SHOWN), Said("absent"), "headers")]


def _names_a_request(header: str) -> bool:
    return header in _NAMES or header.endswith(_ENDINGS)


KIND = AcrossKind(prepare_requests, assess)

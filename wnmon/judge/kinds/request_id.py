"""`request_id: [a, b]`: a header names every request, and no two alike."""

from __future__ import annotations

from collections.abc import Mapping

from wnmon.judge.kind import AcrossKind
from wnmon.judge.places import Places, complaint_across, prepare_requests
from wnmon.judge.subject import Subject, Unjudged
from wnmon.model.result import Finding
from wnmon.model.said import Said, either
from wnmon.model.text import cut

# openai-node reads x-request-id; one-api and new-api write X-Oneapi-Request-Id.
REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-oneapi-request-id", "x-requestid", "x-req-id", "x-trace-id")


def assess(expected: Places, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain where no header names every request, or where it names two alike."""
    answers = [subjects[name].exchange for name in expected.requests]
    for header in REQUEST_ID_HEADERS:
        values = [value for answer in answers if (value := (answer.header(header) or "").strip())]
        if len(values) == len(answers):
            if len(set(values)) == len(values):
                return []
            message, actual = Said("request_ids_repeat"), cut(", ".join(values))
            return [complaint_across(message, Said("different_ids"), actual, f"header:{header}")]
    wanted = either(REQUEST_ID_HEADERS[:3])
    return [complaint_across(Said("request_id_missing"), wanted, Said("absent"), "headers")]


KIND = AcrossKind(prepare_requests, assess)

"""Azure OpenAI as a relay: another path, `api-version` in the query, the key in `api-key`, errors of a gateway. Pure.

POST /openai/deployments/NAME/chat/completions?api-version=2024-10-21      Azure OpenAI, REST API reference
api-key: KEY                                                               or Authorization: Bearer, for Entra ID
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from urllib.parse import parse_qs

from wnmon.mock.changes import each_choice
from wnmon.mock.fault import ApiCall, FaultKind, MockFault
from wnmon.mock.stream import SentEvent
from wnmon.model.json import Json, JsonObject

_PATH = re.compile(r"/openai/deployments/[A-Za-z0-9._-]+(/chat/completions)")
_MODELS = "/openai/models"
_NOWHERE = "/nowhere"
_HARMLESS: Json = {"hate": {"filtered": False, "severity": "safe"}, "violence": {"filtered": False, "severity": "safe"}}
_OF_THE_GATEWAY = {
    "unknown_url": ("404", "Resource not found"),
    "invalid_api_key": (
        "401",
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
        "active subscription and use a correct regional API endpoint for your resource.",
    ),
}


def _arrive(call: ApiCall) -> ApiCall:
    """Return the call as the reference relay is asked; one without a version of the API finds nothing."""
    head = call.head
    found = _PATH.fullmatch(head.path)
    path = f"/v1{found[1]}" if found else "/v1/models" if head.path == _MODELS else _NOWHERE
    key = head.headers.get("api-key")
    headers = {**head.headers, "authorization": f"Bearer {key}"} if key is not None else head.headers
    has_version = bool(parse_qs(head.query).get("api-version"))
    return replace(call, head=replace(head, path=path if has_version else _NOWHERE, headers=headers))


def _error(_: ApiCall, value: JsonObject) -> JsonObject:
    """Say what the gateway before the models says as it says it, and leave their own errors."""
    error = value.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    said = _OF_THE_GATEWAY.get(str(code))
    return value if said is None else {"error": {"code": said[0], "message": said[1]}}


def _with_preamble(_: ApiCall, events: Iterator[SentEvent]) -> Iterator[SentEvent]:
    """Begin with a chunk without choices and without a name that carries the verdict on the prompt."""
    first = next(events)
    verdict: Json = [{"prompt_index": 0, "content_filter_results": _HARMLESS}]
    nameless: JsonObject = {"id": "", "object": "", "created": 0, "model": ""}
    preamble: JsonObject = {**(first.chunk or {}), **nameless, "choices": [], "prompt_filter_results": verdict}
    return chain([SentEvent(chunk=preamble), first], events)


def _filtered(_: ApiCall, choice: JsonObject) -> JsonObject:
    return {**choice, "content_filter_results": _HARMLESS if choice.get("finish_reason") is None else {}}


def _document(call: ApiCall, value: JsonObject) -> JsonObject:
    verdict: Json = [{"prompt_index": 0, "content_filter_results": _HARMLESS}]
    return {**each_choice(_filtered)(call, value), "prompt_filter_results": verdict}


AZURE = MockFault(
    says="Azure OpenAI: /openai/deployments/NAME?api-version=…, the key in api-key, filter results",
    kind=FaultKind.RELAY,
    arriving=_arrive,
    error=_error,
    completion=_document,
    events=_with_preamble,
    chunk=each_choice(_filtered),
)

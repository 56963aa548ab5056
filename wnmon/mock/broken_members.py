"""Faults of one documented member of a completion: it is absent, null, or of another type. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from wnmon.mock.broken_answers import setting, without
from wnmon.mock.chat import Refusal
from wnmon.mock.fault import Answer, ApiCall, MockFault
from wnmon.mock.relay import refuse
from wnmon.model.json import Json, JsonObject

Members = Callable[[ApiCall, JsonObject], JsonObject]


def created_as_text(_: ApiCall, value: JsonObject) -> JsonObject:
    """Write the instant as a text."""
    return {**value, "created": str(value["created"])} if "created" in value else value


def choices_by_index(_: ApiCall, value: JsonObject) -> JsonObject:
    """Make an object of the choices, with their indexes as names."""
    choices = value.get("choices")
    named: dict[str, Json] = {str(place): one for place, one in enumerate(choices if isinstance(choices, list) else [])}
    return {**value, "choices": named}


def index_as_text(_: ApiCall, value: JsonObject) -> JsonObject:
    """Write the index of each choice as a text."""
    choices = value.get("choices")
    found = [one for one in choices if isinstance(one, dict)] if isinstance(choices, list) else []
    return {**value, "choices": [{**one, "index": str(one.get("index"))} for one in found]}


def refusing_plain_text(call: ApiCall, answer: Answer) -> Answer:
    """Take content only as a list of parts, as the page's example writes it."""
    if call.chat is None or not any(isinstance(one.get("content"), str) for one in _messages(call.body)):
        return answer
    return refuse(Refusal(status=400, message="content must be an array of parts", param="messages"))


def _messages(body: bytes) -> list[JsonObject]:
    """Return the messages of a body that was found to ask for a completion."""
    messages = json.loads(body)["messages"]
    return [one for one in messages if isinstance(one, dict)]


FAULTS: Mapping[str, MockFault] = {
    "no-id": MockFault(says="id is absent", kills=frozenset({"DOC-004"}), completion=without("id")),
    "null-model": MockFault(
        says="model is null", kills=frozenset({"DOC-005", "REL-001"}), completion=setting("model", None)
    ),
    "no-object": MockFault(says="object is absent", kills=frozenset({"DOC-006"}), completion=without("object")),
    "text-created": MockFault(says="created is a text", kills=frozenset({"DOC-007"}), completion=created_as_text),
    "named-choices": MockFault(
        says="choices is an object instead of an array",
        kills=frozenset({"DOC-008", "REL-005", "SEM-005", "SEM-009", "SEM-010"}),
        completion=choices_by_index,
    ),
    "text-index": MockFault(says="index of a choice is a text", kills=frozenset({"DOC-011"}), completion=index_as_text),
    "parts-only": MockFault(
        says="content must be a list of parts: a text is refused",
        kills=frozenset({"DOC-001", "DOC-014", "LIM-006", "MSG-001", "REQ-000", "STR-001"}),
        answer=refusing_plain_text,
    ),
}

"""`tool_call: {name: save, schema: {...}, contains: "{{nonce}}"}`: the first choice calls one function, rightly.

The arguments are always one JSON object in a string (OpenAI description, ChatCompletionMessageToolCall).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wnmon.judge import codes
from wnmon.judge.kind import Kind, On
from wnmon.judge.schema import compile_schema, schema_findings
from wnmon.judge.subject import CUT, Subject, Unfit, complaint, was_cut
from wnmon.model.json import Json, JsonObject, kind_of
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said
from wnmon.model.text import cut
from wnmon.wire.document import read_text
from wnmon.wire.reply import ToolCall

if TYPE_CHECKING:
    from wnmon.judge.schema import Compiled

_KEYS = ("name", "schema", "contains")
_PLACE = "/choices/0/message/tool_calls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calling:
    """What is asked: the function, a schema for its arguments, a text in them. None is not asked."""

    name: str | None
    schema: Compiled | None
    contains: str | None


def prepare(value: Json) -> Calling:
    """Return what is asked of the call. The text may hold `{{nonce}}` and `{{model}}`."""
    if not isinstance(value, dict) or not value:
        raise Unfit("", Said("mapping_with", names=", ".join(_KEYS)), kind_of(value))
    for key in value:
        if key not in _KEYS:
            raise Unfit(f"/{key}", Said("one_of_these", names=", ".join(_KEYS)), repr(key))
    return Calling(
        name=_text(value, "name"),
        schema=compile_schema(value["schema"], "/schema") if "schema" in value else None,
        contains=_text(value, "contains"),
    )


def _text(value: JsonObject, key: str) -> str | None:
    text = value.get(key)
    if key in value and not isinstance(text, str):
        raise Unfit(f"/{key}", Said("a_text"), kind_of(text))
    return text if isinstance(text, str) else None


def doubt(expected: Calling, subject: Subject) -> Said | None:
    """Return why a rule cannot be judged: no tokens were left for the call or the end of its arguments."""
    return CUT if was_cut(subject) and assess(expected, subject) else None


def assess(expected: Calling, subject: Subject) -> list[Finding]:
    """Complain about a call that is missing, is of another function, or has arguments that do not hold."""
    calls = [call for choice in subject.reply.choices[:1] for call in choice.tool_calls]
    if not calls:
        said = cut(subject.reply.text) or Said("no_call")
        return [
            complaint(
                subject, Said("no_function_called"), expected.name or Said("a_call"), said, _PLACE, Reason.CONTENT
            )
        ]
    return list(_complaints(expected, calls[0], subject))


def _complaints(expected: Calling, call: ToolCall, subject: Subject) -> Iterator[Finding]:
    place = f"{_PLACE}/0/function"
    if expected.name not in {None, call.name}:
        yield complaint(
            subject, Said("another_function"), str(expected.name), cut(call.name), f"{place}/name", Reason.CONTENT
        )
    place = f"{place}/arguments"
    document = read_text(call.arguments)
    if not isinstance(document.value, dict):
        seen = cut(call.arguments) or Said("empty")
        yield complaint(subject, Said("arguments_no_json"), Said("one_json_object"), seen, place, Reason.CONTENT)
        return
    if expected.schema is not None:
        yield from schema_findings(expected.schema, document.value, place, subject.step)
    wanted = codes.wanted(expected.contains, subject)
    said = codes.as_drawn(json.dumps(document.value, ensure_ascii=False), subject)
    if expected.contains is not None and wanted not in said:
        yield complaint(subject, Said("arguments_lack"), cut(wanted), cut(call.arguments), place, Reason.CONTENT)


KIND = Kind(prepare, assess, doubt, on=On.MEANING)

"""`tool_call: {name: save, schema: {...}, contains: "{{nonce}}"}`: the first choice calls one function, rightly.

The arguments are always one JSON object in a string (OpenAI description, ChatCompletionMessageToolCall).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from wnmon.judge import codes
from wnmon.judge.kind import Kind, On
from wnmon.judge.schema import Compiled, compile_schema, schema_findings
from wnmon.judge.subject import CUT, Subject, Unfit, complaint, was_cut
from wnmon.model.json import Json, JsonObject, kind_of
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said
from wnmon.model.text import cut
from wnmon.wire.document import read_text

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
    return CUT if was_cut(subject) and any(assess(expected, subject)) else None


def assess(expected: Calling, subject: Subject) -> Iterator[Finding]:
    """Complain about a call that is missing, is of another function, or has arguments that do not hold."""
    call = next((call for choice in subject.reply.choices[:1] for call in choice.tool_calls), None)
    if call is None:
        wanted, said = expected.name or Said("a_call"), cut(subject.reply.text) or Said("no_call")
        yield complaint(subject, Said("no_function_called"), wanted, said, _PLACE, Reason.CONTENT)
        return
    if expected.name not in {None, call.name}:
        wanted, place = str(expected.name), f"{_PLACE}/0/function/name"
        yield complaint(subject, Said("another_function"), wanted, cut(call.name), place, Reason.CONTENT)
    yield from _arguments(expected, call.arguments, subject)


def _arguments(expected: Calling, text: str, subject: Subject) -> Iterator[Finding]:
    arguments, place = read_text(text).value, f"{_PLACE}/0/function/arguments"
    if not isinstance(arguments, dict):
        actual = cut(text) or Said("empty")
        yield complaint(subject, Said("arguments_no_json"), Said("one_json_object"), actual, place, Reason.CONTENT)
        return
    if expected.schema is not None:
        yield from schema_findings(expected.schema, arguments, place, subject.step)
    wanted = codes.wanted(expected.contains, subject)
    said = codes.as_drawn(json.dumps(arguments, ensure_ascii=False), subject)
    if expected.contains is not None and wanted not in said:
        yield complaint(subject, Said("arguments_lack"), cut(wanted), cut(text), place, Reason.CONTENT)


KIND = Kind(prepare, assess, doubt, on=On.MEANING)

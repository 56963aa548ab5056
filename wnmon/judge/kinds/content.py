"""`content: {contains: "{{nonce}}"}`: the text of the first choice, from JSON or joined from a stream.

Texts are exact; only the letters of a code (`{{nonce}}`) may be of another case. An answer that ran into max_tokens
and lacks the expected text was cut, not wrong: its reason is `length`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from wnmon.judge import codes
from wnmon.judge.kind import Kind, On
from wnmon.judge.patterns import Pattern, compile_pattern
from wnmon.judge.subject import CUT, Subject, Unfit, complaint, was_cut
from wnmon.judge.values import listed
from wnmon.model.json import Json, JsonObject, kind_of
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said, Text, fitted
from wnmon.model.text import cut
from wnmon.wire.document import read_text

_TEXTS = ("contains", "equals", "not_contains")
_ALL = (*_TEXTS, "matches", "not_matches", "not_empty", "max_chars", "json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is asked of the text. Texts may hold `{{nonce}}` and `{{model}}`."""

    texts: Mapping[str, str]
    pattern: Pattern | None = None
    unwanted: Pattern | None = None
    not_empty: bool = False
    max_chars: int | None = None
    is_json: bool = False


def prepare(value: Json) -> Content:
    """Return what is asked. `content: pong` is short for `content: {contains: pong}`."""
    if isinstance(value, str):
        return Content(texts={"contains": value})
    if not isinstance(value, dict) or not value:
        mapping = Said("mapping_with", names=", ".join(_ALL))
        raise Unfit("", listed("either", [Said("a_text"), mapping]), kind_of(value))
    for key in value:
        _check(key, value[key])
    max_chars = value.get("max_chars")
    return Content(
        texts={way: str(value[way]) for way in _TEXTS if way in value},
        pattern=_pattern(value, "matches"),
        unwanted=_pattern(value, "not_matches"),
        not_empty=value.get("not_empty") is True,
        max_chars=max_chars if isinstance(max_chars, int) else None,
        is_json=value.get("json") is True,
    )


def _pattern(value: JsonObject, key: str) -> Pattern | None:
    pattern = value.get(key)
    return compile_pattern(pattern, f"/{key}") if isinstance(pattern, str) else None


def _check(key: str, value: Json) -> None:
    if key not in _ALL:
        raise Unfit(f"/{key}", Said("one_of_these", names=", ".join(_ALL)), repr(key))
    wanted = {"not_empty": "boolean", "json": "boolean", "max_chars": "integer"}.get(key, "string")
    if kind_of(value) != wanted:
        raise Unfit(f"/{key}", Said("value_of_type", kind=wanted), kind_of(value))


def doubt(expected: Content, subject: Subject) -> Said | None:
    """Return why a rule cannot be judged: more text would have helped every complaint."""
    return CUT if {finding.reason for finding in assess(expected, subject)} == {Reason.LENGTH} else None


_TOO_MUCH, _TOO_LONG, _EMPTY = Said("content_unwanted"), Said("content_too_long"), Said("content_empty")
_MESSAGES = {"contains": Said("content_lacks"), "equals": Said("content_differs"), "not_contains": _TOO_MUCH}
_HOLDS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": lambda text, wanted: wanted in text,
    "equals": lambda text, wanted: text.strip() == wanted.strip(),
    "not_contains": lambda text, wanted: wanted not in text,
}


def assess(expected: Content, subject: Subject) -> Iterator[Finding]:
    """Complain about each thing asked that does not hold."""
    text = subject.reply.text
    for holds, message, wanted in _asked(expected, subject):
        if holds:
            continue
        reason = Reason.CONTENT if text and message != _EMPTY else Reason.EMPTY
        if was_cut(subject) and message not in (_TOO_MUCH, _TOO_LONG):  # more text would have helped
            reason = Reason.LENGTH
        yield complaint(subject, message, fitted(wanted), cut(text) or Said("empty"), "content", reason)


def _asked(expected: Content, subject: Subject) -> Iterator[tuple[bool, Said, Text]]:
    """Yield for each thing asked whether it holds, what is said where it does not, and what was wanted."""
    text, said = subject.reply.text, codes.said(subject)
    for way, template in expected.texts.items():
        wanted = codes.wanted(template, subject)
        yield _HOLDS[way](said, wanted), _MESSAGES[way], wanted
    if expected.pattern is not None:
        yield expected.pattern.search(text) is not None, Said("content_no_match"), expected.pattern.pattern
    if expected.unwanted is not None:
        yield expected.unwanted.search(text) is None, _TOO_MUCH, expected.unwanted.pattern
    if expected.not_empty:
        yield bool(text.strip()), _EMPTY, Said("some_text")
    if expected.is_json:  # and nothing else (OpenAI description of response_format)
        yield isinstance(read_text(text).value, dict), Said("content_no_json"), Said("one_json_object")
    if expected.max_chars is not None:
        yield len(text) <= expected.max_chars, _TOO_LONG, Said("at_most_characters", n=str(expected.max_chars))


KIND = Kind(prepare, assess, doubt, on=On.MEANING)

"""`header: {name: content-type, media_type: x/y}`, or `equals`, `matches`, `if_sent`, `present`; or a list of them.

Of a header that speaks of a credential no value is left in a record, so nothing but `present` can be asked of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wnmon.judge.kind import Kind
from wnmon.judge.patterns import Pattern, compile_pattern
from wnmon.judge.subject import Subject, Unfit, complaint
from wnmon.model.credentials import is_telling
from wnmon.model.json import Json, kind_of
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said
from wnmon.model.text import cut
from wnmon.wire.media import bare_media_type, form_declared

_WAYS = ("media_type", "equals", "matches", "if_sent", "present")
_BY_PATTERN = frozenset({"matches", "if_sent"})


@dataclass(frozen=True, slots=True)
class Header:
    """A header name and the one thing asked of its value."""

    name: str
    way: str
    wanted: str
    pattern: Pattern | None = None


def prepare(value: Json) -> tuple[Header, ...]:
    """Return what is asked of which headers."""
    items = value if isinstance(value, list) else [value]
    return tuple(_one(item, f"/{i}" if isinstance(value, list) else "") for i, item in enumerate(items))


def _one(item: Json, where: str) -> Header:
    if not isinstance(item, dict) or not isinstance(item.get("name"), str):
        raise Unfit(where, Said("mapping_with_name", names=", ".join(_WAYS)), kind_of(item))
    ways = [way for way in _WAYS if way in item]
    if len(ways) != 1:
        raise Unfit(where, Said("exactly_one_of", names=", ".join(_WAYS)), str(len(ways)))
    if ways[0] != "present" and is_telling(str(item["name"])):
        raise Unfit(f"{where}/name", Said("header_without_credential"))
    wanted, kind = item[ways[0]], "boolean" if ways[0] == "present" else "string"
    if kind_of(wanted) != kind:
        raise Unfit(f"{where}/{ways[0]}", Said("of_type", kind=kind), kind_of(wanted))
    pattern = compile_pattern(str(wanted), f"{where}/{ways[0]}") if ways[0] in _BY_PATTERN else None
    return Header(str(item["name"]), ways[0], str(wanted).lower() if ways[0] == "media_type" else str(wanted), pattern)


def assess(expected: tuple[Header, ...], subject: Subject) -> Iterator[Finding]:
    """Complain about each header that is not as asked."""
    for header in expected:
        value = subject.exchange.header(header.name)
        if _holds(header, value):
            continue
        present = Said("present" if header.wanted == "True" else "absent")
        wanted = present if header.way == "present" else header.wanted
        actual = Said("absent") if value is None else cut(value)
        reason = Reason.CONTENT_TYPE if header.way == "media_type" else Reason.RULE
        yield complaint(subject, Said("header_off", code=header.name), wanted, actual, f"header:{header.name}", reason)


def _holds(header: Header, value: str | None) -> bool:
    match header.way:
        case "present":
            return (value is not None) == (header.wanted == "True")
        case _ if value is None:
            return header.way == "if_sent"
        case "media_type":
            return bare_media_type(value) == header.wanted
        case "equals":
            return value == header.wanted
        case _:
            return header.pattern is not None and header.pattern.search(value) is not None


def is_label_alone(finding: Finding, subject: Subject) -> bool:
    """Tell whether a complaint is of a media type, while the body is what that media type stands for."""
    wanted = finding.expected
    is_label = finding.reason is Reason.CONTENT_TYPE and finding.place == "header:content-type"
    return is_label and isinstance(wanted, str) and form_declared(wanted) is subject.reply.form


KIND = Kind(prepare, assess)

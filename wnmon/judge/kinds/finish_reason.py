"""`finish_reason: stop` or `finish_reason: [stop, length]`, for every choice."""

from __future__ import annotations

from collections.abc import Iterator

from wnmon.judge.kind import Kind, On
from wnmon.judge.subject import CUT, Subject, Unfit, complaint
from wnmon.model.json import Json, kind_of
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said, either
from wnmon.model.text import cut


def prepare(value: Json) -> tuple[str, ...]:
    """Return the accepted finish reasons."""
    wanted = value if isinstance(value, list) else [value]
    texts = tuple(item for item in wanted if isinstance(item, str))
    if not texts or len(texts) != len(wanted):
        raise Unfit("", Said("finish_reasons"), kind_of(value))
    return texts


def doubt(expected: tuple[str, ...], subject: Subject) -> Said | None:
    """Return why a rule cannot be judged: the answer ran into max_tokens before it could end otherwise."""
    return CUT if {finding.reason for finding in assess(expected, subject)} == {Reason.LENGTH} else None


def assess(expected: tuple[str, ...], subject: Subject) -> Iterator[Finding]:
    """Complain about each choice that ended otherwise, or once when there is no choice."""
    message, wanted = Said("another_finish"), either(expected)
    if not subject.reply.choices:
        yield complaint(subject, message, wanted, Said("no_choice"), "/choices", Reason.EMPTY)
    for i, choice in enumerate(subject.reply.choices):
        if choice.finish_reason not in expected:
            actual = cut(choice.finish_reason, 80) if choice.finish_reason else Said("absent")
            reason = Reason.LENGTH if choice.finish_reason == "length" else Reason.CONTENT
            yield complaint(subject, message, wanted, actual, f"/choices/{i}/finish_reason", reason)


KIND = Kind(prepare, assess, doubt, on=On.MEANING)

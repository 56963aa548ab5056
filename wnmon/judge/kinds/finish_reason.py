"""`finish_reason: stop` or `finish_reason: [stop, length]`, for every choice."""

from __future__ import annotations

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
    findings = assess(expected, subject)
    return CUT if findings and all(finding.reason is Reason.LENGTH for finding in findings) else None


def assess(expected: tuple[str, ...], subject: Subject) -> list[Finding]:
    """Complain about each choice that ended otherwise, or once when there is no choice."""
    choices = subject.reply.choices
    if not choices:
        return [
            complaint(subject, Said("another_finish"), either(expected), Said("no_choice"), "/choices", Reason.EMPTY)
        ]
    return [
        complaint(
            subject,
            Said("another_finish"),
            either(expected),
            cut(choice.finish_reason, 80) if choice.finish_reason else Said("absent"),
            f"/choices/{i}/finish_reason",
            Reason.LENGTH if choice.finish_reason == "length" else Reason.CONTENT,
        )
        for i, choice in enumerate(choices)
        if choice.finish_reason not in expected
    ]


KIND = Kind(prepare, assess, doubt, on=On.MEANING)

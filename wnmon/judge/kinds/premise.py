"""`premise: {contains: "{{nonce}}"}`: what must hold of an answer before the rule can be judged on it at all.

A model does not always do as it is told, and some servers say the same whatever they are asked. That is no fault of the
relay: only what the model evidently took part in is held against it. So a rule names here what shows that the model was
asked and did as told, such as a code repeated right beside the characters in question. `accepted: NAME` is the control
of a refusal: that the same was accepted in another form, or nothing shows what it was refused for. Never a complaint.
"""

from __future__ import annotations

from dataclasses import dataclass

from wnmon.judge import codes
from wnmon.judge.kind import Kind
from wnmon.judge.patterns import Pattern, compile_pattern
from wnmon.judge.subject import Subject, Unfit
from wnmon.model.json import Json, Missing, at, kind_of
from wnmon.model.result import Finding
from wnmon.model.said import Said

_WAYS = ("contains", "matches", "lacks", "accepted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Premise:
    """What must hold: a text in the answer, a pattern it matches, a place its JSON does not have; of a refusal, that
    another request was accepted. None is not asked.
    """

    contains: str | None = None
    pattern: Pattern | None = None
    lacks: str | None = None
    accepted: str | None = None


def prepare(value: Json) -> Premise:
    """Return what must hold. The text may hold `{{nonce}}`, `{{nonce2}}` and `{{model}}`."""
    if not isinstance(value, dict) or not value:
        raise Unfit("", Said("mapping_with", names=", ".join(_WAYS)), kind_of(value))
    for way, wanted in value.items():
        if way not in _WAYS:
            raise Unfit(f"/{way}", Said("one_of_these", names=", ".join(_WAYS)), repr(way))
        if not isinstance(wanted, str):
            raise Unfit(f"/{way}", Said("a_text"), kind_of(wanted))
    return Premise(
        contains=str(value["contains"]) if "contains" in value else None,
        pattern=compile_pattern(str(value["matches"]), "/matches") if "matches" in value else None,
        lacks=str(value["lacks"]) if "lacks" in value else None,
        accepted=str(value["accepted"]) if "accepted" in value else None,
    )


def doubt(expected: Premise, subject: Subject) -> Said | None:
    """Return why the answer says nothing about the rule. A refusal is one: what was not answered was not disobeyed."""
    if _has(expected.lacks, subject):
        return Said("answer_of_another_kind", text=str(expected.lacks))
    code = subject.exchange.status or 0
    if expected.accepted is not None and not 200 <= code < 300 and expected.accepted not in subject.accepted:
        return Said("control_refused", code=expected.accepted)
    if code >= 300:
        return None
    text = subject.reply.text
    told = expected.contains is None or codes.wanted(expected.contains, subject) in codes.said(subject)
    if told and (expected.pattern is None or expected.pattern.search(text) is not None):
        return None
    return Said("model_disobeyed") if text else Said("answer_without_text")


def _has(pointer: str | None, subject: Subject) -> bool:
    document = subject.reply.document
    return pointer is not None and document is not None and not isinstance(at(document.value, pointer), Missing)


def assess(_: Premise, __: Subject) -> tuple[Finding, ...]:
    """Complain about nothing."""
    return ()


KIND = Kind(prepare, assess, doubt)

"""What an assertion is judged on, and what a kind says when it cannot be prepared or judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wnmon.model.lesson import Lesson
from wnmon.model.result import Evidence, Fault, Finding, Reason
from wnmon.model.said import Said, Text
from wnmon.wire.answer import Answer
from wnmon.wire.reply import Form


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject(Answer):
    """An answer, and everything else an assertion may look at. `model` is the one asked for.

    `index` is the place of its exchange among all of the run. `is_down`: a valid request got a 5xx, so that no 5xx
    of the run says anything about the request it answers. `stranger`: why nothing shows that the API answers here at
    all. `accepted`: the requests of the run that got a success. `lessons`: what the model was known to want by the end.
    """

    index: int
    model: str
    nonce: str
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_down: bool = False
    stranger: Fault | None = None
    accepted: frozenset[str] = frozenset()
    lessons: tuple[Lesson, ...] = ()


def subjects_of(
    answers: Sequence[Answer], evidence: Evidence, *, is_down: bool = False, stranger: Fault | None = None
) -> list[Subject]:
    """Return what assertions look at, in the order sent."""
    accepted = frozenset(answer.step for answer in answers if is_success(answer))
    return [
        Subject(
            exchange=answer.exchange,
            asked=answer.asked,
            reply=answer.reply,
            timing=answer.timing,
            fault=answer.fault,
            index=index,
            model=evidence.model,
            nonce=evidence.nonce,
            aliases=evidence.aliases,
            is_down=is_down,
            stranger=stranger,
            accepted=accepted,
            lessons=evidence.lessons,
        )
        for index, answer in enumerate(answers)
    ]


def is_success(answer: Answer) -> bool:
    """Tell whether a request got a status of 2xx and no error in it."""
    return 200 <= (answer.exchange.status or 0) < 300 and answer.reply.error is None


def complaint(
    subject: Subject, message: Text, expected: Text, actual: Text, place: str = "", reason: Reason = Reason.RULE
) -> Finding:
    """Return a complaint about an answer."""
    return Finding(message=message, expected=expected, actual=actual, place=place, step=subject.step, reason=reason)


CUT = Said("ran_into_max_tokens")
"""Why a rule on what is said is left open: a model that thinks may spend all its tokens before the first word."""


ENDED_BY_ITSELF = Said("ended_by_itself")
"""Why a rule on the limit is left open."""


def form_seen(subject: Subject) -> Text:
    """Return what an answer is, as findings show it."""
    return Said("empty") if subject.reply.form is Form.EMPTY else subject.reply.form.value


def status_seen(subject: Subject) -> Text:
    """Return which status an answer has and why, as findings show it."""
    status = subject.exchange.status
    if status is None:
        return subject.exchange.failure.detail if subject.exchange.failure else Said("no_status")
    return Said("status_because", n=status, said=subject.fault.message) if subject.fault else str(status)


def finish_reason(subject: Subject) -> str | None:
    """Return the finish reason of the first choice."""
    return next((choice.finish_reason for choice in subject.reply.choices), None)


def was_cut(subject: Subject) -> bool:
    """Tell whether the first choice ended at max_tokens."""
    return any(choice.finish_reason == "length" for choice in subject.reply.choices[:1])


@dataclass(frozen=True, slots=True)
class Unjudged:
    """An assertion that found nothing to judge; `why` is for a person."""

    why: Said


class Unfit(Exception):  # noqa: N818 - it says what is wrong with a value, not with wnmon
    """A value an assertion kind cannot be prepared from. `pointer` is relative to that value (RFC 6901)."""

    def __init__(self, pointer: str, wanted: Text, got: Text | None = None, *, hint: Said | None = None) -> None:
        self.pointer = pointer
        self.message = wanted if got is None else Said("wanted_not", wanted=wanted, got=got)
        self.hint = hint
        super().__init__(str(self.message))

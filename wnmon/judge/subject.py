"""What an assertion is judged on, and what a kind says when it cannot be prepared or judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wnmon.model.exchange import Exchange
from wnmon.model.result import Fault, Timing
from wnmon.wire.reply import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One exchange, read: everything an assertion may look at. `model` is the one asked for."""

    step: str
    exchange: Exchange
    reply: Reply
    timing: Timing
    fault: Fault | None
    model: str
    nonce: str
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


CUT = "the answer ran into max_tokens before it could hold this"
"""Why a rule on what is said is left open: a model that thinks may spend all its tokens before the first word."""


NOT_CODED = "nothing was compressed"
"""Why a rule on content codings has nothing to look at."""


ENDED_BY_ITSELF = "the answer ended by itself before it reached the limit"
"""Why a rule on the limit is left open."""


def finish_reason(subject: Subject) -> str | None:
    """Return the finish reason of the first choice."""
    return next((choice.finish_reason for choice in subject.reply.choices), None)


def was_cut(subject: Subject) -> bool:
    """Tell whether the first choice ended at max_tokens."""
    return any(choice.finish_reason == "length" for choice in subject.reply.choices[:1])


@dataclass(frozen=True, slots=True)
class Unjudged:
    """An assertion that found nothing to judge; `why` is for a person."""

    why: str


class Unfit(Exception):  # noqa: N818 - it says what is wrong with a value, not with wnmon
    """A value an assertion kind cannot be prepared from. `pointer` is relative to that value (RFC 6901)."""

    def __init__(self, pointer: str, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.pointer = pointer
        self.message = message
        self.hint = hint

"""`short_prompt: 80`: a prompt of a few words is billed as one, with no hidden prompt before it.

The limit is in tokens and leaves room for a chat template. A relay that reports no count is another rule's matter.
"""

from __future__ import annotations

from collections.abc import Iterator

from wnmon.judge.kind import Kind, On
from wnmon.judge.subject import Subject, complaint
from wnmon.judge.values import number
from wnmon.model.json import Json
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said


def prepare(value: Json) -> int:
    """Return the most tokens the prompt may cost."""
    return number(value, Said("tokens_above_0"), least=1)


def doubt(_: int, subject: Subject) -> Said | None:
    """Return why nothing can be said: no count."""
    return Said("no_prompt_tokens") if _billed(subject) is None else None


def assess(expected: int, subject: Subject) -> Iterator[Finding]:
    """Complain about a prompt that costs more."""
    billed = _billed(subject)
    if billed is not None and billed > expected:
        wanted, place = Said("at_most_tokens", n=expected), "/usage/prompt_tokens"
        yield complaint(subject, Said("short_prompt_dear"), wanted, str(billed), place, Reason.USAGE)


def _billed(subject: Subject) -> int | None:
    return subject.reply.usage.prompt_tokens if subject.reply.usage is not None else None


KIND = Kind(prepare, assess, doubt, on=On.MEANING)

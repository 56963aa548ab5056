"""`estimate: {tolerance: 0.5}`: reported tokens against what plain English words commonly cost: about one each.

No tokenizer of any vendor is at hand, so this is rough on purpose: it finds counts multiplied, not counts rounded. Only
answers of plain words are judged; anything else is left in doubt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from wnmon.judge.kind import Kind, On
from wnmon.judge.plain_words import texts_sent, words_of
from wnmon.judge.subject import Subject, Unfit, complaint
from wnmon.model.json import Json, at
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said

FEWEST_WORDS = 16
TEMPLATE_TOKENS = 90
"""What chat templates add to a prompt of one message, with room to spare: the longest we know add about 70."""

_PLAIN = re.compile(r"[A-Za-z]{1,10}(?:[ \n.,:]+[A-Za-z]{1,10})*[ \n.]*")
_BETWEEN = re.compile(r"[^A-Za-z]+")


def prepare(value: Json) -> float:
    """Return the tolerance, a ratio."""
    tolerance = value.get("tolerance") if isinstance(value, dict) and set(value) == {"tolerance"} else None
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float) or not 0 < tolerance < 1:
        raise Unfit("", Said("with_tolerance"))
    return float(tolerance)


def doubt(_: float, subject: Subject) -> Said | None:
    """Return why the counts cannot be estimated."""
    usage, text = subject.reply.usage, subject.reply.text
    if usage is None or usage.prompt_tokens is None or usage.completion_tokens is None:
        return Said("no_usage_to_compare")
    if _PLAIN.fullmatch(text) is None or words_of(text) < FEWEST_WORDS:
        return Said("too_few_plain_words", n=FEWEST_WORDS)
    return Said("model_thought") if _thought(subject) else None


def _thought(subject: Subject) -> bool:
    document = subject.reply.document
    counted = at(document.value, "/usage/completion_tokens_details/reasoning_tokens") if document else None
    return any(choice.reasoning for choice in subject.reply.choices) or (isinstance(counted, int) and counted > 0)


def assess(expected: float, subject: Subject) -> Iterator[Finding]:
    """Complain about counts further from the number of words than the tolerance."""
    usage = subject.reply.usage
    if usage is None or doubt(expected, subject) is not None:
        return
    sent = "\n".join(texts_sent(subject))
    texts = (("completion_tokens", subject.reply.text, 0), ("prompt_tokens", sent, TEMPLATE_TOKENS))
    for member, text, room in texts:
        # A sign between words, such as a comma or a new line, is a token too; a space is part of the next.
        words, signs = words_of(text), sum(len(between) - (" " in between) for between in _BETWEEN.findall(text))
        low, high = round(words * (1 - expected)), round((words + signs) * (1 + expected)) + room
        counted = getattr(usage, member)
        if not low <= counted <= high:
            wanted = Said("range_for_words", n=low, n2=high, n3=words)
            yield complaint(subject, Said("count_implausible"), wanted, str(counted), f"/usage/{member}", Reason.USAGE)


KIND = Kind(prepare, assess, doubt, on=On.MEANING)

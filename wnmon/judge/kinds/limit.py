"""`limit: 5`: an answer of at most so many tokens.

An answer that ended by itself before the limit shows nothing. Tokens spent on thinking are not counted: relays differ
on whether the limit is for them too.
"""

from __future__ import annotations

from collections.abc import Iterator

from wnmon.judge.kind import Kind, On
from wnmon.judge.subject import ENDED_BY_ITSELF, Subject, complaint, finish_reason
from wnmon.judge.values import number
from wnmon.model.json import Json, Missing, at
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said
from wnmon.model.text import cut

CHARS_PER_TOKEN = 12
"""No vocabulary we know has words so long on the average: a text of more characters has more tokens."""


def prepare(value: Json) -> int:
    """Return the most tokens."""
    return number(value, Said("tokens_above_0"), least=1)


def doubt(expected: int, subject: Subject) -> Said | None:
    """Return why nothing can be said: an answer shorter than the limit."""
    ended = finish_reason(subject) != "length" and not any(assess(expected, subject))
    return ENDED_BY_ITSELF if ended else None


def assess(expected: int, subject: Subject) -> Iterator[Finding]:
    """Complain about more tokens or characters than the limit allows."""
    text, tokens, chars = subject.reply.text, _spoken_tokens(subject), expected * CHARS_PER_TOKEN
    if tokens is not None and tokens > expected:
        wanted, place = Said("at_most", n=expected), "/usage/completion_tokens"
        yield complaint(subject, Said("too_many_tokens"), wanted, str(tokens), place, Reason.USAGE)
    if len(text) > chars:
        wanted = Said("at_most_characters", n=chars)
        yield complaint(subject, Said("answer_too_long"), wanted, cut(text), "content", Reason.CONTENT)


def _spoken_tokens(subject: Subject) -> int | None:
    """Return the tokens of the text alone, None where the relay does not count them apart from those of thinking."""
    usage = subject.reply.usage
    if usage is None or usage.completion_tokens is None:
        return None
    thought = _thought(subject)
    if isinstance(thought, int) and not isinstance(thought, bool):
        return usage.completion_tokens - thought
    return None if any(choice.reasoning for choice in subject.reply.choices) else usage.completion_tokens


def _thought(subject: Subject) -> Json:
    """Return the reasoning_tokens of the answer, or of the last event of a stream that has any."""
    frames = (frame.document for frame in reversed(subject.reply.frames))
    documents = (document for document in (subject.reply.document, *frames) if document is not None)
    counts = (at(document.value, "/usage/completion_tokens_details/reasoning_tokens") for document in documents)
    return next((count for count in counts if not isinstance(count, Missing)), None)


KIND = Kind(prepare, assess, doubt, on=On.MEANING)

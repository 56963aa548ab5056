"""`word_price: {of: [once, twice, thrice], most: 3}`: what a word more in the prompt adds to prompt_tokens.

The prompts differ in plain words alone, so a chat template, a hidden prompt and any other constant cancel out: what
remains is the price of known words. Common English words cost about one token each in every vocabulary we know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wnmon.judge.kind import AcrossKind
from wnmon.judge.places import Places, places
from wnmon.judge.plain_words import texts_sent, words_of
from wnmon.judge.subject import Subject, Unfit, Unjudged, complaint
from wnmon.judge.values import number
from wnmon.model.json import Json
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said


@dataclass(frozen=True, slots=True, kw_only=True)
class WordPrice(Places):
    """The requests, the shortest first and the longest last, and the most tokens a word may cost."""

    most: int


def prepare(value: Json) -> WordPrice:
    """Return the requests and the most tokens of a word."""
    if not isinstance(value, dict) or set(value) != {"of", "most"}:
        raise Unfit("", Said("mapping_with_both", one="of", other="most"))
    most = number(value["most"], Said("tokens_above_0"), least=1, where="/most")
    return WordPrice(places=places(value["of"], "/of"), most=most)


def assess(expected: WordPrice, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain where the words that were added cost more than so many tokens each."""
    first, last = subjects[expected.requests[0]], subjects[expected.requests[-1]]
    before, after = (one.reply.usage.prompt_tokens if one.reply.usage else None for one in (first, last))
    words = _words(last) - _words(first)
    if before is None or after is None or words < 1:
        return Unjudged(Said("no_longer_prompt"))
    tokens, most = after - before, words * expected.most
    if tokens <= most:
        return []
    wanted, place = Said("most_for_words", n=most, n2=words), "/usage/prompt_tokens"
    return [complaint(last, Said("words_too_dear"), wanted, str(tokens), place, Reason.USAGE)]


def _words(subject: Subject) -> int:
    return sum(words_of(text) for text in texts_sent(subject))


KIND = AcrossKind(prepare, assess)

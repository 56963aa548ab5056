"""`word_price: {of: [once, twice, thrice], most: 3}`: what a word more in the prompt adds to prompt_tokens.

The prompts differ in plain words alone, so a chat template, a hidden prompt and any other constant cancel out: what
remains is the price of known words. Common English words cost about one token each in the vocabularies we know.

The answers to the same requests are the control, since not every vocabulary is known: one that was cut at its limit
shows what the model itself makes of so many tokens, whatever is reported. Where their words are as dear, or nothing
shows their price, a dear prompt accuses nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wnmon.judge.kind import AcrossKind
from wnmon.judge.places import Places, places
from wnmon.judge.plain_words import texts_sent, words_of
from wnmon.judge.subject import Subject, Unfit, Unjudged, complaint, was_cut
from wnmon.judge.values import number
from wnmon.model.json import Json
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said
from wnmon.wire.cost import output_limit

FEWEST_WORDS = 5
"""The answers of fewer words show no price: one sign of punctuation would weigh too much."""


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
    control = _control(subjects[name] for name in expected.requests)
    if control is None:
        return Unjudged(Said("no_control_of_tokenizer"))
    if control > expected.most:
        return Unjudged(Said("tokenizer_of_many_tokens", n=f"{control:.1f}"))
    wanted, place = Said("most_for_words", n=most, n2=words), "/usage/prompt_tokens"
    return [complaint(last, Said("words_too_dear"), wanted, str(tokens), place, Reason.USAGE)]


def _control(subjects: Iterable[Subject]) -> float | None:
    """Return what a word of the answers costs in tokens, None where they hold too few to tell."""
    priced = [one for subject in subjects if (one := _tokens_and_words(subject)) is not None]
    words = sum(count for _, count in priced)
    return sum(tokens for tokens, _ in priced) / words if words >= FEWEST_WORDS else None


def _tokens_and_words(subject: Subject) -> tuple[int, int] | None:
    """Return the tokens of an answer's text and its words; None where it has no text, or nobody knows its tokens.

    Of one that was cut the last word may be a piece of one, and counts for nothing.
    """
    usage, words = subject.reply.usage, words_of(subject.reply.text)
    if words == 0 or any(choice.reasoning for choice in subject.reply.choices):
        return None
    if was_cut(subject):
        limit = output_limit(subject.asked) if subject.asked else 0
        return (limit, words - 1) if limit else None
    return (usage.completion_tokens, words) if usage and usage.completion_tokens else None


def _words(subject: Subject) -> int:
    return sum(words_of(text) for text in texts_sent(subject))


KIND = AcrossKind(prepare, assess)

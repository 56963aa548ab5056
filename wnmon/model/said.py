"""What wnmon says, as data: the id of a sentence and what fills its holes.

A sentence becomes words where it is shown, in the language of its reader, from the one catalogue of sentences
(`wnmon.model.catalogue`). Whatever decides something looks at the id, never at words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Union

from wnmon.model.catalogue import CATALOGUE
from wnmon.model.language import pick
from wnmon.model.text import cut


@dataclass(frozen=True, slots=True, init=False)
class Said:
    """A sentence of the catalogue. As a `str` it is English."""

    id: str
    holes: tuple[tuple[str, Hole], ...]

    def __init__(self, id: str, /, **holes: Hole) -> None:  # noqa: A002 - the field's own term
        object.__setattr__(self, "id", id)
        object.__setattr__(self, "holes", tuple(holes.items()))

    def text(self, lang: str) -> str:
        """Return the sentence in `lang`, English for any language but Chinese."""
        return pick(CATALOGUE[self.id], lang).format(**{name: in_language(hole, lang) for name, hole in self.holes})

    def __str__(self) -> str:
        return self.text("en")


Text = Said | str
"""A sentence of wnmon, or words that are the same in every language: a relay's, the system's, a number, a key."""

Hole = Union[Text, int, float, tuple[str, ...]]  # noqa: UP007 - Said is only defined once this is evaluated
"""What fills a hole. Of several words each is an alternative."""


class Why(StrEnum):
    """The ids by which something is decided: why a request was not sent, a rule not judged, a rule excused."""

    NEEDS_FULL = "needs_full"
    """The request is risky."""
    NOT_CLAIMED = "not_claimed"
    """The request is for an optional feature."""
    NOT_HTTPS = "not_https"
    """There is nothing to say about TLS, or about plain http beside it."""
    NO_HTTP2 = "no_http2"
    """The transport of the target speaks HTTP/1.1 only."""
    LACKS_HTTP2 = "lacks_http2"
    """The transport would speak HTTP/2, and what it needs for that is not installed."""
    NO_KEY = "no_key"
    """The target has no key to speak of, so that nothing tells whether it asks for one."""
    NO_SCHEME = "no_scheme"
    """The key goes alone in a header, without a scheme."""
    NOT_REFUSED = "not_refused"
    """The request is only of use where another one is refused."""
    ONLY_STREAMS = "only_streams"
    """The request asks for no stream."""
    NOT_TAKEN = "not_taken"
    """The request is about a parameter that the model is not sent."""
    NOT_GIVEN = "not_given"
    """The request is a raw body without what the model is to be sent."""
    TOLD_ALREADY = "told_already"
    """The request would tell what another one told, or could not."""
    NO_ANSWER = "no_answer"
    """A rule on refusals has nothing to look at where nothing was refused."""
    NOT_CODED = "not_coded"
    """A rule on content codings has nothing to look at."""
    NOT_OFFERED = "not_offered"
    """A rule on HTTP/2 has nothing to look at."""
    INTERRUPTED = "interrupted"
    FAIL_FAST = "fail_fast"
    BUDGET_TOKENS = "budget_tokens"
    KNOWN = "known"
    """A baseline excuses the rule."""


OF_THE_MODEL = frozenset({Why.ONLY_STREAMS, Why.NOT_TAKEN, Why.NOT_GIVEN})
"""Reasons why a model is not asked something at all: what it was asked is judged all the same."""


def in_language(text: Hole, lang: str) -> str:
    """Return a text in `lang`; what is no sentence of the catalogue stays as it is."""
    if isinstance(text, tuple):
        return pick(CATALOGUE["or"], lang).join(text)
    return text.text(lang) if isinstance(text, Said) else str(text)


def say(id: str, lang: str, /, **holes: Hole) -> str:  # noqa: A002 - the field's own term
    """Return a sentence of the catalogue in `lang`, said at once."""
    return Said(id, **holes).text(lang)


def id_of(text: Text) -> str:
    """Return the id of a sentence, "" for words that are none."""
    return text.id if isinstance(text, Said) else ""


def either(words: Iterable[str]) -> Text:
    """Return words as alternatives: `a or b or c`."""
    alternatives = tuple(words)
    return Said("either", words=alternatives) if len(alternatives) > 1 else alternatives[0]


def mapped(text: Text, change: Callable[[str], str]) -> Text:
    """Return a text with what others said in it changed; the sentence itself stays."""
    if isinstance(text, str):
        return change(text)
    return Said(text.id, **{name: _mapped(hole, change) for name, hole in text.holes})


def _mapped(hole: Hole, change: Callable[[str], str]) -> Hole:
    if isinstance(hole, tuple):
        return tuple(map(change, hole))
    return hole if isinstance(hole, int | float) else mapped(hole, change)


def fitted(text: Text, limit: int = 200) -> Text:
    """Return a text of at most `limit` characters in English, if cutting the longest words of others in it suffices."""
    if isinstance(text, str):
        return cut(text, limit)
    holes = {name: hole for name, hole in text.holes if isinstance(hole, Said | str)}
    longest = max(holes, key=lambda name: len(str(holes[name])), default="")
    over, length = len(str(text)) - limit, len(str(holes.get(longest, "")))
    if over <= 0 or length <= over:
        return text
    return Said(text.id, **dict(text.holes) | {longest: fitted(holes[longest], length - over)})

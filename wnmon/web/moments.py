"""Instants, spans and words, as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from wnmon.model.duration import span
from wnmon.model.said import Hole, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An instant as a page shows it: how far away, and exactly when (RFC 3339, UTC)."""

    relative: str
    exact: str


def moment(at_s: float | None, now_s: float, lang: str) -> Moment | None:
    """Return an instant as it is shown at `now_s`; both are epoch seconds. None stays None."""
    return None if at_s is None else Moment(relative=relative(at_s - now_s, lang), exact=exact(at_s))


def since(at_s: float, now_s: float, lang: str) -> Moment:
    """Return an instant from which something holds, as how long it has lasted."""
    return Moment(relative=word("since", lang, span=span(max(now_s - at_s, 0), lang)), exact=exact(at_s))


def relative(ahead_s: float, lang: str) -> str:
    """Return `5 min ago` or `in 5 min` for seconds before or after now; under a second is now."""
    if abs(ahead_s) < 1:
        return word("now", lang)
    return word("ahead" if ahead_s > 0 else "ago", lang, span=span(abs(ahead_s), lang))


def exact(at_s: float) -> str:
    """Return an instant in RFC 3339, UTC, to the second."""
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def word(key: str, lang: str, **holes: Hole) -> str:
    """Return a word of the pages in `lang`."""
    return say(f"page_{key}", lang, **holes)

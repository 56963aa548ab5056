"""Instants, spans and words, as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

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


def span(seconds: float, lang: str) -> str:
    """Return a length of time in its two largest units at most: `45 s`, `15 min`, `2 h 5 min`, `3 d 4 h`."""
    minutes, rest_s = divmod(round(seconds), 60)
    if minutes == 0:
        return f"{rest_s} {word('s', lang)}"
    hours, minutes = divmod(minutes, 60)
    if hours == 0:
        return f"{minutes} {word('min', lang)}"
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h")) if days else ((hours, "h"), (minutes, "min"))
    return " ".join(f"{count} {word(unit, lang)}" for count, unit in parts if count)


def exact(at_s: float) -> str:
    """Return an instant in RFC 3339, UTC, to the second."""
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def word(key: str, lang: str, **holes: Hole) -> str:
    """Return a word of the pages in `lang`."""
    return say(f"page_{key}", lang, **holes)

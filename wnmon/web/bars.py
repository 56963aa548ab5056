"""Stretches of time as bars, as high as the share of runs that found a relay up: paths of SVG, one for each colour."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from wnmon.engine.ports import Course, Span
from wnmon.model.text import percent
from wnmon.web.moments import word

BAR_WIDTH, BAR_HEIGHT = 5, 16
_BAD_SHARE = 0.5


def drawn_course(course: Course | None, lang: str) -> dict[str, object] | None:
    """Return the bars of a day, which share of runs found it up over some days, and whose; None where none is known."""
    if course is None:
        return None
    days = {count: span.uptime for count, span in course.days.items()}
    return {"bars": drawn(course.hours), "shares": shares(days, lang), "zone": course.zone}


def drawn(spans: Sequence[Span]) -> dict[str, object]:
    """Return paths by colour, with the width and height they take."""
    return drawn_uptimes(
        [one.uptime for one in spans], resting={place for place, one in enumerate(spans) if one.maintenance}
    )


def drawn_uptimes(uptimes: Sequence[float | None], resting: Collection[int] = ()) -> dict[str, object]:
    """Return the same of uptimes alone; `resting`: the places of maintenance."""
    paths: dict[str, str] = {}
    for place, uptime in enumerate(uptimes):
        color, height = _bar(uptime, is_resting=place in resting)
        start = f"M{place * BAR_WIDTH} {BAR_HEIGHT - height}"
        paths[color] = f"{paths.get(color, '')}{start}h{BAR_WIDTH - 1}v{height}h{1 - BAR_WIDTH}z"
    return {"paths": paths, "width": len(uptimes) * BAR_WIDTH, "height": BAR_HEIGHT}


def shares(days: Mapping[int, float | None], lang: str) -> list[str]:
    """Return uptimes in words, by days; days of which no run said anything are left out."""
    return [
        word("uptime_day" if count == 1 else "uptime", lang, n=count, share=percent(share))
        for count, share in days.items()
        if share is not None
    ]


def _bar(uptime: float | None, *, is_resting: bool) -> tuple[str, int]:
    """Return colour and height: as high as the uptime, but never too low to be seen."""
    if uptime is None:
        return "rest" if is_resting else "none", 2
    color = "good" if uptime == 1 else "bad" if uptime < _BAD_SHARE else "slow"
    return color, max(3, round(uptime * BAR_HEIGHT))

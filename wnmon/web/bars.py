"""Stretches of time as bars, as high as the share of runs that found a relay up: paths of SVG, one for each colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wnmon.engine.ports import Course, Span
from wnmon.model.text import percent
from wnmon.web.moments import word

BAR_WIDTH, BAR_HEIGHT = 5, 16
_BAD_SHARE = 0.5


def drawn_course(course: Course | None, lang: str) -> dict[str, object] | None:
    """Return the bars of a day, and what share of the runs of some days found it up; None where none is known."""
    if course is None:
        return None
    return {"bars": drawn(course.hours), "shares": shares(course.days, lang)}


def drawn(spans: Sequence[Span]) -> dict[str, object]:
    """Return paths by colour, with the width and height they take."""
    paths: dict[str, str] = {}
    for place, one in enumerate(spans):
        color, height = _bar(one)
        start = f"M{place * BAR_WIDTH} {BAR_HEIGHT - height}"
        paths[color] = f"{paths.get(color, '')}{start}h{BAR_WIDTH - 1}v{height}h{1 - BAR_WIDTH}z"
    return {"paths": paths, "width": len(spans) * BAR_WIDTH, "height": BAR_HEIGHT}


def shares(days: Mapping[int, Span], lang: str) -> list[str]:
    """Return uptimes in words, by days; days of which no run said anything are left out."""
    told = ((count, span.uptime) for count, span in days.items())
    return [
        word("uptime_day" if count == 1 else "uptime", lang, n=count, share=percent(share))
        for count, share in told
        if share is not None
    ]


def _bar(one: Span) -> tuple[str, int]:
    """Return colour and height: as high as its uptime, but never too low to be seen."""
    if one.uptime is None:
        return "rest" if one.maintenance else "none", 2
    color = "good" if one.uptime == 1 else "bad" if one.uptime < _BAD_SHARE else "slow"
    return color, max(3, round(one.uptime * BAR_HEIGHT))

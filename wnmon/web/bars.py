"""Stretches of time as bars, as high as the share of runs that found a relay up: paths of SVG, one for each colour.

    what its runs said              colour  drawn
    ------------------------------  ------  ---------------------------------------------
    all found it up                 good    as high as can be
    half of them or more            slow    as high as the share, which nobody has to see
    fewer                           bad     the same, but never too low to be seen
    nothing was sent, as was asked  rest    a dash half-way up
    nothing                         none    a line at the bottom

A picture has one name, which counts the bars of each kind: nobody wants to hear of 90 of them one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from wnmon.engine.ports import Course, Span
from wnmon.model.text import percent
from wnmon.web.moments import word

BAR_WIDTH, BAR_HEIGHT = 5, 16
_LINE = 2
_BAD_SHARE = 0.5
_COLORS = ("good", "slow", "bad", "rest", "none")


def drawn_course(course: Course | None, lang: str) -> dict[str, object] | None:
    """Return the bars of a day, which share of runs found it up over some days, and whose; None where none is known."""
    if course is None:
        return None
    days = {count: span.uptime for count, span in course.days.items()}
    bars = drawn(course.hours, word("course", lang), lang)
    return {"bars": bars, "shares": shares(days, lang), "zone": course.zone}


def drawn(spans: Sequence[Span], name: str, lang: str) -> dict[str, object]:
    """Return paths by colour, with the width and height they take, and what the picture is called."""
    resting = {place for place, one in enumerate(spans) if one.maintenance}
    return drawn_uptimes([one.uptime for one in spans], name, lang, resting)


def drawn_uptimes(
    uptimes: Sequence[float | None], name: str, lang: str, resting: Collection[int] = ()
) -> dict[str, object]:
    """Return the same of uptimes alone; `resting`: the places of maintenance."""
    paths: dict[str, str] = {}
    counts = Counter[str]()
    for place, uptime in enumerate(uptimes):
        color, top, height = _bar(uptime, is_resting=place in resting)
        counts[color] += 1
        start = f"M{place * BAR_WIDTH} {top}"
        paths[color] = f"{paths.get(color, '')}{start}h{BAR_WIDTH - 1}v{height}h{1 - BAR_WIDTH}z"
    kinds = word("comma", lang).join(word(f"bars_{color}", lang, n=counts[color]) for color in _COLORS if counts[color])
    label = word("bars", lang, name=name, kinds=kinds)
    return {"paths": paths, "label": label, "width": len(uptimes) * BAR_WIDTH, "height": BAR_HEIGHT}


def shares(days: Mapping[int, float | None], lang: str) -> list[str]:
    """Return uptimes in words, by days; days of which no run said anything are left out."""
    return [
        word("uptime_day" if count == 1 else "uptime", lang, n=count, share=percent(share))
        for count, share in days.items()
        if share is not None
    ]


def _bar(uptime: float | None, *, is_resting: bool) -> tuple[str, int, int]:
    """Return colour, top and height."""
    if uptime is None:
        return ("rest", (BAR_HEIGHT - _LINE) // 2, _LINE) if is_resting else ("none", BAR_HEIGHT - _LINE, _LINE)
    color = "good" if uptime == 1 else "bad" if uptime < _BAD_SHARE else "slow"
    # What is not wholly up is lower than what is, or only its colour would tell.
    most = BAR_HEIGHT if color == "good" else BAR_HEIGHT - 3
    height = min(max(3, round(uptime * BAR_HEIGHT)), most)
    return color, BAR_HEIGHT - height, height

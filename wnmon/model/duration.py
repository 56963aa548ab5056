"""Durations as people write them."""

from __future__ import annotations

import re

from wnmon.model.credentials import masked
from wnmon.model.said import Said, say

_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PATTERN = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[smhd]))+", re.ASCII)
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhd])", re.ASCII)


def parse_duration_s(text: str) -> float:
    """Return seconds for `250ms`, `2s`, `15m`, `1h30m`, `1d`. Raises ValueError, with a sentence, for anything else."""
    if len(text) > 32 or not _PATTERN.fullmatch(text):
        raise ValueError(Said("wanted_not", wanted=Said("a_duration"), got=f'"{masked(text[:200])[:32]}"'))
    return round(sum(float(number) * _UNITS_S[unit] for number, unit in _PART.findall(text)), 6)


def show_duration(seconds: float) -> str:
    """Return a short form for a person: `850 ms`, `2.40 s`, `1h30m`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.2f} s"
    minutes, rest_s = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours}h" if hours else "", f"{minutes}m" if minutes else "", f"{rest_s}s" if rest_s else ""]
    return "".join(parts)


def show_seconds(seconds: float) -> str:
    """Return a short form of what nobody needs to the hundredth: `850 ms`, `20 s`, `1h30m`."""
    return f"{round(seconds)} s" if 1 <= seconds < 59.5 else show_duration(seconds)


def span(seconds: float, lang: str) -> str:
    """Return a length of time in its two largest units at most: `45 s`, `15 min`, `2 h 5 min`, `3 d 4 h`."""
    minutes, rest_s = divmod(round(seconds), 60)
    if minutes == 0:
        return f"{rest_s} {say('page_s', lang)}"
    hours, minutes = divmod(minutes, 60)
    if hours == 0:
        return f"{minutes} {say('page_min', lang)}"
    days, hours = divmod(hours, 24)
    parts = ((days, "page_d"), (hours, "page_h")) if days else ((hours, "page_h"), (minutes, "page_min"))
    return " ".join(f"{count} {say(unit, lang)}" for count, unit in parts if count)

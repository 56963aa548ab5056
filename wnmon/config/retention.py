"""The `retention` of the YAML: for how long results are kept, and of how many failures the transcript."""

from __future__ import annotations

from wnmon.config.node import Cursor
from wnmon.config.schema import sound
from wnmon.config.timing import seconds_of
from wnmon.model.retention import DAY_S, Retention
from wnmon.model.said import Said

BY_DEFAULT = Retention()
_RUNS_S, _RUNS = (600.0, 90.0 * DAY_S), Said("duration_between", least="10m", most="90d")
_SUMS_S, _SUMS = (2.0 * DAY_S, 3_650.0 * DAY_S), Said("duration_between", least="2d", most="3650d")


def read_retention(place: Cursor | None) -> Retention:
    """Return what stands at `place`, what applies by default where nothing does. Reports what cannot be used."""
    if place is None:
        return BY_DEFAULT
    place = sound("retention", place)  # what is not, the schema has told
    transcripts = place.whole_of("transcripts")
    return Retention(
        runs_s=_seconds(place.get("runs"), _RUNS_S, _RUNS) or BY_DEFAULT.runs_s,
        hours_s=_seconds(place.get("hours"), _SUMS_S, _SUMS) or BY_DEFAULT.hours_s,
        days_s=_seconds(place.get("days"), _SUMS_S, _SUMS) or BY_DEFAULT.days_s,
        transcripts=BY_DEFAULT.transcripts if transcripts is None else transcripts,
    )


def _seconds(place: Cursor | None, bounds_s: tuple[float, float], wanted: Said) -> float | None:
    return None if place is None else seconds_of(place, bounds_s, wanted)

"""For how long a service keeps what it found."""

from __future__ import annotations

from dataclasses import dataclass

DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """The `retention` of a configuration: for how long runs, hours and days are kept, in seconds.

    `transcripts`: of so many runs that failed the transcript is kept, of each probe.
    """

    runs_s: float = 2 * DAY_S
    hours_s: float = 35 * DAY_S
    days_s: float = 800 * DAY_S
    transcripts: int = 20

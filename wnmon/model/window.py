"""Times in which nothing is sent, by somebody's wish: maintenance, once or again and again, and pauses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """Five fields of cron, each as the values it names, in order; weekdays from 0 (Sunday) to 6.

    `either`: of a day of the month and one of the week that are both named one is enough, as in cron (POSIX crontab).
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    either: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A time in which nothing is sent. Either once, `from_s` to `until_s` (epoch), or `duration_s` each time of `cron`.

    `is_pause`: somebody paused a target or a check, which has no beginning.
    """

    reason: str
    name: str = ""
    is_pause: bool = False
    from_s: float = 0.0
    until_s: float = 0.0
    cron: Cron | None = None
    zone: tzinfo | None = None
    duration_s: float = 0.0

"""The one place that reads a clock. Everything else is handed a Clock."""

from __future__ import annotations

import time  # noqa: TID251 - this is the clock

_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class SystemClock:
    """Nanoseconds since an arbitrary start for measuring, epoch seconds for showing."""

    def now_ns(self) -> int:
        """Return CLOCK_MONOTONIC in ns: shared by every process of the host, never stepped."""
        return time.monotonic_ns()

    def boot_ns(self) -> int:
        """Return CLOCK_BOOTTIME in ns where the system has it: never stepped, and counts while the machine sleeps."""
        return time.clock_gettime_ns(_BOOT)

    def wall_s(self) -> float:
        """Return the wall clock in seconds since the epoch (UTC)."""
        return time.time()

"""The one place that reads a clock. Everything else is handed a Clock."""

from __future__ import annotations

import time  # noqa: TID251 - this is the clock


class SystemClock:
    """Nanoseconds since an arbitrary start for measuring, epoch seconds for showing."""

    def now_ns(self) -> int:
        """Return CLOCK_MONOTONIC in ns: shared by every process of the host, never stepped."""
        return time.monotonic_ns()

    def wall_s(self) -> float:
        """Return the wall clock in seconds since the epoch (UTC)."""
        return time.time()

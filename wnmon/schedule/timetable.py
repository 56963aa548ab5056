"""When each probe's first run is due: spread, so that a thousand probes never start at one instant. Pure."""

from __future__ import annotations

import hashlib

from wnmon.model.target import ProbeId

SPREAD_S = 60.0
SHORTEST_GRACE_S = 1
LONGEST_GRACE_S = 30


def first_delay_s(probe: ProbeId, every_s: float) -> float:
    """Return the seconds until the first run: the probe id's hash mod min(every, 60 s), to the millisecond.

    The same probe keeps its place over restarts.
    """
    digest = int.from_bytes(hashlib.sha256(probe.encode()).digest()[:8], "big")
    window_ms = max(1, int(min(every_s, SPREAD_S) * 1000))
    return (digest % window_ms) / 1000


def misfire_grace_s(every_s: float) -> int:
    """Return how late a run may still start: half its interval, within 1 to 30 s. Later ones count as missed."""
    return min(max(int(every_s / 2), SHORTEST_GRACE_S), LONGEST_GRACE_S)

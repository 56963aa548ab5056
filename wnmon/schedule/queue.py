"""Who comes when: the probes that wait, soonest first. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

from wnmon.model.target import ProbeId


class Queue:
    """One instant (boot ns) for each probe in it; whoever is put in again waits for the new instant alone."""

    def __init__(self) -> None:
        self._at_ns: dict[ProbeId, int] = {}
        self._heap: list[tuple[int, ProbeId]] = []

    def put(self, probe: ProbeId, at_ns: int) -> None:
        """Have a probe wait for an instant."""
        self._at_ns[probe] = at_ns
        heappush(self._heap, (at_ns, probe))

    def drop(self, probe: ProbeId) -> None:
        """Have a probe wait no more."""
        self._at_ns.pop(probe, None)

    def take_until(self, until_ns: int) -> Iterator[tuple[int, ProbeId]]:
        """Yield, and forget, who waits for an instant up to this one, with the instant."""
        while self._heap and self._heap[0][0] <= until_ns:
            at_ns, probe = heappop(self._heap)
            if self._at_ns.get(probe) == at_ns:
                del self._at_ns[probe]
                yield at_ns, probe

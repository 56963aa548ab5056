"""Which slot of each probe comes next. Pure: told the instant, never asking for it.

A probe's slots lie a whole number of intervals after its own phase, counted from the epoch, so that a restart neither
moves a run nor adds one, and a thousand probes never start together. Slots are counted on the wall clock once and then
kept on the boot clock, which nobody can set: `offset_ns` ties the two (wall = boot + offset). All instants here are
boot ns unless their name says wall.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wnmon.engine.ports import Slots
from wnmon.model.target import Probe, ProbeId

SHORTEST_GRACE_S = 1
LONGEST_GRACE_S = 30
JUMP_NS = 50_000_000
"""A wall clock that went this far from where it was tied moves the slots; less is how clocks are kept right."""


def phase_ns(probe: ProbeId, every_ns: int) -> int:
    """Return how long after a multiple of its interval a probe is due: its id's hash, to the millisecond."""
    digest = int.from_bytes(hashlib.sha256(probe.encode()).digest()[:8], "big")
    return digest % max(1, every_ns // 1_000_000) * 1_000_000


def next_slot_ns(probe: ProbeId, every_ns: int, after_wall_ns: int) -> int:
    """Return the first slot later than an instant; both are ns since the epoch."""
    return after_wall_ns + every_ns - (after_wall_ns - phase_ns(probe, every_ns)) % every_ns


def grace_ns(every_ns: int) -> int:
    """Return how late a run may still start: half its interval, within 1 to 30 s. Later ones count as missed."""
    return min(max(every_ns // 2, SHORTEST_GRACE_S * 10**9), LONGEST_GRACE_S * 10**9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a probe's slots up to now: `missed` are past for good; the one to run is `late_ns` late.

    `late_ns` is None where it is too late for that one as well.
    """

    missed: int
    late_ns: int | None


@dataclass(slots=True, kw_only=True)
class Entry:
    """A scheduled probe. `due_ns`: its next slot. `begun_ns`: the slot of its last run.

    `promised_ns`: when its next run is due, or was: a slot that was missed does not move it. `recheck_ns`: when it is
    asked once more before that, to confirm its last run.
    """

    probe: Probe
    due_ns: int
    promised_ns: int
    begun_ns: int | None = None
    recheck_ns: int | None = None

    @property
    def every_ns(self) -> int:
        """Return the interval."""
        return self.probe.check.every_ns

    def next_ns(self, now_ns: int) -> int:
        """Return when it fires next: at its slot, or before that at a re-check that is still to come."""
        if self.recheck_ns is not None and now_ns < self.recheck_ns < self.due_ns:
            return self.recheck_ns
        return self.due_ns


class Timetable:
    """The slots of all probes."""

    def __init__(self, offset_ns: int) -> None:
        self.offset_ns = offset_ns
        self._entries: dict[ProbeId, Entry] = {}

    def set_probes(self, probes: Sequence[Probe], now_ns: int, *, run_now: bool = False) -> list[Entry]:
        """Hold exactly these probes and return the entries whose next slot changed.

        One whose interval did not change keeps its slot. `run_now`: new ones are due at once.
        """
        before, self._entries = self._entries, {}
        changed = []
        for probe in probes:
            known = before.get(probe.id)
            keeps = known is not None and known.probe.check.every_s == probe.check.every_s
            entry = self._entries[probe.id] = known or Entry(probe=probe, due_ns=now_ns, promised_ns=now_ns)
            entry.probe = probe
            if not keeps:
                changed.append(entry)
                at_once = known is None and run_now
                entry.recheck_ns = None
                entry.due_ns = entry.promised_ns = now_ns if at_once else self._after(entry, now_ns)
        return changed

    def get(self, probe: ProbeId) -> Entry | None:
        """Return a probe's entry, None when it is not scheduled."""
        return self._entries.get(probe)

    def entries(self) -> Iterator[Entry]:
        """Yield every entry. Safe beside a thread that schedules."""
        yield from list(self._entries.values())

    def take(self, entry: Entry, now_ns: int, *, begins: bool) -> Taken:
        """Go on to the next slot. `begins`: nothing but being late keeps a run from it; else one is under way."""
        missed = max(0, now_ns - entry.due_ns) // entry.every_ns
        newest_ns = entry.due_ns + missed * entry.every_ns
        late_ns = max(0, now_ns - newest_ns)
        # Half an interval on: a first run at once is no slot, and the next one may be near.
        entry.due_ns = self.following_ns(entry, max(now_ns, newest_ns + entry.every_ns // 2))
        entry.recheck_ns = None
        if late_ns > grace_ns(entry.every_ns):
            return Taken(missed=missed + 1, late_ns=None)
        entry.promised_ns = entry.due_ns
        if begins:
            entry.begun_ns = newest_ns
        return Taken(missed=missed, late_ns=late_ns)

    def plan_recheck(self, probe: ProbeId, at_ns: int, lasts_ns: int) -> Entry | None:
        """Have a probe asked once more between slots; return its entry, None where its next slot is too near.

        No slot is to find a re-check under way that `lasts_ns`, as the run before it did.
        """
        entry = self._entries.get(probe)
        if entry is None or at_ns + lasts_ns >= entry.due_ns:
            return None
        entry.recheck_ns = at_ns
        return entry

    def take_recheck(self, entry: Entry, now_ns: int) -> int | None:
        """Return the slot whose run a re-check that is due now confirms, None where it came too late."""
        at_ns, entry.recheck_ns = entry.recheck_ns, None
        return None if at_ns is None or now_ns - at_ns > grace_ns(entry.every_ns) else entry.begun_ns

    def tie(self, offset_ns: int, now_ns: int) -> bool:
        """Take note of how far the wall clock is ahead of the boot clock; tell whether it jumped, and slots with it.

        The first run after a jump is due between half and one and a half intervals after the one before.
        """
        if abs(offset_ns - self.offset_ns) < JUMP_NS:
            return False
        self.offset_ns = offset_ns
        for entry in self._entries.values():
            entry.due_ns = self._after_jump(entry, now_ns)
            entry.promised_ns = min(entry.promised_ns, entry.due_ns) if entry.promised_ns <= now_ns else entry.due_ns
        return True

    def slots(self, probe: ProbeId) -> Slots | None:
        """Return when a probe's last run was due and its next one is, None when it is not scheduled."""
        entry = self._entries.get(probe)
        return None if entry is None else Slots(last_ns=entry.begun_ns, next_ns=entry.promised_ns)

    def slot_from(self, probe: ProbeId, not_before_ns: int) -> int:
        """Return the first slot of a scheduled probe at or after an instant."""
        entry = self._entries.get(probe)
        return not_before_ns if entry is None else self.following_ns(entry, not_before_ns - 1)

    def number_of(self, probe: ProbeId, at_ns: int) -> int:
        """Return which slot from the epoch an instant is nearest to, 0 where the probe is not scheduled."""
        entry = self._entries.get(probe)
        if entry is None:
            return 0
        since_ns = at_ns + self.offset_ns - phase_ns(probe, entry.every_ns)
        return (since_ns + entry.every_ns // 2) // entry.every_ns

    def following_ns(self, entry: Entry, after_ns: int) -> int:
        """Return the probe's first slot later than an instant."""
        return next_slot_ns(entry.probe.id, entry.every_ns, after_ns + self.offset_ns) - self.offset_ns

    def _after_jump(self, entry: Entry, now_ns: int) -> int:
        """Return when a run is due once the slots have moved: at once where the nearest slot has gone by.

        Never later than before where no run was yet, so that a clock set again and again keeps none from beginning.
        """
        if entry.begun_ns is None:
            return min(entry.due_ns, self.following_ns(entry, now_ns))
        nearest_ns = self.following_ns(entry, entry.begun_ns + entry.every_ns // 2)
        return max(now_ns, nearest_ns)

    def _after(self, entry: Entry, now_ns: int) -> int:
        """Return the first slot from now on that keeps its distance from the last run."""
        if entry.begun_ns is None:
            return self.following_ns(entry, now_ns)
        return self.following_ns(entry, max(now_ns, entry.begun_ns + entry.every_ns // 2))

"""What counts of each probe now: whether its last outcome is still known, when it is asked again, and why not before.

    an outcome counts until                                            so that
    -----------------------------------------------------------------  ----------------------------------------------
    passed, degraded: three intervals after its run was due            a success is no news for longer, whatever rests
    failed, errored: the same, or two intervals after the next run is  an outage that wnmon itself asks for more rarely
        due, if a refusal of the relay puts that off                   stays an outage

While runs are spared so that a budget lasts, an interval is the time between those that are not. What was found when it
was longer counts until the run after it was due then, and what is not asked at all for as long as if it were.

A slot that was missed does not put off when the next run is due, so either ends where wnmon does not ask though it
should; at once where it does not because the budget is spent, or somebody wants nothing to be sent. What has ended does
not come back before the next run.

Another URL is another relay, of which nothing is known. Other credentials are not: what was known stays. But a failure
may have been theirs, so it is asked again soon, and confirms nothing together with what the new ones meet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from wnmon.engine.ports import Clock, Rest, RestCause, Slots
from wnmon.engine.run import Run
from wnmon.model.result import Outcome
from wnmon.model.target import Probe, ProbeId, client_of
from wnmon.watch.confirm import PUT_OFF_INTERVALS, Confirmation, says_up

KNOWN_INTERVALS = 3
MOST_RESTS = 24
"""So many rests, one after another, are looked beyond for the next run."""
AFTER_REST_S = 0.2
"""How long after a rest a re-check is due: a scheduler may be early by some ms."""


class Timetable(Protocol):
    """Tells when probes are due."""

    def slots(self, probe: ProbeId) -> Slots | None:
        """Return when a probe's last run was due and its next one is, None when it is not scheduled."""
        ...

    def slot_from(self, probe: ProbeId, not_before_ns: int) -> int:
        """Return the first slot of a scheduled probe at or after an instant; both are boot ns."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a probe stands. `known`: its last outcome counts. Instants are epoch seconds.

    `next_run_s`: the next slot at which nothing rests, as far as is known; None where `MOST_RESTS` follow one another.

    `stride`: of so many due runs one takes place, so that a budget lasts; 0 where none does.

    `up`: what is confirmed since `up_since_s`, None until anything is. `unconfirmed`: the last run says otherwise.
    """

    known: bool
    up: bool | None = None
    up_since_s: float | None = None
    unconfirmed: bool = False
    next_run_s: float | None = None
    rest: RestCause | None = None
    rest_until_s: float | None = None
    rest_reason: str = ""
    stride: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What is known of a probe, in terms that outlive this process. `due_s` (epoch): when its last run was due.

    `url`: where it was asked; of another relay nothing is known.
    """

    url: str = field(repr=False)
    confirmed: Confirmation
    success: bool
    due_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Last:
    """The last run: whether it was a success, when it was due (boot ns), and of how many due runs it was the one."""

    success: bool
    due_ns: int
    stride: int = 1


class Standings:
    """A sink of runs that is asked how probes stand, also from another thread.

    `rest` tells what keeps a probe from being asked at an instant (boot ns), `stride` of how many due runs one takes
    place so that a budget lasts, 0 where none does.
    """

    name = "standings"

    def __init__(
        self,
        clock: Clock,
        timetable: Timetable,
        rest: Callable[[Probe, int], Rest | None],
        stride: Callable[[Probe], int] = lambda _: 1,
    ) -> None:
        self._clock = clock
        self._timetable = timetable
        self._rest = rest
        self._stride = stride
        self._probes: dict[ProbeId, Probe] = {}
        self._last: dict[ProbeId, _Last] = {}
        self._confirmed: dict[ProbeId, Confirmation] = {}
        self._looked: set[ProbeId] = set()

    def declare(self, probes: Sequence[Probe]) -> Sequence[ProbeId]:
        """Know exactly these probes; what counts of those that stay, and ask the same relay, goes on counting.

        Return those whose last run failed and which ask with other credentials now: they are to be asked again soon.
        """
        before, self._probes = self._probes, {probe.id: probe for probe in probes}
        stay = [(before[one.id].target, one) for one in probes if one.id in before]
        for id_ in set(self._last) - {one.id for was, one in stay if was.url == one.target.url}:
            self._forget(id_)
        self._looked &= self._probes.keys()
        as_others = [one.id for was, one in stay if client_of(was) != client_of(one.target)]
        failed = {id_: now for id_ in as_others if (now := self._confirmed.get(id_)) is not None and now.last is False}
        self._confirmed |= {id_: now.doubted() for id_, now in failed.items()}
        return list(failed)

    def take(self, run: Run) -> None:
        """Take note of a finished run; not of one that asked the relay that was meant before."""
        probe, slots = self._probes.get(run.probe), self._timetable.slots(run.probe)
        if probe is not None and run.client is not None and run.client.relay != client_of(probe.target).relay:
            return
        if probe is not None and slots is not None and run.result.outcome is not Outcome.SKIPPED:
            due_ns, stride = self._due_ns(probe, slots), max(1, self._stride(probe))
            self._last[run.probe] = _Last(success=run.result.outcome.success, due_ns=due_ns, stride=stride)
            self._confirm(run, probe)
            self.of(run.probe)  # which sees a refusal that puts off the next run
        elif run.requests:  # answered, and nothing could be judged: what was known before is no fact any more
            self._forget(run.probe)

    def remembered(self, id_: ProbeId) -> Remembered | None:
        """Return what is known of a probe, for whoever keeps it; None where nothing is."""
        probe, last = self._probes.get(id_), self._last.get(id_)
        if probe is None or last is None:
            return None
        confirmed, due_s = self._confirmed.get(id_, Confirmation()), self._epoch_s(last.due_ns)
        return Remembered(url=probe.target.url, confirmed=confirmed, success=last.success, due_s=due_s)

    def remember(self, id_: ProbeId, known: Remembered) -> None:
        """Know of a declared probe what was known before this process; whether it still counts is seen as ever."""
        due_ns = self._clock.boot_ns() + int((known.due_s - self._clock.wall_s()) * 1e9)
        self._last[id_] = _Last(success=known.success, due_ns=min(due_ns, self._clock.boot_ns()))
        self._confirmed[id_] = known.confirmed

    def _confirm(self, run: Run, probe: Probe) -> None:
        says = says_up(run.result.outcome, run.result.reason)
        before = self._confirmed.get(run.probe, Confirmation())
        of_before = run.client is not None and run.client != client_of(probe.target)
        if says is False and of_before:  # with credentials that were replaced while it was under way
            self._confirmed[run.probe] = before.doubted()
        else:
            needs = probe.check.confirm
            self._confirmed[run.probe] = before.after(says, needs, at_s=run.ended_at_s, recheck=run.recheck)

    def _forget(self, id_: ProbeId) -> None:
        self._last.pop(id_, None)
        self._confirmed.pop(id_, None)

    def _due_ns(self, probe: Probe, slots: Slots) -> int:
        """Return the last slot a run stands for: its own, or one that came while it waited or went on."""
        now_ns, every_ns = self._clock.boot_ns(), probe.check.every_ns
        return now_ns if slots.last_ns is None else now_ns - (now_ns - slots.last_ns) % every_ns

    def of(self, id_: ProbeId) -> Standing:
        """Return how a probe stands now."""
        asked = self._asked(id_)
        if asked is None:
            return Standing(known=False)
        probe, next_ns, rest = asked
        known = self._is_known(probe, next_ns, rest)
        confirmed = self._confirmation(probe, next_ns, rest)
        return Standing(
            known=known,
            up=confirmed.up,
            up_since_s=confirmed.since_s,
            unconfirmed=confirmed.is_open,
            next_run_s=None if (open_ns := self._open_ns(probe, next_ns)) is None else self._epoch_s(open_ns),
            rest=None if rest is None else rest.cause,
            rest_until_s=None if rest is None else self._epoch_s(rest.until_ns),
            rest_reason="" if rest is None else rest.reason,
            stride=self._stride(probe),
        )

    def _asked(self, id_: ProbeId) -> tuple[Probe, int, Rest | None] | None:
        """Return a probe, when it is asked next, but for rests to come, and what rests now; None if it is not asked."""
        probe, slots = self._probes.get(id_), self._timetable.slots(id_)
        if probe is None or slots is None:
            return None
        rest = self._rest(probe, self._clock.boot_ns())
        if rest is None:
            return probe, slots.next_ns, None
        return probe, max(slots.next_ns, self._timetable.slot_from(id_, rest.until_ns)), rest

    def _open_ns(self, probe: Probe, slot_ns: int) -> int | None:
        """Return the first slot from this one on at which nothing rests: where one rest ends another may have begun."""
        for _ in range(MOST_RESTS):
            rest = self._rest(probe, max(slot_ns, self._clock.boot_ns()))
            after_ns = slot_ns if rest is None else self._timetable.slot_from(probe.id, rest.until_ns)
            if after_ns <= slot_ns:  # nothing rests, or only until then
                return slot_ns
            slot_ns = after_ns
        return None

    def recheck_s(self, id_: ProbeId) -> float | None:
        """Return how soon a probe is to be asked again to confirm its last run, None where it is not.

        Where the relay is left alone for longer, just after that: what a refusal says wants confirming as well.
        """
        probe, rest_until_s = self._probes.get(id_), _put_off_until_s(self.of(id_))
        if probe is None or probe.check.confirm.recheck_s is None:
            return None
        rests_s = 0.0 if rest_until_s is None else rest_until_s - self._clock.wall_s() + AFTER_REST_S
        soon_s = max(probe.check.confirm.recheck_s, rests_s)
        return soon_s if self.wants_recheck(id_, soon_s) else None

    def wants_recheck(self, id_: ProbeId, in_s: float = 0) -> bool:
        """Tell whether asking a probe again `in_s` seconds from now would help, and nothing is to rest then."""
        probe, standing = self._probes.get(id_), self.of(id_)
        until_s = _put_off_until_s(standing)
        rests = until_s is not None and until_s > self._clock.wall_s() + in_s
        if probe is None or not standing.known or rests:
            return False
        return self._confirmed[id_].wants_recheck(probe.check.confirm)

    def look(self) -> Iterator[ProbeId | None]:
        """Yield for each probe: itself where its outcome counted at the last look and counts no more, else None.

        Of 1,000 probes this takes 10 ms in all, so that whoever looks may do something else in between.
        """
        for id_ in list(self._probes):
            counted, asked = id_ in self._looked, self._asked(id_)
            counts = asked is not None and self._is_known(*asked)
            (self._looked.add if counts else self._looked.discard)(id_)
            yield id_ if counted and not counts else None

    def _is_known(self, probe: Probe, next_ns: int, rest: Rest | None) -> bool:
        last, every_ns = self._last.get(probe.id), probe.check.every_ns
        if last is None:
            return False
        stride = self._stride(probe)
        until_ns = last.due_ns + every_ns * max(KNOWN_INTERVALS * max(stride, 1), last.stride + 1 if stride else 0)
        every_ns *= max(stride, 1)
        if not last.success and not (rest is not None and rest.cause is RestCause.SPARED):
            until_ns = max(until_ns, next_ns + (KNOWN_INTERVALS - 1) * every_ns)
        if self._clock.boot_ns() <= until_ns and not (rest is not None and rest.cause.ends_what_is_known):
            return True
        self._forget(probe.id)
        return False

    def _confirmation(self, probe: Probe, next_ns: int, rest: Rest | None) -> Confirmation:
        """Return what is confirmed, now that the next run is due at `next_ns`."""
        confirmed = self._confirmed.get(probe.id, Confirmation())
        away_ns = PUT_OFF_INTERVALS * probe.check.every_ns * max(1, self._stride(probe))
        last, refused = self._last.get(probe.id), rest is not None and rest.cause.is_refusal
        if refused and last is not None and next_ns - last.due_ns > away_ns:
            confirmed = self._confirmed[probe.id] = confirmed.put_off(self._clock.wall_s())
        return confirmed

    def _epoch_s(self, at_ns: int) -> float:
        return round(self._clock.wall_s() + (at_ns - self._clock.boot_ns()) / 1e9, 3)


def _put_off_until_s(standing: Standing) -> float | None:
    """Return until when nothing of a probe is sent; a re-check is not spared, which tells an outage from a slip."""
    return None if standing.rest is RestCause.SPARED else standing.rest_until_s

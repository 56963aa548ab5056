"""What a service keeps over restarts: its store, where it has one, and what that gives back at the start."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

from wnmon.app.evidence import KeptEvidence, Transcripts
from wnmon.config import Config
from wnmon.engine.budget import Budgets
from wnmon.engine.deliveries import Outbox
from wnmon.engine.known_secrets import KnownSecrets
from wnmon.engine.ports import Books, Clock, Courses, Evidence, Sink
from wnmon.engine.probe_states import LatestStates
from wnmon.engine.standing import Standings
from wnmon.engine.turns import Turns
from wnmon.model.events import MonitorEvent, StoreProblem, StoreTold, Turned
from wnmon.notify.outbox import MemoryOutbox
from wnmon.store import Keeper, Place, Refused, open_keeper
from wnmon.web import NoEvidence, NothingKept


class Kept:
    """The store of a service. Of folder None, or one that is refused, everything is in memory.

    `hear` is told on the loop what the thread says that writes, from `begin` on: first whether there is a store at all.
    `opens` is what opens it.
    """

    def __init__(
        self,
        folder: Path | None,
        clock: Clock,
        secrets: KnownSecrets,
        hear: Callable[[MonitorEvent], None],
        opens: Callable[[Place, Clock, Callable[[MonitorEvent], None]], Keeper | Refused] = open_keeper,
    ) -> None:
        self._hear = hear
        self._opens = opens
        self._said: deque[MonitorEvent] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._keeper, self._beside = (None, None) if folder is None else self._opened(folder, clock)
        keeper = self._keeper
        self._transcripts = None if keeper is None else Transcripts(keeper.transcripts.keep, secrets, self._say)
        self._evidence = None if keeper is None else KeptEvidence(keeper.courses.transcript)

    def _opened(self, folder: Path, clock: Clock) -> tuple[Keeper | None, Keeper | None]:
        """Return the keeper, and where another service has that place one that is good for budgets alone."""
        place = Place(folder=folder, owner=token_hex(8), is_service=True)
        opened = self._opens(place, clock, self._say)
        refused = opened if isinstance(opened, Refused) else None
        # Its thread writes already, and may have said that it cannot.
        self._said.appendleft(StoreTold(problem=None if refused is None else refused.problem))
        if not isinstance(opened, Refused):
            return opened, None
        if opened.problem is not StoreProblem.IN_USE:
            return None, None
        beside = self._opens(replace(place, is_service=False), clock, lambda _: None)
        return None, None if isinstance(beside, Refused) else beside

    @property
    def sinks(self) -> tuple[Keeper, ...]:
        """Return what takes runs and observes events."""
        return () if self._keeper is None else (self._keeper,)

    @property
    def takers(self) -> tuple[Sink, ...]:
        """Return what takes runs alone."""
        return () if self._transcripts is None else (self._transcripts,)

    @property
    def books(self) -> Books | None:
        """Return where budgets are kept: those of two services with one folder are the same."""
        keeper = self._keeper or self._beside
        return None if keeper is None else keeper.books

    @property
    def outbox(self) -> Outbox:
        """Return where messages wait."""
        return MemoryOutbox() if self._keeper is None else self._keeper.outbox

    @property
    def past(self) -> Courses:
        """Return what the pages show of the past."""
        return NothingKept() if self._keeper is None else self._keeper.courses

    @property
    def evidence(self) -> Evidence:
        """Return what the pages show of runs that failed."""
        return NoEvidence() if self._evidence is None else self._evidence

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Pass on what is said from now on, and what was said before."""
        self._loop = loop
        self._pass_on()

    def recall(self, config: Config, standings: Standings, board: LatestStates, turns: Turns) -> None:
        """Have all these know what was known when the service ended."""
        if self._keeper is None:
            return
        standings.declare(config.probes)
        board.declare(config.probes)
        self._keeper.follow(standings.remembered)
        for probe in config.probes:
            known, last = self._keeper.remembered(probe), self._keeper.last(probe)
            if known is not None:
                standings.remember(probe.id, known)
            if known is not None and last is not None:
                board.remember(probe.id, last, known.confirmed)
        turns.recall([turned.probe for turned in self._keeper.outages])

    def outages(self, config: Config) -> Iterator[Turned]:
        """Yield the outages of these probes that were not over when the service ended."""
        watched = {probe.id for probe in config.probes}
        yield from (one for sink in self.sinks for one in sink.outages if one.probe in watched)

    def adopt(self, config: Config) -> None:
        """Keep from now on what this configuration wants."""
        for sink in self.sinks:
            sink.declare(config.probes, config.retention, config.zone)
        if self._transcripts is not None and self._evidence is not None:
            self._transcripts.is_wanted = config.retention.transcripts > 0
            self._evidence.declare(config.probes)

    async def close(self, budgets: Budgets) -> None:
        """Give back what of budgets is not used, write what there is, and let go of the folder."""
        keeper = self._keeper or self._beside
        if keeper is not None:
            budgets.close()
            await asyncio.to_thread(self._close, keeper)

    def _close(self, keeper: Keeper) -> None:
        if self._transcripts is not None:
            self._transcripts.close()
        keeper.close()

    def _say(self, event: MonitorEvent) -> None:
        """Take what the thread says that writes."""
        self._said.append(event)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._pass_on)

    def _pass_on(self) -> None:
        while self._said:
            self._hear(self._said.popleft())

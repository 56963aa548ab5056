"""One request out, one answer back: nothing unredacted leaves this module."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from wnmon.engine.known_secrets import KnownSecrets
from wnmon.engine.loopwatch import with_lags
from wnmon.engine.ports import About, CaughtUp, Clock, Sensed, Sensors, Worker
from wnmon.engine.reading import read_redacted
from wnmon.model.exchange import Exchange, FailureKind, Marks, Request, TransportFailure
from wnmon.model.json import JsonObject
from wnmon.model.said import Said
from wnmon.model.target import Probe
from wnmon.redact.redactor import Redactor
from wnmon.wire.answer import Answer


class Stop(asyncio.Event):
    """An event that also calls those who asked for it, at once. So what it ends needs no task that waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self._called: set[Callable[[], object]] = set()

    @contextmanager
    def calling(self, call: Callable[[], object]) -> Iterator[None]:
        """Call this if the event is set, or comes to be set before the block ends."""
        if self.is_set():
            call()
        self._called.add(call)
        try:
            yield
        finally:
            self._called.discard(call)

    def set(self) -> None:
        """Set the event. Only the first time is anyone called: what is ending must not be ended once more."""
        called = () if self.is_set() else tuple(self._called)
        super().set()
        for call in called:
            call()


class Sender:
    """Sends for the runner. Setting `stop` ends the exchanges under way: their failure is `shutdown`."""

    def __init__(self, sensors: Sensors, clock: Clock, worker: Worker, secrets: KnownSecrets) -> None:
        self.stop = Stop()
        self._sensors = sensors
        self._clock = clock
        self._worker = worker
        self._secrets = secrets

    async def send_at_once(
        self, request: Request, asked: JsonObject | None, probe: Probe, scheduled_ns: int | None, copies: int
    ) -> Sequence[Answer]:
        """Return the answers of a request sent so many times at once: those answered first, then those refused.

        `asked` is the JSON object of the request's body.
        """
        if copies == 1:
            return [await self._send(request, asked, probe, scheduled_ns)]
        answers = await asyncio.gather(*(self._send(request, asked, probe, scheduled_ns) for _ in range(copies)))
        # The first exchange of a run stands for it; a burst is not refused as long as one of it is answered.
        return sorted(answers, key=lambda answer: answer.exchange.status == 429)

    async def _send(self, request: Request, asked: JsonObject | None, probe: Probe, scheduled_ns: int | None) -> Answer:
        """Return the answer, redacted before anything reads or shows it, with the lag of each stamp in its exchange."""
        exchange, caught_up = await self._sensed(request, probe, scheduled_ns)
        # Those of its own are known already where a configuration named them.
        redactor = self._secrets.learn(probe.secrets())
        about = About.exchanges(probe.target, [exchange])
        return await self._worker.do(about, _dated_and_read, exchange, caught_up, redactor, asked)

    async def _sensed(self, request: Request, probe: Probe, scheduled_ns: int | None) -> Sensed:
        timeouts, caps = probe.check.timeouts, probe.check.caps
        sending = asyncio.ensure_future(
            self._sensors.send(request, probe.target, timeouts=timeouts, caps=caps, scheduled_ns=scheduled_ns)
        )
        try:
            with self.stop.calling(sending.cancel):
                await asyncio.wait({sending})
            is_stopped = sending.cancelled() and self.stop.is_set()
            return (self._cut_short(request), ()) if is_stopped else sending.result()
        finally:
            if not sending.done():
                sending.cancel()
                await asyncio.wait({sending})

    def _cut_short(self, request: Request) -> Exchange:
        now_ns = self._clock.now_ns()
        return Exchange(
            request=request,
            started_at_s=self._clock.wall_s(),
            marks=Marks(started_ns=now_ns, end_ns=now_ns),
            failure=TransportFailure(kind=FailureKind.SHUTDOWN, detail=Said("stopped")),
        )


def _dated_and_read(
    exchange: Exchange, caught_up: Sequence[CaughtUp], redactor: Redactor, asked: JsonObject | None
) -> Answer:
    """Read an exchange. Its lags come first, and not on the loop: there is one for each of very many chunks."""
    return read_redacted(with_lags(exchange, caught_up), redactor, asked)

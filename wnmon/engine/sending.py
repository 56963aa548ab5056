"""One request out, one answer back: nothing unredacted leaves this module."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from wnmon.engine.loopwatch import LoopWatch
from wnmon.engine.ports import About, Clock, Transport, Worker
from wnmon.engine.reading import read_redacted
from wnmon.model.exchange import Exchange, FailureKind, Marks, Request, TransportFailure
from wnmon.model.json import JsonObject
from wnmon.model.said import Said
from wnmon.model.target import Probe, Target
from wnmon.redact.redactor import Redactor
from wnmon.wire.answer import Answer


class Sender:
    """Sends for the runner. Setting `stop` ends the exchanges under way: their failure is `shutdown`."""

    def __init__(self, transport: Transport, clock: Clock, watch: LoopWatch, worker: Worker) -> None:
        self.stop = asyncio.Event()
        self._transport = transport
        self._clock = clock
        self._watch = watch
        self._worker = worker
        self._redactors: dict[str, tuple[Target, Redactor]] = {}

    async def send_at_once(
        self, request: Request, asked: JsonObject | None, probe: Probe, scheduled_ns: int | None, copies: int
    ) -> Sequence[Answer]:
        """Return the answers of a request sent so many times at once: those answered first, then those refused.

        `asked` is the JSON object of the request's body.
        """
        answers = await asyncio.gather(*(self._send(request, asked, probe, scheduled_ns) for _ in range(copies)))
        # The first exchange of a run stands for it; a burst is not refused as long as one of it is answered.
        return sorted(answers, key=lambda answer: answer.exchange.status == 429)

    async def _send(self, request: Request, asked: JsonObject | None, probe: Probe, scheduled_ns: int | None) -> Answer:
        """Return the answer, redacted before anything reads or shows it, with the loop's worst lag in its exchange."""
        exchange = await self._exchange(request, probe, scheduled_ns)
        marks = exchange.marks
        exchange = replace(exchange, late_ns=self._watch.worst_ns(marks.started_ns, marks.end_ns))
        about = About.exchanges(probe.target, [exchange])
        return await self._worker.do(about, read_redacted, exchange, self._redactor(probe.target), asked)

    async def _exchange(self, request: Request, probe: Probe, scheduled_ns: int | None) -> Exchange:
        timeouts, caps = probe.check.timeouts, probe.check.caps
        sending = asyncio.ensure_future(
            self._transport.send(request, probe.target, timeouts=timeouts, caps=caps, scheduled_ns=scheduled_ns)
        )
        stopping = asyncio.ensure_future(self.stop.wait())
        try:
            await asyncio.wait({sending, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return sending.result() if sending.done() else self._cut_short(request)
        finally:
            stopping.cancel()
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

    def _redactor(self, target: Target) -> Redactor:
        """Return the target's redactor, made once: it indexes every window of every secret."""
        known = self._redactors.get(target.name)
        if known is None or known[0] is not target:
            known = self._redactors[target.name] = (target, Redactor(target.secrets()))
        return known[1]

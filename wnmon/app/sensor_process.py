"""A process that measures and does nothing else: sockets and stamps here, reading and judging elsewhere.

    python -m wnmon.app.sensor_process FD

FD is its end of the pair of sockets to the service. It ends when the service does.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys

from wnmon.app.loop import run
from wnmon.app.tuning import Collecting, come_first, tune_interpreter
from wnmon.clock import SystemClock
from wnmon.engine.loopwatch import Watched
from wnmon.transport.handover import Batch, Job, Packed, Stop, framed, messages, pack, terms_of
from wnmon.transport.sensor import Sensor

HAND_OVER_EVERY_S = 0.01


class Measuring:
    """Does jobs as they come, and hands over what happened in batches: not once for each, which would cost as much."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        clock = SystemClock()
        self._lags_s: list[float] = []
        self._sensor = Watched(Sensor(clock), clock, lambda lagged: self._lags_s.append(lagged.lag_s))
        self._done: list[tuple[int, Packed]] = []
        self._jobs: dict[int, asyncio.Task[None]] = {}
        self._due: asyncio.TimerHandle | None = None
        self._collecting = Collecting()

    async def work(self, reader: asyncio.StreamReader) -> None:
        """Work until the service is gone."""
        await self._sensor.warm_up()
        tune_interpreter()
        self._collecting.begin()
        self._hand_over()
        async for message in messages(reader):
            match message:
                case Job():
                    self._jobs[message.number] = asyncio.create_task(self._do(message))
                case Stop() if message.number in self._jobs:
                    self._jobs[message.number].cancel()
        for job in self._jobs.values():
            job.cancel()
        await self._sensor.close()

    async def _do(self, job: Job) -> None:
        terms = terms_of(job.terms)
        try:
            exchange, proofs = await self._sensor.send(
                job.request,
                terms.target,
                timeouts=terms.timeouts,
                caps=terms.caps,
                scheduled_ns=job.scheduled_ns,
            )
            self._done.append((job.number, pack(exchange, proofs)))
        finally:
            del self._jobs[job.number]
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(HAND_OVER_EVERY_S, self._hand_over)

    def _hand_over(self) -> None:
        """Hand over what there is. The first time, which is nothing, says that work may come."""
        self._due = None
        self._writer.write(framed(Batch(exchanges=tuple(self._done), lags_s=tuple(self._lags_s))))
        self._collecting.after(len(self._done), is_idle=not self._jobs)
        self._done.clear()
        self._lags_s.clear()


async def _measure(fd: int) -> None:
    reader, writer = await asyncio.open_unix_connection(sock=socket.socket(fileno=fd))
    await Measuring(writer).work(reader)
    writer.close()


def main() -> None:
    """Measure for the service at the other end."""
    # Control and C at a terminal goes to all: the service drains first, and then hangs up.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    come_first()
    run(_measure(int(sys.argv[1])))


if __name__ == "__main__":
    main()

"""Sensors in processes of their own, so that nothing else the service does moves a measured instant."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import subprocess
import sys
from collections.abc import Callable

from wnmon.engine.ports import Clock, Sensed
from wnmon.model.check import Caps, Timeouts
from wnmon.model.events import InternalFault, LoopLagged
from wnmon.model.exchange import Exchange, FailureKind, Marks, Request, TransportFailure
from wnmon.model.said import Said
from wnmon.model.target import Target
from wnmon.transport.handover import Batch, Job, Packed, Stop, WrittenTerms, framed, messages, unpack

GRACE_S = 10.0
"""So long after the last limit of an exchange could have run out, a process that says nothing of it hangs."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 30.0
_FIRST_WORD_S, _ENDS_WITHIN_S = 10.0, 2.0

Tell = Callable[[LoopLagged | InternalFault], None]


class SensorProcesses:
    """The Sensors port on processes. One that ends takes its exchanges with it, failures of wnmon, and comes anew.

    `program` is the module that such a process runs, with a socket's descriptor as its argument.
    """

    def __init__(self, program: str, size: int, clock: Clock, tell: Tell, *, grace_s: float = GRACE_S) -> None:
        self._clock = clock
        self._numbers = itertools.count()
        self._terms = WrittenTerms()
        self._new: Callable[[], _Process] = lambda: _Process(program, tell, grace_s)
        self._all = [self._new() for _ in range(size)]
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def ready(self) -> int:
        """Return how many take jobs now."""
        return sum(one.is_ready for one in self._all)

    async def warm_up(self) -> None:
        """Start the processes; return once each may be given work."""
        await asyncio.gather(*(one.start() for one in self._all))

    async def close(self) -> None:
        """End the processes."""
        await asyncio.gather(*self._ending, *(one.close() for one in self._all))

    def resize(self, size: int) -> None:
        """Have so many processes from now on. One that goes does first what it has begun."""
        for _ in range(len(self._all), size):
            self._all.append(self._new())
            self._all[-1].begin()
        for gone in self._all[size:]:
            ending = asyncio.create_task(gone.retire())
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)
        del self._all[size:]

    async def send(
        self, request: Request, target: Target, *, timeouts: Timeouts, caps: Caps, scheduled_ns: int | None = None
    ) -> Sensed:
        """Let the least busy process send it."""
        ready = [one for one in self._all if one.is_ready]
        if not ready:
            return self._broken(request, scheduled_ns), ()
        job = Job(
            number=next(self._numbers),
            request=request,
            terms=self._terms.of(target, timeouts, caps),
            scheduled_ns=scheduled_ns,
        )
        packed = await min(ready, key=lambda one: one.busy).do(job, timeouts.connect_s + 2 * timeouts.total_s)
        return (self._broken(request, scheduled_ns), ()) if packed is None else unpack(packed, request)

    def _broken(self, request: Request, scheduled_ns: int | None) -> Exchange:
        now_ns = self._clock.now_ns()
        return Exchange(
            request=request,
            started_at_s=self._clock.wall_s(),
            marks=Marks(started_ns=now_ns, scheduled_ns=scheduled_ns, end_ns=now_ns),
            failure=TransportFailure(kind=FailureKind.INTERNAL, detail=Said("sensor_ended")),
        )


class _Process:
    """One process, and the jobs it has. Started anew whenever it ends, sooner or later by how long it lasted."""

    def __init__(self, program: str, tell: Tell, grace_s: float) -> None:
        self.is_ready = False
        self._program = program
        self._tell = tell
        self._grace_s = grace_s
        self._jobs: dict[int, asyncio.Future[Packed | None]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._life: asyncio.Task[None] | None = None
        self._first_word = asyncio.Event()

    @property
    def busy(self) -> int:
        """Return how many jobs it has."""
        return len(self._jobs)

    def begin(self) -> None:
        """Start it. It takes no job before its first word."""
        self._life = asyncio.create_task(self._live(), name="sensor process")

    async def start(self) -> None:
        """Start it, and wait for its first word."""
        self.begin()
        with contextlib.suppress(TimeoutError):  # it is tried on and on; what it was to do meanwhile is told as failed
            async with asyncio.timeout(_FIRST_WORD_S):
                await self._first_word.wait()

    async def close(self) -> None:
        """Hang up, and let it end."""
        if self._life is not None:
            self._life.cancel()
            await asyncio.wait({self._life})

    async def retire(self) -> None:
        """Let its jobs end, then close."""
        if self._jobs:
            await asyncio.wait(self._jobs.values())
        await self.close()

    async def do(self, job: Job, within_s: float) -> Packed | None:
        """Return what happened; None where the process ended before it could tell, or did not tell in time."""
        assert self._writer is not None
        told: asyncio.Future[Packed | None] = asyncio.get_running_loop().create_future()
        self._jobs[job.number] = told
        self._writer.write(framed(job))
        try:
            async with asyncio.timeout(within_s + self._grace_s):
                return await told
        except TimeoutError:  # it hangs: its connection ends with it
            self._writer.transport.abort()
            return None
        except asyncio.CancelledError:
            self._writer.write(framed(Stop(job.number)))
            raise
        finally:
            self._jobs.pop(job.number, None)

    async def _live(self) -> None:
        """Begin one process after another."""
        pause_s = _FIRST_PAUSE_S
        while True:
            began_s = asyncio.get_running_loop().time()
            code = await self._one_life()
            self._tell(InternalFault(component="sensor", error=f"exit code {code}"))
            lasted_s = asyncio.get_running_loop().time() - began_s
            pause_s = _FIRST_PAUSE_S if lasted_s > _LONGEST_PAUSE_S else min(2 * pause_s, _LONGEST_PAUSE_S)
            await asyncio.sleep(pause_s)

    async def _one_life(self) -> int:
        """Return with which code the process ended."""
        self._writer = None
        ours, its = socket.socketpair()
        with its:
            process = _begun(self._program, its.fileno())
        try:
            reader, self._writer = await asyncio.open_unix_connection(sock=ours)
            async for batch in messages(reader):
                self._take(batch)
        finally:
            self.is_ready = False
            if self._writer is None:
                ours.close()
            else:
                self._writer.close()
            for told in self._jobs.values():
                if not told.done():
                    told.set_result(None)
            code = await asyncio.to_thread(_buried, process)
        return code

    def _take(self, batch: Batch) -> None:
        self.is_ready = True
        self._first_word.set()
        for lag_s in batch.lags_s:
            self._tell(LoopLagged(lag_s=lag_s))
        for number, packed in batch.exchanges:
            told = self._jobs.get(number)
            if told is not None and not told.done():
                told.set_result(packed)


def _begun(program: str, fd: int) -> subprocess.Popen[bytes]:
    """Start a process. Not by asyncio's own way, which leaves one behind where it is given up meanwhile."""
    return subprocess.Popen((sys.executable, "-m", program, str(fd)), pass_fds=[fd])  # noqa: S603 - our own module


def _buried(process: subprocess.Popen[bytes]) -> int:
    """Return with which code a process has ended, which comes with the end of its connection; else it is killed."""
    try:
        return process.wait(_ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()

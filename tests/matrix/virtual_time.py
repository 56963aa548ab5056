"""An event loop whose time passes only while everybody on it waits: what is stamped does not depend on the machine.

Sockets are real and on loopback; relay and sensor run on the one loop, so that nobody is late for anybody.
"""

from __future__ import annotations

import asyncio
import fcntl
import selectors
import termios
import time
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from wnmon.engine.ports import About

P = ParamSpec("P")
T = TypeVar("T")

GRACE_S = 0.0001
"""How long a connection or an end on its way through loopback is waited for, in true time, before virtual time goes on.

Bytes on their way are waited for as long as it takes: the kernel tells of them.
"""
STEP_S = 0.00005
"""What a turn of the loop takes in which something happened: a relay that never pauses meets its limits too."""


class VirtualClock:
    """Counts from one second on; the wall clock begins at the true time, as certificates have dates."""

    def __init__(self) -> None:
        self._now_ns = 10**9
        self._wall_s = time.time() - 1

    def now_ns(self) -> int:
        """Return virtual nanoseconds."""
        return self._now_ns

    def boot_ns(self) -> int:
        """Return virtual nanoseconds."""
        return self._now_ns

    def wall_s(self) -> float:
        """Return epoch seconds that pass as the virtual ones do."""
        return self._wall_s + self._now_ns / 1e9

    def go_on(self, seconds: float) -> None:
        """Let time pass."""
        self._now_ns += max(1, round(seconds * 1e9))


class _Selector(selectors.DefaultSelector):
    """Waits for sockets in true time, shortly; if none is ready, everybody waits, and virtual time goes on."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return who is ready; where nobody is, let the time pass that everybody waits for."""
        if timeout is None:
            return super().select(None)
        ready = super().select(0) or (super().select(GRACE_S) if timeout > 0 else [])
        while not ready and timeout > 0 and any(_has_bytes_under_way(key.fd) for key in self.get_map().values()):
            ready = super().select(GRACE_S)
        self._clock.go_on(STEP_S if ready or timeout <= 0 else timeout)
        return ready


def _has_bytes_under_way(descriptor: int) -> bool:
    """Tell whether a socket has sent what its peer's kernel has not taken yet (TIOCOUTQ, tcp(7))."""
    try:
        return fcntl.ioctl(descriptor, termios.TIOCOUTQ, b"\0" * 4) != b"\0" * 4
    except OSError:  # no connection, such as a listener or the pipe that wakes the loop
        return False


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """The loop of one clock."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(_Selector(clock))
        self._virtual = clock

    def time(self) -> float:
        """Return virtual seconds."""
        return self._virtual.now_ns() / 1e9

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Wait for threads without a limit (Python 3.12 sets one): this loop would have its time over at once."""
        await super().shutdown_default_executor()


class Inline:
    """A worker that does its work at once: a thread beside the loop would let virtual time pass."""

    async def do(self, about: About, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the work returns."""
        return work(*args, **kwargs)

    def close(self) -> None:
        """Have nothing to close."""


def run_virtually(main: Callable[[VirtualClock], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end on a loop of virtual time."""
    clock = VirtualClock()
    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(clock)) as runner:
        return runner.run(main(clock))

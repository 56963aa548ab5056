"""Ctrl-C and SIGTERM. During a check they end the sending, never the reports, unless somebody insists; a service takes
them as soon as it can end in order, and loses none that came before.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

from wnmon.cli.terminal import tell
from wnmon.model.said import Said

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def taking(takers: Mapping[signal.Signals, Callable[[], None]]) -> Iterator[None]:
    """Have the running loop take signals until the block ends, those too that `__main__` has made wait.

    Afterwards those wait again: what comes while the process ends changes nothing.
    """
    loop = asyncio.get_running_loop()
    for number, take in takers.items():
        loop.add_signal_handler(number, take)
    before = signal.pthread_sigmask(signal.SIG_UNBLOCK, takers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Stopping:
    """What a signal does. The first while requests are sent ends them, the next says what goes on, one more ends that.

    Before requests are sent the first one is kept until they could be.
    """

    def __init__(self) -> None:
        self._sending = True
        self._asked = False
        self._told = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    def take(self, _number: int, _frame: FrameType | None) -> None:
        """Take a signal. Raises KeyboardInterrupt for one too many."""
        if self._sending and not self._asked:
            self._asked = True
            if self._loop is not None and self._stop is not None:
                self._loop.call_soon_threadsafe(self._stop.set)  # also wakes a loop that waits for the network
        elif not self._told:
            self._told = True
            tell(Said("cli_insisting"))
        else:
            raise KeyboardInterrupt

    @contextmanager
    def ending(self, stop: asyncio.Event) -> Iterator[None]:
        """Have a signal set `stop`, an event of the running loop, until the block ends: then nothing more is sent."""
        self._loop, self._stop = asyncio.get_running_loop(), stop
        if self._asked:
            stop.set()
        try:
            yield
        finally:
            self._loop = self._stop = None
            self._sending = False


@contextmanager
def until_written() -> Iterator[Stopping]:
    """Take the signals until the block, which sends and writes, has ended."""
    stopping = Stopping()
    before = {number: signal.signal(number, stopping.take) for number in SIGNALS}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""Looking up names so that nobody waits for a resolver that hangs.

A lookup cannot be stopped. asyncio's own runs in a pool of threads that the end of the loop waits for, and that six
hanging names fill; here each has a thread of its own, which ends with the process at the latest.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from threading import Thread
from typing import Any, TypeAlias, TypeVar

from wnmon.model.said import Said

T = TypeVar("T")
Found: TypeAlias = "Sequence[tuple[Any, ...]]"
Lookup: TypeAlias = "Callable[[str, int], Found]"


class NoAddress(socket.gaierror):
    """The name is known, and has no address."""


def look_up(host: str, port: int) -> Found:
    """Return what getaddrinfo finds for TCP. Raises socket.gaierror. Blocks."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


class _ThreadEach(Executor):
    """Runs each call in a thread that nobody has to wait for."""

    def submit(self, call: Callable[..., T], /, *args: Any, **more: Any) -> Future[T]:
        """Start a call; what it returns or raises is told by the future."""
        told: Future[T] = Future()
        told.set_running_or_notify_cancel()  # from here on a cancel leaves it to be told

        def run() -> None:
            try:
                told.set_result(call(*args, **more))
            except Exception as error:  # noqa: BLE001 - told to who waits, whatever it is
                told.set_exception(error)

        Thread(target=run, daemon=True, name="wnmon-lookup").start()
        return told


async def addresses_of(host: str, port: int, lookup: Lookup = look_up) -> list[str]:
    """Return the addresses of a name, each once, in the resolver's order. Raises what the lookup does, NoAddress."""
    found = await asyncio.get_running_loop().run_in_executor(_ThreadEach(), lookup, host, port)
    if not found:
        raise NoAddress(Said("name_without_address"))
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))

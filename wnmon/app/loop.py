"""The event loop that probes run on: uvloop's where that is installed (extra `fast`), else asyncio's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from importlib.util import find_spec
from typing import Any, TypeVar

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, as asyncio.run does."""
    with asyncio.Runner(loop_factory=new_loop()) as runner:
        return runner.run(main)


def new_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return what makes the loop, None for asyncio's own."""
    if find_spec("uvloop") is None:
        return None
    import uvloop  # of an extra

    return uvloop.new_event_loop

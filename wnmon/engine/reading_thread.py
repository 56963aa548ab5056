"""Where answers are read: one thread, one answer at a time.

Reading, redacting and judging hold the interpreter, so more threads would not be faster; they would only hold the parse
of several answers at once, and one of 8 MiB takes some 250 MiB while it is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from wnmon.engine.ports import P, T


class ReadingThread:
    """Does work off the event loop, in the order asked."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="wnmon-judge")

    async def do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the work returns; what it raises is raised here."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(*args, **kwargs))

    def close(self) -> None:
        """Take no more work, and let what is under way end."""
        self._thread.shutdown(wait=False, cancel_futures=True)

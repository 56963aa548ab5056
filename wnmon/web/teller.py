"""What happens as often as a stranger likes is told of once in a while, with how often it was."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

TOLD_EVERY_S = 60.0
"""It is told of once in so long, however often it happens."""


class Teller:
    """Counts, and gives `tell` the count: at once, then once in a while. All of it happens on one event loop."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell = tell
        self._untold = 0
        self._telling: asyncio.TimerHandle | None = None

    def happened(self, loop: asyncio.AbstractEventLoop) -> None:
        """Count once more."""
        self._untold += 1
        if self._telling is None:
            self._say(loop)

    def close(self) -> None:
        """Tell nobody any more."""
        if self._telling is not None:
            self._telling.cancel()

    def _say(self, loop: asyncio.AbstractEventLoop) -> None:
        """Tell of those so far; once there were none for a while, the next one is told of at once again."""
        self._telling = None
        if self._untold:
            self._tell(self._untold)
            self._untold = 0
            self._telling = loop.call_later(TOLD_EVERY_S, self._say, loop)

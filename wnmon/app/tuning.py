"""What keeps this process from disturbing what it measures."""

from __future__ import annotations

import contextlib
import gc
import os
import sys

SWITCH_INTERVAL_S = 0.0005
"""Judging runs in threads. They give the interpreter back ten times sooner than by default, so stamps stay true."""


def tune_interpreter() -> None:
    """Keep what this process does beside measuring out of what it measures. Called once everything is imported."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    # Full collections over everything imported so far would stop the loop for tens of ms.
    gc.collect()
    gc.freeze()


class Collecting:
    """When a process that measures looks for what is garbage: where nothing is measured, by choice.

    Python's own way is to look after so many objects, in the middle of a stream: half a millisecond each time. Most of
    what an exchange leaves goes without it; the rest, by the hundred, is a megabyte.
    """

    IDLE_AFTER = 100
    BUSY_AFTER = 250

    def __init__(self) -> None:
        self._ended = 0

    def begin(self) -> None:
        """Take it over from Python."""
        gc.disable()

    def after(self, ended: int, *, is_idle: bool) -> None:
        """Look, after so many exchanges more, where it is time to: late, where others are under way all the while."""
        self._ended += ended
        if self._ended >= (self.IDLE_AFTER if is_idle else self.BUSY_AFTER):
            self._ended = 0
            gc.collect()


def come_first() -> None:
    """Have this process served before those it measures beside, the rest of the service too, where that is permitted.

    On one core, else, bytes wait some milliseconds for who judges the ones before them (decision 027).
    """
    with contextlib.suppress(OSError):
        os.nice(-10)

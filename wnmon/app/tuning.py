"""What keeps this process from disturbing what it measures."""

from __future__ import annotations

import gc
import sys

SWITCH_INTERVAL_S = 0.0005
"""Judging runs in threads. They give the interpreter back ten times sooner than by default, so stamps stay true."""


def tune_interpreter() -> None:
    """Keep what this process does beside measuring out of what it measures. Called once everything is imported."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    # Full collections over everything imported so far would stop the loop for tens of ms.
    gc.collect()
    gc.freeze()

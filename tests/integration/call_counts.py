"""What was called while something ran: an honest count, with nothing replaced by anything."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def calls_of(*functions: Callable[..., Any]) -> Iterator[list[tuple[str, Any]]]:
    """Yield a list that fills with the name and the first argument of each call of these functions, in order.

    The interpreter itself tells of each call (`sys.setprofile`), in this thread and in those started meanwhile.
    """
    names = {function.__code__: function.__name__ for function in functions}
    calls: list[tuple[str, Any]] = []

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code in names:
            calls.append((names[frame.f_code], frame.f_locals[frame.f_code.co_varnames[0]]))

    with _profiled(note):
        yield calls


def steps_of(work: Callable[[], object]) -> int:
    """Return how many functions, of Python or of C, some work calls: a measure of it that no other load changes."""
    steps = 0

    def note(_: FrameType, event: str, __: Any) -> None:
        nonlocal steps
        steps += event in {"call", "c_call"}

    with _profiled(note):
        work()
    return steps


@contextmanager
def _profiled(note: Callable[[FrameType, str, Any], None]) -> Iterator[None]:
    before = sys.getprofile()
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(before)
        threading.setprofile(None)

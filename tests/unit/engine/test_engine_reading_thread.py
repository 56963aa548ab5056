"""Answers are read one at a time, off the event loop."""

from __future__ import annotations

import asyncio
import threading

import pytest

from wnmon.engine.reading_thread import ReadingThread


def at_work() -> list[str]:
    """Return which threads did two pieces of work asked for together."""

    async def both() -> list[str]:
        reading = ReadingThread()
        try:
            return list(await asyncio.gather(*(reading.do(lambda: threading.current_thread().name) for _ in range(2))))
        finally:
            reading.close()

    return asyncio.run(both())


def test_all_work_is_done_by_one_thread() -> None:
    assert len(set(at_work())) == 1


def test_no_work_is_done_by_the_event_loop() -> None:
    assert threading.current_thread().name not in at_work()


def test_what_the_work_raises_reaches_the_one_who_asked() -> None:
    async def broken() -> None:
        reading = ReadingThread()
        try:
            await reading.do(int, "x")
        finally:
            reading.close()

    with pytest.raises(ValueError, match="invalid literal"):
        asyncio.run(broken())

"""A check that spends of a service's budgets says why, where what it spends is not written down."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wnmon.app.check import Guide, Selection, Terms, check
from wnmon.config import adhoc_target, load_suites
from wnmon.config.named_target import NamedTarget
from wnmon.mock.server import serve
from wnmon.mock.settings import MockSettings
from wnmon.model.said import Said, Text

MODEL = "gpt-4o-mini"


async def told(folder: Path, *, is_removed: bool) -> list[Text]:
    """Check the reference relay with a store, whose file somebody removes before anything is sent."""
    said: list[Text] = []

    @contextmanager
    def ending(_: asyncio.Event) -> Iterator[None]:
        if is_removed:
            (folder / "wnmon.db").unlink()
        yield

    async with serve(MockSettings(models=(MODEL,), ttft_s=0, gap_s=0)) as relay:
        asked = NamedTarget(target=adhoc_target(relay.url, (MODEL,)), models=(MODEL,))
        selection = Selection(plans=load_suites(["builtin:documented"], Path()), only=("DOC-001",))
        await check(asked, selection, Terms(data=folder), Guide(ending=ending, tell=said.append))
    return said


def test_a_check_says_why_nothing_is_written(tmp_path: Path) -> None:
    assert asyncio.run(told(tmp_path, is_removed=True)) == [Said("check_store", said=Said("store_gone"))]


def test_of_a_store_that_is_written_nothing_is_said(tmp_path: Path) -> None:
    assert asyncio.run(told(tmp_path, is_removed=False)) == []

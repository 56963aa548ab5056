"""What a service hears of its store: first whether there is one, then how it fares."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from wnmon.app.kept import Kept
from wnmon.clock import SystemClock
from wnmon.engine.budget import Budgets
from wnmon.engine.known_secrets import KnownSecrets
from wnmon.engine.ports import Clock
from wnmon.model.events import MonitorEvent, StoreProblem, StoreTold
from wnmon.store import Keeper, Place, Refused, open_keeper

LOCKED = StoreTold(problem=StoreProblem.LOCKED)
WRITES = StoreTold(problem=None)
Tell = Callable[[MonitorEvent], None]


def locked_at_once(place: Place, clock: Clock, tell: Tell) -> Keeper | Refused:
    """Open a folder, and meet a lock before anybody knows that it is open."""
    tell(LOCKED)
    return open_keeper(place, clock, tell)


def locked_and_refused(place: Place, clock: Clock, tell: Tell) -> Keeper | Refused:
    tell(LOCKED)
    return Refused(StoreProblem.DAMAGED)


async def heard(folder: Path | None, opens: Callable[[Place, Clock, Tell], Keeper | Refused]) -> list[MonitorEvent]:
    said: list[MonitorEvent] = []
    kept = Kept(folder, SystemClock(), KnownSecrets(), said.append, opens)
    kept.begin(asyncio.get_running_loop())
    await kept.close(Budgets(SystemClock()))
    return said


@pytest.mark.parametrize(
    ("opens", "first"),
    [(open_keeper, WRITES), (locked_at_once, WRITES), (locked_and_refused, StoreTold(problem=StoreProblem.DAMAGED))],
)
def test_whether_there_is_a_store_is_heard_first(
    tmp_path: Path, opens: Callable[[Place, Clock, Tell], Keeper | Refused], first: StoreTold
) -> None:
    assert asyncio.run(heard(tmp_path, opens))[0] == first


def test_what_was_said_before_anybody_listened_is_heard(tmp_path: Path) -> None:
    assert asyncio.run(heard(tmp_path, locked_at_once)) == [WRITES, LOCKED]


def test_where_no_folder_is_named_nothing_is_said_of_a_store() -> None:
    assert asyncio.run(heard(None, open_keeper)) == []

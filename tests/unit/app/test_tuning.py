"""What a process that measures does not do while it measures."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref
from collections.abc import Iterator

import pytest

from wnmon.app.tuning import Collecting


class Ring:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def collecting() -> Iterator[Collecting]:
    collecting = Collecting()
    collecting.begin()
    yield collecting
    gc.enable()


def is_gone_after(collecting: Collecting, ended: int, *, is_idle: bool) -> bool:
    left = weakref.ref(Ring())
    collecting.after(ended, is_idle=is_idle)
    return left() is None


def test_garbage_stays_while_few_exchanges_have_ended(collecting: Collecting) -> None:
    assert not is_gone_after(collecting, Collecting.IDLE_AFTER - 1, is_idle=True)


def test_garbage_of_many_exchanges_goes_once_none_is_under_way(collecting: Collecting) -> None:
    collecting.after(Collecting.IDLE_AFTER - 1, is_idle=True)

    assert is_gone_after(collecting, 1, is_idle=True)


def test_garbage_of_many_exchanges_stays_while_others_are_under_way(collecting: Collecting) -> None:
    assert not is_gone_after(collecting, Collecting.BUSY_AFTER - 1, is_idle=False)


def test_garbage_of_very_many_exchanges_goes_whatever_is_under_way(collecting: Collecting) -> None:
    assert is_gone_after(collecting, Collecting.BUSY_AFTER, is_idle=False)


def test_a_process_that_may_not_come_first_goes_on() -> None:
    if os.getuid() != 0:
        pytest.skip("only root can give up what is permitted to it")
    order = "import os; from wnmon.app.tuning import come_first; os.setuid(65534); come_first(); print(os.nice(0))"

    told = subprocess.run([sys.executable, "-c", order], capture_output=True, text=True, check=True, timeout=60)

    assert told.stdout == f"{os.nice(0)}\n"

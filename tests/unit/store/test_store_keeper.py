"""What was known before a service ended is known to the next one, of the same relay."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest
from sink_runs import START_S, a_probe, a_run
from store_samples import FakeClock, rows

from wnmon.engine.standing import Remembered
from wnmon.model.events import MonitorEvent, StoreProblem, StoreTold, Turned
from wnmon.model.result import Outcome, Reason
from wnmon.model.retention import Retention
from wnmon.store import Keeper, Place, Refused, open_keeper
from wnmon.store.database import migrations
from wnmon.watch.confirm import Confirmation

PROBE = a_probe()
DOWN = Confirmation(up=False, since_s=START_S, last=False, times=2)


def keeper(folder: Path, owner: str = "a", *, is_service: bool = True) -> Keeper:
    kept = open_keeper(Place(folder=folder, owner=owner, is_service=is_service), FakeClock(), lambda _: None)
    assert isinstance(kept, Keeper)
    return kept


def known(url: str = PROBE.target.url) -> Remembered:
    return Remembered(url=url, confirmed=DOWN, success=False, due_s=START_S)


def turned(*, up: bool, since_s: float = START_S) -> Turned:
    run = a_run()
    return Turned(
        probe=run.probe,
        target=run.target,
        check=run.check,
        model=run.model,
        up=up,
        since_s=since_s,
        reason=Reason.CONNECT,
    )


def lived(folder: Path, *events: MonitorEvent) -> None:
    """Let a service find a relay down, tell of it, and end."""
    kept = keeper(folder)
    kept.follow(lambda _: known())
    kept.take(a_run(Outcome.ERRORED, Reason.CONNECT))
    for event in events:
        kept.observe(event)
    kept.close()


def test_how_a_probe_stood_is_remembered(tmp_path: Path) -> None:
    lived(tmp_path)
    kept = keeper(tmp_path)
    kept.close()

    assert kept.remembered(PROBE) == known()


def test_of_another_relay_nothing_is_remembered(tmp_path: Path) -> None:
    lived(tmp_path)
    kept = keeper(tmp_path)
    kept.close()

    assert kept.remembered(replace(PROBE, target=replace(PROBE.target, url="https://other.example"))) is None


def test_where_a_relay_is_asked_does_not_stand_in_the_file(tmp_path: Path) -> None:
    lived(tmp_path)

    assert PROBE.target.url.encode() not in (tmp_path / "wnmon.db").read_bytes()


def test_an_outage_is_an_open_incident(tmp_path: Path) -> None:
    lived(tmp_path, turned(up=False))

    assert rows(tmp_path / "wnmon.db", "SELECT opened_ms, closed_ms, reason FROM incident") == [
        (round(START_S * 1e3), None, "connect")
    ]


def test_an_incident_is_closed_by_what_is_up_again(tmp_path: Path) -> None:
    lived(tmp_path, turned(up=False), turned(up=True, since_s=START_S + 60))

    assert rows(tmp_path / "wnmon.db", "SELECT closed_ms - opened_ms FROM incident") == [(60_000,)]


def test_an_outage_that_is_told_again_is_the_same_incident(tmp_path: Path) -> None:
    lived(tmp_path, turned(up=False), turned(up=False, since_s=START_S + 60))

    assert rows(tmp_path / "wnmon.db", "SELECT count(*) FROM incident") == [(1,)]


def test_a_probe_that_was_down_is_known_to_have_been(tmp_path: Path) -> None:
    lived(tmp_path, turned(up=False))
    kept = keeper(tmp_path)
    kept.close()

    assert kept.outages == [turned(up=False)]


def test_an_incident_of_a_probe_that_nobody_asks_any_more_is_closed(tmp_path: Path) -> None:
    lived(tmp_path, turned(up=False))
    kept = keeper(tmp_path)
    kept.declare((), Retention(), UTC)
    kept.close()

    assert rows(tmp_path / "wnmon.db", "SELECT count(closed_ms) FROM incident") == [(1,)]


def test_a_probe_that_comes_back_after_nobody_asked_it_is_not_known_to_be_down(tmp_path: Path) -> None:
    lived(tmp_path, turned(up=False))
    without = keeper(tmp_path)
    without.declare((), Retention(), UTC)
    without.close()
    kept = keeper(tmp_path)
    kept.close()

    assert kept.remembered(PROBE) is None


@pytest.mark.parametrize(("is_served", "version"), [(True, migrations()[-1][0] - 1), (False, migrations()[-1][0])])
def test_a_check_brings_no_file_up_to_date_that_an_older_service_writes(
    *, is_served: bool, version: int, tmp_path: Path
) -> None:
    keeper(tmp_path).close()
    db = sqlite3.connect(tmp_path / "wnmon.db")
    db.execute("DROP INDEX rule_verdict_by_time")
    db.execute(f"PRAGMA user_version = {migrations()[-1][0] - 1}")
    db.close()
    service = Place(folder=tmp_path, owner="s", is_service=is_served)
    service.take()
    beside = open_keeper(Place(folder=tmp_path, owner="c", is_service=False), FakeClock(), lambda _: None)
    if isinstance(beside, Keeper):
        beside.close()
    service.leave()

    assert rows(tmp_path / "wnmon.db", "PRAGMA user_version") == [(version,)]


def test_two_services_do_not_share_a_folder(tmp_path: Path) -> None:
    first = keeper(tmp_path)
    second = open_keeper(Place(folder=tmp_path, owner="b", is_service=True), FakeClock(), lambda _: None)
    first.close()

    assert second == Refused(StoreProblem.IN_USE)


def test_a_check_shares_the_folder_of_a_service(tmp_path: Path) -> None:
    first, second = keeper(tmp_path), keeper(tmp_path, "b", is_service=False)
    second.close()
    first.close()

    assert not list((tmp_path / "owners").iterdir())


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    place = Place(folder=tmp_path / "file", owner="a", is_service=True)

    assert open_keeper(place, FakeClock(), lambda _: None) == Refused(StoreProblem.NOT_WRITABLE)


def root_page(file: Path, table: str) -> int:
    ((page,),) = rows(file, f"SELECT rootpage FROM sqlite_master WHERE name = '{table}'")
    assert isinstance(page, int)
    return page


@pytest.mark.parametrize("table", ["setting", "probe", "run", "state", "rule_verdict", "incident", "ledger", "share"])
def test_a_page_that_is_damaged_is_no_crash(table: str, tmp_path: Path) -> None:
    lived(tmp_path, turned(up=False))
    file = tmp_path / "wnmon.db"
    page, (size,) = root_page(file, table), rows(file, "PRAGMA page_size")[0]
    assert isinstance(size, int)
    content = bytearray(file.read_bytes())
    content[(page - 1) * size : page * size] = b"\xff" * size
    for beside in tmp_path.glob("wnmon.db-*"):
        beside.unlink()
    file.write_bytes(content)
    kept = open_keeper(Place(folder=tmp_path, owner="b", is_service=True), FakeClock(), lambda _: None)
    if isinstance(kept, Keeper):
        kept.close()
    else:
        assert kept == Refused(StoreProblem.DAMAGED)


def test_a_lock_of_the_dead_that_cannot_be_opened_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "owners" / "odd.lock").mkdir(parents=True)

    keeper(tmp_path).close()


def test_what_the_thread_found_before_anybody_heard_is_no_crash(tmp_path: Path) -> None:
    def nobody(_: MonitorEvent) -> None:
        raise AttributeError

    lived(tmp_path, turned(up=False))
    kept = open_keeper(Place(folder=tmp_path, owner="c", is_service=True), FakeClock(), nobody)
    assert isinstance(kept, Keeper)
    kept.close()


def test_a_file_that_is_replaced_while_it_is_written_is_told(tmp_path: Path) -> None:
    told: list[MonitorEvent] = []
    kept = open_keeper(Place(folder=tmp_path, owner="a", is_service=True), FakeClock(), told.append)
    assert isinstance(kept, Keeper)
    (tmp_path / "wnmon.db").rename(tmp_path / "away.db")
    kept.take(a_run())
    kept.close()

    assert StoreTold(problem=StoreProblem.GONE) in told

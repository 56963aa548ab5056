"""What is handed over is written: soon, or at once; what breaks is told and keeps nothing else from it."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from store_samples import rows, writing

from wnmon.model.events import StoreProblem
from wnmon.store.database import opened
from wnmon.store.writer import MOST_WAITING, Health, Hearing, Writer

COUNT = "SELECT count(*) FROM setting WHERE name = 'a'"
INSERT = "INSERT INTO setting VALUES ('a', 'b')"


def broken(db: sqlite3.Connection) -> None:
    raise ValueError("a fault of wnmon's own")


def test_what_is_posted_is_there_at_the_end(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        writer.post(lambda db: db.execute(INSERT))

    assert rows(tmp_path / "wnmon.db", COUNT) == [(1,)]


def test_what_is_asked_for_is_there_once_it_is_answered(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        writer.ask(lambda db: db.execute(INSERT)).result(5)

        assert rows(tmp_path / "wnmon.db", COUNT) == [(1,)]


def test_what_was_posted_before_is_written_with_what_is_asked_for(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        writer.post(lambda db: db.execute(INSERT))

        assert writer.ask(lambda db: db.execute(COUNT).fetchone()).result(5) == (1,)


def test_what_is_posted_is_written_without_being_asked_for(tmp_path: Path) -> None:
    written = threading.Event()
    with writing(tmp_path / "wnmon.db") as writer:
        writer.post(lambda _: written.set())

        assert written.wait(5)


def test_what_breaks_is_told(tmp_path: Path) -> None:
    bugs: list[str] = []
    with writing(tmp_path / "wnmon.db", Hearing(bug=bugs.append)) as writer:
        writer.post(broken)

    assert [bug.split()[0] for bug in bugs] == ["ValueError"]


def test_what_breaks_keeps_nothing_else_from_being_written(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        writer.post(broken)
        writer.post(lambda db: db.execute(INSERT))

    assert rows(tmp_path / "wnmon.db", COUNT) == [(1,)]


def test_who_asked_for_what_breaks_is_told_so(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer, pytest.raises(ValueError, match="own"):
        writer.ask(broken).result(5)


def test_what_breaks_writes_nothing_of_itself(tmp_path: Path) -> None:
    def half(db: sqlite3.Connection) -> None:
        db.execute(INSERT)
        broken(db)

    with writing(tmp_path / "wnmon.db") as writer:
        writer.post(half)
        writer.post(lambda _: None)

    assert rows(tmp_path / "wnmon.db", COUNT) == [(0,)]


def full(file: Path) -> sqlite3.Connection:
    """Return a connection to a file that may not grow by one page more."""
    db = opened(file)
    assert isinstance(db, sqlite3.Connection)
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count = {pages}")
    return db


def fill(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO setting VALUES ('much', ?)", ("x" * 100_000,))


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    told: list[Health] = []
    writer = Writer(full(tmp_path / "wnmon.db"), Hearing(health=told.append), every_s=0.02)
    with pytest.raises(sqlite3.OperationalError, match="full"):
        writer.ask(fill).result(5)
    writer.close()

    assert told == [Health(problem=StoreProblem.FULL)]


def test_what_found_no_room_is_written_once_there_is_some(tmp_path: Path) -> None:
    db, told = full(tmp_path / "wnmon.db"), threading.Event()
    writer = Writer(db, Hearing(health=lambda _: told.set()), every_s=0.02)
    writer.post(fill)
    assert told.wait(5)
    db.execute("PRAGMA max_page_count = 1000")
    writer.close()

    assert rows(tmp_path / "wnmon.db", "SELECT count(*) FROM setting WHERE name = 'much'") == [(1,)]


def test_who_posted_what_is_given_up_is_told_so(tmp_path: Path) -> None:
    lost: list[str] = []
    with writing(tmp_path / "wnmon.db") as writer:
        writer.post(broken, lambda: lost.append("broken"))
        writer.post(lambda db: db.execute(INSERT), lambda: lost.append("written"))

    assert lost == ["broken"]


def test_the_oldest_of_too_much_that_waits_is_given_up(tmp_path: Path) -> None:
    lost: list[int] = []
    db, told = full(tmp_path / "wnmon.db"), threading.Event()
    writer = Writer(db, Hearing(health=lambda _: told.set()), every_s=0.02)
    for number in range(MOST_WAITING + 3):
        writer.post(fill, lambda number=number: lost.append(number))  # type: ignore[misc]
    assert told.wait(60)
    writer.close()

    assert lost[:3] == [0, 1, 2]


def test_what_nobody_waits_for_any_more_is_not_done(tmp_path: Path) -> None:
    done: list[str] = []
    held = threading.Event()
    with writing(tmp_path / "wnmon.db") as writer:
        first = writer.ask(lambda _: held.wait(5))
        while not first.running():
            pass
        second = writer.ask(lambda _: done.append("second"))
        second.cancel()
        held.set()
        first.result(5)

    assert done == []


def test_who_gives_up_waiting_does_not_end_the_thread_that_writes(tmp_path: Path) -> None:
    held = threading.Event()
    with writing(tmp_path / "wnmon.db") as writer:
        first = writer.ask(lambda _: held.wait(5))
        writer.ask(lambda _: None).cancel()
        held.set()
        first.result(5)

        assert writer.ask(lambda _: "alive").result(5) == "alive"


def test_a_fault_in_who_hears_does_not_end_the_thread_that_writes(tmp_path: Path) -> None:
    def deaf(_: object) -> None:
        raise RuntimeError("nobody is there yet")

    writer = Writer(full(tmp_path / "wnmon.db"), Hearing(health=deaf), every_s=0.02)
    writer.ask(fill).exception(5)
    alive = writer.ask(lambda _: "alive").result(5)
    writer.close()

    assert alive == "alive"


def test_what_did_not_come_to_count_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    with writing(tmp_path / "wnmon.db", Hearing(rolled_back=lambda: told.append("rolled back"))) as writer:
        writer.ask(broken).exception(5)

    assert told == ["rolled back"]


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    told: list[Health] = []
    with writing(tmp_path / "wnmon.db", Hearing(health=told.append, is_there=lambda: False)) as writer:
        writer.ask(lambda _: None).exception(5)

    assert told == [Health(problem=StoreProblem.GONE)]


def test_what_is_to_follow_is_done_once_it_counts(tmp_path: Path) -> None:
    seen: list[int] = []

    def work(db: sqlite3.Connection) -> object:
        db.execute(INSERT)
        return lambda: seen.append(int(rows(tmp_path / "wnmon.db", COUNT)[0][0]))  # type: ignore[call-overload]

    with writing(tmp_path / "wnmon.db") as writer:
        writer.post(work)

    assert seen == [1]


def test_while_the_disk_is_full_what_waits_is_not_tried_for_everybody_who_asks(tmp_path: Path) -> None:
    tries: list[int] = []

    def big(db: sqlite3.Connection) -> None:
        tries.append(1)
        fill(db)

    told = threading.Event()
    writer = Writer(full(tmp_path / "wnmon.db"), Hearing(health=lambda _: told.set()), every_s=1.0)
    writer.post(big)
    assert told.wait(10)
    for _ in range(20):
        writer.ask(lambda db: db.execute("SELECT 1").fetchone()).result(5)
    count = len(tries)
    writer.close()

    assert count == 1


def test_what_is_to_follow_an_answer_is_done_before_it_is_told(tmp_path: Path) -> None:
    seen: list[bool] = []
    with writing(tmp_path / "wnmon.db") as writer:
        told = writer.ask(lambda db: db.execute(INSERT), lambda: seen.append(told.done()))
        told.result(5)

    assert seen == [False]


def test_what_is_to_follow_an_answer_is_not_done_where_there_is_none(tmp_path: Path) -> None:
    seen: list[int] = []
    with writing(tmp_path / "wnmon.db") as writer:
        writer.ask(broken, lambda: seen.append(1)).exception(5)

    assert seen == []


def test_whoever_wants_to_hears_that_nothing_was_written(tmp_path: Path) -> None:
    seen: list[int] = []
    with writing(tmp_path / "wnmon.db") as writer:
        writer.on_rollback(lambda: seen.append(1))
        writer.ask(broken).exception(5)

    assert seen == [1]

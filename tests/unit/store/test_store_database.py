"""A file is opened, brought up to date, or left exactly as it is."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest
from store_samples import rows

from wnmon.model.events import StoreProblem
from wnmon.store.database import APPLICATION_ID, Refused, for_reading, migrations, opened


def made(file: Path) -> sqlite3.Connection:
    db = opened(file)
    assert isinstance(db, sqlite3.Connection)
    return db


def another_program(file: Path) -> None:
    db = sqlite3.connect(file)
    db.execute("CREATE TABLE theirs (a)")
    db.commit()
    db.close()


def newer(file: Path) -> None:
    made(file).close()
    db = sqlite3.connect(file)
    db.execute(f"PRAGMA user_version = {migrations()[-1][0] + 1}")
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def no_database(file: Path) -> None:
    file.write_bytes(b"a diary, of somebody else's")


def test_a_new_file_says_whose_it_is(tmp_path: Path) -> None:
    made(tmp_path / "wnmon.db").close()

    assert rows(tmp_path / "wnmon.db", "PRAGMA application_id") == [(APPLICATION_ID,)]


def test_a_new_file_has_seen_every_migration(tmp_path: Path) -> None:
    made(tmp_path / "wnmon.db").close()

    assert rows(tmp_path / "wnmon.db", "PRAGMA user_version") == [(migrations()[-1][0],)]


def test_a_file_is_for_nobody_elses_eyes(tmp_path: Path) -> None:
    made(tmp_path / "wnmon.db").close()

    assert stat.S_IMODE((tmp_path / "wnmon.db").stat().st_mode) == 0o600


def test_a_file_that_is_opened_again_keeps_its_salt(tmp_path: Path) -> None:
    made(tmp_path / "wnmon.db").close()
    before = rows(tmp_path / "wnmon.db", "SELECT value FROM setting")
    made(tmp_path / "wnmon.db").close()

    assert rows(tmp_path / "wnmon.db", "SELECT value FROM setting") == before


def test_a_file_that_was_begun_and_no_more_is_finished(tmp_path: Path) -> None:
    begun = sqlite3.connect(tmp_path / "wnmon.db")
    begun.execute("PRAGMA journal_mode = WAL")
    begun.close()

    made(tmp_path / "wnmon.db").close()


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (another_program, StoreProblem.FOREIGN),
        (no_database, StoreProblem.FOREIGN),
        (newer, StoreProblem.NEWER),
    ],
)
def test_what_is_not_of_this_wnmon_is_refused(make: object, problem: StoreProblem, tmp_path: Path) -> None:
    assert callable(make)
    make(tmp_path / "wnmon.db")

    assert opened(tmp_path / "wnmon.db") == Refused(problem)


@pytest.mark.parametrize("make", [another_program, no_database, newer])
def test_what_is_refused_is_left_as_it_is(make: object, tmp_path: Path) -> None:
    assert callable(make)
    make(tmp_path / "wnmon.db")
    before = (tmp_path / "wnmon.db").read_bytes(), sorted(tmp_path.iterdir())
    opened(tmp_path / "wnmon.db")

    assert ((tmp_path / "wnmon.db").read_bytes(), sorted(tmp_path.iterdir())) == before


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    made(tmp_path / "wnmon.db").close()
    content = bytearray((tmp_path / "wnmon.db").read_bytes())
    content[100:4096] = b"\xff" * 3996
    (tmp_path / "wnmon.db").write_bytes(content)

    assert opened(tmp_path / "wnmon.db") == Refused(StoreProblem.DAMAGED)


def test_a_folder_that_is_none_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert opened(tmp_path / "file" / "wnmon.db") == Refused(StoreProblem.NOT_WRITABLE)


def test_who_only_reads_writes_nothing(tmp_path: Path) -> None:
    made(tmp_path / "wnmon.db").close()
    db = for_reading(tmp_path / "wnmon.db")
    assert isinstance(db, sqlite3.Connection)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        db.execute("DELETE FROM run")
    db.close()

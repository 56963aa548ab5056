"""A file is opened, brought up to date, or left exactly as it is."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from store_samples import rows

from wnmon.model.events import StoreProblem
from wnmon.store.database import APPLICATION_ID, Refused, for_reading, migrations, opened, problem_of


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


def in_the_log_alone(file: Path, *statements: str) -> None:
    """Write what stands in the write-ahead log beside a file, as a program leaves it that is killed."""
    order = "; ".join(f"db.execute({statement!r})" for statement in statements)
    code = f"import os, sqlite3; db = sqlite3.connect({str(file)!r}, isolation_level=None); {order}; os._exit(0)"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert file.with_name(f"{file.name}-wal").stat().st_size > 0


def another_program_that_was_killed(file: Path) -> None:
    in_the_log_alone(file, "PRAGMA journal_mode = WAL", "CREATE TABLE theirs (a)")


def newer_and_killed(file: Path) -> None:
    made(file).close()
    in_the_log_alone(file, f"PRAGMA user_version = {migrations()[-1][0] + 1}")


def a_pipe(file: Path) -> None:
    os.mkfifo(file)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (another_program, StoreProblem.FOREIGN),
        (no_database, StoreProblem.FOREIGN),
        (newer, StoreProblem.NEWER),
        (another_program_that_was_killed, StoreProblem.FOREIGN),
        (newer_and_killed, StoreProblem.NEWER),
        (a_pipe, StoreProblem.FOREIGN),
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


@pytest.mark.parametrize("make", [another_program_that_was_killed, newer_and_killed])
def test_what_stands_in_the_log_of_somebody_else_is_left_as_it_is(make: object, tmp_path: Path) -> None:
    assert callable(make)
    make(tmp_path / "wnmon.db")
    files = [tmp_path / "wnmon.db", tmp_path / "wnmon.db-wal"]
    before = [file.read_bytes() for file in files]
    opened(tmp_path / "wnmon.db")

    assert [file.read_bytes() for file in files] == before


def test_a_file_that_is_up_to_date_is_opened_while_another_program_writes(tmp_path: Path) -> None:
    made(tmp_path / "wnmon.db").close()
    other = made(tmp_path / "wnmon.db")
    other.execute("BEGIN IMMEDIATE")
    db = opened(tmp_path / "wnmon.db")
    other.close()

    assert isinstance(db, sqlite3.Connection)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    made(tmp_path / "wnmon.db").close()
    content = bytearray((tmp_path / "wnmon.db").read_bytes())
    content[100:4096] = b"\xff" * 3996
    (tmp_path / "wnmon.db").write_bytes(content)

    assert opened(tmp_path / "wnmon.db") == Refused(StoreProblem.DAMAGED)


def error_of(sql: str) -> sqlite3.Error:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE one (a UNIQUE)")
    with pytest.raises(sqlite3.Error) as caught:
        db.executescript(sql)
    db.close()
    return caught.value


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (error_of("SELECT 1 FROM run"), StoreProblem.DAMAGED),
        (error_of("SELECT b FROM one"), None),
        (error_of("SELEC 1"), None),
        (error_of("INSERT INTO one VALUES (1), (1)"), None),
        (sqlite3.ProgrammingError("Cannot operate on a closed database."), None),
    ],
    ids=["no table", "no column", "no SQL", "twice", "no code"],
)
def test_only_what_the_file_is_at_fault_for_is_a_problem_of_it(
    error: sqlite3.Error, problem: StoreProblem | None
) -> None:
    assert problem_of(error) is problem


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


READS_AS_NOBODY = """
import os, sys
from pathlib import Path
from wnmon.store.database import for_reading, migrations
migrations()
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
print(type(for_reading(Path(sys.argv[1]))).__name__)
"""


def test_a_file_in_a_folder_that_cannot_be_written_can_be_read() -> None:
    with TemporaryDirectory() as name:
        folder = Path(name) / "kept"
        folder.mkdir()
        file = folder / "wnmon.db"
        made(file).close()
        for path, mode in ((file, 0o444), (folder, 0o555), (Path(name), 0o755)):
            path.chmod(mode)
        asked = [sys.executable, "-c", READS_AS_NOBODY, str(file)]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        folder.chmod(0o755)

    assert done.stdout.strip() == "Connection", done.stderr

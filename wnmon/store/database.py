"""The file itself: opened, brought up to date, or refused untouched. A refusal is a value."""

from __future__ import annotations

import os
import re
import secrets
import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from wnmon.model.events import StoreProblem

APPLICATION_ID = 0x776E6D6E
"""`wnmn`: what SQLite's header says whose file it is."""

BUSY_S = 5.0
"""So long a transaction waits for one of another wnmon."""

MOST_LOG_BYTES = 16 * 1024 * 1024
"""The log beside the file is cut to this once nobody reads what is in it."""

_PROBLEMS = {
    sqlite3.SQLITE_FULL: StoreProblem.FULL,
    sqlite3.SQLITE_BUSY: StoreProblem.LOCKED,
    sqlite3.SQLITE_LOCKED: StoreProblem.LOCKED,
    sqlite3.SQLITE_CORRUPT: StoreProblem.DAMAGED,
    sqlite3.SQLITE_NOTADB: StoreProblem.DAMAGED,
    **dict.fromkeys(
        (
            *(sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN),
            *(sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_NOLFS, sqlite3.SQLITE_AUTH),
        ),
        StoreProblem.NOT_WRITABLE,
    ),
}
_HEADER = struct.Struct(">16s84x")
_MAGIC = b"SQLite format 3\0"
_NUMBERED = re.compile(r"(\d{3})\.sql")


@dataclass(frozen=True, slots=True)
class Refused:
    """There is no store, and why."""

    problem: StoreProblem


@cache
def migrations() -> tuple[tuple[int, str], ...]:
    """Return the numbered SQL files, in their order."""
    folder = files("wnmon.store") / "migrations"
    named = ((_NUMBERED.fullmatch(file.name), file) for file in folder.iterdir())
    found = ((int(match[1]), file.read_text(encoding="utf-8")) for match, file in named if match is not None)
    return tuple(sorted(found))


def opened(file: Path, may_change: Callable[[], bool] = lambda: True) -> sqlite3.Connection | Refused:
    """Return a connection to a file that is up to date, made anew where there was none.

    Another program's file, or one of a newer wnmon, is not touched: its header is read before SQLite opens it. Nor is
    one of an older wnmon where it may not be changed, as that one writes it still.
    """
    try:
        if (refused := _looked_at(file)) is not None:
            return refused
        if _is_older(file) and not may_change():
            return Refused(StoreProblem.IN_USE)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        connection = connected(file)
        _bring_up_to_date(connection)
    except OSError:
        return Refused(StoreProblem.NOT_WRITABLE)
    except sqlite3.Error as error:
        return refused_for(error)
    return connection


def connected(file: Path) -> sqlite3.Connection:
    """Return a connection that any thread may use, one at a time. Transactions are begun by hand."""
    connection = sqlite3.connect(file, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    # A commit is in the hands of the system at once, and so outlives this process; a power cut may take the last ones.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA journal_size_limit = {MOST_LOG_BYTES}")
    return connection


def for_reading(file: Path) -> sqlite3.Connection | Refused:
    """Return a connection that changes nothing, beside whoever writes; of an older wnmon's file one to a new copy.

    That copy is in memory: whoever only reads must not bring a file up to date that the older one may be writing.
    """
    try:
        if not file.is_file():
            return Refused(StoreProblem.NOT_WRITABLE)
        if (refused := _looked_at(file)) is not None:
            return refused
        connection = _connected_to_read(file)
        if _version(connection) < migrations()[-1][0]:
            connection = _newer_copy(connection)
    except OSError:
        return Refused(StoreProblem.NOT_WRITABLE)
    except sqlite3.Error as error:
        return refused_for(error)
    return connection


def _connected_to_read(file: Path) -> sqlite3.Connection:
    """Return a connection; to read a file beside who writes, SQLite writes beside it, which a folder may not allow."""
    log = file.with_name(f"{file.name}-wal")
    is_alone = not os.access(file.parent, os.W_OK) and not (log.exists() and log.stat().st_size)
    options = "mode=ro&immutable=1" if is_alone else "mode=ro"
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?{options}", uri=True, timeout=BUSY_S)
    connection.execute("SELECT 1 FROM setting").fetchone()
    return connection


def _newer_copy(older: sqlite3.Connection) -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:", isolation_level=None)
    with closing(older):
        older.backup(copy)
    _bring_up_to_date(copy)
    return copy


def refused_for(error: sqlite3.Error) -> Refused:
    """Return what an error says of the file. Raises the error itself where the file is no cause of it."""
    problem = problem_of(error)
    if problem is None:
        raise error
    return Refused(problem)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Hold the right to write while the block runs; all of it counts, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite ends it by itself where, say, the disk is full
            connection.execute("ROLLBACK")
        raise


def problem_of(error: sqlite3.Error) -> StoreProblem | None:
    """Return what an error of SQLite's means to whoever keeps the file (sqlite.org/rescode.html).

    None for one of which the file is no cause: a slip of wnmon's own, which often has no code at all.
    """
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF
    if code == sqlite3.SQLITE_ERROR:
        # Of all that this stands for, the file is only to blame for a table that its version has, and it has not.
        return StoreProblem.DAMAGED if str(error).startswith("no such table") else None
    return _PROBLEMS.get(code)


def salt(connection: sqlite3.Connection) -> bytes:
    """Return what hashes of this file are made with, so that they mean nothing beside another one."""
    (told,) = connection.execute("SELECT value FROM setting WHERE name = 'salt'").fetchone()
    return bytes.fromhex(told)


def _is_older(file: Path) -> bool:
    """Tell whether a file was made by a wnmon that knew fewer tables."""
    if not file.exists() or not file.stat().st_size:
        return False
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_S)) as reading:
        return 0 < _version(reading) < migrations()[-1][0]


def _looked_at(file: Path) -> Refused | None:
    """Return why a file is not to be touched, None where it may be, or is not there (sqlite.org/fileformat.html).

    Its header is read as bytes. Where there is more in the log beside it, SQLite reads both, and may write neither.
    """
    if not file.exists():
        return None
    if not file.is_file():  # to open a pipe may take for ever
        return Refused(StoreProblem.FOREIGN)
    with file.open("rb") as content:
        header = content.read(_HEADER.size)
    if not header:
        return None
    if len(header) < _HEADER.size or not header.startswith(_MAGIC):
        return Refused(StoreProblem.FOREIGN)
    log = file.with_name(f"{file.name}-wal")
    has_more = log.exists() and log.stat().st_size > 0
    reading = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro{'' if has_more else '&immutable=1'}", uri=True)
    try:
        (application,), (version,) = (
            reading.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")
        )
        if application != APPLICATION_ID:
            is_empty = reading.execute("SELECT 1 FROM sqlite_master").fetchone() is None
            return None if is_empty else Refused(StoreProblem.FOREIGN)
        return Refused(StoreProblem.NEWER) if version > migrations()[-1][0] else None
    finally:
        reading.close()


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Run what the file has not seen yet, each in a transaction of its own; write nothing where that is nothing."""
    for number, sql in migrations():
        if _version(connection) >= number:
            continue
        with transaction(connection):
            version = _version(connection)
            if version >= number:  # by another process, a moment ago
                continue
            for statement in _statements(sql):
                connection.execute(statement)
            if version == 0:
                connection.execute("INSERT INTO setting VALUES ('salt', ?)", (secrets.token_hex(16),))
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {number}")


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _statements(sql: str) -> Iterator[str]:
    """Yield statements one by one: `executescript` would end the transaction."""
    text = ""
    for line in sql.splitlines(keepends=True):
        text += line
        if sqlite3.complete_statement(text):
            yield text
            text = ""

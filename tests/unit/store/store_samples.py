"""A folder with a file in it, who writes it, and a budget to spend."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine_samples import FakeClock, limited, target

from wnmon.engine.ports import Account, Amount, Grant
from wnmon.model.target import Target
from wnmon.store.books import StoredBooks
from wnmon.store.database import connected, opened
from wnmon.store.writer import Hearing, Writer

__all__ = ["FakeClock", "books", "day_of", "granted", "limited", "rows", "target", "writing"]


def rows(file: Path, sql: str) -> list[tuple[object, ...]]:
    """Return what a query finds, by a connection of its own."""
    db = connected(file)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


@contextmanager
def writing(file: Path, hearing: Hearing | None = None) -> Iterator[Writer]:
    """Have a file written while the block runs, every 20 ms."""
    db = opened(file)
    assert isinstance(db, sqlite3.Connection)
    writer = Writer(db, hearing or Hearing(), every_s=0.02)
    try:
        yield writer
    finally:
        writer.close()


def books(writer: Writer, file: Path, owner: str = "a") -> StoredBooks:
    return StoredBooks(writer, file, FakeClock(), owner, b"salt")


def day_of(relay: Target) -> Account:
    return Account(target=relay, day=int(FakeClock().wall_s() // 86_400))


def granted(kept: StoredBooks, relay: Target, tokens: int, copies: int = 1) -> Grant:
    need = Amount(tokens=tokens, requests=1)
    return asyncio.run(kept.grant(day_of(relay), need, copies))

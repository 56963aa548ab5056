"""A folder with a file in it, who writes it, and a budget to spend."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, tzinfo
from pathlib import Path

from engine_samples import NOON_S, FakeClock, limited, target

from wnmon.engine.budget import periods_of
from wnmon.engine.ports import Account, Grant
from wnmon.model.budget import Amount, Unit
from wnmon.model.target import Target
from wnmon.store.books import StoredBooks
from wnmon.store.database import connected, opened
from wnmon.store.writer import Hearing, Writer

__all__ = [
    "NOON_S",
    "FakeClock",
    "account_of",
    "books",
    "granted",
    "limited",
    "rows",
    "target",
    "tokens_left",
    "writing",
]


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
    return StoredBooks(writer, file, owner, b"salt")


def account_of(relay: Target, at_s: float = NOON_S, zone: tzinfo = UTC) -> Account:
    return Account(target=relay, periods=periods_of(at_s, zone), limits=relay.limits)


def granted(kept: StoredBooks, relay: Target, tokens: int, copies: int = 1, at_s: float = NOON_S) -> Grant:
    need = Amount(tokens=tokens, requests=1)
    return asyncio.run(kept.grant(account_of(relay, at_s), need, need * copies))


def tokens_left(grant: Grant) -> int:
    """Return what is left of the first limit of tokens."""
    return next(one.amount for one in grant.left if one.limit.unit is Unit.TOKENS)

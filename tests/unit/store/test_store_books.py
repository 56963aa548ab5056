"""Nobody is granted more than a budget has left, whoever else spends of it and however they ended."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from store_samples import FakeClock, account_of, books, granted, limited, rows, target, tokens_left, writing

from wnmon.engine.budget import Budgets
from wnmon.model.budget import Amount
from wnmon.store.books import StoredBooks
from wnmon.store.database import connected
from wnmon.store.ledger import book_shares
from wnmon.store.writer import Writer

RELAY = limited(tokens_per_day=100, requests_per_day=10)


def booked(folder: Path, scope: str) -> list[tuple[object, ...]]:
    """Return the tokens and requests that are booked, by hours."""
    sums = "SELECT sum(tokens), sum(requests) FROM ledger"
    return rows(folder / "wnmon.db", f"{sums} WHERE scope = '{scope}' AND step_s = 3600")


def ask(tokens: int) -> Amount:
    return Amount(tokens=tokens, requests=1)


def test_what_fits_is_granted(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        grant = granted(books(writer, tmp_path / "wnmon.db"), RELAY, 60)

    assert (grant.granted, tokens_left(grant)) == (ask(60), 40)


def test_what_does_not_fit_is_not(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        grant = granted(books(writer, tmp_path / "wnmon.db"), RELAY, 101)

    assert (grant.granted, tokens_left(grant)) == (Amount(), 100)


def test_requests_are_counted_too(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        kept = books(writer, tmp_path / "wnmon.db")
        got = [granted(kept, limited(requests_per_day=2), 1).granted.requests for _ in range(3)]

    assert got == [1, 1, 0]


def test_what_one_process_was_granted_no_other_is(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer, writing(tmp_path / "wnmon.db") as other:
        granted(books(writer, tmp_path / "wnmon.db", "a"), RELAY, 60)

        assert granted(books(other, tmp_path / "wnmon.db", "b"), RELAY, 60).granted == Amount()


def test_several_are_granted_ahead_where_that_is_little(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        got = granted(books(writer, tmp_path / "wnmon.db"), limited(tokens_per_day=1_000), 10, copies=4)

    assert got.granted == Amount(tokens=40, requests=4)


def test_near_its_end_a_budget_is_granted_one_by_one(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        got = granted(books(writer, tmp_path / "wnmon.db"), limited(tokens_per_day=50), 10, copies=4)

    assert got.granted == ask(10)


def test_what_is_spent_leaves_what_is_left_as_it_was(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        kept = books(writer, tmp_path / "wnmon.db")
        granted(kept, RELAY, 60)
        kept.spend(account_of(RELAY), ask(60), ask(60))

        assert tokens_left(granted(kept, RELAY, 1)) == 39


def test_what_an_answer_cost_beyond_what_was_held_is_gone_for_all(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        kept = books(writer, tmp_path / "wnmon.db")
        granted(kept, RELAY, 60)
        kept.spend(account_of(RELAY), ask(95), ask(60))

        assert tokens_left(granted(kept, RELAY, 5)) == 0


def test_what_is_given_back_may_be_granted_again(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        kept = books(writer, tmp_path / "wnmon.db")
        granted(kept, RELAY, 60)
        kept.give_back(account_of(RELAY), ask(60))

        assert granted(kept, RELAY, 100).granted == ask(100)


def test_what_is_not_given_back_counts_as_spent(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        kept = books(writer, tmp_path / "wnmon.db")
        granted(kept, RELAY, 60)
        kept.give_back(account_of(RELAY), Amount(tokens=20))
        kept.end()

    assert rows(tmp_path / "wnmon.db", "SELECT sum(tokens) FROM ledger WHERE scope = 'all' AND step_s = 3600") == [
        (40,)
    ]


def test_what_a_process_that_is_gone_was_granted_counts_as_spent(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        granted(books(writer, tmp_path / "wnmon.db", "gone"), RELAY, 60)
        writer.ask(lambda db: book_shares(db, ["gone"])).result(5)

        assert granted(books(writer, tmp_path / "wnmon.db"), RELAY, 41).granted == Amount()


def test_a_relay_without_a_budget_is_booked_all_the_same(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        books(writer, tmp_path / "wnmon.db").spend(account_of(target()), ask(7), ask(9))

    assert rows(
        tmp_path / "wnmon.db", "SELECT tokens, requests FROM ledger WHERE scope = 'target' AND step_s = 3600"
    ) == [(7, 1)]


def test_no_key_stands_in_the_file(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        kept = books(writer, tmp_path / "wnmon.db")
        granted(kept, RELAY, 60)
        kept.spend(account_of(RELAY), ask(60), ask(60))
    assert RELAY.api_key is not None
    held = b"".join(file.read_bytes() for file in tmp_path.iterdir())

    assert RELAY.api_key.reveal().encode() not in held


def test_where_nothing_can_be_written_what_was_left_is_granted_all_the_same(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        kept = books(writer, tmp_path / "wnmon.db")
        granted(kept, RELAY, 60)
        writer.ask(lambda db: db.execute("PRAGMA query_only = ON")).exception(5)

        assert [granted(kept, RELAY, 30).granted.tokens for _ in range(2)] == [30, 0]


def locked(file: Path) -> sqlite3.Connection:
    """Return a connection that keeps all others from writing."""
    db = connected(file)
    db.execute("BEGIN IMMEDIATE")
    return db


def impatient(writer: Writer) -> None:
    """Have locks not waited for."""
    writer.ask(lambda db: db.execute("PRAGMA busy_timeout = 1")).result(5)


def test_what_answers_cost_is_booked_once_the_file_is_not_locked_any_more(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        kept = books(writer, tmp_path / "wnmon.db")
        granted(kept, RELAY, 60)
        impatient(writer)
        lock = locked(tmp_path / "wnmon.db")
        kept.spend(account_of(RELAY), ask(95), ask(60))
        writer.ask(lambda _: None).exception(5)
        lock.execute("ROLLBACK")
    lock.close()

    assert rows(tmp_path / "wnmon.db", "SELECT sum(tokens) FROM ledger WHERE scope = 'all' AND step_s = 3600") == [
        (95,)
    ]


def test_while_the_file_is_locked_what_it_says_is_left_is_granted_and_no_more(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        books(writer, tmp_path / "wnmon.db", "before").spend(account_of(RELAY), ask(95), ask(0))
        writer.ask(lambda _: None).result(5)
        impatient(writer)
        lock = locked(tmp_path / "wnmon.db")
        got = [granted(books(writer, tmp_path / "wnmon.db"), RELAY, 6).granted.tokens for _ in range(2)]
        lock.execute("ROLLBACK")
        lock.close()

    assert got == [0, 0]


def test_what_was_granted_while_the_file_was_locked_is_in_it_afterwards(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        kept = books(writer, tmp_path / "wnmon.db")
        impatient(writer)
        lock = locked(tmp_path / "wnmon.db")
        granted(kept, RELAY, 60)
        lock.execute("ROLLBACK")
        lock.close()
        granted(kept, RELAY, 1)

        assert rows(tmp_path / "wnmon.db", "SELECT tokens FROM share WHERE scope = 'target'") == [(61,)]


def test_what_was_granted_to_somebody_who_gave_up_is_given_back(tmp_path: Path) -> None:
    async def gives_up(kept: StoredBooks) -> None:
        waiting = asyncio.ensure_future(kept.grant(account_of(RELAY), ask(60), ask(60)))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})

    with writing(tmp_path / "wnmon.db") as writer:
        kept = books(writer, tmp_path / "wnmon.db")
        asyncio.run(gives_up(kept))
        writer.ask(lambda _: None).result(5)

        assert granted(kept, RELAY, 100).granted == ask(100)


def test_an_overrun_takes_nothing_off_what_others_hold(tmp_path: Path) -> None:
    relay = limited(tokens_per_day=520)

    async def spend(budgets: Budgets) -> None:
        held = []
        for _ in range(4):
            await budgets.cover(relay, ask(100))
            held.append(budgets.reserve(relay, ask(100)))
        assert held[0] is not None
        budgets.settle(held[0], ask(150))

    with writing(tmp_path / "wnmon.db") as writer:
        kept = books(writer, tmp_path / "wnmon.db")
        asyncio.run(spend(Budgets(FakeClock(), books=kept)))
        other = books(writer, tmp_path / "wnmon.db", "other")

        assert granted(other, relay, 100).granted == Amount()

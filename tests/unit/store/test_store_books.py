"""Nobody is granted more than a budget has left, whoever else spends of it and however they ended."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from store_samples import books, day_of, granted, limited, rows, target, writing

from wnmon.engine.ports import Amount, Grant
from wnmon.store.books import book_shares, left_of

RELAY = limited(tokens_per_day=100, requests_per_day=10)


def ask(tokens: int) -> Amount:
    return Amount(tokens=tokens, requests=1)


def test_what_fits_is_granted(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        assert granted(books(writer), RELAY, 60) == Grant(granted=ask(60), tokens_left=40)


def test_what_does_not_fit_is_not(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        assert granted(books(writer), RELAY, 101) == Grant(tokens_left=100)


def test_requests_are_counted_too(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        kept = books(writer)
        got = [granted(kept, limited(requests_per_day=2), 1).granted.requests for _ in range(3)]

    assert got == [1, 1, 0]


def test_what_one_process_was_granted_no_other_is(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer, writing(tmp_path / "wnmon.db") as other:
        granted(books(writer, "a"), RELAY, 60)

        assert granted(books(other, "b"), RELAY, 60).granted == Amount()


def test_several_are_granted_ahead_where_that_is_little(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        got = granted(books(writer), limited(tokens_per_day=1_000), 10, copies=4)

    assert got.granted == Amount(tokens=40, requests=4)


def test_near_its_end_a_budget_is_granted_one_by_one(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        got = granted(books(writer), limited(tokens_per_day=50), 10, copies=4)

    assert got.granted == ask(10)


def test_what_is_spent_leaves_what_is_left_as_it_was(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        kept = books(writer)
        granted(kept, RELAY, 60)
        kept.spend(day_of(RELAY), ask(60), ask(60))

        assert granted(kept, RELAY, 1).tokens_left == 39


def test_what_an_answer_cost_beyond_what_was_held_is_gone_for_all(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        kept = books(writer)
        granted(kept, RELAY, 60)
        kept.spend(day_of(RELAY), ask(95), ask(60))

        assert granted(kept, RELAY, 5).tokens_left == 0


def test_what_is_given_back_may_be_granted_again(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        kept = books(writer)
        granted(kept, RELAY, 60)
        kept.give_back(day_of(RELAY), ask(60))

        assert granted(kept, RELAY, 100).granted == ask(100)


def test_what_is_not_given_back_counts_as_spent(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        kept = books(writer)
        granted(kept, RELAY, 60)
        kept.give_back(day_of(RELAY), Amount(tokens=20))

    assert rows(tmp_path / "wnmon.db", "SELECT sum(tokens) FROM ledger") == [(40,)]


def test_what_a_process_that_is_gone_was_granted_counts_as_spent(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        granted(books(writer, "gone"), RELAY, 60)
        writer.ask(lambda db: book_shares(db, ["gone"])).result(5)

        assert granted(books(writer), RELAY, 41).granted == Amount()


def test_a_relay_without_a_budget_is_booked_all_the_same(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        books(writer).spend(day_of(target()), ask(7), ask(9))

    assert rows(tmp_path / "wnmon.db", "SELECT tokens, requests FROM ledger") == [(7, 1)]


def test_no_key_stands_in_the_file(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        kept = books(writer)
        granted(kept, RELAY, 60)
        kept.spend(day_of(RELAY), ask(60), ask(60))
    assert RELAY.api_key is not None
    held = b"".join(file.read_bytes() for file in tmp_path.iterdir())

    assert RELAY.api_key.reveal().encode() not in held


def test_where_nothing_can_be_written_what_was_left_is_granted_all_the_same(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        kept = books(writer)
        granted(kept, RELAY, 60)
        writer.ask(lambda db: db.execute("PRAGMA query_only = ON")).exception(5)

        assert [granted(kept, RELAY, 30).granted.tokens for _ in range(2)] == [30, 0]


STEPS = st.lists(
    st.tuples(st.sampled_from(("a", "b")), st.sampled_from(("grant", "spend", "give", "die")), st.integers(0, 60)),
    max_size=30,
)


@settings(max_examples=40, deadline=None)
@given(steps=STEPS)
def test_spent_and_granted_together_never_exceed_a_budget_but_for_what_answers_cost_beyond(
    steps: list[tuple[str, str, int]],
) -> None:
    with TemporaryDirectory() as folder, writing(Path(folder) / "wnmon.db") as writer:
        owners = {name: books(writer, name) for name in ("a", "b")}
        held = dict.fromkeys(owners, 0)
        beyond = 0
        for owner, step, tokens in steps:
            kept = owners[owner]
            if step == "grant":
                held[owner] += granted(kept, RELAY, tokens).granted.tokens
            elif step == "spend" and held[owner]:
                beyond += max(0, tokens - held[owner])
                kept.spend(day_of(RELAY), Amount(tokens=tokens), Amount(tokens=held[owner]))
                held[owner] = max(0, held[owner] - tokens)
            elif step == "give":
                kept.give_back(day_of(RELAY), Amount(tokens=held[owner]))
                held[owner] = 0
            elif step == "die":
                writer.ask(partial(book_shares, owners=[owner])).result(5)
                held[owner] = 0
            left = writer.ask(lambda db: left_of(db, day_of(RELAY))).result(5)[0]
            used = writer.ask(
                lambda db: db.execute(
                    "SELECT coalesce(sum(tokens), 0) FROM"
                    " (SELECT tokens FROM ledger UNION ALL SELECT tokens FROM share)"
                ).fetchone()[0]
            ).result(5)
            assert used <= 100 + beyond
            assert left == max(0, 100 - used)

"""Of each probe the last transcripts are kept, and those of the runs that began its outages; never too much of them."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sink_runs import START_S, a_probe, a_run
from store_samples import rows, writing

from wnmon.engine.run import Run
from wnmon.model.events import Turned
from wnmon.model.result import Outcome, Reason
from wnmon.model.retention import Retention
from wnmon.store.database import migrations, opened
from wnmon.store.results import Written, purge, row_of, write_run
from wnmon.store.states import write_turn
from wnmon.store.target_past import read_target
from wnmon.store.transcripts import (
    MOST_BYTES_WAITING,
    Packed,
    StoredTranscripts,
    purge_all,
    purge_beyond,
    read_transcript,
    write_transcript,
)
from wnmon.store.writer import Hearing, Work, Writer

TEXT = '{"format": "wnmon-transcript"}'


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    made = opened(tmp_path / "wnmon.db")
    assert isinstance(made, sqlite3.Connection)
    with closing(made):
        yield made


def failed(
    number: int, check: str = "alive", outcome: Outcome = Outcome.FAILED, reason: Reason = Reason.HTTP_5XX
) -> Run:
    """Return the run of a minute, by its number."""
    at_s = START_S + 60 * number
    made = a_run(outcome, reason, probe=a_probe(check), ended_at_s=at_s + 1)
    return replace(made, id=f"{number:016x}", started_at_s=at_s)


def packed(run: Run, text: str = TEXT) -> Packed:
    made = Packed.of(run, text)
    assert made is not None
    return made


def noise(size: int) -> str:
    """Return text that cannot be made much smaller."""
    return random.Random(1).randbytes(size).hex()


def kept(db: sqlite3.Connection) -> list[int]:
    return [int(run, 16) for (run,) in db.execute("SELECT run FROM transcript ORDER BY run")]


def write(db: sqlite3.Connection, *runs: Run, most: int = 3) -> None:
    written = Written.read(db)
    for run in runs:
        write_run(db, written, row_of(run))
        write_transcript(db, written, packed(run), most)


def goes_down(db: sqlite3.Connection, run: Run, written: Written | None = None) -> None:
    turned = Turned(
        probe=run.probe,
        target=run.target,
        check=run.check,
        model=run.model,
        up=False,
        since_s=run.ended_at_s,
        reason=run.result.reason,
    )
    write_turn(db, written or Written.read(db), turned)


def test_a_transcript_is_read_as_it_was_written(db: sqlite3.Connection) -> None:
    write(db, failed(1))

    assert read_transcript(db, failed(1).id) == TEXT


def test_the_last_of_each_probe_are_kept(db: sqlite3.Connection) -> None:
    write(db, *(failed(number) for number in range(1, 8)), failed(10, "other"))

    assert kept(db) == [5, 6, 7, 10]


def test_the_run_that_began_an_outage_is_kept_however_long_that_lasts(db: sqlite3.Connection) -> None:
    write(db, failed(0, outcome=Outcome.PASSED, reason=Reason.OK), failed(1), failed(2))
    goes_down(db, failed(2))
    write(db, *(failed(number) for number in range(3, 9)))

    assert kept(db) == [1, 6, 7, 8]


def test_of_as_many_outages_the_first_run_is_kept(db: sqlite3.Connection) -> None:
    for first in range(1, 21, 4):
        write(db, failed(first), failed(first + 1))
        goes_down(db, failed(first + 1))
        write(db, failed(first + 2, outcome=Outcome.PASSED, reason=Reason.OK))
        db.execute("UPDATE incident SET closed_ms = opened_ms + 1 WHERE closed_ms IS NULL")
    write(db, *(failed(number) for number in range(30, 40)))

    assert kept(db) == [9, 13, 17, 37, 38, 39]


def test_an_outage_is_written_after_a_rollback_that_took_its_probe_back(db: sqlite3.Connection) -> None:
    written = Written.read(db)
    db.execute("BEGIN")
    write_run(db, written, row_of(failed(1)))
    db.execute("ROLLBACK")
    written.doubt()
    goes_down(db, failed(1), written)

    assert db.execute("SELECT name FROM incident JOIN probe ON probe.id = incident.probe").fetchall() == [
        (failed(1).probe,)
    ]


@pytest.mark.parametrize(
    ("before", "first"),
    [
        ([], 5),
        ([failed(3), failed(4)], 3),
        ([failed(2), failed(3, outcome=Outcome.PASSED, reason=Reason.OK), failed(4)], 4),
        ([failed(3, reason=Reason.RULE), failed(4)], 4),
        ([failed(3), failed(4, reason=Reason.CLIENT)], 3),
    ],
    ids=["alone", "in a row", "after one that passed", "after a rule was broken", "beside one that says nothing"],
)
def test_an_outage_names_the_first_run_in_a_row_that_found_it_down(
    db: sqlite3.Connection, before: list[Run], first: int
) -> None:
    write(db, *before, failed(5))
    goes_down(db, failed(5))

    assert db.execute("SELECT run FROM incident").fetchall() == [(f"{first:016x}",)]


def test_an_outage_of_which_no_run_is_kept_names_none(db: sqlite3.Connection) -> None:
    goes_down(db, failed(1))

    assert db.execute("SELECT run FROM incident").fetchall() == [(None,)]


def test_all_together_are_no_larger_than_what_may_be_kept(db: sqlite3.Connection) -> None:
    write(db, *(failed(number, f"c{number}") for number in range(6)))
    (size,) = db.execute("SELECT max(bytes) FROM transcript").fetchone()
    purge_beyond(db, 3 * size + 1)

    assert kept(db) == [3, 4, 5]


def test_where_fewer_are_wanted_the_oldest_go(db: sqlite3.Connection) -> None:
    write(db, *(failed(number) for number in range(3)), failed(7, "other"))
    purge_all(db, 1)

    assert kept(db) == [2, 7]


def test_those_of_probes_that_fail_no_more_go_with_their_days(db: sqlite3.Connection) -> None:
    write(db, failed(1))
    purge(db, Retention(), START_S + 801 * 86_400)

    assert kept(db) == []


def test_one_that_is_too_long_is_not_kept() -> None:
    assert Packed.of(failed(1), noise(300_000)) is None


def test_a_run_that_only_broke_a_rule_is_listed_for_that(db: sqlite3.Connection) -> None:
    write(db, failed(1, outcome=Outcome.PASSED, reason=Reason.OK))
    (listed,) = read_target(db, "wn", START_S).failed

    assert (listed.outcome, listed.reason) == ("passed", "rule")


def test_the_last_are_listed_with_their_target_the_newest_first(db: sqlite3.Connection) -> None:
    write(db, failed(1), failed(2, "other"))

    assert [(one.check, int(one.run, 16)) for one in read_target(db, "wn", START_S).failed] == [
        ("other", 2),
        ("alive", 1),
    ]


@pytest.mark.parametrize("content", [b"", b"no zlib", b"x\x9c\x03"], ids=["nothing", "something else", "cut off"])
def test_what_is_no_transcript_is_none(db: sqlite3.Connection, content: bytes) -> None:
    write(db, failed(1))
    db.execute("UPDATE transcript SET content = ?", (content,))

    assert read_transcript(db, failed(1).id) is None


def test_what_is_handed_over_is_written(tmp_path: Path) -> None:
    with writing(tmp_path / "wnmon.db") as writer:
        StoredTranscripts(writer, Written(), 3).keep(packed(failed(1)))

    assert rows(tmp_path / "wnmon.db", "SELECT run, outcome, reason FROM transcript") == [
        (failed(1).id, "failed", "http_5xx")
    ]


def test_what_waits_for_a_file_that_cannot_be_written_is_not_much(tmp_path: Path) -> None:
    large = noise(100_000)
    with writing(tmp_path / "wnmon.db") as writer:
        writer.post(lambda db: db.execute("PRAGMA query_only = ON"))
        kept_back = StoredTranscripts(writer, Written(), 1000)
        for number in range(100):
            kept_back.keep(packed(failed(number), large))
        waiting = sum(len(one.content) for one in kept_back.waiting)
        writer.post(lambda db: db.execute("PRAGMA query_only = OFF"))

    assert 0 < waiting <= MOST_BYTES_WAITING


def test_a_file_of_before_there_were_transcripts_is_brought_up_to_date(tmp_path: Path) -> None:
    file = tmp_path / "wnmon.db"
    db = sqlite3.connect(file)
    db.executescript(migrations()[0][1])
    db.execute("INSERT INTO setting VALUES ('salt', '00')")
    db.execute("INSERT INTO probe VALUES (1, 'wn/alive/m', 'wn', 'alive', 'm')")
    db.execute("INSERT INTO incident VALUES (7, 1, 1000, NULL, 'connect')")
    db.executescript(f"PRAGMA application_id = {0x776E6D6E}; PRAGMA user_version = 1")
    db.close()
    made = opened(file)
    assert isinstance(made, sqlite3.Connection)
    with closing(made):
        write(made, failed(1))

    assert rows(file, "SELECT id, opened_ms, run FROM incident") == [(7, 1000, None)]
    assert rows(file, "SELECT count(*) FROM transcript") == [(1,)]


def test_transcripts_are_written_again_after_what_was_to_write_them_was_given_up(tmp_path: Path) -> None:
    class Forgetful(Writer):
        """Gives up the first piece that is posted."""

        first = True

        def post(self, work: Work, lost: Callable[[], object] = lambda: None) -> None:
            if self.first:
                self.first = False
                lost()
            else:
                super().post(work, lost)

    db = opened(tmp_path / "wnmon.db")
    assert isinstance(db, sqlite3.Connection)
    writer = Forgetful(db, Hearing(), every_s=0.02)
    kept = StoredTranscripts(writer, Written.read(db), most=5)
    for number in range(2):
        kept.keep(packed(failed(number)))
    writer.close()

    assert rows(tmp_path / "wnmon.db", "SELECT count(*) FROM transcript") == [(2,)]

"""What is made of runs that failed before it is kept, and what is made of that for whoever looks."""

from __future__ import annotations

import threading
import zlib
from dataclasses import replace

import pytest
from sink_runs import a_run

from wnmon.app.evidence import MOST_WAITING, KeptEvidence, Transcripts
from wnmon.config import load_suites
from wnmon.engine.known_secrets import KnownSecrets
from wnmon.engine.run import Run
from wnmon.model.check import Level
from wnmon.model.events import InternalFault, MonitorEvent
from wnmon.model.result import Outcome, Reason, RuleVerdict, Verdict
from wnmon.report.kept import render_kept
from wnmon.report.transcript import read_transcript
from wnmon.store import Packed

FAILED = a_run(Outcome.FAILED, Reason.HTTP_5XX, status=500)


def broken(rule: str, *, waived: bool = False) -> RuleVerdict:
    return RuleVerdict(rule=rule, verdict=Verdict.FAILED, level=Level.MUST, waived=waived)


def kept_of(*runs: Run, is_wanted: bool = True) -> list[Packed]:
    """Return what a sink has kept of runs."""
    kept: list[Packed] = []
    sink = Transcripts(kept.append, KnownSecrets(), lambda _: None)
    sink.is_wanted = is_wanted
    for run in runs:
        sink.take(run)
    sink.close()
    return kept


@pytest.mark.parametrize(
    ("run", "is_kept"),
    [
        (a_run(), False),
        (a_run(Outcome.DEGRADED, Reason.SLOW), True),
        (FAILED, True),
        (a_run(Outcome.ERRORED, Reason.CONNECT), True),
        (a_run(Outcome.SKIPPED), False),
        (a_run(verdicts=(broken("DOC-009"),)), True),
        (a_run(verdicts=(broken("DOC-009", waived=True),)), False),
    ],
    ids=["passed", "degraded", "failed", "errored", "skipped", "passed, a rule broken", "passed, that waived"],
)
def test_a_transcript_is_kept_of_what_failed(run: Run, is_kept: bool) -> None:
    assert len(kept_of(run)) == is_kept


def test_where_none_are_wanted_none_is_made() -> None:
    assert kept_of(FAILED, is_wanted=False) == []


def test_what_is_kept_is_the_transcript_of_the_run() -> None:
    (packed,) = kept_of(FAILED)
    (run,) = read_transcript(zlib.decompress(packed.content).decode()).runs

    assert (run.id, run.result.outcome) == (FAILED.id, Outcome.FAILED)


def test_of_more_failures_than_can_wait_some_are_not_kept() -> None:
    """Each holds all it was answered, so a hundred thousand at once would fill the memory."""
    may_go_on, kept = threading.Event(), list[Packed]()

    def keep(packed: Packed) -> None:
        may_go_on.wait(60)
        kept.append(packed)

    sink = Transcripts(keep, KnownSecrets(), lambda _: None)
    for _ in range(MOST_WAITING + 10):
        sink.take(FAILED)
    may_go_on.set()
    sink.close()

    assert len(kept) == MOST_WAITING


def test_a_fault_on_the_way_is_told() -> None:
    told: list[MonitorEvent] = []

    def break_down(_: Packed) -> None:
        raise RuntimeError

    sink = Transcripts(break_down, KnownSecrets(), told.append)
    sink.take(FAILED)
    sink.close()

    assert [type(one) for one in told] == [InternalFault]


@pytest.mark.parametrize("text", [None, "{}", "no JSON", '{"format": "wnmon-transcript", "version": 99}'])
def test_what_cannot_be_read_has_no_page(text: str | None) -> None:
    assert KeptEvidence(lambda _: text).page("r1", "en") is None


def test_what_is_no_json_is_no_transcript() -> None:
    assert KeptEvidence(lambda _: "no JSON").transcript("r1") is None


def test_a_rule_of_a_suite_that_is_watched_no_more_is_still_explained(tmp_path_factory: pytest.TempPathFactory) -> None:
    (plan,) = load_suites(["builtin:documented"], tmp_path_factory.getbasetemp())
    text = render_kept(replace(a_run(verdicts=(broken("DOC-009"),)), suite="documented"), "0", str)
    page = KeptEvidence(lambda _: text).page("r1", "zh")
    (rule,) = [one for one in plan.rules if one.id == "DOC-009"]

    assert (page is not None and rule.says["zh"] in page) is True

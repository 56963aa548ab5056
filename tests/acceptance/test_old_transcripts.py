"""What was recorded before sentences had ids is judged again to the same verdicts, and told in the same words.

The transcripts are of the reference relay with a fault, written by wnmon as of commit 0f7de87 and cut to a suite or
two; beside them stand the suites as they were then.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from service_process import wnmon

from wnmon.cli.replay import Replayed, replay
from wnmon.engine.run import Run
from wnmon.model.result import Verdict
from wnmon.model.said import Why, id_of, in_language
from wnmon.report.summary import CheckReport
from wnmon.report.transcript import Transcript, read_transcript, render_transcript
from wnmon.wire.bounds import bounded

GOLDEN = Path(__file__).parents[1] / "golden" / "transcripts"
FAULTS = {
    "401": ("documented", "stream"),
    "no-id": ("documented",),
    "stall": ("documented",),
    "truncated-stream": ("http", "stream"),
}


def text_of(fault: str) -> str:
    return (GOLDEN / f"{fault}.json").read_text(encoding="utf-8")


def suites_of(fault: str) -> tuple[str, ...]:
    return tuple(str(GOLDEN / f"{suite}.yaml") for suite in FAULTS[fault])


def replayed(fault: str) -> CheckReport:
    return replay(read_transcript(text_of(fault)), suites_of(fault)).report


Old = tuple[Transcript, Replayed]


@pytest.fixture(scope="module", params=FAULTS)
def old(request: pytest.FixtureRequest) -> Old:
    """Return what was recorded, and what comes of judging it again."""
    recorded = read_transcript(text_of(request.param))
    return recorded, replay(recorded, suites_of(request.param))


def test_every_recorded_answer_is_within_the_bounds_of_what_is_read(old: Old) -> None:
    exchanges = [exchange for run in old[0].runs for exchange in run.evidence.exchanges]

    assert [bounded(exchange) for exchange in exchanges] == exchanges


def verdicts(runs: tuple[Run, ...]) -> list[tuple[str | None, str, Verdict]]:
    return [(run.suite, row.rule, row.verdict) for run in runs for row in run.result.verdicts]


@pytest.mark.parametrize("fault", FAULTS)
def test_an_old_transcript_holds_no_id_of_a_sentence(fault: str) -> None:
    assert '"said"' not in text_of(fault)


def test_an_old_transcript_replays_to_the_same_verdicts(old: Old) -> None:
    recorded, again = old

    assert verdicts(again.report.runs) == verdicts(recorded.runs)


def test_an_old_transcript_replays_without_a_difference_in_a_word(old: Old) -> None:
    assert old[1].differences == ()


def test_an_old_transcript_replays_to_the_same_exit_code(old: Old) -> None:
    recorded, again = old

    assert again.report.exit_code == recorded.head.exit_code


def test_the_suites_beside_the_old_transcripts_are_those_they_were_judged_by(old: Old) -> None:
    assert old[1].changed == ()


def test_what_an_old_transcript_left_out_on_purpose_is_known_by_its_id_again() -> None:
    rows = {row.rule: row for run in replayed("truncated-stream").runs for row in run.result.verdicts}

    assert (id_of(rows["HTTP-001"].why), id_of(rows["HTTP-006"].why)) == (Why.NOT_HTTPS, Why.NO_HTTP2)


def test_what_was_judged_again_can_be_said_in_chinese() -> None:
    refused, _ = replayed("401").runs

    assert in_language(refused.result.message, "zh") == "状态码 401：invalid_token: invalid token"


def test_what_was_judged_again_is_recorded_with_its_ids() -> None:
    assert '"id": "status_said"' in render_transcript(replayed("401"))


@pytest.mark.parametrize("fault", FAULTS)
def test_the_command_line_says_of_an_old_transcript_that_nothing_came_out_differently(fault: str) -> None:
    _, _, said = wnmon("replay", str(GOLDEN / f"{fault}.json"), *suites_of(fault))

    assert said.endswith("verdicts, the same as recorded\n")

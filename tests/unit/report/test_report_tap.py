"""The TAP report says of every rule whether it counts, and no text of a relay becomes a line or a directive."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from page_samples import broken, finding, full_page, hostile
from report_samples import assert_golden, errored, mixed, report, run, verdict

from wnmon.model.check import Level
from wnmon.model.result import Outcome, Reason, Verdict
from wnmon.model.said import Said, Why
from wnmon.report.summary import CheckReport
from wnmon.report.tap import MAX_FINDINGS, render_tap

POINT = re.compile(r"(ok|not ok) (\d+) - ((?:[^#\\]|\\[#\\])*?)(?: # (SKIP|TODO) ((?:[^#\\]|\\[#\\])*))?")
Point = tuple[str, str, str | None, Any]


def points(text: str) -> list[Point]:
    """Read a TAP 14 stream strictly: (result, description, directive, diagnostic) of each point."""
    version, plan, *lines = [line for line in text.splitlines() if not line.startswith("# ")]
    assert version == "TAP version 14"
    found: list[Point] = []
    while lines:
        match = POINT.fullmatch(lines.pop(0))
        assert match is not None
        assert int(match[2]) == len(found) + 1
        found.append((match[1], match[3], match[4], _diagnostic(lines)))
    assert plan == f"1..{len(found)}"
    return found


def _diagnostic(lines: list[str]) -> Any:
    if not lines or lines[0] != "  ---":
        return None
    end = lines.index("  ...")
    block = lines[1:end]
    del lines[: end + 1]
    assert all(line.startswith("  ") for line in block)
    return yaml.safe_load("\n".join(block))


REPORTS = {"mixed": mixed(), "errored": report(errored()), "page": full_page(), "hostile": hostile()}


@pytest.mark.parametrize("made", REPORTS.values(), ids=REPORTS.keys())
def test_a_strict_reader_takes_the_stream(made: CheckReport) -> None:
    assert points(render_tap(made))


@pytest.mark.parametrize("made", REPORTS.values(), ids=REPORTS.keys())
@pytest.mark.skipif(shutil.which("prove") is None, reason="perl's prove is not installed")
def test_the_reference_harness_counts_as_the_report_means(made: CheckReport, tmp_path: Path) -> None:
    text = render_tap(made)
    # It reads TAP 13, of which 14 is an extension.
    (tmp_path / "r.tap").write_text(text.replace("TAP version 14", "TAP version 13", 1), encoding="utf-8")
    order = ["prove", "--nocolor", "--exec", "cat", "r.tap"]
    done = subprocess.run(order, cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False)
    failing = [point for point in points(text) if point[0] == "not ok" and point[2] != "TODO"]
    assert f"Failed {len(failing)}/{len(points(text))} subtests" in done.stdout
    assert "Parse errors" not in done.stdout


def test_the_tap_report_looks_as_reviewed() -> None:
    assert_golden("check-mixed.tap", render_tap(mixed()))


def test_every_rule_of_every_run_is_a_point() -> None:
    ids = [row.rule for made in mixed().runs for row in made.result.verdicts]
    assert [point[1].split()[2] for point in points(render_tap(mixed())) if "could be judged" not in point[1]] == ids


@pytest.mark.parametrize(("strict", "failing"), [(False, ["DOC-009"]), (True, ["DOC-009", "SEM-002"])])
def test_only_what_binds_fails(strict: bool, failing: list[str]) -> None:
    made = points(render_tap(mixed(strict=strict)))
    rules = [point for point in made if "could be judged" not in point[1]]
    assert [point[1].split()[2] for point in rules if point[0] == "not ok" and point[2] is None] == failing


OPEN = report(
    run(
        verdict("DOC-003"),
        verdict("DOC-009", Verdict.INCONCLUSIVE, why="x"),
        verdict("DOC-010", Verdict.SKIPPED, why="y"),
    )
)


def test_a_rule_nobody_could_judge_is_told_from_one_that_was_left_out() -> None:
    skips = [line.partition(" # SKIP ")[2] for line in render_tap(OPEN).splitlines() if " # SKIP " in line]
    assert skips == ["inconclusive: x", "y"]


def test_a_run_nobody_could_judge_makes_a_harness_fail() -> None:
    made = points(render_tap(OPEN))
    assert [point[1] for point in made if point[0] == "not ok"] == [
        "wn/claude-3-5-sonnet-20241022 documented could be judged"
    ]


def test_a_run_with_only_an_open_should_makes_no_harness_fail() -> None:
    made = report(run(verdict("DOC-003"), verdict("SEM-002", Verdict.INCONCLUSIVE, Level.SHOULD, why="x")))
    assert {point[0] for point in points(render_tap(made))} == {"ok"}


def test_a_suite_left_out_on_purpose_is_skipped_beside_another() -> None:
    left = replace(
        run(verdict("STR-012", Verdict.SKIPPED, why=Said(Why.NEEDS_FULL)), outcome=Outcome.SKIPPED), requests=0
    )
    made = points(render_tap(report(run(verdict("DOC-003")), left)))
    assert [(point[0], point[2]) for point in made] == [("ok", None), ("ok", "SKIP"), ("ok", "SKIP")]


def test_a_suite_that_was_not_asked_after_a_refusal_is_open_and_fails_no_more() -> None:
    row = verdict("STR-012", Verdict.INCONCLUSIVE, why="auth: x")
    unsent = replace(run(row, outcome=Outcome.SKIPPED, message="auth: x"), requests=0)
    lines = [line for line in render_tap(report(errored(), unsent)).splitlines() if "could be judged" in line]
    assert [line.split()[0] for line in lines] == ["not"]
    assert " # SKIP inconclusive: auth: x\n" in render_tap(report(errored(), unsent))


def test_the_last_lines_count_what_could_not_be_judged() -> None:
    *_, counted, verdict_line = render_tap(OPEN).splitlines()
    assert counted == "# 3 rules: 1 passed, 1 inconclusive, 1 skipped"
    assert verdict_line.endswith("(exit 3)")


def test_a_run_without_an_answer_fails() -> None:
    made = points(render_tap(report(errored())))
    assert [(point[0], point[2]) for point in made] == [("not ok", None), ("ok", "SKIP"), ("ok", "SKIP")]


def test_a_run_that_was_put_off_fails_a_harness_as_the_check_exits_3() -> None:
    made = report(run(outcome=Outcome.SKIPPED, reason=Reason.BUDGET, message="no tokens left"))
    assert [(point[0], point[2]) for point in points(render_tap(made))] == [("not ok", None)]


def test_a_plain_check_that_passed_is_a_point() -> None:
    assert [point[0] for point in points(render_tap(report(run(suite=None))))] == ["ok"]


def test_an_interrupted_check_bails_out() -> None:
    assert render_tap(report(run(verdict("DOC-003")), complete=False)).endswith(
        "Bail out! interrupted: some runs are missing\n"
    )


def test_nothing_that_ran_is_a_plan_without_points() -> None:
    assert render_tap(report()).splitlines()[1] == "1..0 # SKIP no finished run"


def test_what_the_relay_sent_stands_in_the_diagnostic_as_it_was() -> None:
    row = broken("DOC-009", finding("/a", actual='"quoted" \\ # ##[error] \x1b'))
    ((*_, diagnostic),) = points(render_tap(report(run(row))))
    assert diagnostic["findings"][0]["actual"] == '"quoted" \\ # ##[error] \\x1b'


def test_a_ci_log_finds_no_command_in_it() -> None:
    text = render_tap(hostile())
    assert not [line for line in text.splitlines() if line.lstrip().startswith("::") or "##[" in line]


def test_findings_beyond_the_cap_are_counted() -> None:
    row = broken("DOC-009", *[finding("/a")] * (MAX_FINDINGS + 3))
    ((*_, diagnostic),) = points(render_tap(report(run(row))))
    assert diagnostic["more"] == 3


def test_an_expired_waiver_is_named() -> None:
    row = broken("SEM-002", finding("/a"), level=Level.SHOULD, why="waived until 2026-01-01")
    ((*_, diagnostic),) = points(render_tap(report(run(row))))
    assert diagnostic["waiver"] == "waived until 2026-01-01"

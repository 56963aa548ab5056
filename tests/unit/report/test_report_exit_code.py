"""The exit code of a check, as a table."""

from __future__ import annotations

import pytest
from report_samples import errored, run, verdict

from wnmon.engine.run import Run
from wnmon.model.check import Level
from wnmon.model.result import Outcome, Reason, Verdict
from wnmon.report.summary import exit_code

MUST_FAILED = verdict("DOC-009", Verdict.FAILED)
MUST_UNJUDGED = verdict("DOC-009", Verdict.INCONCLUSIVE)
SHOULD_FAILED = verdict("SEM-002", Verdict.FAILED, Level.SHOULD)
SHOULD_UNJUDGED = verdict("SEM-002", Verdict.INCONCLUSIVE, Level.SHOULD)
SKIPPED_RULE = verdict("DOC-009", Verdict.SKIPPED)
INTERNAL = run(outcome=Outcome.ERRORED, reason=Reason.INTERNAL)

TABLE: list[tuple[str, list[Run], int, int]] = [
    ("every rule passed", [run(verdict("DOC-003"))], 0, 0),
    ("a MUST failed", [run(MUST_FAILED)], 1, 1),
    ("a waived MUST failed", [run(verdict("DOC-009", Verdict.FAILED, waived=True))], 0, 0),
    ("a waived MUST failed beside another", [run(verdict("DOC-010", Verdict.FAILED, waived=True), MUST_FAILED)], 1, 1),
    ("a SHOULD failed", [run(SHOULD_FAILED)], 0, 1),
    ("a MAY failed", [run(verdict("HTTP-007", Verdict.FAILED, Level.MAY))], 0, 0),
    ("an INFO rule noted something", [run(verdict("STR-012", Verdict.NOTED, Level.INFO))], 0, 0),
    ("a MUST could not be judged", [run(MUST_UNJUDGED)], 3, 3),
    ("a SHOULD could not be judged", [run(verdict("DOC-003"), SHOULD_UNJUDGED)], 0, 3),
    ("no rule of a run could be judged", [run(SHOULD_UNJUDGED)], 3, 3),
    ("no rule of one of two runs could be judged", [run(verdict("DOC-003")), run(SHOULD_UNJUDGED)], 3, 3),
    ("every rule was left open", [run(SHOULD_UNJUDGED, outcome=Outcome.SKIPPED)], 3, 3),
    ("every rule was skipped", [run(SKIPPED_RULE, outcome=Outcome.SKIPPED)], 3, 3),
    (
        "every rule of one of two runs was skipped",
        [run(verdict("DOC-003")), run(SKIPPED_RULE, outcome=Outcome.SKIPPED)],
        0,
        0,
    ),
    ("no answer, and a MUST failed", [run(MUST_FAILED, outcome=Outcome.ERRORED, reason=Reason.SCHEMA)], 1, 1),
    ("no answer, and a MUST passed", [run(verdict("DOC-001"), outcome=Outcome.ERRORED, reason=Reason.SCHEMA)], 3, 3),
    ("a waived MUST could not be judged", [run(verdict("DOC-009", Verdict.INCONCLUSIVE, waived=True))], 0, 0),
    ("a MUST was skipped", [run(verdict("DOC-009", Verdict.SKIPPED))], 0, 0),
    ("a failed MUST outweighs an unjudged one", [run(MUST_FAILED, MUST_UNJUDGED)], 1, 1),
    ("a run had nothing to judge", [errored()], 3, 3),
    ("this machine was at fault", [errored(Reason.CLIENT)], 3, 3),
    ("a failed MUST outweighs an errored run", [errored(), run(MUST_FAILED)], 1, 1),
    ("a run was skipped", [run(outcome=Outcome.SKIPPED, reason=Reason.BUDGET)], 3, 3),
    ("wnmon broke", [INTERNAL], 4, 4),
    ("wnmon broke and a MUST failed", [run(MUST_FAILED), INTERNAL], 4, 4),
    ("nothing ran", [], 3, 3),
    ("a plain check failed", [run(suite=None, outcome=Outcome.FAILED, reason=Reason.CONTENT)], 1, 1),
    ("a plain check was slow", [run(suite=None, outcome=Outcome.DEGRADED, reason=Reason.SLOW)], 0, 0),
    ("a suite's gate failed it over a waived rule", [run(outcome=Outcome.FAILED, reason=Reason.RULE)], 0, 0),
]


@pytest.mark.parametrize(("runs", "code"), [pytest.param(row[1], row[2], id=row[0]) for row in TABLE])
def test_exit_code_follows_the_table(runs: list[Run], code: int) -> None:
    assert exit_code(runs, strict=False) == code


@pytest.mark.parametrize(("runs", "code"), [pytest.param(row[1], row[3], id=row[0]) for row in TABLE])
def test_strict_exit_code_treats_a_should_like_a_must(runs: list[Run], code: int) -> None:
    assert exit_code(runs, strict=True) == code

"""A baseline excuses what was broken before, and nothing that got worse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from report_samples import STARTED_AT_S, errored, report, run, verdict

from wnmon.engine.run import Run
from wnmon.model.check import Level
from wnmon.model.result import Finding, Layer, Outcome, Reason, RuleVerdict, Verdict
from wnmon.model.said import Said, Why
from wnmon.report.baseline.file import excuse_run, ignored_by, read_baseline, render_baseline, why_no_baseline
from wnmon.report.baseline.known import Baseline
from wnmon.report.summary import CheckReport, exit_code
from wnmon.report.terminal import render_check

FAILED, INCONCLUSIVE, PASSED = Verdict.FAILED, Verdict.INCONCLUSIVE, Verdict.PASSED


def broken_at(*places: str) -> RuleVerdict:
    findings = tuple(
        Finding(message="wrong", expected="so", actual="not so", place=place, step="s") for place in places
    )
    return RuleVerdict(rule="DOC-011", level=Level.MUST, verdict=FAILED, findings=findings)


def written(*runs: Run) -> str:
    return render_baseline(runs, version="0.1.0", at_s=STARTED_AT_S)


def baseline(*rows: RuleVerdict) -> Baseline:
    return read_baseline(written(run(*rows)), "known.json")


def exit_after(then: Sequence[RuleVerdict], now: Sequence[RuleVerdict], *, strict: bool = False) -> int:
    return exit_code([excuse_run(run(*now), baseline(*then))], strict)


@pytest.mark.parametrize(
    ("then", "now", "code"),
    [
        (FAILED, FAILED, 0),
        (FAILED, PASSED, 0),
        (FAILED, INCONCLUSIVE, 0),
        (INCONCLUSIVE, INCONCLUSIVE, 0),
        (INCONCLUSIVE, FAILED, 1),
        (PASSED, FAILED, 1),
        (PASSED, INCONCLUSIVE, 3),
    ],
)
def test_only_what_got_worse_fails(then: Verdict, now: Verdict, code: int) -> None:
    others = [verdict("DOC-003")]

    assert exit_after([*others, verdict("DOC-010", then)], [*others, verdict("DOC-010", now)]) == code


DEAD = errored(Reason.CONNECT, Layer.NETWORK, "connection refused while connecting")
UNSENT = Said(Why.BUDGET_TOKENS)
CUT_SHORT = run(verdict("DOC-003"), verdict("DOC-009", INCONCLUSIVE, why=UNSENT))


@pytest.mark.parametrize("then", [FAILED, INCONCLUSIVE])
@pytest.mark.parametrize(
    "now",
    [
        DEAD,
        replace(DEAD, result=replace(DEAD.result, outcome=Outcome.SKIPPED)),
        replace(CUT_SHORT, evidence=replace(CUT_SHORT.evidence, not_sent={"completion": UNSENT})),
    ],
    ids=["dead", "skipped", "budget"],
)
def test_a_rule_nobody_judged_is_not_excused(then: Verdict, now: Run) -> None:
    found = baseline(verdict("DOC-009", then))

    assert excuse_run(now, found) == now


def test_a_known_break_is_not_excused_where_no_rule_of_the_run_was_decided() -> None:
    now = run(verdict("DOC-009", INCONCLUSIVE, why=Said("blocked_by", code="DOC-003")))

    assert excuse_run(now, baseline(verdict("DOC-009", FAILED))) == now


def test_what_was_open_before_may_be_open_again_in_a_run_that_decides_nothing() -> None:
    assert exit_after([verdict("DOC-009", INCONCLUSIVE)], [verdict("DOC-009", INCONCLUSIVE)]) == 0


def test_a_rule_the_baseline_does_not_know_fails() -> None:
    assert exit_after([], [verdict("DOC-010", FAILED)]) == 1


def test_a_known_break_hides_no_other() -> None:
    now = [verdict("DOC-010", FAILED), verdict("DOC-009", FAILED)]

    assert exit_after([verdict("DOC-010", FAILED)], now) == 1


@pytest.mark.parametrize(
    ("then", "now", "code"),
    [
        (["/choices/0/index"], ["/choices/0/index"], 0),
        (["/choices/0/index"], ["/choices/7/index"], 0),
        (["/choices/0/index", "/choices/0/message"], ["/choices/0/index"], 0),
        (["/choices/0/index"], ["/choices/0/index", "/choices/0/message"], 1),
        (["event 3"], ["event 12"], 0),
    ],
)
def test_a_known_rule_that_breaks_in_another_place_got_worse(then: list[str], now: list[str], code: int) -> None:
    assert exit_after([broken_at(*then)], [broken_at(*now)]) == code


def test_with_strict_a_known_should_is_excused_too() -> None:
    row = verdict("SEM-002", FAILED, Level.SHOULD)

    assert exit_after([row], [row], strict=True) == 0


THEN = run(verdict("DOC-010", FAILED))


@pytest.mark.parametrize(
    "other",
    [replace(THEN, target="b"), replace(THEN, model="b"), replace(THEN, suite="b")],
    ids=["target", "model", "suite"],
)
def test_what_is_known_of_another_run_excuses_nothing(other: Run) -> None:
    found = read_baseline(written(other), "known.json")

    assert excuse_run(THEN, found) == THEN


def test_an_excused_rule_keeps_its_verdict_and_says_who_excuses_it() -> None:
    row = verdict("DOC-010", FAILED)
    (found,) = excuse_run(run(row), baseline(row)).result.verdicts

    assert (found.verdict, found.waived, found.why) == (FAILED, True, Said(Why.KNOWN, text="known.json", said=""))


def test_an_excused_rule_that_could_not_be_judged_still_says_why() -> None:
    row = verdict("DOC-010", INCONCLUSIVE, why=Said("blocked_by", code="DOC-003"))
    (found,) = excuse_run(run(row), baseline(row)).result.verdicts

    assert str(found.why) == "known: in the baseline known.json; blocked by DOC-003"


def test_a_waiver_that_is_over_is_not_hidden_by_a_baseline() -> None:
    row = verdict("DOC-010", FAILED, why=Said("waiver_expired", code="2026-01-01", text="known"))

    assert exit_after([row], [row]) == 1


def test_what_a_waiver_excuses_is_left_to_the_waiver() -> None:
    waived = verdict("DOC-010", FAILED, waived=True, why=Said("waived_until", code="2999-01-01", text="known"))

    assert exit_after([waived], [verdict("DOC-010", FAILED)]) == 1


def test_a_baseline_written_under_a_baseline_keeps_what_was_known() -> None:
    row = verdict("DOC-010", FAILED)
    renewed = read_baseline(written(excuse_run(run(row), baseline(row))), "renewed.json")

    assert renewed.runs == baseline(row).runs


def ignored(*then: RuleVerdict, now: Sequence[RuleVerdict]) -> CheckReport:
    found = baseline(*then)
    excused = excuse_run(run(*now), found)
    return replace(report(excused), ignored=ignored_by(found, [excused]))


def test_the_terminal_says_how_many_known_breaks_were_ignored() -> None:
    row = verdict("DOC-010", FAILED)
    text = render_check(ignored(row, now=[row]), width=80, color=False, lang="en")

    assert "Known breaks ignored: 1 (baseline known.json)\n  ~ DOC-010" in text


def test_the_terminal_shows_a_known_break_neither_as_broken_nor_as_waived() -> None:
    row = verdict("DOC-010", FAILED)
    text = render_check(ignored(row, now=[row]), width=80, color=False, lang="en")

    assert not any(title in text for title in ("Broken rules", "Waived"))


def test_a_known_break_that_could_not_be_judged_is_told_from_one_that_is_broken() -> None:
    found = ignored(verdict("DOC-010", FAILED), now=[verdict("DOC-003"), verdict("DOC-010", INCONCLUSIVE)])

    assert "ignored: 0 (baseline known.json)\n  ~ DOC-010 (inconclusive)" in render_check(
        found, width=80, color=False, lang="en"
    )


def test_a_known_break_that_is_gone_is_named() -> None:
    found = ignored(verdict("DOC-010", FAILED), now=[verdict("DOC-010")])

    assert "no longer broken: DOC-010; renew the baseline" in render_check(found, width=80, color=False, lang="en")


def test_a_run_the_baseline_does_not_know_is_named() -> None:
    found = baseline()
    other = run(suite="stream")
    shown = replace(report(other), ignored=ignored_by(found, [other]))

    assert "the baseline knows nothing of wn " in render_check(shown, width=80, color=False, lang="en")


def test_no_baseline_excuses_nothing() -> None:
    one = run(verdict("DOC-010", FAILED))

    assert excuse_run(one, None) is one


@pytest.mark.parametrize(
    ("made", "complete", "why"),
    [
        (run(), True, None),
        (errored(), True, Said("suite_not_judged", text="documented", said="HTTP 401: invalid api key")),
        (run(), False, Said("check_interrupted")),
    ],
    ids=["judged", "errored", "interrupted"],
)
def test_what_was_not_judged_makes_no_baseline(made: Run, complete: bool, why: Said | None) -> None:
    assert why_no_baseline([made], complete=complete) == why


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Expecting value"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "not a baseline"),
        ('{"format": "wnmon-check"}', "not a baseline"),
        ('{"format": "wnmon-baseline", "version": 2}', "another version"),
        ('{"format": "wnmon-baseline", "version": 1}', "damaged"),
        ('{"format": "wnmon-baseline", "version": 1, "runs": [1]}', "damaged"),
        (
            '{"format": "wnmon-baseline", "version": 1, "runs": [{"target": "t", "model": "m", "suite": "s", '
            '"rules": {"R-1": {"verdict": "passed", "places": []}}}]}',
            "damaged",
        ),
    ],
)
def test_what_is_no_baseline_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_baseline(text, "b.json")


def test_a_place_the_relay_chose_is_kept_within_bounds() -> None:
    text = written(run(broken_at("/" + "\ud800" * 9_000)))

    assert len(text.encode()) < 30_000

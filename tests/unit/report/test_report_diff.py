"""Two reports side by side: what got worse is told from what is merely new, gone or skipped."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from report_samples import TARGET, errored, report, run, verdict

from wnmon.engine.run import Run
from wnmon.model.result import Verdict
from wnmon.report.diff import Change, Difference, Key, Standing, compare, read_report, render_diff
from wnmon.report.json import render_json

PASSED, FAILED, INCONCLUSIVE, SKIPPED, NOTED = (
    Verdict.PASSED,
    Verdict.FAILED,
    Verdict.INCONCLUSIVE,
    Verdict.SKIPPED,
    Verdict.NOTED,
)


def standings(*runs: Run) -> dict[Key, Standing]:
    return read_report(render_json(report(*runs)))


def differences(then: Run, now: Run) -> list[Difference]:
    return compare(standings(then), standings(now))


def changes(then: Run, now: Run) -> list[Change]:
    return [one.change for one in differences(then, now)]


@pytest.mark.parametrize(
    ("then", "now", "change"),
    [
        (PASSED, FAILED, Change.WORSE),
        (INCONCLUSIVE, FAILED, Change.WORSE),
        (SKIPPED, FAILED, Change.WORSE),
        (PASSED, INCONCLUSIVE, Change.WORSE),
        (FAILED, PASSED, Change.BETTER),
        (INCONCLUSIVE, PASSED, Change.BETTER),
        (FAILED, INCONCLUSIVE, Change.CHANGED),
        (FAILED, SKIPPED, Change.CHANGED),
        (PASSED, SKIPPED, Change.CHANGED),
        (PASSED, NOTED, Change.CHANGED),
        (SKIPPED, INCONCLUSIVE, Change.CHANGED),
    ],
)
def test_what_becomes_of_a_rule(then: Verdict, now: Verdict, change: Change) -> None:
    assert changes(run(verdict("DOC-009", then)), run(verdict("DOC-009", now))) == [change]


@pytest.mark.parametrize("same", list(Verdict))
def test_a_rule_that_stands_as_it_did_is_no_difference(same: Verdict) -> None:
    assert changes(run(verdict("DOC-009", same)), run(verdict("DOC-009", same))) == []


@pytest.mark.parametrize(("then", "now", "change"), [(True, False, Change.WORSE), (False, True, Change.CHANGED)])
def test_a_waiver_that_ends_makes_it_worse_and_one_that_begins_no_better(then: bool, now: bool, change: Change) -> None:
    rows = [run(verdict("DOC-009", FAILED, waived=waived)) for waived in (then, now)]

    assert changes(*rows) == [change]


@pytest.mark.parametrize("came", [PASSED, FAILED])
def test_a_rule_only_the_later_report_has_is_new(came: Verdict) -> None:
    assert changes(run(), run(verdict("DOC-009", came))) == [Change.NEW]


def test_a_rule_only_the_earlier_report_has_is_gone() -> None:
    assert changes(run(verdict("DOC-009", FAILED)), run()) == [Change.GONE]


def test_a_run_that_has_nothing_to_judge_any_more_is_one_difference_not_one_per_rule() -> None:
    (found,) = differences(run(verdict("DOC-003"), verdict("DOC-009")), errored())

    assert (found.change, found.key[3]) == (Change.WORSE, "")


def test_a_run_that_can_be_judged_again_is_better() -> None:
    assert changes(errored(), run(verdict("DOC-003"))) == [Change.BETTER]


def test_two_reports_on_dead_relays_do_not_differ() -> None:
    assert changes(errored(), errored()) == []


def test_reports_of_one_relay_each_are_compared_whatever_the_relays_are_called() -> None:
    then, now = run(verdict("DOC-009", FAILED)), replace(run(verdict("DOC-009")), target="other")
    other = replace(TARGET, name="other")

    assert [
        one.key[0] for one in compare(standings(then), read_report(render_json(report(now, targets=(other,)))))
    ] == ["other"]


def test_of_several_relays_each_is_compared_with_itself() -> None:
    two = (run(verdict("DOC-009")), replace(run(verdict("DOC-009", FAILED)), target="b"))

    assert compare(standings(*two), standings(*two)) == []


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "Worse (1)\n  DOC-009 MUST  passed → failed  system_fingerprint is a required string  ["),
        ("zh", "变差 (1)\n  DOC-009 MUST  通过 → 未通过  system_fingerprint 为必需字符串  ["),
    ],
)
def test_a_difference_is_shown_with_both_verdicts_and_the_sentence(lang: str, text: str) -> None:
    found = differences(run(verdict("DOC-009")), run(verdict("DOC-009", FAILED)))

    assert render_diff(found, lang).startswith(text)


def test_a_run_without_an_answer_is_shown_with_the_reason() -> None:
    assert "documented  passed → errored (auth)" in render_diff(differences(run(), errored()), "en")


def test_no_difference_is_said_in_a_word() -> None:
    assert render_diff([], "en") == "no difference\n"


def test_what_the_relay_chose_cannot_write_to_the_screen() -> None:
    then, now = (replace(run(verdict("DOC-009", came)), model="m\x1b[2J\n") for came in (PASSED, FAILED))
    text = render_diff(differences(then, now), "en")

    assert "\x1b" not in text
    assert text.count("\n") == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense", "Expecting value"),
        ("[" * 100_000, "nested too deeply"),
        ("{}", "not a report"),
        ('{"format": "wnmon-check", "version": 9}', "another version"),
        ('{"format": "wnmon-check", "version": 1}', "damaged"),
        ('{"format": "wnmon-check", "version": 1, "runs": [{}]}', "damaged"),
        (
            json.dumps(
                {
                    "format": "wnmon-check",
                    "version": 1,
                    "runs": [
                        {"target": "t", "model": "m", "suite": "s", "outcome": "fine", "reason": "ok", "rules": []}
                    ],
                }
            ),
            "damaged",
        ),
    ],
)
def test_what_is_no_report_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_report(text)

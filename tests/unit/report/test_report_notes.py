"""A broken rule may come with what to know before a relay is blamed, and with the ways out of its check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from report_samples import RULES, STARTED_AT_S, report, run, verdict

from wnmon.config import built_in_suites
from wnmon.model.check import Level
from wnmon.model.result import RuleVerdict, Verdict
from wnmon.pytest_plugin.outcomes import outcome_of
from wnmon.report.github import render_github
from wnmon.report.html import render_html
from wnmon.report.json import render_json
from wnmon.report.junit import render_junit
from wnmon.report.markdown import render_markdown
from wnmon.report.notes import note_of, ways_out
from wnmon.report.summary import CheckReport
from wnmon.report.tap import render_tap
from wnmon.report.terminal import render_check

NOTE = {"en": "Most relays lack it.", "zh": "大多数中转站没有。"}
RULE = replace(RULES["DOC-009"], note=NOTE)
BROKEN = verdict("DOC-009", Verdict.FAILED)
PROFILE, WAIVER = "--profile openai (there it is MAY)", "--waive DOC-009=REASON@2026-03-02"


def noted(row: RuleVerdict = BROKEN) -> CheckReport:
    return replace(report(run(row)), rules={"DOC-009": RULE})


def ways(row: RuleVerdict = BROKEN, *, binds: bool = True, lang: str = "en") -> list[str]:
    return ways_out(RULE, row, STARTED_AT_S, lang, binds=binds)


def test_the_ways_out_are_a_profile_that_asks_less_and_a_waiver() -> None:
    assert ways() == [PROFILE, WAIVER]


def test_a_profile_that_asks_as_much_is_no_way_out() -> None:
    assert ways(replace(BROKEN, level=Level.MAY)) == [WAIVER]


def test_a_rule_that_does_not_bind_needs_no_way_out() -> None:
    assert ways(binds=False) == []


def test_a_rule_without_a_note_has_no_ways_out() -> None:
    assert ways_out(RULES["DOC-009"], BROKEN, STARTED_AT_S, "en", binds=True) == []


@pytest.mark.parametrize("row", [verdict("DOC-009"), replace(BROKEN, waived=True)], ids=["kept", "waived"])
def test_a_rule_that_is_not_held_against_the_relay_has_no_note(row: RuleVerdict) -> None:
    assert note_of(RULE, row, "en") == ""


RENDERERS: dict[str, Callable[[CheckReport], str]] = {
    "terminal": lambda made: render_check(made, width=100, color=False, lang="en"),
    "table": lambda made: render_check(made, width=250, color=False, lang="en"),
    "markdown": lambda made: render_markdown(made, "en"),
    "github": lambda made: render_github(made, "en"),
    "html": lambda made: render_html(made, "en"),
    "junit": render_junit,
    "tap": render_tap,
    "json": render_json,
}


@pytest.mark.parametrize("name", RENDERERS)
def test_every_report_shows_the_note(name: str) -> None:
    assert "Most relays lack it." in RENDERERS[name](noted())


@pytest.mark.parametrize("name", [name for name in RENDERERS if name not in {"junit", "tap", "json"}])
def test_every_report_for_a_person_names_the_ways_out(name: str) -> None:
    text = RENDERERS[name](noted())

    assert (PROFILE in text, WAIVER in text) == (True, True)


def test_the_note_is_chinese_where_the_reader_is() -> None:
    text = render_check(noted(), width=80, color=False, lang="zh")

    assert ("大多数中转站没有。" in text, "--profile openai（其中为 MAY）" in text) == (True, True)


def test_pytest_names_its_own_option() -> None:
    outcome = outcome_of(RULE, run(BROKEN), beside=(), strict=False, lang="en")

    assert "ways out: --wnmon-profile openai (there it is MAY)" in outcome.details
    assert "--waive" not in outcome.details


@pytest.mark.parametrize(
    ("is_configured", "wanted"),
    [
        (False, "Accept it for 30 days (add to the command)\n--waive DOC-009=REASON@2026-03-02\n"),
        (True, 'in the configuration)\nwaive: [{rule: DOC-009, reason: "...", until: 2026-03-02}]\n'),
    ],
)
def test_a_waiver_is_proposed_as_it_can_be_given(is_configured: bool, wanted: str) -> None:
    made = replace(noted(), is_configured=is_configured)

    assert wanted in render_check(made, width=100, color=False, lang="en")


def test_the_fingerprint_rule_has_a_note_in_both_languages() -> None:
    rules = {rule.id: rule for plan in built_in_suites() for rule in plan.rules}

    assert rules["DOC-009"].note.keys() == {"en", "zh"}

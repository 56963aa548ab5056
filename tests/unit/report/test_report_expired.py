"""A waiver that is over is shown loudly, in every place one looks at."""

from __future__ import annotations

import json

import pytest
from report_samples import report, run, verdict

from wnmon.model.result import Verdict
from wnmon.model.said import Said
from wnmon.report.json import render_json
from wnmon.report.summary import expired
from wnmon.report.terminal import render_check

WHY = Said("waiver_expired", code="2026-01-01", text="the move in March")
OVER = verdict("DOC-009", Verdict.FAILED, why=WHY)


@pytest.mark.parametrize("width", [80, 160], ids=["list", "table"])
def test_the_terminal_says_beside_the_rule_that_its_waiver_is_over(width: int) -> None:
    text = render_check(report(run(OVER)), width=width, color=False, lang="en")

    assert "waiver expired on 2026-01-01" in text


@pytest.mark.parametrize(("lang", "said"), [("en", "      note  waiver expired on"), ("zh", "      备注  豁免已于")])
def test_no_label_says_what_the_sentence_begins_with(lang: str, said: str) -> None:
    assert said in render_check(report(run(OVER)), width=80, color=False, lang=lang)


@pytest.mark.parametrize(("lang", "said"), [("en", "Waivers that are over: DOC-009"), ("zh", "已过期的豁免：DOC-009")])
def test_the_terminal_repeats_it_just_above_the_verdict(lang: str, said: str) -> None:
    text = render_check(report(run(OVER)), width=80, color=False, lang=lang)

    assert text.splitlines()[-3] == f"! {said}"


def test_the_json_report_says_it_with_the_rule() -> None:
    (rule,) = json.loads(render_json(report(run(OVER))))["runs"][0]["rules"]

    assert (rule["verdict"], rule["waived"], rule["why"]) == ("failed", False, str(WHY))


def test_a_rule_whose_waiver_is_over_fails_the_check() -> None:
    assert report(run(OVER)).exit_code == 1


def test_a_rule_that_was_never_waived_is_not_said_to_have_been() -> None:
    one = run(verdict("DOC-009", Verdict.FAILED))

    assert expired(one) == []
    assert "Waivers" not in render_check(report(one), width=80, color=False, lang="en")

"""What a check means, and what a person can do about it: said for every member of a closed set, in both languages."""

from __future__ import annotations

import pytest
from report_samples import report, run, verdict

from wnmon.model.check import Level
from wnmon.model.result import Layer, Outcome, Reason, Verdict
from wnmon.model.said import say
from wnmon.report.advice import advice
from wnmon.report.spelling import OF_CHECK, OF_PROBE, Spelling
from wnmon.report.summary import Exit, meaning
from wnmon.report.text import word


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.OK])
@pytest.mark.parametrize("spelling", [OF_CHECK, OF_PROBE], ids=["check", "probe"])
def test_every_reason_comes_with_what_to_do(reason: Reason, lang: str, spelling: Spelling) -> None:
    assert advice(reason, lang, spelling)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_word_on_the_page(reason: Reason, lang: str) -> None:
    assert say(f"reason_{reason.value}", lang) not in {"", reason.value} or reason is Reason.OK


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    "key",
    [
        *(outcome.value for outcome in Outcome),
        *(verdict.value for verdict in Verdict),
        *(f"exit_{code.value}" for code in Exit if code is not Exit.BROKEN),
    ],
)
def test_every_outcome_verdict_and_exit_code_has_a_word(key: str, lang: str) -> None:
    assert word(key, lang)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("layer", list(Layer))
def test_every_layer_has_a_word(layer: Layer, lang: str) -> None:
    assert say(f"layer_{layer.value}", lang)


def test_advice_on_nothing_is_nothing() -> None:
    assert advice(Reason.OK, "en", OF_CHECK) == ""


WAIVED = verdict("DOC-010", Verdict.FAILED, waived=True)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "passed: no binding rule is broken but 1 waived"),
        ("zh", "通过：除 1 条已豁免的以外，没有强制规则未通过"),
    ],
)
def test_a_check_with_a_waived_binding_rule_does_not_say_that_every_rule_holds(lang: str, said: str) -> None:
    assert meaning(report(run(verdict("DOC-003"), WAIVED)), lang) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [(1, "broken: 1 binding rule failed"), (2, "broken: 2 binding rules failed")],
)
def test_a_broken_check_says_how_many_binding_rules_failed(count: int, said: str) -> None:
    made = report(run(*(verdict(rule, Verdict.FAILED) for rule in ("DOC-009", "DOC-010")[:count])))

    assert meaning(made, "en") == said


def test_a_waived_rule_that_binds_nobody_leaves_the_binding_ones_whole() -> None:
    should = verdict("SEM-002", Verdict.FAILED, Level.SHOULD, waived=True)

    assert meaning(report(run(verdict("DOC-003"), should)), "en") == "passed: every binding rule holds"

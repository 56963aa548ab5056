"""The word tables are complete in both languages."""

from __future__ import annotations

import pytest
from report_samples import report, run, verdict

from wnmon.model.check import Level
from wnmon.model.result import Layer, Outcome, Reason, Verdict
from wnmon.report import words as report_words
from wnmon.report.meaning import meaning
from wnmon.report.summary import Exit
from wnmon.web import words as web_words


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.OK])
def test_every_reason_comes_with_what_to_do(reason: Reason, lang: str) -> None:
    assert report_words.advice(reason, lang)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_word_on_the_page(reason: Reason, lang: str) -> None:
    assert web_words.reason_word(reason.value, lang) not in {"", reason.value} or reason is Reason.OK


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_closed_set_has_words(lang: str) -> None:
    keys = [*(outcome.value for outcome in Outcome), *(verdict.value for verdict in Verdict)]
    assert all(report_words.word(key, lang) for key in [*keys, *(f"exit_{code.value}" for code in Exit)])
    assert all(report_words.layer_word(layer, lang) for layer in Layer)


def test_advice_on_nothing_is_nothing() -> None:
    assert report_words.advice(Reason.OK, "en") == ""


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


def test_a_waived_rule_that_binds_nobody_leaves_the_binding_ones_whole() -> None:
    should = verdict("SEM-002", Verdict.FAILED, Level.SHOULD, waived=True)

    assert meaning(report(run(verdict("DOC-003"), should)), "en") == "passed: every binding rule holds"

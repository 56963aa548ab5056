"""The word tables are complete in both languages."""

from __future__ import annotations

import pytest

from wnmon.model.result import Layer, Outcome, Reason, Verdict
from wnmon.report import words as report_words
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

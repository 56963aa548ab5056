"""How the reports say that a model was asked otherwise than the suites are written."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from page_samples import answered, seen
from report_samples import report, verdict

from wnmon.engine.codec import decode_run, encode_run
from wnmon.engine.run import Run
from wnmon.model.lesson import Lesson, Taught
from wnmon.model.result import Finding, Verdict
from wnmon.model.said import Said
from wnmon.report.html import render_html
from wnmon.report.json import render_json
from wnmon.report.markdown import render_markdown
from wnmon.report.summary import CheckReport, copies_of, exchange_to_show, learnt
from wnmon.report.terminal import render_check

HOW = Said("asked_with_other", name="max_completion_tokens", name2="max_tokens", text="`no` <such> ##[x]")
LESSON = Lesson(taught=Taught.RENAMED, parameter="max_tokens", how=HOW, words="no", exchange=0)
ENGLISH = "asked with max_completion_tokens: this model refuses max_tokens"
CHINESE = "已改用 max_completion_tokens 请求：该模型拒绝 max_tokens"


def made(*lessons: Lesson) -> Run:
    """Return a run whose first request was asked twice."""
    refused, answer = replace(answered(), status=400), answered()
    run = seen(exchanges=(refused, answer)).runs[0]
    return replace(run, evidence=replace(run.evidence, lessons=lessons, superseded=(0,)))


def said(*lessons: Lesson) -> CheckReport:
    return report(made(*lessons))


FORMS: list[Callable[[CheckReport, str], str]] = [
    lambda one, lang: " ".join(render_check(one, width=100, color=False, lang=lang).split()),
    render_markdown,
    render_html,
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("lang", "words"), [("en", ENGLISH), ("zh", CHINESE)])
def test_what_was_learnt_is_said(form: Callable[[CheckReport, str], str], lang: str, words: str) -> None:
    assert words in form(said(LESSON), lang)


@pytest.mark.parametrize("form", FORMS)
def test_what_an_earlier_run_learnt_is_not_said_again(form: Callable[[CheckReport, str], str]) -> None:
    assert ENGLISH not in form(said(replace(LESSON, exchange=None)), "en")


def test_json_names_the_parameter_and_the_exchange() -> None:
    (run,) = json.loads(render_json(said(LESSON)))["runs"]

    assert [(one["taught"], one["parameter"], one["message_id"], one["exchange"]) for one in run["learnt"]] == [
        ("renamed", "max_tokens", "asked_with_other", 0)
    ]


@pytest.mark.parametrize("form", [partial(render_check, width=100, color=False, lang="en"), render_json])
def test_the_words_of_the_relay_act_on_no_screen(form: Callable[[CheckReport], str]) -> None:
    assert "##[x]" not in form(said(LESSON))


def test_the_lines_are_in_the_order_learnt() -> None:
    later = replace(LESSON, parameter="temperature", how="asked without temperature", exchange=1)

    assert learnt(said(LESSON, later), said().targets[0]) == [HOW, "asked without temperature"]


def test_a_request_asked_twice_is_no_burst() -> None:
    run = made(LESSON)

    assert copies_of(run, run.evidence.exchanges[1]) == 1


def test_a_refusal_alone_is_one_copy() -> None:
    run = made(LESSON)
    alone = replace(run, evidence=replace(run.evidence, exchanges=run.evidence.exchanges[:1]))

    assert copies_of(alone, alone.evidence.exchanges[0]) == 1


@pytest.mark.parametrize(("place", "shown"), [(0, 0), (1, 1), (None, 1)])
def test_a_complaint_about_the_refusal_is_shown_by_it(place: int | None, shown: int) -> None:
    run = made(LESSON)
    finding = Finding(message="refused", expected="", actual="", step="completion", exchange=place)
    row = replace(verdict("DOC-019", Verdict.FAILED), findings=(finding,))

    assert exchange_to_show(run, row) is run.evidence.exchanges[shown]


def test_the_page_shows_the_refusal_as_the_only_copy() -> None:
    run = made(LESSON)
    finding = Finding(message="refused", expected="", actual="", step="completion", exchange=0)
    row = replace(verdict("DOC-019", Verdict.FAILED), findings=(finding,))
    page = render_html(report(replace(run, result=replace(run.result, verdicts=(row,)))), "en")

    assert ('id="run-1-exchange-1"' in page, "sent at once" in page) == (True, False)


def test_a_record_keeps_what_was_learnt() -> None:
    run = made(LESSON)

    assert decode_run(encode_run(run)).evidence.lessons == (LESSON,)


def test_a_record_keeps_what_is_not_judged() -> None:
    assert decode_run(encode_run(made(LESSON))).standing == made(LESSON).standing[:1]


def test_a_record_of_before_lessons_has_none() -> None:
    document: Any = encode_run(made())
    evidence = document["run"]["evidence"]
    del evidence["lessons"], evidence["superseded"]

    assert decode_run(document).evidence.lessons == ()

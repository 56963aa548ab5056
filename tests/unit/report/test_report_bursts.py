"""Of a burst, the report shows the exchange a finding is about: the judge named it, and nobody judges again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from page_samples import answered, broken, finding, seen
from report_samples import RULES, report

from wnmon.engine.run import Run
from wnmon.judge.registry import KINDS
from wnmon.judge.verdict import judge
from wnmon.model.check import Assertion, Level, Plan, Rule, Selector, Step
from wnmon.model.exchange import Exchange
from wnmon.report.html import render_html
from wnmon.report.markdown import render_markdown
from wnmon.report.summary import CheckReport, copies_of, index_of
from wnmon.report.terminal import render_check

RULE = Rule(
    id="LIM-001",
    on=Selector(requests=("burst",)),
    levels={"http": Level.MUST},
    says={"en": "a burst is answered"},
    source="our reading",
    expect=(Assertion(kind="status", value=200, expected=KINDS["status"].prepare(200)),),
)
PLAN = Plan(steps=(Step(name="burst", body={}, burst=3),), rules=(RULE,), profiles=("http",), suite="http")


def copies(*statuses: int) -> tuple[Exchange, ...]:
    return tuple(replace(answered(step="burst"), status=status) for status in statuses)


def sent(*statuses: int) -> Run:
    return seen(exchanges=copies(*statuses)).runs[0]


def judged(*statuses: int) -> CheckReport:
    """Return the report on a burst that was answered so."""
    made = sent(*statuses)
    result = judge(PLAN, made.evidence, made.answers)
    return replace(report(replace(made, result=result)), rules={**RULES, "LIM-001": RULE})


def test_the_judge_names_the_copy_that_draws_the_finding() -> None:
    ((row,),) = (run.result.verdicts for run in judged(200, 503, 200).runs)

    assert [found.exchange for found in row.findings] == [1]


def test_the_page_shows_the_copy_that_draws_the_finding() -> None:
    assert 'id="run-1-exchange-2"' in render_html(judged(200, 503, 200), "en")


def test_the_page_says_which_copy_it_shows() -> None:
    assert "copy 2 of 3 sent at once" in render_html(judged(200, 503, 200), "en")


def test_a_finding_that_names_no_exchange_is_shown_by_the_last_copy() -> None:
    assert index_of(sent(200, 503, 429), "burst") == 2


def test_a_step_that_was_not_sent_gives_way_to_the_first_exchange() -> None:
    assert index_of(sent(200, 503), "other") == 0


def test_a_run_without_exchanges_has_none_to_show() -> None:
    assert index_of(seen(exchanges=()).runs[0], "burst") is None


def test_the_copies_of_a_request_are_counted_and_no_other() -> None:
    made = seen(exchanges=(answered(), *copies(200, 503))).runs[0]

    assert [copies_of(made, exchange) for exchange in made.evidence.exchanges] == [1, 2, 2]


def test_a_single_request_is_no_copy() -> None:
    made = seen(broken("DOC-009", finding("/x")), exchanges=(answered(),))

    assert "sent at once" not in render_html(made, "en")


@pytest.mark.parametrize("render", [partial(render_check, width=80, color=False), render_markdown])
def test_a_burst_is_reproduced_by_as_many_requests(render: Callable[..., str]) -> None:
    assert "Reproduce LIM-001 (sent 3 times at once)" in render(judged(200, 503, 200), lang="en")

"""Of a burst, the report shows the exchange a finding is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from page_samples import answered, broken, finding, seen
from report_samples import RULES, report

from wnmon.judge.registry import KINDS
from wnmon.judge.subject import Subject
from wnmon.judge.verdict import subject_of
from wnmon.model.check import Assertion, Level, Rule, Selector
from wnmon.model.exchange import Exchange
from wnmon.model.result import Finding
from wnmon.report.about import sent_for
from wnmon.report.html import render_html
from wnmon.report.markdown import render_markdown
from wnmon.report.terminal import render_check

RULE = Rule(
    id="LIM-001",
    on=Selector(requests=("burst",)),
    levels={"http": Level.MUST},
    says={"en": "a burst is answered"},
    source="our reading",
    expect=(Assertion(kind="status", value=200, expected=KINDS["status"].prepare(200)),),
)


def copies(*statuses: int) -> tuple[Exchange, ...]:
    return tuple(replace(answered(step="burst"), status=status) for status in statuses)


def found(status: int) -> Finding:
    """Return the finding the rule draws from a copy with this status."""
    (only,) = KINDS["status"].assess(RULE.expect[0].expected, subject(status))
    return only


def subject(status: int) -> Subject:
    made = seen(exchanges=copies(status)).runs[0]
    return subject_of(made.evidence.exchanges[0], made.evidence)


def test_the_copy_that_draws_the_finding_is_shown() -> None:
    made = seen(exchanges=copies(200, 503, 429)).runs[0]
    sent = sent_for(made, "burst", found(503), RULE)
    assert sent is not None
    assert (sent.index, sent.copy, sent.copies) == (1, 2, 3)


def test_without_a_rule_the_last_copy_is_shown() -> None:
    sent = sent_for(seen(exchanges=copies(200, 503, 429)).runs[0], "burst")
    assert sent is not None
    assert (sent.index, sent.copy, sent.copies) == (2, 3, 3)


def test_a_step_that_was_not_sent_gives_way_to_the_first_exchange() -> None:
    sent = sent_for(seen(exchanges=copies(200, 503)).runs[0], "other")
    assert sent is not None
    assert (sent.index, sent.copy, sent.copies) == (0, 1, 1)


def test_a_run_without_exchanges_has_none_to_show() -> None:
    assert sent_for(seen(exchanges=()).runs[0], "burst") is None


def test_the_page_says_which_copy_it_shows() -> None:
    made = seen(broken("LIM-001", found(503)), exchanges=copies(200, 503, 429))
    page = render_html(replace(report(*made.runs), rules={**RULES, "LIM-001": RULE}), "en")
    assert "copy 2 of 3 sent at once" in page
    assert 'id="run-1-exchange-2"' in page


def test_a_single_request_is_no_copy() -> None:
    made = seen(broken("DOC-009", finding("/x")), exchanges=(answered(),))
    assert "sent at once" not in render_html(made, "en")


@pytest.mark.parametrize("render", [partial(render_check, width=80, color=False), render_markdown])
def test_a_burst_is_reproduced_by_as_many_requests(render: Callable[..., str]) -> None:
    made = seen(broken("LIM-001", found(503)), exchanges=copies(200, 503, 429))
    assert "Reproduce LIM-001 (sent 3 times at once)" in render(made, lang="en")

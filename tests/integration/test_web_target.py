"""The page of a target, as it is drawn and as it is served."""

from __future__ import annotations

import re
import time
from datetime import date
from decimal import Decimal

import pytest
from web_samples import NOW_S, state

from wnmon.engine.ports import Course, Day, FailedRun, Incident, Paid, Span, TargetPast
from wnmon.web.target_page import TargetPage

PAGE = TargetPage()
DAY = Day(span=Span(up=3, down=1), ttft_s=0.5)
DOWN = Incident(check="alive", model="m", reason="connect", since_s=NOW_S - 600)
OVER = Incident(
    check="alive",
    model="m",
    reason="connect",
    since_s=NOW_S - 7200,
    until_s=NOW_S - 3600,
    run="bb" * 8,
)


FAILED = FailedRun(run="aa" * 8, check="alive", model="m", outcome="passed", reason="rule", ended_s=NOW_S - 60)


def drawn(past: TargetPast, lang: str = "en", models: int = 1) -> str:
    states = [state(model=f"m{number}") for number in range(models)]
    courses = {one.id: Course(hours=(Span(up=1, down=1),) * 24, days={1: Span(up=9, down=1)}) for one in states}
    return PAGE.render("wn", states, courses, past, now_s=NOW_S, lang=lang, version="0", shows_runs=True)


def test_uptimes_are_of_the_last_days_together() -> None:
    days = (Day(span=Span(down=1)),) * 83 + (Day(span=Span(up=1)),) * 7

    assert re.findall(r"<span>([^<]* %)</span>", drawn(TargetPast(days=days)))[:3] == [
        "7 d 100 %",
        "30 d 23.33 %",
        "90 d 7.78 %",
    ]


@pytest.mark.parametrize(("lang", "said"), [("en", "days of Asia/Shanghai"), ("zh", "按 Asia/Shanghai 的日期")])
def test_days_say_whose_they_are(lang: str, said: str) -> None:
    assert f"<small>{said}</small></h2>" in drawn(TargetPast(zone="Asia/Shanghai", days=(DAY,) * 90), lang)


def test_where_nothing_is_kept_no_bar_is_drawn_of_it() -> None:
    assert "Nothing is kept of them yet." in drawn(TargetPast(days=(Day(),) * 90))


def test_medians_are_a_line_that_breaks_where_a_day_has_none() -> None:
    html = drawn(TargetPast(days=(DAY, DAY, Day(), DAY)))
    (path,) = re.findall(r'class="line".*?<path d="([^"]*)"', html)

    assert (path.count("M"), path.count("L")) == (2, 1)


def test_days_are_told_in_figures_the_newest_first() -> None:
    days = (Day(), Day(span=Span(maintenance=1)), Day(span=Span(left_out=1)), DAY, Day(span=Span(up=1)))
    html = drawn(TargetPast(today=date(2026, 1, 31), days=days))

    assert re.findall(r"<li><time>(.*?)</time> <span>(.*?)</span> <span>(.*?)</span>", html) == [
        ("2026-01-31", "100 %", "–"),
        ("2026-01-30", "75 %", "500 ms"),
        ("2026-01-29", "unknown", "–"),
        ("2026-01-28", "maintenance", "–"),
    ]


def test_an_outage_that_is_over_says_until_when() -> None:
    html = drawn(TargetPast(incidents=(OVER,), incidents_total=1))

    assert 'until <time datetime="2026-01-31T09:00:00Z">' in html


def test_an_outage_that_is_over_is_not_green() -> None:
    assert "passed" not in drawn(TargetPast(incidents=(OVER,), incidents_total=1)).partition("<h2>Outages</h2>")[2]


@pytest.mark.parametrize(("lang", "said"), [("en", ["passed", "rule broken"]), ("zh", ["通过", "规则未通过"])])
def test_a_run_that_passed_and_broke_a_rule_is_listed_with_why(lang: str, said: list[str]) -> None:
    html = drawn(TargetPast(failed=(FAILED,)), lang)

    assert [one for one in said if one in html] == said


@pytest.mark.parametrize(("lang", "said"), [("en", ["10 min so far", "1 h"]), ("zh", ["已 10 分钟", "1 小时"])])
def test_an_outage_says_how_long_it_lasted_or_lasts(lang: str, said: list[str]) -> None:
    html = drawn(TargetPast(days=(DAY,), incidents=(DOWN, OVER), incidents_total=2), lang)

    assert [one for one in said if one in html] == said


def test_outages_that_are_not_listed_are_counted() -> None:
    assert "and 7 more" in drawn(TargetPast(incidents=(DOWN,), incidents_total=8))


def test_a_target_without_outages_says_so() -> None:
    assert "None is kept of the last 90 days." in drawn(TargetPast())


def test_a_target_with_a_hundred_models_is_no_large_page() -> None:
    past = TargetPast(days=(DAY,) * 90, incidents=(OVER,) * 50, incidents_total=50, failed=(FAILED,) * 20)

    assert len(drawn(past, models=100).encode()) < 150_000


def test_a_target_with_a_hundred_models_is_drawn_soon() -> None:
    began_s = time.process_time()
    drawn(TargetPast(days=(DAY,) * 90, incidents=(OVER,) * 50, incidents_total=50), models=100)

    assert time.process_time() - began_s < 2  # some 30 ms


def test_the_page_asks_for_nothing_outside() -> None:
    html = drawn(TargetPast(days=(DAY,) * 90, incidents=(DOWN,), incidents_total=1))

    assert re.findall(r'(?:src|href)="(?!\?|\.\./|data:)', html) == []


def test_a_probe_that_is_asked_more_sparingly_says_how_often_it_is() -> None:
    row = state(every_s=60, stride=4)

    assert "every 4 min" in PAGE.render("wn", [row], {}, TargetPast(), now_s=NOW_S, lang="en", version="0")


def test_what_the_target_cost_is_shown() -> None:
    paid = Paid(month={"USD": Decimal(2)})

    assert "Money spent: today 0.0000 USD, this month 2.00 USD" in PAGE.render(
        "wn", [state()], {}, TargetPast(), paid, now_s=NOW_S, lang="en", version="0"
    )

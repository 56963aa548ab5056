"""What the page shows of the past, as the template draws it."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from web_samples import NOW_S, state

from wnmon.engine.ports import Course, Paid, Span, StepState
from wnmon.web.bars import BAR_HEIGHT
from wnmon.web.page import Page

ROW = state()
PAGE = Page()


def drawn(*hours: Span, lang: str = "en", **days: Span) -> str:
    course = Course(hours=hours, days={int(name.removeprefix("d")): span for name, span in days.items()})
    return PAGE.render([ROW], {ROW.id: course}, now_s=NOW_S, lang=lang, version="0")


def heights(html: str, color: str) -> list[int]:
    (path,) = re.findall(rf'<path class="{color}" d="([^"]*)"', html)
    return [int(height) for height in re.findall(r"v(\d+)", path)]


@pytest.mark.parametrize(
    ("hour", "color"),
    [
        (Span(up=4), "good"),
        (Span(up=3, down=1), "slow"),
        (Span(up=1, down=3), "bad"),
        (Span(maintenance=2), "rest"),
        (Span(left_out=2), "none"),
    ],
)
def test_an_hour_is_a_bar_of_its_colour(hour: Span, color: str) -> None:
    assert len(heights(drawn(hour), color)) == 1


@pytest.mark.parametrize(("hour", "height"), [(Span(up=4), BAR_HEIGHT), (Span(up=2, down=2), BAR_HEIGHT // 2)])
def test_a_bar_is_as_high_as_the_uptime_of_its_hour(hour: Span, height: int) -> None:
    assert heights(drawn(hour), "good" if hour.down == 0 else "slow") == [height]


@pytest.mark.parametrize("span", [Span(up=999, down=1), Span(up=1, down=1), Span(down=1), Span(maintenance=1), Span()])
def test_only_an_hour_that_was_wholly_up_is_as_high_as_can_be(span: Span) -> None:
    assert f"v{BAR_HEIGHT}h" not in drawn(span)


def test_maintenance_is_told_from_nothing_by_its_place() -> None:
    tops = [re.findall(r' d="M0 (\d+)', drawn(span)) for span in (Span(maintenance=1), Span())]
    assert tops[0] != tops[1]


@pytest.mark.parametrize(
    ("lang", "name"),
    [
        ("en", "the last 24 hours, a bar each: 2 up, 1 partly down, 1 mostly down, 1 in maintenance, 1 unknown"),
        ("zh", "最近 24 小时，每小时一格：2 格正常，1 格部分中断，1 格多数中断，1 格维护中，1 格未知"),
    ],
)
def test_bars_have_one_name_that_counts_them(lang: str, name: str) -> None:
    hours = (Span(up=1), Span(up=3, down=1), Span(up=1, down=3), Span(maintenance=1), Span(), Span(up=9))
    assert re.findall(r'aria-label="([^"]*)"', drawn(*hours, lang=lang)) == [name]


def test_an_hour_that_was_down_is_seen() -> None:
    assert heights(drawn(Span(down=9)), "bad")[0] > 0


@pytest.mark.parametrize(
    ("lang", "shown"), [("en", ["24 h 100 %", "7 d 99.90 %"]), ("zh", ["24 小时 100 %", "7 天 99.90 %"])]
)
def test_uptimes_are_shown_by_days(lang: str, shown: list[str]) -> None:
    html = drawn(Span(up=1), lang=lang, d1=Span(up=9), d7=Span(up=999, down=1))

    assert re.findall(r"<span>([^<]* %)</span>", html) == shown


@pytest.mark.parametrize(("lang", "said"), [("en", "days of Asia/Shanghai"), ("zh", "按 Asia/Shanghai 的日期")])
def test_uptimes_say_whose_days_they_are_of(lang: str, said: str) -> None:
    course = Course(zone="Asia/Shanghai", days={7: Span(up=9)})

    assert f'title="{said}"' in PAGE.render([ROW], {ROW.id: course}, now_s=NOW_S, lang=lang, version="0")


def test_what_was_down_once_is_never_wholly_up() -> None:
    assert "99.99 %" in drawn(Span(up=1), d90=Span(up=99_999, down=1))


def test_days_without_a_word_are_left_out() -> None:
    assert "7 d" not in drawn(Span(up=1), d7=Span())


def test_a_probe_whose_past_is_not_known_has_no_bars() -> None:
    assert "<svg" not in PAGE.render([ROW], now_s=NOW_S, lang="en", version="0")


def paid(lang: str = "en", targets: int = 1) -> str:
    spent = {
        f"t{number:02}": Paid(today={"CNY": Decimal("0.25")}, month={"CNY": Decimal(number + 1)})
        for number in range(targets)
    }
    return PAGE.render([ROW], paid=spent, now_s=NOW_S, lang=lang, version="0")


@pytest.mark.parametrize(
    ("lang", "shown"),
    [("en", "today 0.2500 CNY, this month 1.00 CNY"), ("zh", "今天 0.2500 CNY，本月 1.00 CNY")],
)
def test_what_a_target_cost_is_shown(lang: str, shown: str) -> None:
    assert shown in paid(lang)


def test_the_targets_that_cost_the_most_are_shown_and_the_others_counted() -> None:
    html = paid(targets=22)

    assert ("t21" in html, "t01" in html, "2 more targets cost less" in html) == (True, False, True)


def test_money_leads_to_its_target_in_the_language_of_the_page() -> None:
    spent = {"wn": Paid(month={"CNY": Decimal(1)})}

    assert PAGE.render([ROW], paid=spent, now_s=NOW_S, lang="zh", version="0").count('"targets/wn?lang=zh"') == 2


def test_without_a_price_money_is_not_spoken_of() -> None:
    assert "Money" not in PAGE.render([ROW], now_s=NOW_S, lang="en", version="0")


STEPPED = StepState(
    target="wn", step=1, stride=4, limit="targets.wn.budget.tokens_per_day", until_s=NOW_S + 3600, listed_s=NOW_S - 60
)


def stepped(state: StepState, lang: str = "en") -> str:
    return PAGE.render([ROW], steps=[state], now_s=NOW_S, lang=lang, version="0")


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "wn: one in 4 due runs takes place, so that targets.wn.budget.tokens_per_day lasts until"),
        ("zh", "wn：每 4 次运行执行 1 次，使 targets.wn.budget.tokens_per_day 够用至"),
    ],
)
def test_a_target_that_is_asked_more_sparingly_is_shown(lang: str, said: str) -> None:
    assert said in stepped(STEPPED, lang)


@pytest.mark.parametrize(
    ("listed", "why", "said"),
    [
        (True, "", "its list of models came 1 min ago; whether a model answers nobody knows"),
        (False, "gone", "its list of models did not come 1 min ago: gone"),
    ],
)
def test_whether_the_models_are_listed_meanwhile_is_shown(listed: bool, why: str, said: str) -> None:
    assert said in stepped(replace(STEPPED, step=3, listed=listed, why=why))


def test_where_all_is_asked_as_configured_nothing_is_said_of_it() -> None:
    assert "sparingly" not in PAGE.render([ROW], now_s=NOW_S, lang="en", version="0")


def test_how_often_a_probe_is_asked_is_what_it_is_now() -> None:
    html = PAGE.render([replace(ROW, every_s=60, stride=4)], now_s=NOW_S, lang="en", version="0")

    assert "every 4 min" in html


def test_until_when_a_probe_is_spared_is_shown() -> None:
    spared = replace(ROW, rest="spared", rest_until_s=NOW_S + 60, rest_reason="budget.tokens_per_day")

    assert "so that budget.tokens_per_day lasts" in PAGE.render([spared], now_s=NOW_S, lang="en", version="0")

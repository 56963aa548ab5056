"""What a channel is told of targets of which no model is asked for want of a budget, second by second."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from notify_samples import NOON_S, Night, night, probe

from wnmon.model.budget import Budget, Limit, Period, Scope, Unit
from wnmon.model.events import Unasked
from wnmon.model.result import Reason
from wnmon.model.target import Probe
from wnmon.notify.budgets import APART_S, STANDS_S, Short
from wnmon.notify.message import Voice, document, words
from wnmon.notify.news import Kind, Notice
from wnmon.notify.policy import Memory

DAY = Limit(scope=Scope.TARGET, unit=Unit.TOKENS, period=Period.DAY, most=1000)
KEY_HOUR = Limit(scope=Scope.KEY, unit=Unit.MONEY, period=Period.HOUR, most=1000)
SHORT = Notice(kind=Kind.BUDGET, short=(Short("wn", DAY, NOON_S),))
AGAIN = Notice(kind=Kind.BUDGET, asked=("wn",))
CHANGED = replace(SHORT, asked=("other",))


def limited(name: str = "wn") -> Probe:
    one = probe(name)
    return replace(one, target=replace(one.target, budget=Budget(tokens_per_day=1000)))


def unasked(name: str = "wn", limit: Limit | None = DAY) -> Unasked:
    return Unasked(target=name, limit=limit)


def asked(name: str = "wn") -> Unasked:
    return Unasked(target=name, limit=None)


def told(one: Night) -> list[tuple[float, tuple[str, ...], tuple[str, ...]]]:
    """Return when which targets were told to be short and which to be asked again."""
    return [(at_s, tuple(each.target for each in notice.short), notice.asked) for at_s, notice in one.heard]


def test_a_target_of_which_no_model_is_asked_is_told_after_a_minute() -> None:
    one = night(limited())
    one.hear(unasked())
    one.until(7200)

    assert told(one) == [(STANDS_S, ("wn",), ())]


def test_a_target_whose_models_are_asked_is_not_told() -> None:
    one = night(limited())
    one.hear(asked())
    one.until(7200)

    assert told(one) == []


def test_a_message_that_waits_tells_the_limit_that_is_short_by_then() -> None:
    one = night(limited())
    one.hear(unasked(limit=KEY_HOUR))
    one.until(30)
    one.hear(unasked())
    one.until(7200)

    assert [short.limit for _, notice in one.heard for short in notice.short] == [DAY]


def test_what_lasts_for_seconds_is_not_told() -> None:
    one = night(limited())
    one.hear(unasked())
    one.until(59)
    one.hear(asked())
    one.until(7200)

    assert told(one) == []


def test_that_a_target_is_asked_again_is_told_to_whom_heard_that_it_was_not() -> None:
    one = night(limited())
    one.hear(unasked())
    one.until(3600)
    one.hear(asked())
    one.until(7200)

    assert told(one) == [(STANDS_S, ("wn",), ()), (3600 + STANDS_S, (), ("wn",))]


def test_targets_that_become_short_together_are_one_message() -> None:
    names = [f"wn{number}" for number in range(30)]
    one = night(*map(limited, names))
    one.hear(*map(unasked, names))
    one.until(7200)

    assert told(one) == [(STANDS_S, tuple(names), ())]


def test_a_budget_an_hour_that_never_suffices_is_told_a_few_times_a_day() -> None:
    one = night(limited())
    for hour in range(24):
        one.until(hour * 3600)
        one.hear(asked())
        one.until(hour * 3600 + 600)
        one.hear(unasked())
    one.until(86_399)

    assert len(told(one)) <= 2 + 86_400 / APART_S


def test_what_a_channel_was_told_outlives_a_restart() -> None:
    memory = Memory()
    memory.note(SHORT, NOON_S)

    assert Memory.load(memory.dump()) == memory


def test_a_memory_of_before_knows_of_no_budget() -> None:
    plain = json.loads(Memory().dump())
    del plain["budgets"]

    assert Memory.load(json.dumps(plain)) == Memory()


def test_a_restart_tells_nothing_twice() -> None:
    one = night(limited())
    one.memory.note(SHORT, NOON_S - 600)
    one.hear(unasked())
    one.until(7200)

    assert told(one) == []


def test_a_target_that_has_no_limit_any_more_is_told_to_be_asked_again() -> None:
    one = night(limited())
    one.hear(unasked())
    one.until(600)
    one.situation.declare([probe()])
    one.until(7200)

    assert [asked for _, _, asked in told(one)] == [(), ("wn",)]


def test_of_a_target_that_a_reload_takes_away_nothing_more_is_told() -> None:
    one = night(limited())
    one.hear(unasked())
    one.until(600)
    one.situation.declare([probe("other")])
    one.memory.keep(one.situation.probes, one.situation.by_target)
    one.until(7200)

    assert [asked for _, _, asked in told(one)] == [()]


@pytest.mark.parametrize(
    ("settings", "heard"),
    [
        ({"targets": ("other",)}, 0),
        ({"targets": ("wn",)}, 1),
        ({"checks": ("other",)}, 0),
        ({"checks": ("alive",)}, 1),
        ({"reasons": (Reason.AUTH,)}, 0),
        ({"reasons": (Reason.BUDGET,)}, 1),
    ],
)
def test_a_channel_hears_of_the_targets_and_reasons_it_wants(settings: dict[str, object], heard: int) -> None:
    one = night(limited(), **settings)
    one.hear(unasked())
    one.until(7200)

    assert len(told(one)) == heard


@pytest.mark.parametrize(
    ("notice", "lang", "title", "line"),
    [
        (SHORT, "en", "🟠 wn: no model is asked for want of a budget", "targets.wn.budget.tokens_per_day leaves"),
        (SHORT, "en", "🟠 wn: no model is asked for want of a budget", "until the day ends at the latest"),
        (SHORT, "zh", "🟠 wn：预算不足，暂不请求任何模型", "最晚至当日结束"),
        (
            replace(SHORT, short=(Short("wn", KEY_HOUR, NOON_S),)),
            "en",
            "want of a budget",
            "what key_budget.money_per_hour",
        ),
        (AGAIN, "en", "🟢 wn: asked again", "wn: its models are asked again."),
        (AGAIN, "zh", "🟢 wn：已恢复请求", "已恢复对其模型的请求"),
        (CHANGED, "en", "🟠 wn: no model is asked", "other: its models are asked again."),
    ],
)
def test_a_message_says_what_is_short_and_until_when(notice: Notice, lang: str, title: str, line: str) -> None:
    head, lines = words(notice, Voice(lang=lang))

    assert (title in head, line in "\n".join(lines)) == (True, True)


def test_a_hundred_targets_are_told_in_twenty_lines_and_one() -> None:
    many = tuple(Short(f"wn{number}", DAY, NOON_S) for number in range(100))
    _, lines = words(replace(SHORT, short=many), Voice())

    assert (len(lines), lines[-1]) == (21, "and 80 more")


@pytest.mark.parametrize(
    ("notice", "budgets"),
    [
        (SHORT, [{"target": "wn", "limit": "targets.wn.budget.tokens_per_day", "since_s": NOON_S}]),
        (AGAIN, [{"target": "wn", "limit": None, "since_s": None}]),
        (Notice(kind=Kind.STORE), None),
    ],
)
def test_a_document_names_the_targets_and_their_limits(notice: Notice, budgets: object) -> None:
    given = json.loads(document(notice, Voice(), id="m", channel="team", at_s=NOON_S, version="0.1.0"))

    assert given["budgets"] == budgets

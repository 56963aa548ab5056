"""What a channel is told over a night, and when: a function of what happened, told second by second."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from notify_samples import CHANNEL, NOON_S, Night, night, probe, run_of, turned

from wnmon.model.channel import QuietHours
from wnmon.model.events import StoreProblem
from wnmon.model.result import Outcome, Reason
from wnmon.notify.news import Cut, Kind, Notice, Unkept
from wnmon.notify.policy import CONFIRM_S, GATHER_S, MAX_PASSED, UNKEPT_S, Memory, Sent, quiet_until_s

NEVER = {"remind_s": None}


def test_an_outage_of_the_one_model_of_a_relay_is_told_at_once() -> None:
    one = night()
    one.runs(one.probes[0], good=False)
    one.until(30)
    one.down(one.probes[0])
    assert one.told() == [(30, "down", 1, 0, 0)]


def test_an_outage_of_five_minutes_is_one_message_and_one_more_when_it_is_over() -> None:
    one = night()
    one.runs(one.probes[0], good=False)
    one.until(30)
    one.down(one.probes[0])
    one.until(300)
    one.up(one.probes[0])
    one.until(2000)
    assert one.told() == [(30, "down", 1, 0, 0), (300, "up", 0, 1, 0)]


def test_a_recovery_says_how_long_the_outage_was() -> None:
    one = night()
    one.down(one.probes[0])
    one.until(300)
    one.up(one.probes[0])
    assert one.heard[-1][1].ended[0].down_s == 300


def test_a_relay_that_is_up_is_no_news() -> None:
    one = night()
    one.runs(one.probes[0], good=True)
    one.until(300)
    assert one.told() == []


def fails_all_over(models: int, every_s: float = 60) -> Night:
    """Return a relay of many models that fails at once, each of which finds out at its own slot."""
    probes = [probe(model=f"m{number}", every_s=every_s) for number in range(models)]
    one = night(*probes, **NEVER)
    for each in probes:
        one.runs(each, good=True)
    for second in range(1, int(every_s) + 31):
        one.until(second)
        for number, each in enumerate(probes):
            slot = 1 + number * (every_s - 1) // models
            if second == slot:
                one.runs(each, good=False)
            if second == slot + 30:
                one.down(each)
    return one


def test_a_hundred_models_that_fail_are_one_message() -> None:
    one = fails_all_over(100)
    one.until(2000)
    assert [(kind, began) for _, kind, began, _, _ in one.told()] == [("down", 100)]


def test_a_hundred_models_that_fail_are_told_within_two_intervals() -> None:
    one = fails_all_over(100)
    assert one.told()[0][0] <= 120


def test_a_hundred_models_that_come_up_again_are_one_message() -> None:
    one = fails_all_over(100)
    one.until(400)
    for number, each in enumerate(one.probes):
        one.until(400 + number * 0.59)
        one.up(each)
    one.until(2000)
    assert [(kind, ended) for _, kind, _, ended, _ in one.told()[1:]] == [("up", 100)]


def test_of_two_models_one_that_fails_alone_waits_for_the_other_to_have_run_once() -> None:
    bad, good = probe(model="a"), probe(model="b")
    one = night(bad, good)
    one.runs(good, good=True)
    one.until(5)
    one.runs(bad, good=False)
    one.until(35)
    one.down(bad)
    one.until(59)
    assert one.told() == []
    one.until(60)
    one.runs(good, good=True)
    assert one.told() == [(60, "down", 1, 0, 0)]


def test_a_model_that_is_not_asked_is_not_waited_for_longer_than_its_interval() -> None:
    bad, resting = probe(model="a"), probe(model="b")
    one = night(bad, resting)
    one.runs(resting, good=True)
    one.until(5)
    one.runs(bad, good=False)
    one.until(35)
    one.down(bad)
    one.until(500)
    assert one.told() == [(65, "down", 1, 0, 0)]


def test_models_that_are_asked_rarely_are_not_waited_for_longer_than_two_minutes() -> None:
    bad, rare = probe(model="a", every_s=3600), probe(model="b", every_s=3600)
    one = night(bad, rare)
    one.runs(rare, good=True)
    one.until(1)
    one.runs(bad, good=False)
    one.until(31)
    one.down(bad)
    one.until(500)
    assert one.told() == [(121, "down", 1, 0, 0)]


def test_what_was_told_is_not_told_again() -> None:
    one = night(**NEVER)
    one.down(one.probes[0])
    for second in range(60, 4000, 60):
        one.until(second)
        one.runs(one.probes[0], good=False)
    assert len(one.told()) == 1


def test_one_relay_of_several_that_is_down_is_told() -> None:
    bad, good = probe("bad"), probe("good")
    one = night(bad, good)
    one.runs(good, good=True)
    one.down(bad)
    assert [notice.target for _, notice in one.heard] == ["bad"]


def test_many_relays_that_fail_together_are_one_message() -> None:
    probes = [probe(f"relay-{number}") for number in range(20)]
    one = night(*probes, **NEVER)
    for each in probes:
        one.situation.take(run_of(each, one.now_s, good=False))
    one.until(30)
    for each in probes:
        one.memory.began(one.situation.begin(turned(each, one.now_s, up=False)))
    one.look()
    one.until(2000)
    assert one.told() == [(30, "digest", 20, 0, 0)]


def flaps(one: Night, until: int, every: int = 180) -> None:
    """Let the relay go down and come up again, each `every` seconds."""
    for second in range(0, until, every):
        one.until(second)
        (one.up if one.situation.outages else one.down)(one.probes[0])


def test_a_relay_that_flaps_all_day_is_told_a_few_times_an_hour() -> None:
    one = night(**NEVER)
    flaps(one, 24 * 3600)
    hours = [sum(hour * 3600 <= at_s < (hour + 1) * 3600 for at_s, *_ in one.told()) for hour in range(24)]
    assert max(hours) <= 6


def test_what_a_relay_that_flaps_did_between_two_messages_is_told() -> None:
    one = night(**NEVER)
    flaps(one, 6 * 3600)
    one.until(9 * 3600)
    told = sum(len(notice.began) for _, notice in one.heard)
    times = sum(one_.times for _, notice in one.heard for one_ in (*notice.passed, *notice.ended))
    assert told + times >= 6 * 3600 // 360


def test_a_relay_that_has_calmed_down_is_told_as_it_stands() -> None:
    one = night(**NEVER)
    flaps(one, 6 * 3600 + 1)
    is_down = bool(one.situation.outages)
    one.until(9 * 3600)
    assert bool([told for told in one.memory.told.values() if told.until_s is None]) is is_down
    assert one.memory.passed == {}


def test_an_outage_that_ends_before_it_was_told_is_told_as_one_that_was() -> None:
    bad, rare = probe(model="a"), probe(model="b", every_s=60)
    one = night(bad, rare)
    one.runs(rare, good=True)
    one.until(1)
    one.runs(bad, good=False)
    one.until(31)
    one.down(bad)
    one.until(40)
    one.up(bad)
    one.until(500)
    assert one.told() == [(40, "up", 0, 0, 1)]


def test_no_more_than_so_many_messages_are_sent_within_an_hour() -> None:
    probes = [probe(f"relay-{number}") for number in range(30)]
    one = night(*probes, max_per_hour=5, **NEVER)
    for number, each in enumerate(probes):
        one.until(100 * number)
        one.down(each)
    one.until(3599)
    assert len(one.told()) == 5


def test_what_comes_beyond_the_most_messages_of_an_hour_is_one_digest_afterwards() -> None:
    probes = [probe(f"relay-{number}") for number in range(30)]
    one = night(*probes, max_per_hour=5, **NEVER)
    for number, each in enumerate(probes):
        one.until(100 * number)
        one.down(each)
    one.until(3601)
    assert one.told()[-1] == (3600, "digest", 25, 0, 0)


QUIET = {"quiet": QuietHours(from_min=12 * 60, until_min=13 * 60)}


def test_nothing_is_told_in_quiet_hours() -> None:
    one = night(**QUIET)
    one.down(one.probes[0])
    one.until(3599)
    assert one.told() == []


def test_what_is_still_so_after_quiet_hours_is_told_then() -> None:
    one = night(**QUIET)
    one.down(one.probes[0])
    one.until(3700)
    assert one.told() == [(3600, "digest", 1, 0, 0)]


def test_what_came_and_went_in_quiet_hours_is_told_afterwards_in_one_message() -> None:
    one = night(**QUIET)
    for second in (0, 600, 1200):
        one.until(second)
        one.down(one.probes[0])
        one.until(second + 300)
        one.up(one.probes[0])
    one.until(3700)
    passed = one.heard[0][1].passed[0]
    assert (len(one.heard), passed.times, passed.down_s) == (1, 3, 900)


def test_it_is_known_until_when_news_is_held_back() -> None:
    one = night(**QUIET)
    one.down(one.probes[0])
    assert one.verdict.held_until_s == NOON_S + 3600


def test_news_after_quiet_hours_without_any_is_told_as_usual() -> None:
    one = night(**QUIET)
    one.until(4000)
    one.down(one.probes[0])
    assert one.told() == [(4000, "down", 1, 0, 0)]


@pytest.mark.parametrize(
    ("begin", "end", "at", "until"),
    [
        ("12:00", "13:00", "12:00", "13:00"),
        ("12:00", "13:00", "12:59", "13:00"),
        ("12:00", "13:00", "13:00", None),
        ("12:00", "13:00", "11:59", None),
        ("22:00", "07:00", "22:00", "07:00"),
        ("22:00", "07:00", "06:59", "07:00"),
        ("22:00", "07:00", "07:00", None),
        ("22:00", "07:00", "21:59", None),
    ],
)
def test_quiet_hours_may_go_over_midnight(begin: str, end: str, at: str, until: str | None) -> None:
    from_min, until_min, now_min = (int(text[:2]) * 60 + int(text[3:]) for text in (begin, end, at))
    quiet = replace(CHANNEL, quiet=QuietHours(from_min=from_min, until_min=until_min))
    now_s = NOON_S + (now_min - 12 * 60) * 60
    found = quiet_until_s(quiet, now_s)
    assert (found and f"{datetime.fromtimestamp(found, UTC):%H:%M}") == until
    assert found is None or found - now_s <= 9 * 3600


def test_quiet_hours_are_those_of_the_channels_zone() -> None:
    quiet = replace(CHANNEL, quiet=QuietHours(from_min=20 * 60, until_min=21 * 60), zone=ZoneInfo("Asia/Shanghai"))
    assert quiet_until_s(quiet, NOON_S) == NOON_S + 3600


def test_quiet_hours_that_end_in_an_hour_a_clock_shows_twice_do_end() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    quiet = replace(CHANNEL, quiet=QuietHours(from_min=60, until_min=150), zone=berlin)
    second_time = datetime(2026, 10, 25, 2, 15, tzinfo=berlin, fold=1).timestamp()
    until_s = quiet_until_s(quiet, second_time)
    assert until_s is not None
    assert until_s > second_time


def test_what_is_still_down_is_told_again_now_and_then() -> None:
    one = night(remind_s=3600.0)
    one.down(one.probes[0])
    one.until(7300)
    assert [(at_s, kind) for at_s, kind, *_ in one.told()] == [(0, "down"), (3600, "reminder"), (7200, "reminder")]


def test_a_reminder_names_all_that_is_still_down() -> None:
    first, second = probe("first"), probe("second")
    one = night(first, second, remind_s=3600.0)
    one.down(first)
    one.until(1000)
    one.down(second)
    one.until(3700)
    assert [told.target for told in one.heard[-1][1].lasting] == ["first", "second"]


def test_nobody_is_reminded_of_what_is_not_known_any_more() -> None:
    one = night(remind_s=3600.0)
    one.down(one.probes[0])
    one.expire(one.probes[0])
    one.until(8000)
    assert len(one.told()) == 1


def test_what_is_known_again_is_reminded_of_again() -> None:
    one = night(remind_s=3600.0)
    one.down(one.probes[0])
    one.expire(one.probes[0])
    one.until(100)
    one.runs(one.probes[0], good=False)
    one.until(4000)
    assert one.heard[-1][1].kind is Kind.REMINDER


def test_nobody_is_reminded_in_quiet_hours() -> None:
    one = night(remind_s=600.0, quiet=QuietHours(from_min=12 * 60 + 5, until_min=13 * 60))
    one.down(one.probes[0])
    one.until(3599)
    assert len(one.told()) == 1


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"targets": ("wn",)}, True),
        ({"targets": ("other",)}, False),
        ({"checks": ("alive",)}, True),
        ({"checks": ("contract",)}, False),
        ({"reasons": (Reason.AUTH,)}, False),
        ({"reasons": (Reason.HTTP_5XX,)}, True),
    ],
)
def test_a_channel_is_told_of_what_it_wants_to_hear(wanted: dict[str, object], told: bool) -> None:
    one = night(**wanted)
    one.down(one.probes[0])
    one.until(60)
    one.up(one.probes[0])
    one.until(200)
    assert bool(one.heard) is told


def test_an_outage_that_was_told_and_goes_on_after_a_pause_is_no_news() -> None:
    one = night(quiet=QuietHours(from_min=12 * 60 + 1, until_min=13 * 60), **NEVER)
    one.down(one.probes[0])
    one.until(600)
    one.up(one.probes[0])
    one.until(900)
    one.down(one.probes[0])
    one.until(8000)
    assert one.told() == [(0, "down", 1, 0, 0)]


def test_what_is_not_watched_any_more_is_neither_down_nor_up() -> None:
    one = night(**NEVER)
    one.down(one.probes[0])
    one.memory.keep(set(), set())
    assert one.memory.told == {}


def test_a_memory_is_the_same_after_it_was_kept() -> None:
    one = night(**NEVER)
    flaps(one, 2000)
    again = Memory.load(one.memory.dump())
    assert again == one.memory


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", '{"told": {"a": {}}, "passed": {}, "sent": [], "held": 1}', "x"]
)
def test_what_is_no_memory_is_an_empty_one(text: str) -> None:
    assert Memory.load(text) == Memory()


def test_outages_that_pass_untold_are_remembered_for_so_many_probes() -> None:
    probes = [probe(model=f"m{number}") for number in range(MAX_PASSED + 5)]
    one = night(*probes, **QUIET)
    for each in probes:
        outage = one.situation.begin(turned(each, one.now_s, up=False))
        one.situation.end(each.id)
        one.memory.ended(each.id, outage, one.channel, until_s=one.now_s, ttft_s=None)
    assert len(one.memory.passed) == MAX_PASSED


def test_after_the_most_messages_of_an_hour_the_next_waits_for_the_first_to_be_an_hour_old() -> None:
    probes = [probe(f"relay-{number}") for number in range(4)]
    one = night(*probes, max_per_hour=3, **NEVER)
    for number, each in enumerate(probes):
        one.until(100 * number)
        one.down(each)
    assert one.verdict.held_until_s == NOON_S + 3600


def test_messages_of_a_future_that_a_clock_showed_hush_nobody() -> None:
    one = night(max_per_hour=1)
    one.memory.sent = [Sent(NOON_S + 86_400, ("wn",))]
    one.down(one.probes[0])
    assert len(one.heard) == 1


def test_a_digest_tells_all_that_was_held_back() -> None:
    one = night(**QUIET)
    one.down(one.probes[0])
    one.until(3700)
    assert one.memory.held is False


def test_what_is_told_is_held_back_no_longer() -> None:
    memory = Memory(held=True)
    memory.note(Notice(kind=Kind.DIGEST), NOON_S)
    assert memory.held is False


def test_what_is_still_down_of_another_relay_is_not_counted() -> None:
    first, second = probe("first"), probe("second")
    one = night(first, second, **NEVER)
    one.down(first)
    one.until(1000)
    one.down(second)
    assert one.heard[-1][1].still == 0


def test_nobody_is_reminded_of_what_is_over_and_not_told_yet() -> None:
    first, second = probe(model="a"), probe(model="b")
    one = night(first, second, remind_s=3600.0)
    one.runs(second, good=True)
    for each in (first, second):
        one.situation.take(run_of(each, one.now_s, good=False))
        one.memory.began(one.situation.begin(turned(each, one.now_s, up=False)))
    one.look()
    one.until(3590)
    one.up(first)
    one.until(3620)
    (reminder,) = [notice for _, notice in one.heard if notice.kind is Kind.REMINDER]
    assert len(reminder.lasting) == 1


def test_an_outage_is_told_with_how_fast_the_relay_answered_before() -> None:
    one = night()
    one.runs(one.probes[0], good=True)
    one.runs(one.probes[0], good=False)
    one.until(30)
    one.down(one.probes[0])
    assert one.heard[0][1].began[0].ttft_s == 0.82


def test_a_run_that_was_skipped_says_nothing() -> None:
    one = night()
    skipped = run_of(one.probes[0], NOON_S, good=True)
    one.situation.take(replace(skipped, result=replace(skipped.result, outcome=Outcome.SKIPPED)))
    assert one.situation.last == {}


def test_what_is_not_watched_any_more_is_not_unknown_either() -> None:
    one = night()
    one.expire(one.probes[0])
    one.situation.declare([])
    assert one.situation.unknown == set()


def test_relays_that_go_on_failing_one_after_another_do_not_put_a_message_off_for_ever() -> None:
    probes = [probe(f"relay-{number}") for number in range(60)]
    one = night(*probes, **NEVER)
    for second in range(1, 60 * 20 + 60):
        one.until(second)
        for number, each in enumerate(probes):
            if second == number * 20 + 1:
                one.runs(each, good=False)
            if second == number * 20 + 31:
                one.down(each)
    assert one.told()[0][0] <= 1 + GATHER_S + CONFIRM_S


def test_a_network_that_was_down_is_one_message_about_wnmon() -> None:
    one = night()
    one.memory.cut_off(one.now_s - 600, one.now_s)
    one.until(2000)

    assert one.told() == [(1, "network", 0, 0, 0)]


def test_a_network_that_comes_and_goes_is_told_in_few_messages() -> None:
    one = night()
    for minute in range(1, 31):
        one.until(minute * 60)
        one.memory.cut_off(one.now_s - 30, one.now_s)
    one.until(4000)

    assert len(one.told()) <= 6


def test_several_cuts_that_are_untold_are_one() -> None:
    memory = Memory()
    memory.cut_off(100, 200)
    memory.cut_off(300, 400)

    assert memory.cut == Cut(100, 400)


def test_a_cut_that_is_untold_outlives_a_restart() -> None:
    memory = Memory()
    memory.cut_off(100, 200)

    assert Memory.load(memory.dump()).cut == Cut(100, 200)


def test_a_store_that_cannot_be_written_is_one_message_after_a_minute() -> None:
    one = night()
    one.store(StoreProblem.FULL)
    one.until(7200)

    assert one.told() == [(UNKEPT_S, "store", 0, 0, 0)]


def test_a_store_that_cannot_be_written_for_seconds_is_not_told() -> None:
    one = night()
    one.store(StoreProblem.LOCKED)
    one.until(59)
    one.store(None)
    one.until(7200)

    assert one.told() == []


def test_a_store_that_is_written_again_is_told_to_whom_heard_that_it_was_not() -> None:
    one = night()
    one.store(StoreProblem.FULL)
    one.until(100)
    one.store(None)

    assert [notice.unkept for _, notice in one.heard] == [Unkept(StoreProblem.FULL, NOON_S), None]


def test_another_reason_why_nothing_is_written_is_no_news() -> None:
    one = night()
    one.store(StoreProblem.FULL)
    one.until(100)
    one.store(StoreProblem.LOCKED)
    one.until(7200)

    assert len(one.heard) == 1


def test_a_store_that_comes_and_goes_is_told_in_few_messages() -> None:
    one = night()
    for minute in range(2, 60, 2):
        one.until(minute * 60)
        one.store(StoreProblem.LOCKED if minute % 4 else None)
    one.until(7200)

    assert len(one.told()) <= 6


def test_a_channel_of_one_reason_hears_of_an_outage_that_comes_to_be_of_it() -> None:
    one = night(reasons=(Reason.BALANCE,))
    one.down(one.probes[0], reason=Reason.RATE_LIMITED)
    one.until(600)
    one.runs(one.probes[0], good=False, reason=Reason.BALANCE)

    assert [outage.reason for _, notice in one.heard for outage in notice.began] == [Reason.BALANCE]


def test_a_channel_of_one_reason_hears_of_an_outage_that_began_with_it_and_went_on_with_another() -> None:
    one = night(reasons=(Reason.HTTP_5XX,), quiet=QuietHours(from_min=12 * 60, until_min=13 * 60))
    one.down(one.probes[0], reason=Reason.HTTP_5XX)
    one.until(600)
    one.runs(one.probes[0], good=False, reason=Reason.TIMEOUT_TOTAL)
    one.until(4000)

    assert [outage.reason for _, notice in one.heard for outage in notice.began] == [Reason.HTTP_5XX]


def test_another_reason_is_no_news_to_whom_was_told_of_the_outage() -> None:
    one = night()
    one.down(one.probes[0], reason=Reason.RATE_LIMITED)
    one.until(600)
    one.runs(one.probes[0], good=False, reason=Reason.BALANCE)
    one.until(1200)

    assert len(one.heard) == 1


def test_what_quiet_hours_held_back_is_one_message_though_the_own_network_was_down_as_well() -> None:
    bad = [probe(target=f"wn{number}") for number in range(3)]
    one = night(*bad, quiet=QuietHours(from_min=12 * 60, until_min=13 * 60))
    for each in bad:
        one.down(each)
    one.memory.cut_off(NOON_S, NOON_S + 60)
    one.until(4000)

    assert [notice.kind for _, notice in one.heard] == [Kind.NETWORK, Kind.DIGEST]


def test_that_nothing_is_kept_is_told_once_over_restarts() -> None:
    memory = Memory()
    memory.note(Notice(kind=Kind.STORE, unkept=Unkept(StoreProblem.FULL, NOON_S)), NOON_S)

    assert Memory.load(memory.dump()).unkept

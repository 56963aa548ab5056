"""What becomes of a rule: passed, failed, noted, skipped or inconclusive, and why."""

from __future__ import annotations

import pytest
from judge_samples import (
    COMPLETION,
    DONE,
    GOOD_STREAM,
    answer,
    completion,
    dead,
    delta,
    judged,
    refusal,
    rule,
    streamed,
    subject,
    suite,
    verdict_of,
    verdicts,
)

from wnmon.judge.rules import selects
from wnmon.model.check import Auth, Level, Rule, Selector
from wnmon.model.exchange import Exchange, FailureKind
from wnmon.model.json import Json
from wnmon.model.result import Reason, Verdict, because
from wnmon.model.said import Said, Text, Why, id_of

PASSED, FAILED, SKIPPED = Verdict.PASSED, Verdict.FAILED, Verdict.SKIPPED
INCONCLUSIVE, NOTED = Verdict.INCONCLUSIVE, Verdict.NOTED
NEEDS_FULL, OVER_BUDGET = Said(Why.NEEDS_FULL), Said("day_budget_used_up", text="r")

IS_JSON = rule("DOC-003", "ask", json={})
HAS_ID = rule("DOC-004", "ask", needs=("DOC-003",), json={"schema": {"required": ["id"]}})


def test_a_rule_without_complaint_is_passed() -> None:
    assert verdict_of(IS_JSON, completion()).verdict is PASSED


def test_a_rule_with_a_complaint_is_failed_and_carries_it() -> None:
    (finding,) = verdict_of(rule("R", "ask", json={"schema": {"required": ["x"]}}), completion()).findings
    assert (finding.place, finding.step) == ("/x", "ask")


# --- levels and profiles


@pytest.mark.parametrize(
    ("profiles", "level"),
    [(("documented",), Level.MUST), (("openai",), Level.MAY), (("openai", "documented"), Level.MUST)],
)
def test_a_rule_counts_with_the_strictest_level_of_the_selected_profiles(
    profiles: tuple[str, ...], level: Level
) -> None:
    both = rule("R", "ask", levels={"documented": Level.MUST, "openai": Level.MAY}, json={})
    assert verdicts(suite(both, profiles=profiles), completion())["R"].level is level


def test_a_rule_of_no_selected_profile_has_no_verdict() -> None:
    assert verdicts(suite(IS_JSON, profiles=("other",)), completion()) == {}


def test_a_broken_info_rule_is_noted() -> None:
    info = rule("R", "ask", level=Level.INFO, finish_reason="length")
    assert verdict_of(info, completion()).verdict is NOTED


def test_an_info_rule_without_anything_to_say_is_passed() -> None:
    assert verdict_of(rule("R", "ask", level=Level.INFO, json={}), completion()).verdict is PASSED


def test_verdicts_come_in_the_order_of_the_plan() -> None:
    assert list(verdicts(suite(HAS_ID, IS_JSON), completion())) == ["DOC-004", "DOC-003"]


# --- needs


def test_a_broken_need_blocks_what_depends_on_it() -> None:
    blocked = verdicts(suite(IS_JSON, HAS_ID), answer("no json"))["DOC-004"]
    assert (blocked.verdict, blocked.why) == (INCONCLUSIVE, Said("blocked_by", code="DOC-003"))


def test_a_need_written_after_its_dependent_blocks_it_too() -> None:
    assert verdicts(suite(HAS_ID, IS_JSON), answer("no json"))["DOC-004"].verdict is INCONCLUSIVE


def test_what_blocks_passes_through_a_chain() -> None:
    last = rule("DOC-010", "ask", needs=("DOC-004",), json={})
    assert verdicts(suite(IS_JSON, HAS_ID, last), answer("no json"))["DOC-010"].why == Said(
        "blocked_by", code="DOC-004"
    )


def test_a_need_two_rules_share_is_judged_once() -> None:
    other = rule("DOC-005", "ask", needs=("DOC-003",), json={})
    assert len(verdicts(suite(HAS_ID, other, IS_JSON), completion())) == 3


def test_a_waived_need_still_blocks() -> None:
    found = verdicts(suite(IS_JSON, HAS_ID), answer("no json"), waivers={"DOC-003": "w"})
    assert found["DOC-004"].verdict is INCONCLUSIVE


def test_a_need_that_is_not_in_the_plan_does_not_block() -> None:
    assert verdicts(suite(HAS_ID), completion())["DOC-004"].verdict is PASSED


def test_a_broken_need_outside_the_selected_profiles_blocks_all_the_same() -> None:
    need = rule("DOC-003", "ask", levels={"other": Level.INFO}, finish_reason="length")
    assert verdicts(suite(need, HAS_ID), completion())["DOC-004"].why == Said("blocked_by", code="DOC-003")


LABELLED = rule("STR-001", "ask", status=200, header={"name": "content-type", "media_type": "text/event-stream"})
NEEDS_A_STREAM = rule("STR-018", "ask", needs=("STR-001",), stream="done")


@pytest.mark.parametrize("label", ["text/plain", "application/json", "application/octet-stream", None])
def test_a_stream_under_a_wrong_label_is_judged_as_the_stream_it_is(label: str | None) -> None:
    found = verdicts(suite(LABELLED, NEEDS_A_STREAM), streamed(*GOOD_STREAM, media=label))
    assert (found["STR-001"].verdict, found["STR-018"].verdict) == (FAILED, PASSED)


def test_json_under_a_wrong_label_is_judged_as_the_json_it_is() -> None:
    labelled = rule("DOC-012", "ask", header={"name": "content-type", "media_type": "application/json"})
    found = verdicts(
        suite(labelled, rule("DOC-017", "ask", needs=("DOC-012",), json={})), answer(COMPLETION, media="text/plain")
    )
    assert (found["DOC-012"].verdict, found["DOC-017"].verdict) == (FAILED, PASSED)


def test_what_needs_a_stream_stays_blocked_where_the_body_is_none() -> None:
    found = verdicts(suite(LABELLED, NEEDS_A_STREAM), completion())
    assert found["STR-018"].why == Said("blocked_by", code="STR-001")


def test_what_needs_a_stream_stays_blocked_where_more_than_its_label_is_wrong() -> None:
    found = verdicts(suite(LABELLED, NEEDS_A_STREAM), streamed(*GOOD_STREAM, media="text/plain", status=201))
    assert found["STR-018"].why == Said("blocked_by", code="STR-001")


@pytest.mark.parametrize("way", ["equals", "media_type"])
def test_another_header_that_is_wrong_blocks_what_needs_it(way: str) -> None:
    need = rule("A-1", "ask", header={"name": "x-kind", way: "application/json"})
    found = verdicts(suite(need, rule("A-2", "ask", needs=("A-1",), json={})), completion())
    assert found["A-2"].why == Said("blocked_by", code="A-1")


def test_a_need_that_is_only_noted_does_not_block() -> None:
    need = rule("DOC-003", "ask", level=Level.INFO, finish_reason="length")
    assert verdicts(suite(need, HAS_ID), completion())["DOC-004"].verdict is PASSED


# --- waivers


def test_a_waived_rule_stays_failed_and_says_why_it_is_waived() -> None:
    broken = rule("R", "ask", finish_reason="length")
    excuse = Said("waived_until", code="2027-01-31", text="known")
    found = verdict_of(broken, completion(), waivers={"R": excuse})
    assert (found.verdict, found.waived, found.why) == (FAILED, True, excuse)


@pytest.mark.parametrize("level", [Level.MUST, Level.INFO])
def test_a_waiver_changes_nothing_where_nothing_failed(level: Level) -> None:
    good = rule("R", "ask", level=level, finish_reason="stop" if level is Level.MUST else "length")
    assert not verdict_of(good, completion(), waivers={"R": "w"}).waived


def test_a_waiver_of_one_rule_does_not_hide_another() -> None:
    one, other = rule("A", "ask", finish_reason="length"), rule("B", "ask", finish_reason="length")
    assert not verdicts(suite(one, other), completion(), waivers={"A": "w"})["B"].waived


# --- selectors


@pytest.mark.parametrize(
    ("selector", "chosen"),
    [
        (Selector(), True),
        (Selector(requests=("ask", "b")), True),
        (Selector(requests=("b",)), False),
        (Selector(status="200"), True),
        (Selector(status="2xx"), True),
        (Selector(status="4xx"), False),
        (Selector(stream=False), True),
        (Selector(stream=True), False),
    ],
)
def test_a_selector_chooses_by_request_and_status_and_stream(selector: Selector, chosen: bool) -> None:
    assert selects(selector, subject(completion())) is chosen


def test_a_rule_that_selects_nothing_is_skipped() -> None:
    found = verdict_of(rule("R", Selector(status="4xx"), json={}), completion())
    assert (found.verdict, found.why) == (SKIPPED, Said(Why.NO_ANSWER))


def test_a_rule_on_all_answers_collects_the_complaints_of_each() -> None:
    found = verdict_of(rule("R", Selector(status="2xx"), finish_reason="length"), completion("a"), completion("b"))
    assert [finding.step for finding in found.findings] == ["a", "b"]


# --- answers that say nothing


@pytest.mark.parametrize("kind", [FailureKind.CONNECT, FailureKind.STALL, FailureKind.TOO_LARGE, FailureKind.SHUTDOWN])
def test_an_answer_that_never_came_leaves_a_rule_inconclusive(kind: FailureKind) -> None:
    found = verdict_of(IS_JSON, dead(kind))
    assert (found.verdict, found.why) == (INCONCLUSIVE, because(kind, f"{kind.value} happened"))


@pytest.mark.parametrize("kind", [FailureKind.PROTOCOL, FailureKind.TRUNCATED])
def test_a_broken_transfer_is_an_answer_and_a_wrong_one(kind: FailureKind) -> None:
    assert verdict_of(IS_JSON, answer("{", failure=kind)).verdict is FAILED


REFUSALS = [refusal(401, "bad key"), refusal(403, "insufficient_quota"), refusal(503, "no available channel")]


@pytest.mark.parametrize("exchange", [*REFUSALS, answer(b"", 429, None)])
@pytest.mark.parametrize("one", [IS_JSON, rule("DOC-003", "ask", status=200)])
def test_a_refusal_says_nothing_about_the_contract(one: Rule, exchange: Exchange) -> None:
    assert verdict_of(one, exchange).verdict is INCONCLUSIVE


def test_a_server_error_breaks_the_rule_on_the_status() -> None:
    assert verdict_of(rule("DOC-001", "ask", status=200), completion("first"), refusal(500)).verdict is FAILED


def test_a_server_error_says_nothing_to_a_rule_on_the_body() -> None:
    assert verdict_of(IS_JSON, refusal(500)).verdict is INCONCLUSIVE


def test_a_rule_that_selects_server_errors_is_judged_on_them() -> None:
    assert verdict_of(rule("R", Selector(status="5xx"), json={}), refusal(500)).verdict is PASSED


@pytest.mark.parametrize("exchange", REFUSALS[:2])
def test_a_rule_about_4xx_answers_is_judged_on_a_refusal(exchange: Exchange) -> None:
    assert verdict_of(rule("ERR-001", Selector(status="4xx"), json={}), exchange).verdict is PASSED


@pytest.mark.parametrize(
    ("auth", "wanted", "exchange_status", "verdict"),
    [
        (Auth.WRONG, 401, 401, PASSED),
        (Auth.WRONG, 401, 403, FAILED),
        (Auth.NONE, 401, 403, FAILED),
        (Auth.LOWERCASE, 200, 401, FAILED),
        (Auth.NORMAL, 200, 401, INCONCLUSIVE),
        (Auth.NORMAL, [400, 404], 401, INCONCLUSIVE),
        (Auth.NORMAL, "4xx", 401, INCONCLUSIVE),
    ],
)
def test_a_refused_key_is_judged_where_the_request_asks_about_the_key(
    auth: Auth, wanted: int | str | list[int], exchange_status: int, verdict: Verdict
) -> None:
    one = rule("AUTH", "ask", status=wanted)  # type: ignore[arg-type]
    assert verdict_of(one, refusal(exchange_status, "invalid_api_key", auth=auth)).verdict is verdict


@pytest.mark.parametrize(("wanted", "verdict"), [("4xx", FAILED), (404, FAILED), (503, PASSED), (200, INCONCLUSIVE)])
def test_an_unavailable_model_is_judged_where_a_refusal_was_asked_for(wanted: int | str, verdict: Verdict) -> None:
    assert verdict_of(rule("REQ-018", "ask", status=wanted), refusal(503, "model_not_found")).verdict is verdict


@pytest.mark.parametrize(("wanted", "verdict"), [("4xx", INCONCLUSIVE), (429, PASSED), (200, INCONCLUSIVE)])
def test_a_rate_limit_is_judged_only_where_it_was_asked_for(wanted: int | str, verdict: Verdict) -> None:
    assert verdict_of(rule("LIM-001", "ask", status=wanted), refusal(429, "slow down")).verdict is verdict


@pytest.mark.parametrize("expect", [{"usage": "present"}, {"model": "same"}, {"content": "x"}])
def test_a_rule_on_meaning_leaves_an_unreadable_answer_to_the_rules_on_form(expect: dict[str, str]) -> None:
    found = verdict_of(rule("R", "ask", **expect), answer("{,}"))  # type: ignore[arg-type]
    assert (found.verdict, id_of(found.why)) == (INCONCLUSIVE, "answer_unreadable")


def test_a_rule_on_meaning_leaves_an_answer_without_json_to_others() -> None:
    found = verdict_of(rule("R", "ask", usage="present"), answer(b"hm", media="text/x"))
    assert found.verdict is INCONCLUSIVE


def test_a_rule_on_meaning_leaves_an_error_to_others() -> None:
    found = verdict_of(rule("R", "ask", usage="present"), refusal(200, "upstream failed"))
    assert str(found.why) == "the answer cannot be read: an error with status 200: upstream failed"


def test_a_rule_on_a_stream_leaves_what_is_sent_as_json_to_others() -> None:
    found = verdict_of(rule("R", "ask", stream="done"), completion())
    assert (found.verdict, found.why) == (INCONCLUSIVE, Said("not_an_event_stream"))


def test_a_rule_on_a_stream_is_judged_on_a_stream() -> None:
    assert verdict_of(rule("STR-006", "ask", stream="done"), streamed(delta("a"), DONE)).verdict is PASSED


@pytest.mark.parametrize(
    ("expect", "why"),
    [
        ({"ttft": "1ms"}, "latency_undecided"),
        ({"total": "1ms"}, "latency_undecided"),
        ({"stream": ["done", "spread"]}, "monitor_late"),
    ],
)
def test_a_late_monitor_leaves_a_rule_on_time_inconclusive(expect: dict[str, Json], why: str) -> None:
    found = verdict_of(rule("R", "ask", **expect), streamed(*GOOD_STREAM, late_ns=10**9))  # type: ignore[arg-type]
    assert (found.verdict, id_of(found.why)) == (INCONCLUSIVE, why)


def test_what_a_rule_says_beside_time_is_held_against_the_relay_also_by_a_late_monitor() -> None:
    late = streamed(*GOOD_STREAM, late_ns=10**9)
    assert verdict_of(rule("R", "ask", ttft="1ms", status=201), late).verdict is FAILED


def test_a_late_monitor_does_not_touch_a_rule_on_anything_else() -> None:
    assert verdict_of(rule("R", "ask", stream="done"), streamed(*GOOD_STREAM, late_ns=10**9)).verdict is PASSED


# --- several answers, some of them missing

ENDS = rule("R", Selector(requests=("a", "b")), finish_reason="length")


def test_a_complaint_stands_whatever_became_of_the_other_answer() -> None:
    assert (
        verdicts(suite(ENDS, requests=["a", "b"]), completion("a"), dead(FailureKind.DNS, "b"))["R"].verdict is FAILED
    )


def test_a_complaint_stands_when_the_other_request_was_not_sent() -> None:
    found = verdicts(suite(ENDS, requests=["a", "b"]), completion("a"), not_sent={"b": "budget"})
    assert found["R"].verdict is FAILED


def test_one_good_answer_is_not_enough_when_the_other_never_came() -> None:
    good = rule("R", Selector(requests=("a", "b")), json={})
    found = verdicts(suite(good, requests=["a", "b"]), completion("a"), dead(FailureKind.DNS, "b"))
    assert found["R"].verdict is INCONCLUSIVE


# --- requests that were not sent


@pytest.mark.parametrize(("why", "verdict"), [(NEEDS_FULL, SKIPPED), (OVER_BUDGET, INCONCLUSIVE)])
def test_a_request_not_sent_skips_its_rule_only_for_want_of_full(why: Text, verdict: Verdict) -> None:
    found = verdicts(suite(IS_JSON), not_sent={"ask": why})["DOC-003"]
    assert (found.verdict, found.why) == (verdict, why)


def test_a_rule_on_a_request_that_needs_full_is_skipped_even_where_it_is_blocked() -> None:
    need, one = rule("A", "a", json={}), rule("B", "b", needs=("A",), json={})
    found = verdicts(suite(need, one, requests=["a", "b"]), answer("x", step="a"), not_sent={"b": NEEDS_FULL})
    assert found["B"].verdict is SKIPPED


def test_a_rule_that_needs_a_rule_skipped_for_want_of_full_is_skipped_too() -> None:
    need, one = rule("A", "a", json={}), rule("B", "b", needs=("A",), json={})
    found = verdicts(suite(need, one, requests=["a", "b"]), completion("b"), not_sent={"a": NEEDS_FULL})
    assert (found["B"].verdict, found["B"].why) == (SKIPPED, NEEDS_FULL)


# --- comparisons

UNIQUE = rule("DOC-017", differs=["a/id", "b/id"])
PAIR = suite(UNIQUE, requests=["a", "b"])


@pytest.mark.parametrize(("second", "verdict"), [("other", PASSED), ("chatcmpl-1", FAILED)])
def test_a_comparison_passes_or_fails(second: str, verdict: Verdict) -> None:
    assert verdicts(PAIR, completion("a"), completion("b", id=second))["DOC-017"].verdict is verdict


def test_a_comparison_with_an_absent_place_is_inconclusive() -> None:
    found = verdicts(PAIR, completion("a"), completion("b", id=...))["DOC-017"]
    assert (found.verdict, found.why) == (INCONCLUSIVE, Said("place_absent", code="b", text="/id"))


def test_a_comparison_with_a_dead_answer_is_inconclusive() -> None:
    found = verdicts(PAIR, completion("a"), dead(FailureKind.STALL, "b"))["DOC-017"]
    assert found.why == because(Reason.STALL, "stall happened")


@pytest.mark.parametrize(("why", "verdict"), [(NEEDS_FULL, SKIPPED), (because(Reason.AUTH, "no"), INCONCLUSIVE)])
def test_a_comparison_with_a_request_not_sent_says_why(why: Text, verdict: Verdict) -> None:
    assert verdicts(PAIR, completion("a"), not_sent={"b": why})["DOC-017"].verdict is verdict


def test_a_comparison_with_a_request_still_to_come_is_inconclusive() -> None:
    assert verdicts(PAIR, completion("a"))["DOC-017"].why == Said("request_not_sent", code="b")


def test_one_broken_comparison_fails_a_rule_though_another_could_not_be_made() -> None:
    both = rule("R", differs=["a/id", "b/id"], same=["a/none", "b/none"])
    found = verdicts(suite(both, requests=["a", "b"]), completion("a"), completion("b"))
    assert found["R"].verdict is FAILED


def test_a_comparison_judges_only_comparisons() -> None:
    mixed = rule("R", differs=["a/id", "b/id"], status=418)
    found = verdicts(suite(mixed, requests=["a", "b"]), completion("a"), completion("b", id="x"))
    assert found["R"].verdict is PASSED


# --- the whole


def test_judging_twice_gives_the_same_result() -> None:
    plan = suite(IS_JSON, HAS_ID, UNIQUE, ENDS, requests=["a", "b"])
    seen = completion("a"), answer(COMPLETION, step="b")
    assert judged(plan, *seen) == judged(plan, *seen)

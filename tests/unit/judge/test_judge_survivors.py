"""What mutants in wnmon/judge survived before it was tested here (docs/mutation.md)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from judge_samples import (
    MS,
    answer,
    complaints,
    completion,
    delta,
    later_verdict,
    places,
    refusal,
    rule,
    streamed,
    subject,
    suite,
    unfit,
    verdict_of,
    verdicts,
)

from wnmon.judge.kinds import premise
from wnmon.judge.latency import between, timed
from wnmon.judge.registry import controls
from wnmon.judge.subject import form_seen, is_success
from wnmon.judge.values import listed
from wnmon.model.check import Level
from wnmon.model.json import Json
from wnmon.model.result import Mark, Reason, Verdict, because
from wnmon.model.said import Said, Text, Why
from wnmon.wire.answer import read_answer

LISTS: list[tuple[list[Text], Text]] = [
    ([], ""),
    (["a"], "a"),
    (["a", "b"], Said("listed_either", one="a", other="b")),
    (["a", "b", "c"], Said("listed_either", one=Said("listed", one="a", other="b"), other="c")),
]


def test_a_limited_time_is_measured_named_and_open_where_the_monitor_is_late() -> None:
    kind = timed("total", between(Mark.SENT, Mark.END))
    slow, quick = answer(), answer(sent_ns=1_050 * MS)

    (finding,) = kind.assess(kind.prepare("100ms"), subject(slow))
    assert (finding.message, finding.place) == (Said("over_its_limit", code="total"), "total")
    assert [*kind.assess(kind.prepare("100ms"), subject(quick))] == []
    assert kind.undecided is not None
    left_open = kind.undecided(kind.prepare("100ms"), subject(answer(late_ns=10**9)))
    assert left_open is not None
    assert dict(left_open.holes)["code"] == "total"


@pytest.mark.parametrize(
    ("status", "accepted", "why"),
    [
        (400, "parts", None),
        (400, "more", Said("control_refused", code="parts")),
        (300, "more", Said("control_refused", code="parts")),
        (200, "more", None),
    ],
)
def test_a_refusal_says_nothing_where_its_control_was_refused(status: int, accepted: str, why: Said | None) -> None:
    refused = replace(subject(answer(status=status)), accepted=frozenset({accepted}))

    assert premise.doubt(premise.prepare({"accepted": "parts"}), refused) == why


@pytest.mark.parametrize(("asked", "names"), [({"accepted": "parts"}, ("parts",)), ({"contains": "x"}, ())])
def test_a_control_is_what_a_premise_says_was_accepted(asked: Json, names: tuple[str, ...]) -> None:
    assert controls(rule("r", "ask", status=200, premise=asked)) == names


def test_a_refusal_leaves_open_what_names_no_status_and_says_why() -> None:
    refused = refusal(400, "unknown member")
    fault = subject(refused).fault
    assert fault is not None

    verdict = later_verdict(rule("r", "ask", json={}), refused)
    assert (verdict.verdict, verdict.why) == (
        Verdict.INCONCLUSIVE,
        because(Reason.HTTP_4XX, fault.message),
    )


@pytest.mark.parametrize(("texts", "wanted"), LISTS)
def test_a_list_joins_its_last_text_to_those_before(texts: list[Text], wanted: Text) -> None:
    assert listed("either", texts) == wanted


def test_a_list_of_three_reads_as_one_sentence() -> None:
    assert str(listed("and", ["a", "b", "c"])) == "a, b and c"


def test_a_duration_that_is_none_is_named_by_its_place() -> None:
    assert unfit("ttft", {"failed": "soon"})[0] == "/failed"


def test_a_header_as_asked_does_not_end_the_look_at_those_after_it() -> None:
    asked: Json = [{"name": "content-type", "present": True}, {"name": "x-request-id", "present": True}]

    assert places(complaints("header", asked, completion())) == ["header:x-request-id"]


@pytest.mark.parametrize(("status", "is_one"), [(None, False), (199, False), (200, True), (299, True), (300, False)])
def test_a_success_has_a_status_of_2xx(status: int | None, is_one: bool) -> None:
    assert is_success(read_answer(answer(status=status))) is is_one


def test_a_success_holds_no_error() -> None:
    assert not is_success(read_answer(answer({"error": {"message": "busy"}})))


def test_an_answer_without_a_body_is_called_empty_in_either_language() -> None:
    assert form_seen(subject(answer(b""))) == Said("empty")
    assert form_seen(subject(streamed())) != form_seen(subject(completion())) == "json"


def test_a_note_on_an_answer_without_a_fault_tells_its_status() -> None:
    verdict = verdict_of(rule("r", "ask", level=Level.INFO, status=404), completion())

    assert [dict(finding.message.holes) for finding in verdict.findings if isinstance(finding.message, Said)] == [
        {"n": "200"}
    ]


def test_a_stream_that_broke_off_says_why_nothing_is_said_of_its_spread() -> None:
    broken = streamed(*(delta("po"), delta("n"), delta("g")))

    verdict = verdict_of(rule("r", "ask", stream=["done", "spread"]), broken)
    fault = subject(broken).fault
    assert fault is not None
    assert (verdict.verdict, verdict.why) == (Verdict.INCONCLUSIVE, Said("answer_not_whole", said=fault.message))


def test_a_rule_that_is_blocked_names_what_it_needs_though_the_budget_was_spent_as_well() -> None:
    need, one = rule("NEED", "a", status=404), rule("R", "b", needs=("NEED",), status=200)

    found = verdicts(suite(need, one, requests=["a", "b"]), completion("a"), not_sent={"b": Said(Why.BUDGET_TOKENS)})
    assert (found["R"].verdict, found["R"].why) == (Verdict.INCONCLUSIVE, Said("blocked_by", code="NEED"))

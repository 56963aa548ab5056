"""What a check learns of a model from its refusals, and what it does with it; the service learns nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from engine_samples import (
    GOOD,
    WORST_TOKENS,
    Bench,
    Inline,
    limited,
    lost,
    probe,
    reply,
    step,
    suite,
    target,
    tokens_left,
)

from wnmon.engine.budget import Cap
from wnmon.engine.learning import MAX_ASKINGS
from wnmon.engine.run import Run
from wnmon.engine.session import Manner, Session
from wnmon.judge.registry import prepare
from wnmon.model.check import Level, Plan, Risk, Rule, Selector, Step
from wnmon.model.exchange import Exchange, FailureKind, Request
from wnmon.model.json import Json
from wnmon.model.lesson import Taught
from wnmon.model.parameters import Parameters
from wnmon.model.result import Outcome, Verdict
from wnmon.model.said import Said, Why
from wnmon.model.target import Probe

UNTAKEN = "'max_tokens' is not supported"


def warm(name: str = "a", /, **members: Json) -> Step:
    """Return a step that also has a temperature."""
    plain = step(name)
    return replace(plain, body={**plain.body, "temperature": 0, **members})


def refusing(*members: str, message: str = "'{}' is not supported", **also: Any) -> Any:
    """Return a relay that refuses every request with one of these members, and answers all others."""

    def answer(request: Request) -> Exchange:
        asked = json.loads(request.body)
        named = next((name for name in members if name in asked), None)
        return reply(also.get("body", GOOD))(request) if named is None else _refused(request, message.format(named))

    return answer


def _refused(request: Request, message: str) -> Exchange:
    return reply({"error": {"message": message}}, 400)(request)


def play(bench: Bench, *probes: Probe, **manner: Any) -> list[Run]:
    """Run one probe after the other in one session."""
    session = Session(Manner(**manner))

    async def main() -> None:
        for one in probes:
            await session.run(bench.runner, one)

    asyncio.run(main())
    return session.runs


def bodies(bench: Bench) -> list[Mapping[str, Any]]:
    """Return what was asked, without model and messages."""
    asked = (json.loads(request.body) for request in bench.transport.sent)
    return [{name: value for name, value in one.items() if name not in {"model", "messages"}} for one in asked]


def sent(bench: Bench) -> str:
    return "".join(request.step for request in bench.transport.sent)


def with_rule(plan: Plan, on: str, **expect: Json) -> Plan:
    """Return the plan with one more rule."""
    asserted = tuple(prepare(kind, value) for kind, value in expect.items())
    rule = Rule(id="R-x", on=Selector(requests=(on,)), levels={"p": Level.MUST}, says={}, source="", expect=asserted)
    return replace(plan, rules=(*plan.rules, rule))


def test_a_refused_parameter_is_asked_once_more_the_other_way() -> None:
    bench = Bench(refusing("max_tokens"))
    play(bench, probe(suite(step("a"))))

    assert bodies(bench) == [{"max_tokens": 10}, {"max_completion_tokens": 10}]


def test_several_refused_parameters_are_learnt_one_after_the_other() -> None:
    bench = Bench(refusing("max_tokens", "temperature"))
    play(bench, probe(suite(warm())))

    assert bodies(bench)[-1] == {"max_completion_tokens": 10}


def test_the_rules_judge_the_second_answer() -> None:
    (run,) = play(Bench(refusing("max_tokens")), probe(suite(step("a"))))

    assert [row.verdict for row in run.result.verdicts] == [Verdict.PASSED]


def test_the_first_answer_is_kept_as_evidence() -> None:
    (run,) = play(Bench(refusing("max_tokens")), probe(suite(step("a"))))

    assert ([one.status for one in run.evidence.exchanges], run.evidence.superseded) == ([400, 200], (0,))


def test_the_run_names_what_was_learnt_and_from_which_exchange() -> None:
    (run,) = play(Bench(refusing("max_tokens")), probe(suite(step("a"))))
    (lesson,) = run.evidence.lessons

    assert (lesson.taught, lesson.parameter, lesson.words, lesson.exchange) == (
        Taught.RENAMED,
        "max_tokens",
        UNTAKEN,
        0,
    )


def test_the_time_of_the_refused_asking_is_no_latency() -> None:
    (run,) = play(Bench(refusing("max_tokens")), probe(suite(step("a"))))

    assert (run.result.status, run.standing) == (200, run.answers[1:])


def test_what_was_learnt_holds_for_later_requests_and_suites() -> None:
    bench = Bench(refusing("max_tokens"))
    play(bench, probe(suite(step("a"), step("b"))), probe(suite(step("c"))))

    assert sent(bench) == "aabc"


def test_a_later_run_knows_what_was_learnt_and_where_not() -> None:
    _, later = play(Bench(refusing("max_tokens")), probe(suite(step("a"))), probe(suite(step("c"))))

    assert [(one.parameter, one.exchange) for one in later.evidence.lessons] == [("max_tokens", None)]


def test_another_model_learns_for_itself() -> None:
    bench = Bench(refusing("max_tokens"))
    play(bench, probe(suite(step("a"))), probe(suite(step("b")), model="m-2"))

    assert sent(bench) == "aabb"


def test_the_service_never_guesses() -> None:
    bench = Bench(refusing("max_tokens"))
    bench.run(probe(suite(step("a"))))

    assert sent(bench) == "a"


def test_learning_goes_on_from_what_is_configured() -> None:
    where = target(parameters={"m-1": Parameters(drop=frozenset({"temperature"}))})
    bench = Bench(refusing("max_tokens"))
    play(bench, probe(suite(warm()), where))

    assert bodies(bench) == [{"max_tokens": 10}, {"max_completion_tokens": 10}]


def test_a_lesson_that_does_not_help_is_forgotten() -> None:
    bench = Bench(lambda request: _refused(request, f"{UNTAKEN} (id {len(request.body)})"))
    (run,) = play(bench, probe(suite(step("a"))))

    assert (run.evidence.lessons, len(run.standing)) == ((), 1)


def test_a_relay_that_refuses_everything_is_asked_a_handful_of_times() -> None:
    names = ["temperature", "top_p", "n", "stop", "seed", "user", "logprobs", "top_logprobs", "logit_bias", "min_p"]
    bench = Bench(refusing(*names))
    play(bench, probe(suite(warm(**dict.fromkeys(names, 1)))))

    assert len(bench.transport.sent) == MAX_ASKINGS


def test_a_raw_body_is_not_asked_otherwise() -> None:
    raw = replace(step("a"), raw_body='{"max_tokens": 1}')
    bench = Bench(refusing("max_tokens"))
    play(bench, probe(suite(raw)))

    assert sent(bench) == "a"


def test_a_request_that_must_be_refused_teaches_nothing() -> None:
    bench = Bench(reply(), refusing("max_tokens"))
    play(bench, probe(with_rule(suite(warm("a"), step("b")), "b", status="4xx")))

    assert sent(bench) == "ab"


def test_a_refusal_that_a_rule_takes_teaches_nothing() -> None:
    bench = Bench(reply(), refusing("max_tokens"))
    play(bench, probe(with_rule(suite(warm("a"), step("b")), "b", status=[200, 400])))

    assert sent(bench) == "ab"


# --- models that only stream


def streaming(name: str) -> Step:
    plain = step(name)
    return replace(plain, body={**plain.body, "stream": True})


def only_streams(request: Request) -> Exchange:
    return reply()(request) if request.stream else _refused(request, "only stream mode is supported")


def test_a_model_that_only_streams_is_asked_for_streams_only() -> None:
    bench = Bench(only_streams)
    (run,) = play(bench, probe(suite(step("a"), step("b"), streaming("c"))))

    assert (sent(bench), run.evidence.not_sent) == (
        "ac",
        {"a": Said(Why.ONLY_STREAMS), "b": Said(Why.ONLY_STREAMS)},
    )


def test_rules_on_what_a_model_is_not_asked_are_skipped() -> None:
    (run,) = play(Bench(only_streams), probe(suite(step("a"), streaming("c"))))

    assert [row.verdict for row in run.result.verdicts] == [Verdict.SKIPPED, Verdict.PASSED]


def test_a_suite_of_which_a_model_is_asked_nothing_is_skipped() -> None:
    (run,) = play(Bench(only_streams), probe(suite(step("a"))))

    assert (run.result.outcome, run.result.message) == (Outcome.SKIPPED, Said(Why.ONLY_STREAMS))


def test_a_flag_that_does_not_help_leaves_streams() -> None:
    def relay(request: Request) -> Exchange:
        return (
            reply()(request)
            if request.stream
            else _refused(request, "enable_thinking must be false in non-stream calls")
        )

    bench = Bench(relay)
    (run,) = play(bench, probe(suite(step("a"), streaming("c"))))

    assert ([one.get("enable_thinking") for one in bodies(bench)], [one.taught for one in run.evidence.lessons]) == (
        [None, False, None],
        [Taught.ONLY_STREAMS],
    )


# --- models that think first


THOUGHT = {
    "id": "c-1",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "", "reasoning": "hm"}, "finish_reason": "length"}
    ],
}


def test_an_answer_cut_in_thought_is_asked_with_a_larger_limit() -> None:
    bench = Bench(reply(THOUGHT), reply())
    play(bench, probe(suite(step("a"))))

    assert bodies(bench) == [{"max_tokens": 10}, {"max_tokens": 2048}]


# --- what it may cost


def test_the_second_asking_is_within_the_cap() -> None:
    bench = Bench(reply(THOUGHT), reply(), cap=Cap(tokens=100, why=Said(Why.BUDGET_TOKENS)))
    (run,) = play(bench, probe(suite(step("a"))))

    assert (sent(bench), run.evidence.superseded, run.evidence.lessons) == ("a", (), ())


def test_where_a_second_asking_is_too_dear_the_next_request_is_sent() -> None:
    bench = Bench(reply(THOUGHT), reply(), cap=Cap(tokens=100, why=Said(Why.BUDGET_TOKENS)))
    (run,) = play(bench, probe(suite(step("a"), step("b"))))

    assert (sent(bench), run.evidence.not_sent) == ("ab", {})


def test_each_asking_is_booked() -> None:
    bench = Bench(refusing("max_tokens"))
    where = limited(requests_per_day=1000, tokens_per_day=1000)
    (run,) = play(bench, probe(suite(step("a")), where))

    assert (run.requests, tokens_left(bench.budgets, where)) == (
        2,
        1000 - run.spent_input_tokens - run.spent_output_tokens,
    )


def test_a_signal_in_the_second_asking_ends_the_run() -> None:
    bench = Bench(refusing("max_tokens"), lost(FailureKind.SHUTDOWN))
    (run,) = play(bench, probe(suite(step("a"), step("b"))))

    assert (set(run.evidence.not_sent.values()), run.evidence.superseded) == ({Said(Why.INTERRUPTED)}, (1,))


# --- requests that are about a member


def test_a_request_keeps_the_member_it_is_about() -> None:
    about = replace(warm(), about=frozenset({"temperature"}))
    bench = Bench(refusing("temperature"))
    play(bench, probe(suite(about)))

    assert sent(bench) == "a"


def test_a_request_about_a_dropped_member_is_not_sent() -> None:
    where = target(parameters={"m-1": Parameters(drop=frozenset({"temperature"}))})
    about = replace(warm(), about=frozenset({"temperature"}))

    assert Bench().run(probe(suite(about, step("b")), where)).evidence.not_sent == {
        "a": Said(Why.NOT_TAKEN, code="temperature")
    }


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        (Parameters(drop=frozenset({"max_tokens"})), Said(Why.NOT_TAKEN, code="max_tokens")),
        (Parameters(rename={"max_tokens": "x"}), Said(Why.NOT_TAKEN, code="max_tokens")),
        (Parameters(add={"x": 1}), Said(Why.NOT_GIVEN, code="x")),
        (Parameters(drop=frozenset({"seed"})), None),
        (Parameters(add={"max_tokens": 1}), None),
        (Parameters(output_tokens=9), None),
    ],
)
def test_a_raw_body_that_would_have_to_be_changed_is_not_sent(parameters: Parameters, why: Said | None) -> None:
    raw = replace(step("a"), raw_body='{"max_tokens": 1}')
    run = Bench().run(probe(suite(raw), target(parameters={"m-1": parameters})))

    assert run.evidence.not_sent.get("a") == why


def test_a_request_that_must_be_refused_keeps_what_it_is_refused_for() -> None:
    where = target(parameters={"m-1": Parameters(drop=frozenset({"temperature"}))})
    hot = warm("b", temperature=3)
    bench = Bench()
    bench.run(probe(with_rule(suite(warm("a"), hot), "b", status="4xx"), where))

    assert bodies(bench) == [{"max_tokens": 10}, {"max_tokens": 10, "temperature": 3}]


def test_what_a_refused_request_says_as_valid_ones_do_is_changed() -> None:
    where = target(parameters={"m-1": Parameters(rename={"max_tokens": "max_completion_tokens"})})
    bench = Bench()
    bench.run(probe(with_rule(suite(step("a"), warm("b", temperature=3)), "b", status="4xx"), where))

    assert bodies(bench)[1] == {"max_completion_tokens": 10, "temperature": 3}


def test_what_a_configuration_adds_is_part_of_the_worst_case() -> None:
    where = target(parameters={"m-1": Parameters(output_tokens=100)})
    bench = Bench(cap=Cap(tokens=WORST_TOKENS, why=Said(Why.BUDGET_TOKENS)))

    assert bench.run(probe(suite(step("a")), where)).evidence.not_sent == {"a": Said(Why.BUDGET_TOKENS)}


def test_a_risky_request_is_left_out_for_its_risk() -> None:
    where = target(parameters={"m-1": Parameters(stream_only=True)})

    assert Bench().run(probe(suite(step("a", risk=Risk.REFUSED)), where)).evidence.not_sent == {
        "a": Said(Why.NEEDS_FULL)
    }


def test_a_get_is_sent_to_a_model_that_only_streams() -> None:
    where = target(parameters={"m-1": Parameters(stream_only=True)})
    bench = Bench(worker=Inline())
    bench.run(probe(suite(replace(step("a"), method="GET")), where))

    assert sent(bench) == "a"

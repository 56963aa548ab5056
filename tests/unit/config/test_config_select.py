"""Narrowing a suite: which rules count, which requests they need, what happens to risky ones; and what it costs."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_samples import SHIPPED, TARGET, config, probe, write

from wnmon.config import load_suites, narrow, plan_spend, profiles_of, render
from wnmon.engine.costs import RunCost, worst_run
from wnmon.errors import ConfigError
from wnmon.model.check import Plan, Risk


def good() -> Plan:
    return load_suites(["builtin:good"], Path(), shipped=SHIPPED)[0]


def rules(plan: Plan) -> list[str]:
    return [rule.id[-1] for rule in plan.rules]


def steps(plan: Plan) -> list[str]:
    return [step.name for step in plan.steps]


def test_a_suite_holds_all_its_rules_and_requests_in_order() -> None:
    assert (rules(good()), steps(good())) == (list("123456"), ["completion", "second", "refused"])


def test_profiles_are_listed_in_order_of_appearance() -> None:
    assert profiles_of(good().rules) == ("documented", "plain")


@pytest.mark.parametrize(
    ("profiles", "only", "skip", "kept", "sent"),
    [
        ((), (), (), "12345", ["completion", "second", "refused"]),
        (("plain",), (), (), "16", ["completion", "second"]),
        (("documented", "plain"), (), (), "123456", ["completion", "second", "refused"]),
        ((), ("GOOD-001",), (), "1", ["completion"]),
        ((), ("GOOD-002",), (), "123", ["completion"]),
        ((), ("GOOD-002",), ("GOOD-001",), "23", ["completion"]),
        ((), ("GOOD-003",), (), "3", ["completion", "second", "refused"]),
        ((), ("GOOD-004",), (), "4", ["completion", "second"]),
        ((), ("*",), ("GOOD-00[1-4]",), "5", ["refused"]),
        ((), ("NONE-*",), (), "", []),
    ],
)
def test_only_what_counts_is_kept_and_sent(
    profiles: tuple[str, ...], only: tuple[str, ...], skip: tuple[str, ...], kept: str, sent: list[str]
) -> None:
    plan = narrow(good(), profiles=profiles, only=only, skip=skip)

    assert (rules(plan), steps(plan)) == (list(kept), sent)


def test_a_rule_on_several_requests_loses_the_risky_one() -> None:
    plan = narrow(good(), profiles=["plain"])

    assert plan.rules[-1].on.requests == ("second",)


def test_a_rule_on_risky_requests_alone_keeps_them_marked() -> None:
    plan = narrow(good())

    assert (plan.rules[-1].on.requests, plan.steps[-1].risk) == (("refused",), Risk.REFUSED)


def test_full_leaves_no_request_marked_risky() -> None:
    plan = narrow(good(), profiles=["plain"], full=True)

    assert (plan.rules[-1].on.requests, [step.risk for step in plan.steps]) == (("second", "refused"), [None] * 3)


def test_a_plan_costs_what_its_harmless_requests_cost() -> None:
    prompt = len("Reply with the single word: pong") + 16

    cost = worst_run(probe(narrow(good(), only=["GOOD-00[15]"])))
    assert cost == RunCost(requests=1, input_tokens=prompt, output_tokens=16)


def test_spend_is_counted_per_check_and_target_over_all_models(tmp_path: Path) -> None:
    text = """targets:
  a: {base_url: https://a.example, models: [m, n]}
  b: {base_url: https://b.example, models: [m]}
checks: {c: {prompt: abcd, request: {max_tokens: 10}, every: 1h}}
"""

    spend = plan_spend(config(tmp_path, text))

    assert [(row.target, row.requests_per_day, row.tokens_per_day) for row in spend.rows] == [
        ("a", 48, 48 * 30),
        ("b", 24, 24 * 30),
    ]
    assert spend.total().tokens_per_day == 72 * 30


def test_the_table_shows_days_months_totals_and_broken_budgets(tmp_path: Path) -> None:
    text = """targets:
  a: {base_url: https://a.example, models: [m], budget: {tokens_per_day: 100}}
  b: {base_url: https://b.example, models: [m], budget: {requests_per_day: 24}}
checks: {c: {prompt: abcd, request: {max_tokens: 10}, every: 1h}}
"""

    assert render(plan_spend(config(tmp_path, text))) == (
        "target  check  requests/day  tokens/day  requests/month  tokens/month\n"
        "a       c                24         720             720        21,600\n"
        "b       c                24         720             720        21,600\n"
        "a       total            24         720             720        21,600"
        "  over\n"
        "b       total            24         720             720        21,600\n"
        "all     total            48       1,440           1,440        43,200"
        "  over\n"
        "tokens are upper bounds: a relay usually bills fewer\n"
        "re-checks come on top: while a relay fails, up to 1 for each run, within the budget\n"
        "over budget.tokens_per_day of a: wnmon asks more rarely and leaves out what does not fit, see wnmon plan\n"
    )


def test_the_table_of_many_checks_shows_the_dearest(tmp_path: Path) -> None:
    checks = ", ".join(f"c{n}: {{prompt: {'a' * (n + 1)}}}" for n in range(22))

    lines = render(plan_spend(config(tmp_path, f"{TARGET}checks: {{{checks}}}"))).splitlines()

    assert (lines[1].split()[:2], lines[21].split()[:3], len(lines)) == (["wn", "c21"], ["…", "2", "more"], 25)


def test_a_rule_keeps_the_control_of_its_refusal() -> None:
    (plan,) = load_suites(["builtin:documented"], Path())

    assert steps(narrow(plan, only=["DOC-014"])) == ["completion", "completion_parts"]


def test_a_control_costs_nothing_beside_what_it_controls() -> None:
    (plan,) = load_suites(["builtin:documented"], Path())

    beside, alone = (worst_run(probe(narrow(plan, only=[rule]))) for rule in ("DOC-014", "DOC-001"))
    assert beside == alone


def test_a_control_that_is_no_request_is_refused_with_its_place(tmp_path: Path) -> None:
    text = """suite: s
requests: {ask: {prompt: hi}}
rules:
  R-001: {on: ask, levels: {p: MUST}, says: {en: x}, source: x, expect: {premise: {accepted: asc}, status: 200}}
"""
    with pytest.raises(
        ConfigError, match=r"s\.yaml:4:\d+ rules\.R-001\.expect\.premise\.accepted: unknown request, did you mean"
    ):
        load_suites([str(write(tmp_path, text, "s.yaml"))], tmp_path)


def test_the_table_says_nothing_of_rechecks_where_there_are_none(tmp_path: Path) -> None:
    never = "checks: {a: {prompt: a, confirm: {recheck: never}}, b: {prompt: a, confirm: {down: 1}}}"

    assert "re-checks" not in render(plan_spend(config(tmp_path, f"{TARGET}{never}")))

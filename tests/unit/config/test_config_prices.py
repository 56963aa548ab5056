"""`prices` and `allow_risk` of a target, and money in the table of costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from config_samples import config, probe, problems, target

from wnmon.config import load_suites, plan_spend, render
from wnmon.engine.costs import sure_cost
from wnmon.model.check import Risk
from wnmon.model.price import Price

BASE = "base_url: https://relay.example"


def usd(input_per_million: str, output_per_million: str) -> Price:
    return Price(
        currency="USD", input_per_million=Decimal(input_per_million), output_per_million=Decimal(output_per_million)
    )


def test_a_target_without_prices_has_none(tmp_path: Path) -> None:
    assert target(tmp_path, BASE).prices == {}


def test_one_price_holds_for_all_models(tmp_path: Path) -> None:
    found = target(tmp_path, f"{BASE}, prices: {{currency: USD, input: 2.5, output: 10}}")

    assert found.prices == {"a": usd("2.5", "10"), "b": usd("2.5", "10")}


def test_a_model_may_have_a_price_of_its_own(tmp_path: Path) -> None:
    prices = "{currency: USD, input: 1, output: 2, models: {b: {input: 0.15, output: 0.6}}}"

    assert target(tmp_path, f"{BASE}, prices: {prices}").prices == {"a": usd("1", "2"), "b": usd("0.15", "0.6")}


def test_without_a_price_for_all_only_the_named_models_have_one(tmp_path: Path) -> None:
    prices = "{currency: USD, models: {b: {input: 0.15, output: 0.6}}}"

    assert target(tmp_path, f"{BASE}, prices: {prices}").prices == {"b": usd("0.15", "0.6")}


def test_a_price_is_taken_as_it_is_written(tmp_path: Path) -> None:
    prices = target(tmp_path, f"{BASE}, prices: {{currency: USD, input: 0.1, output: 0.3}}").prices

    assert prices["a"].input_per_million * 3 == prices["a"].output_per_million


def resolved(folder: Path, prices: str) -> Mapping[str, Price]:
    return target(folder, f"{BASE}, prices: {prices}").prices


@pytest.mark.parametrize(
    ("prices", "a", "b"),
    [
        ("multiplier: 0.5", usd("0.5", "1"), usd("0.5", "1")),
        ("multiplier: 0.5, models: {b: {multiplier: 3}}", usd("0.5", "1"), usd("3", "6")),
        ("multiplier: 0.5, models: {b: {input: 8, output: 8}}", usd("0.5", "1"), usd("4", "4")),
        ("models: {b: {input: 8, output: 8, multiplier: 2}}", usd("1", "2"), usd("16", "16")),
        ("multiplier: 0", usd("0", "0"), usd("0", "0")),
    ],
)
def test_a_multiplier_is_the_models_own_or_else_that_of_all(prices: str, a: Price, b: Price, tmp_path: Path) -> None:
    assert resolved(tmp_path, f"{{currency: USD, input: 1, output: 2, {prices}}}") == {"a": a, "b": b}


def test_money_is_what_the_credit_was_bought_for(tmp_path: Path) -> None:
    prices = "{currency: USD, input: 1, output: 2, multiplier: 0.5, recharge: {currency: CNY, rate: 0.8}}"

    assert resolved(tmp_path, prices)["a"] == replace(usd("0.4", "0.8"), currency="CNY")


def test_a_model_may_cost_so_much_for_each_request_alone(tmp_path: Path) -> None:
    prices = "{currency: USD, input: 1, output: 2, multiplier: 2, models: {b: {per_request: 0.05}}}"

    assert resolved(tmp_path, prices)["b"] == replace(usd("0", "0"), per_request=Decimal("0.1"))


def test_a_request_may_cost_something_besides_its_tokens(tmp_path: Path) -> None:
    prices = "{currency: USD, input: 1, output: 2, per_request: 0.05}"

    assert resolved(tmp_path, prices)["b"] == replace(usd("1", "2"), per_request=Decimal("0.05"))


@pytest.mark.parametrize(
    ("prices", "said"),
    [
        ("{currency: USD}", "no price is given, add input and output, per_request, or models"),
        ("{currency: USD, multiplier: 2}", "no price is given, add input and output, per_request, or models"),
        (
            "{currency: USD, models: {a: {multiplier: 2}}}",
            "no price is given, add input and output, or per_request, here",
        ),
        ("{currency: USD, input: 1, output: 1, multiplier: -1}", "expected a number from 0 to 1000, not -1"),
        ("{currency: USD, input: 1, output: 1, multiplier: 1001}", "expected a number from 0 to 1000, not 1001"),
        ('{currency: USD, input: 1, output: 1, multiplier: "2"}', 'expected a number from 0 to 1000, not "2"'),
        ("{currency: USD, per_request: -1}", "expected a number from 0 to 1000000, not -1"),
        ("{currency: USD, per_request: 1, recharge: 0.8}", "expected a mapping with currency and rate, not 0.8"),
        ("{currency: USD, per_request: 1, recharge: {currency: CNY}}", 'missing key "rate", what one unit'),
        ("{currency: USD, per_request: 1, recharge: {rate: 1}}", 'missing key "currency", the currency of the prices'),
        ("{currency: USD, per_request: 1, recharge: {currency: ¥, rate: 1}}", 'letters such as USD, not "¥"'),
        ("{currency: USD, per_request: 1, recharge: {currency: CNY, rate: -1}}", "from 0 to 1000000, not -1"),
        ("{currency: USD, input: 1}", "input alone is no price, input and output go together"),
        ("{currency: USD, output: 1}", "output alone is no price, input and output go together"),
        ("{input: 1, output: 1}", 'missing key "currency", the currency of the prices'),
        ("{currency: U$, input: 1, output: 1}", 'expected a currency of at most 8 letters such as USD, not "U$"'),
        ("{currency: DOUBLOONS, input: 1, output: 1}", "expected a currency of at most 8 letters such as USD"),
        ("{currency: USD, input: -1, output: 1}", "expected a number from 0 to 1000000, not -1"),
        ("{currency: USD, input: 1, output: 1e9}", "expected a number from 0 to 1000000"),
        ('{currency: USD, input: "1", output: 1}', 'expected a number from 0 to 1000000, not "1"'),
        ("{currency: USD, models: {c: {input: 1, output: 1}}}", "unknown model, one of a, b"),
        ("{currency: USD, models: {a: {input: 1}}}", "input alone is no price, input and output go together"),
        ("{currency: USD, inputs: 1}", 'unknown key, did you mean "input"?'),
    ],
)
def test_a_price_that_is_none_is_refused(prices: str, said: str, tmp_path: Path) -> None:
    found = problems(tmp_path, f"targets:\n  wn: {{{BASE}, models: [a, b], prices: {prices}}}\n")

    assert [said in line for line in found] == [True], found


def test_a_target_allows_no_risk_of_itself(tmp_path: Path) -> None:
    assert target(tmp_path, BASE).allow_risk is False


@pytest.mark.parametrize("word", [True, False])
def test_a_target_may_allow_risk(word: bool, tmp_path: Path) -> None:
    assert target(tmp_path, f"{BASE}, allow_risk: {str(word).lower()}").allow_risk is word


@pytest.mark.parametrize(("more", "steps"), [("", True), (", step_down: true", True), (", step_down: false", False)])
def test_a_target_steps_down_unless_it_is_told_not_to(more: str, steps: bool, tmp_path: Path) -> None:
    assert target(tmp_path, f"{BASE}{more}").step_down is steps


def test_stepping_down_is_not_switched_off_by_a_word(tmp_path: Path) -> None:
    found = problems(tmp_path, f"targets:\n  wn: {{{BASE}, models: [a], step_down: off}}\n")

    assert ['expected true or false, not "off", write false' in line for line in found] == [True], found


def test_risk_is_not_allowed_by_a_word(tmp_path: Path) -> None:
    found = problems(tmp_path, f"targets:\n  wn: {{{BASE}, models: [a], allow_risk: yes}}\n")

    assert ['expected true or false, not "yes", write true' in line for line in found] == [True], found


# 20 input tokens (4 bytes and 16 for the message) and 10 output tokens, 24 times a day: 480 and 240.
CHECKS = "checks: {c: {prompt: abcd, request: {max_tokens: 10}, every: 1h}}\n"


def table(folder: Path, targets: str) -> str:
    return render(plan_spend(config(folder, f"targets:\n{targets}{CHECKS}")))


def test_the_table_shows_money_where_a_price_is_known(tmp_path: Path) -> None:
    target = "  a: {base_url: https://a.example, models: [m], prices: {currency: USD, input: 100, output: 1000}}\n"

    assert table(tmp_path, target) == (
        "target  check  requests/day  tokens/day   money/day  requests/month  tokens/month  money/month\n"
        "a       c                24         720  0.2880 USD             720        21,600     8.64 USD\n"
        "all     total            24         720  0.2880 USD             720        21,600     8.64 USD\n"
        "tokens and money are upper bounds: a relay usually bills fewer\n"
        "re-checks come on top: while a relay fails, up to 1 for each run, within the budget\n"
    )


def test_the_table_counts_what_each_request_costs(tmp_path: Path) -> None:
    target = "  a: {base_url: https://a.example, models: [m], prices: {currency: USD, per_request: 0.01}}\n"

    assert "0.2400 USD" in table(tmp_path, target)


def test_the_table_lines_up_in_chinese_too(tmp_path: Path) -> None:
    spend = plan_spend(config(tmp_path, f"targets:\n  a: {{base_url: https://a.example, models: [m]}}\n{CHECKS}"))

    assert render(spend, "zh") == (
        "target  check  请求/日  token/日  请求/月  token/月\n"
        "a       c           24       720      720    21,600\n"
        "全部    合计        24       720      720    21,600\n"
        "token 为上限：中转站的实际计费通常更少\n"
        "复查另计：中转站故障期间每次运行至多复查 1 次，不超出预算\n"
    )


def test_the_table_says_which_models_the_money_leaves_out(tmp_path: Path) -> None:
    targets = (
        "  a: {base_url: https://a.example, models: [m, n], "
        "prices: {currency: USD, models: {m: {input: 1, output: 1}}}}\n"
        "  b: {base_url: https://b.example, models: [o]}\n"
    )

    assert table(tmp_path, targets).endswith("no price is known for a/n, b/o\n")


def test_the_table_names_at_most_twenty_models_without_a_price(tmp_path: Path) -> None:
    models = ", ".join(f"m{n}" for n in range(23))
    prices = "prices: {currency: USD, models: {m0: {input: 1, output: 1}}}"

    assert table(tmp_path, f"  a: {{base_url: https://a.example, models: [{models}], {prices}}}\n").endswith(
        "a/m20 and 2 more\n"
    )


def test_the_table_adds_currencies_apart(tmp_path: Path) -> None:
    targets = "".join(
        f"  {name}: {{base_url: https://{name}.example, models: [m], "
        f"prices: {{currency: {currency}, input: 1000, output: 1000}}}}\n"
        for name, currency in (("a", "USD"), ("b", "CNY"))
    )

    assert "0.7200 USD + 0.7200 CNY" in table(tmp_path, targets)


SUITE = """
suite: mine
requests:
  limited: {prompt: abcd, request: {max_tokens: 10}, risk: refused}
  cut: {body: '{"messages": [', lint: off, risk: refused}
  get: {method: GET, body: "", lint: off, risk: refused}
  endless: {prompt: abcd, risk: long}
rules:
  MY-001: {on: limited, levels: {mine: MUST}, says: {en: one}, source: us, expect: {status: 4xx}}
"""


@pytest.mark.parametrize(
    ("step", "risk", "cost"),
    [
        ("limited", Risk.REFUSED, (20, 10, 0)),
        ("cut", Risk.REFUSED, (14, 0, 4096)),
        ("cut", None, (14, 4096, 0)),
        ("get", Risk.REFUSED, (0, 0, 0)),
        ("endless", Risk.LONG, (20, 4096, 0)),
    ],
)
def test_an_answer_to_what_must_be_refused_is_counted_apart_where_nothing_limits_it(
    step: str, risk: Risk | None, cost: tuple[int, int, int], tmp_path: Path
) -> None:
    (tmp_path / "mine.yaml").write_text(SUITE, encoding="utf-8")
    (plan,) = load_suites(["mine.yaml"], tmp_path)
    steps = {one.name: one for one in plan.steps}

    assert sure_cost(steps[step], probe(plan), risk) == cost

"""What a plan takes of each limit there is."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_samples import config

from wnmon.config import plan_spend
from wnmon.config.spend import Share
from wnmon.config.spend_table import amount_said, render_budgets

# 20 input tokens (4 bytes and 16 for the message) and 10 output tokens each time.
CHECK = "c: {prompt: abcd, request: {max_tokens: 10}, every: EVERY}"
PRICED = "prices: {currency: CNY, input: 1000, output: 1000}"


def shares(folder: Path, targets: str, *, over_all: str = "{}", every: str = "1h") -> list[Share]:
    text = f"budget: {over_all}\ntargets:\n{targets}checks: {{{CHECK.replace('EVERY', every)}}}\n"
    return [*plan_spend(config(folder, text)).shares]


def relay(name: str, more: str) -> str:
    return f"  {name}: {{base_url: https://{name}.example, models: [m], {more}}}\n"


@pytest.mark.parametrize(
    ("limit", "every", "planned"),
    [
        ("tokens_per_hour", "1h", 30),
        ("tokens_per_hour", "20m", 90),
        ("tokens_per_hour", "25m", 90),  # three slots may lie in one hour
        ("tokens_per_hour", "6h", 30),  # which is then the hour that is asked in
        ("tokens_per_day", "1h", 720),
        ("requests_per_day", "7m", 206),
        ("requests_per_month", "1d", 31),
    ],
)
def test_a_limit_is_held_against_the_most_that_one_period_may_cost(
    limit: str, every: str, planned: int, tmp_path: Path
) -> None:
    (share,) = shares(tmp_path, relay("a", f"budget: {{{limit}: 50}}"), every=every)

    assert share.planned == planned


def test_money_is_held_against_its_limit_in_billionths(tmp_path: Path) -> None:
    (share,) = shares(tmp_path, relay("a", f"budget: {{money_per_day: 1}}, {PRICED}"))

    assert (share.planned, share.limit.most, share.ratio) == (720_000_000, 10**9, 0.72)


def test_a_limit_of_a_key_is_for_all_targets_with_that_key(tmp_path: Path) -> None:
    same, other = "api_key: sk-0123456789abcdef", "api_key: sk-fedcba9876543210"
    targets = relay("a", f"{same}, key_budget: {{tokens_per_day: 1000}}") + relay("b", same) + relay("c", other)
    (share,) = shares(tmp_path, targets)

    assert (share.targets, share.planned, share.is_over) == (("a", "b"), 1440, True)


def test_a_limit_over_all_is_for_every_target(tmp_path: Path) -> None:
    targets = relay("a", "concurrency: 1") + relay("b", "concurrency: 1")
    (share,) = shares(tmp_path, targets, over_all="{requests_per_day: 48}")

    assert (share.targets, share.planned, share.is_over) == (("a", "b"), 48, False)


def test_each_target_has_a_limit_of_its_own(tmp_path: Path) -> None:
    targets = relay("a", "budget: {tokens_per_day: 9}") + relay("b", "budget: {tokens_per_day: 9}")

    assert [share.targets for share in shares(tmp_path, targets)] == [("a",), ("b",)]


BUDGETS = {
    "en": (
        "budget of             limit  plan, at most   share\na          tokens_per_day 9            720  8,000%  over\n"
    ),
    "zh": (
        "预算归属              上限  计划用量上限    占比\na         tokens_per_day 9           720  8,000%  超出\n"
    ),
}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_budgets_are_a_table_that_lines_up(lang: str, tmp_path: Path) -> None:
    text = f"targets:\n{relay('a', 'budget: {tokens_per_day: 9}')}checks: {{{CHECK.replace('EVERY', '1h')}}}\n"

    assert render_budgets(plan_spend(config(tmp_path, text)), lang) == BUDGETS[lang]


def test_where_a_table_is_too_wide_each_line_is_a_paragraph(tmp_path: Path) -> None:
    text = f"targets:\n{relay('a', 'budget: {tokens_per_day: 9}')}checks: {{{CHECK.replace('EVERY', '1h')}}}\n"

    assert render_budgets(plan_spend(config(tmp_path, text)), "en", 40) == (
        "a\n  limit tokens_per_day 9\n  plan, at most 720\n  share 8,000%\n  over\n"
    )


def test_without_a_budget_there_is_no_table(tmp_path: Path) -> None:
    text = f"targets:\n{relay('a', 'concurrency: 1')}checks: {{{CHECK.replace('EVERY', '1h')}}}\n"

    assert render_budgets(plan_spend(config(tmp_path, text))) == ""


@pytest.mark.parametrize(("limit", "said"), [("money_per_day: 1", "1.00 CNY"), ("tokens_per_day: 2000", "2,000")])
def test_a_limit_is_told_in_what_it_limits(limit: str, said: str, tmp_path: Path) -> None:
    (share,) = shares(tmp_path, relay("a", f"budget: {{{limit}}}, {PRICED}"))

    assert amount_said(share, share.limit.most) == said

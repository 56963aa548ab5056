"""`wnmon plan`: a table or a document, a complaint for each limit the plan is over, and an exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from wnmon.cli.plan import command
from wnmon.errors import WnmonError

CHECKS = "checks: {c: {prompt: abcd, request: {max_tokens: 10}, every: 1h}}\n"


def planned(folder: Path, more: str = "concurrency: 1", *options: str, checks: str = CHECKS) -> Result:
    """Plan a check of 24 requests and 720 tokens a day."""
    path = folder / "wnmon.yaml"
    path.write_text(f"targets: {{a: {{base_url: https://a.example, models: [m], {more}}}}}\n{checks}", "utf-8")
    return CliRunner().invoke(command, [str(path), "--lang", "en", *options], standalone_mode=False)


def document(folder: Path, more: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(planned(folder, more, "--json").stdout)
    return found


@pytest.mark.parametrize(
    ("budget", "options", "code"),
    [
        ("{}", [], 0),
        ("{tokens_per_day: 720}", [], 0),
        ("{tokens_per_day: 719}", [], 1),
        ("{tokens_per_day: 719}", ["--json"], 1),
        ("{tokens_per_day: 719}", ["--yes"], 0),
    ],
)
def test_the_exit_code_says_whether_the_plan_fits(budget: str, options: list[str], code: int, tmp_path: Path) -> None:
    assert planned(tmp_path, f"budget: {budget}", *options).return_value == code


def test_each_limit_that_the_plan_is_over_is_told(tmp_path: Path) -> None:
    done = planned(tmp_path, "budget: {tokens_per_day: 719, requests_per_hour: 1, tokens_per_month: 7}")

    assert done.stderr.splitlines() == [
        "over budget.tokens_per_day of a: up to 720 of 719",
        "over budget.tokens_per_month of a: up to 22,320 of 7",
    ]


def test_the_costs_of_the_document_are_per_day_and_month(tmp_path: Path) -> None:
    found = document(tmp_path, "prices: {currency: CNY, input: 100, output: 100}")

    assert found["total"] == {
        "day": {"requests": 24, "tokens": 720, "money": {"CNY": "0.072"}},
        "month": {"requests": 720, "tokens": 21600, "money": {"CNY": "2.16"}},
    }


def test_money_of_the_document_has_no_digits_that_no_price_has(tmp_path: Path) -> None:
    checks = CHECKS.replace("1h", "70s")
    done = planned(tmp_path, "prices: {currency: CNY, input: 100, output: 100}", "--json", checks=checks)

    assert json.loads(done.stdout)["total"]["day"]["money"] == {"CNY": "3.702857143"}


def test_the_document_says_what_each_budget_is_used_for(tmp_path: Path) -> None:
    found = document(tmp_path, "budget: {money_per_day: 0.1}, prices: {currency: CNY, input: 100, output: 100}")

    assert found["budgets"] == [
        {
            "scope": "target",
            "targets": ["a"],
            "unit": "money",
            "period": "day",
            "currency": "CNY",
            "limit": "0.1",
            "planned": "0.072",
            "share": 0.72,
        }
    ]


def test_a_key_that_is_not_here_is_no_reason_not_to_plan(tmp_path: Path) -> None:
    done = planned(tmp_path, "api_key: '${NO_SUCH_API_KEY}'")

    assert (done.return_value, "NO_SUCH_API_KEY is not set" in done.stderr) == (0, True)


def test_keys_that_are_not_here_are_not_the_same_key(tmp_path: Path) -> None:
    targets = "".join(
        f"  {name}: {{base_url: https://{name}.example, models: [m], api_key: '${{NO_{name}_API_KEY}}', "
        "key_budget: {tokens_per_day: 720}}\n"
        for name in "ab"
    )
    path = tmp_path / "wnmon.yaml"
    path.write_text(f"targets:\n{targets}{CHECKS}", "utf-8")

    assert CliRunner().invoke(command, [str(path)], standalone_mode=False).return_value == 0


def test_a_broken_file_is_refused(tmp_path: Path) -> None:
    done = planned(tmp_path, "budgets: {}")

    assert isinstance(done.exception, WnmonError)


def test_a_suite_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, ["builtin:documented"], standalone_mode=False)

    assert isinstance(done.exception, WnmonError)

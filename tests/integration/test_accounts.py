"""Relays of the reference that tell of themselves: what `wnmon balance` and `wnmon models` make of each."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from decimal import Decimal

import pytest
from account_relays import ENV, KEY, MODELS, invoke, relay
from click.testing import Result

from wnmon.app.account import ask
from wnmon.cli.balance import command as balance
from wnmon.cli.check import command as check
from wnmon.cli.models import command as models
from wnmon.config.named_target import named_by_options
from wnmon.engine.run import Run
from wnmon.mock.accounts import ACCOUNTS
from wnmon.wire.balance import balance_plan
from wnmon.wire.listing import models_plan


def told(*faults: str) -> Result:
    with relay(*faults) as running:
        return invoke(balance, ["--base-url", running.url])


BALANCES = {
    "balance-new-api": ("2.469134 USD", "the key", "/api/usage/token/"),
    "balance-low": ("0.001 USD", "the key", "/api/usage/token/"),
    "balance-unlimited": ("unlimited", "the key", "/api/usage/token/"),
    "balance-one-api": (
        "between 7.655 and 20 USD",
        "the key or the account, which the relay does not tell",
        "/v1/dashboard/billing/subscription",
    ),
    "balance-billing": (
        "75 CNY",
        "the key or the account, which the relay does not tell",
        "/v1/dashboard/billing/subscription",
    ),
    "balance-billing-root": (
        "4000 tokens",
        "the key or the account, which the relay does not tell",
        "/dashboard/billing/subscription",
    ),
    "balance-billing-unlimited": ("unlimited", "the key", "/v1/dashboard/billing/subscription"),
    "balance-sub2api": ("12.5 USD", "the account", "/v1/usage"),
    "balance-sub2api-exhausted": ("0 USD", "the key", "/v1/usage"),
    "balance-sub2api-unlimited": ("unlimited", "the key or the account, which the relay does not tell", "/v1/usage"),
}
UNKNOWN = {
    "balance-error-in-200": "an error with status 200: record not found",
    "dashboard": "an HTML page, API 管理后台",
    "litellm-errors": "litellm.BadRequestError",
}


@pytest.mark.parametrize("name", BALANCES)
def test_a_balance_is_told_as_the_relay_tells_it(name: str) -> None:
    remaining, scope, path = BALANCES[name]
    done = told(name)

    lines = [f"remaining  {remaining}", f"scope      {scope}", f"told by    GET {path}"]
    assert (done.exit_code, done.stdout.splitlines()) == (0, lines)


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_balance_that_nobody_tells_is_unknown(name: str) -> None:
    done = told(name)

    assert (done.exit_code, done.stdout.startswith("unknown: "), UNKNOWN[name] in done.stdout) == (3, True, True)


def test_every_balance_of_the_reference_has_its_wanted_answer() -> None:
    assert {name for name in ACCOUNTS if name.startswith("balance-")} <= {*BALANCES, *UNKNOWN}


def judged(name: str, least: str) -> Run:
    async def run(url: str) -> list[Run]:
        named = named_by_options(url, (), ["WNMON_API_KEY"], ENV, needs_model=False)
        return await ask(named, balance_plan(named.target.host, Decimal(least)))

    with relay(name) as running:
        return asyncio.run(run(running.url))[0]


@pytest.mark.parametrize(
    ("name", "outcome", "reason"),
    [
        ("balance-new-api", "passed", "ok"),
        ("balance-low", "failed", "balance"),
        ("balance-sub2api-exhausted", "failed", "balance"),
        ("balance-unlimited", "passed", "ok"),
        ("balance-one-api", "passed", "ok"),
        ("balance-error-in-200", "errored", "schema"),
    ],
)
def test_a_check_of_the_balance_finds_a_low_one(name: str, outcome: str, reason: str) -> None:
    result = judged(name, "1").result

    assert (result.outcome.value, result.reason.value) == (outcome, reason)


def test_amounts_are_exact_text_in_json() -> None:
    with relay("balance-one-api") as running:
        done = invoke(balance, ["--base-url", running.url, "--json"])

    (amount,) = json.loads(done.stdout)["amounts"]
    assert amount == {"unit": "USD", "remaining": None, "at_least": "7.655", "at_most": "20"}


def test_an_unknown_balance_is_json_too() -> None:
    with relay("balance-error-in-200") as running:
        done = invoke(balance, ["--base-url", running.url, "--json"])

    assert (done.exit_code, json.loads(done.stdout)["known"]) == (3, False)


def test_a_balance_costs_nothing() -> None:
    assert judged("balance-new-api", "1").spent_output_tokens == 0


def test_the_key_in_an_answer_is_not_shown() -> None:
    with relay("models-error-in-200", names=(KEY,)) as running, relay(names=("a", KEY)) as other:
        shown = [invoke(models, ["--base-url", one.url]).output for one in (running, other)]

    assert [KEY in text for text in shown] == [False, False]


def listed(*options: str, faults: tuple[str, ...] = (), names: tuple[str, ...] = MODELS) -> Result:
    with relay(*faults, names=names) as running:
        return invoke(models, ["--base-url", running.url, *options])


@pytest.mark.parametrize("faults", [(), ("models-google",), ("models-bare",)], ids=["openai", "google", "bare"])
def test_the_models_are_listed(faults: tuple[str, ...]) -> None:
    done = listed("--csv", faults=faults)

    assert (done.exit_code, [row[0] for row in csv.reader(io.StringIO(done.stdout))]) == (0, ["name", *MODELS])


@pytest.mark.parametrize(
    ("fault", "said"),
    [("models-error-in-200", "an error with status 200: no channel available"), ("500", "status 500")],
)
def test_models_that_cannot_be_listed_are_exit_3(fault: str, said: str) -> None:
    done = listed(faults=(fault,))

    assert (done.exit_code, said in done.stderr) == (3, True)


def test_a_page_of_models_is_told_as_one() -> None:
    assert "in pages" in listed(faults=("models-page",)).stdout


@pytest.mark.parametrize("name", ["=1+1", "+x", "-x", "@cf/meta"])
def test_no_name_is_a_formula_of_a_spreadsheet(name: str) -> None:
    assert f"\r\n'{name},".encode() in listed("--csv", names=(name,)).stdout_bytes


def test_nothing_is_asked_of_a_model_before_somebody_agrees() -> None:
    with relay() as running:
        done = invoke(models, ["--base-url", running.url, "--alive"])
        asked = [seen.path for seen in running.requests]

    assert (done.exit_code, asked) == (2, ["/v1/models"])


def test_the_cost_is_shown_first() -> None:
    assert "one for each model: 2, at most" in listed("--alive", "--yes").stderr


def test_each_model_is_asked_once() -> None:
    rows = json.loads(listed("--alive", "--yes", "--json").stdout)["models"]

    assert [(row["name"], row["state"], row["answered_as"]) for row in rows] == [
        (name, "alive", name) for name in MODELS
    ]


def test_of_a_model_asked_once_more_the_second_answer_is_shown() -> None:
    rows = json.loads(listed("--alive", "--yes", "--json", faults=("gpt-5",)).stdout)["models"]

    assert [(row["state"], row["message"], row["answered_as"]) for row in rows] == [
        ("alive", "", name) for name in MODELS
    ]


def test_a_missing_model_offers_the_list() -> None:
    with relay() as running:
        done = invoke(check, ["--base-url", running.url])

    assert (done.exit_code, "It offers gpt-4o-mini, text-embedding-3-small" in done.output) == (2, True)


@pytest.mark.parametrize("fault", ["models-error-in-200", "500"])
def test_a_missing_model_is_an_error_whatever_the_relay_says(fault: str) -> None:
    with relay(fault) as running:
        done = invoke(check, ["--base-url", running.url])

    assert (done.exit_code, "wnmon models" in done.output) == (2, True)


def test_a_dry_run_asks_nobody_for_a_missing_model() -> None:
    with relay() as running:
        invoke(check, ["--base-url", running.url, "--dry-run"])

    assert running.received == 0


def test_a_target_that_names_what_is_not_listed_is_found() -> None:
    async def run(url: str) -> list[Run]:
        named = named_by_options(url, (), ["WNMON_API_KEY"], ENV, needs_model=False)
        return await ask(named, models_plan(("gpt-4o-mini", "nobody")))

    with relay() as running:
        (run_,) = asyncio.run(run(running.url))

    assert (run_.result.outcome.value, str(run_.result.message)) == ("failed", "not listed by the relay: nobody")

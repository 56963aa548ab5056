"""What the word of a relay on itself comes to: its list of models, and what is left of the money."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from account_samples import PAGE, Relay, answers_of, asked_for_models, billing

from wnmon.judge.account import MAX_MISSING, amounts_said
from wnmon.judge.verdict import judge
from wnmon.model.check import Plan
from wnmon.model.exchange import Tls
from wnmon.model.result import Evidence, Finding, Layer, Outcome, Reason, Result
from wnmon.model.said import Said
from wnmon.wire.balance import Balance, Owner, balance_plan
from wnmon.wire.listing import models_plan

REFUSED = (401, '{"error":{"message":"bad key"}}', "application/json")
DISPLAYED: dict[str, Any] = {"display_in_currency": True}


def judged(plan: Plan, relay: Relay) -> Result:
    answers = answers_of(relay, plan)
    exchanges = tuple(answer.exchange for answer in answers)
    return judge(plan, Evidence(model="", nonce="", exchanges=exchanges), answers)


def decided(result: Result) -> tuple[str, str, str]:
    return result.outcome.value, result.reason.value, str(result.message)


def wallet(remaining: float, unit: str = "USD") -> Relay:
    return {"/v1/usage": {"mode": "unrestricted", "isValid": True, "remaining": remaining, "unit": unit}}


MODELS: dict[str, tuple[Relay, tuple[str, str, str]]] = {
    "all listed": ({"/v1/models": {"data": ["a", "b", "c"]}}, ("passed", "ok", "")),
    "as Google names them": ({"/v1/models": {"data": ["models/a", "models/b"]}}, ("passed", "ok", "")),
    "one missing": (
        {"/v1/models": {"data": ["a"]}},
        ("failed", "model_unavailable", "not listed by the relay: b"),
    ),
    "none listed": (
        {"/v1/models": {"data": None, "object": "list"}},
        ("failed", "model_unavailable", "not listed by the relay: a, b"),
    ),
    "one missing on a page": (
        {"/v1/models": {"data": ["a"], "has_more": True}},
        ("errored", "schema", "the relay lists its models in pages, and the first is without b"),
    ),
    "all missing on a page": (
        {"/v1/models": {"data": ["c"], "has_more": True}},
        ("errored", "schema", "the relay lists its models in pages, and the first is without a, b"),
    ),
    "all on a page": ({"/v1/models": {"data": ["a", "b"], "has_more": True}}, ("passed", "ok", "")),
    "a page of a web site": (
        {"*": PAGE},
        ("errored", "content_type", "status 200 with an HTML page, Console"),
    ),
    "a refused key": ({"*": REFUSED}, ("errored", "auth", "status 401: bad key")),
    "no connection": ({"*": (None, "", "")}, ("errored", "connect", "refused")),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_list_is_held_against_the_models_of_the_target(name: str) -> None:
    relay, wanted = MODELS[name]

    assert decided(judged(models_plan(("a", "b")), relay)) == wanted


def test_a_model_may_be_wanted_as_google_names_it() -> None:
    assert judged(models_plan(("models/a",)), {"/v1/models": {"data": ["a"]}}).outcome is Outcome.PASSED


def test_a_model_that_is_not_listed_is_told_with_the_answer_that_lacks_it() -> None:
    (finding,) = judged(models_plan(("a",)), {"/v1/models": {"data": ["c"]}}).findings

    assert finding == Finding(
        message=Said("model_not_listed", name="a"),
        expected=Said("a_listed_model", name="a"),
        actual=Said("absent"),
        step="models",
        reason=Reason.MODEL_UNAVAILABLE,
    )
    assert finding.exchange == 0


def test_each_model_that_is_not_listed_has_a_finding() -> None:
    result = judged(models_plan(("a", "b")), {"/v1/models": {"data": ["c"]}})

    assert [str(finding.message) for finding in result.findings] == [
        "the relay does not list the model a",
        "the relay does not list the model b",
    ]


def test_the_findings_end_somewhere() -> None:
    wanted = tuple(f"m{n}" for n in range(MAX_MISSING + 1))

    assert len(judged(models_plan(wanted), {"/v1/models": {"data": ["c"]}}).findings) == MAX_MISSING


BALANCES: dict[str, tuple[Relay, str, tuple[str, str, str]]] = {
    "enough": (wallet(5), "5", ("passed", "ok", "")),
    "nothing, and no minimum of anything": (wallet(0), "0", ("passed", "ok", "")),
    "too little": (
        wallet(4.99),
        "5",
        ("failed", "balance", "the balance is low: expected at least 5 left, got 4.99 USD"),
    ),
    "unlimited": (wallet(-1), "5", ("passed", "ok", "")),
    "a unit nobody told": (
        wallet(100, ""),
        "5",
        ("errored", "schema", "what remains cannot be held against min: 100 in a unit the relay does not tell"),
    ),
    "bounds above": (billing(20, 500, **DISPLAYED), "15", ("passed", "ok", "")),
    "bounds about": (
        billing(20, 500, **DISPLAYED),
        "15.01",
        ("errored", "schema", "whether min is left cannot be told: between 15 and 20 USD"),
    ),
    "bounds up to it": (
        billing(20, 500, **DISPLAYED),
        "20",
        ("errored", "schema", "whether min is left cannot be told: between 15 and 20 USD"),
    ),
    "bounds below": (
        billing(20, 500, **DISPLAYED),
        "20.01",
        ("failed", "balance", "the balance is low: expected at least 20.01 left, got between 15 and 20 USD"),
    ),
    "two purses, one full enough": (
        {
            "/user/balance": {
                "balance_infos": [
                    {"currency": "CNY", "total_balance": "1"},
                    {"currency": "USD", "total_balance": "9"},
                ]
            }
        },
        "5",
        ("passed", "ok", ""),
    ),
    "two purses, both low": (
        {
            "/user/balance": {
                "balance_infos": [
                    {"currency": "CNY", "total_balance": "1"},
                    {"currency": "USD", "total_balance": "2"},
                ]
            }
        },
        "5",
        ("failed", "balance", "the balance is low: expected at least 5 left, got 1 CNY and 2 USD"),
    ),
    "a refused key, which says nothing of it": (
        {"*": REFUSED},
        "5",
        ("errored", "http_4xx", "the balance is unknown: /api/usage/token/: status 401: bad key"),
    ),
    "a page of a web site": (
        {"*": PAGE},
        "5",
        (
            "errored",
            "content_type",
            "the balance is unknown: /api/usage/token/: status 200 with an HTML page, Console",
        ),
    ),
}


@pytest.mark.parametrize("name", BALANCES)
def test_a_balance_is_held_against_its_minimum(name: str) -> None:
    relay, least, wanted = BALANCES[name]

    assert decided(judged(balance_plan("relay.example", Decimal(least)), relay)) == wanted


def test_without_a_minimum_any_balance_will_do() -> None:
    assert judged(balance_plan("relay.example"), wallet(0, "")).outcome is Outcome.PASSED


def test_a_low_balance_is_a_finding() -> None:
    (finding,) = judged(balance_plan("relay.example", Decimal(5)), wallet(1)).findings

    assert (finding.reason, finding.exchange) == (Reason.BALANCE, 1)


def test_a_low_balance_is_told_of_the_last_request() -> None:
    plan, relay = balance_plan("relay.example", Decimal(21)), billing(20, 500, **DISPLAYED)
    (finding,) = judged(plan, relay).findings

    assert finding.step == answers_of(relay, plan)[-1].step


def test_a_result_tells_the_request_the_status_and_the_times_of_the_last_answer() -> None:
    plan, relay = models_plan(("a",)), {"/v1/models": {"data": ["a"]}}
    (last,) = answers_of(relay, plan)
    result = judged(plan, relay)

    assert (result.step, result.status, result.timing) == (last.step, 200, last.timing)


def test_a_result_tells_the_handshake_of_whichever_answer_had_one() -> None:
    bare, tls = asked_for_models({"data": ["a"]}), Tls(version="TLSv1.3", cipher="AES")
    shaken = replace(bare, exchange=replace(bare.exchange, tls=tls))
    result = judge(models_plan(("a",)), Evidence(model="", nonce="", exchanges=()), (bare, shaken, bare))

    assert result.tls == tls


def test_a_fault_of_the_way_has_its_layer() -> None:
    assert judged(models_plan(("a",)), {"*": (None, "", "")}).layer is Layer.NETWORK


@pytest.mark.parametrize("plan", [models_plan(("a",)), balance_plan("relay.example")], ids=["models", "balance"])
def test_of_nothing_sent_nothing_is_said(plan: Plan) -> None:
    result = judge(plan, Evidence(model="", nonce="", exchanges=()), ())

    assert (result.outcome, result.reason, result.message) == (Outcome.SKIPPED, Reason.OK, Said("nothing_sent"))


def test_of_what_was_not_sent_the_reason_is_said() -> None:
    unsent = Evidence(model="", nonce="", exchanges=(), not_sent={"models": "interrupted"})

    assert judge(models_plan(("a",)), unsent, ()).message == "interrupted"


def test_a_balance_without_a_limit_is_said_to_be_unlimited() -> None:
    assert str(amounts_said(Balance(endpoint="/v1/usage", owner=Owner.KEY, unlimited=True))) == "unlimited"

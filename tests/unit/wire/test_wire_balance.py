"""What is left, of every body an endpoint may give: the amount, its unit, whose it is; or why nobody knows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from account_samples import NOT_FOUND, PAGE, Relay, asked_for_balance, billing, new_api, status
from hypothesis import given
from hypothesis import strategies as st

from wnmon.model.check import Asks, Auth
from wnmon.model.result import Reason
from wnmon.model.said import Said
from wnmon.wire.balance import (
    UNKNOWN_UNIT,
    Amount,
    Balance,
    Owner,
    balance_plan,
    is_about_balance,
    read_balance,
    show_amount,
)
from wnmon.wire.opened import Untold, amount

SUB2API = {"mode": "unrestricted", "isValid": True, "unit": "USD"}
DISPLAYED: dict[str, Any] = {"display_in_currency": True}
LITELLM = (
    400,
    '{"error":{"message":"litellm.BadRequestError","type":"None","param":"None","code":"400"}}',
    "application/json",
)


def told(relay: Relay, host: str = "relay.example", base: str = "/v1") -> tuple[str, str]:
    """Return what remains with its unit, and whose it is; or why that is not known."""
    balance = read_balance(asked_for_balance(relay, host, base))
    if isinstance(balance, Untold):
        return "unknown", str(balance.why)
    shown = [f"{shown_bounds(one)} {one.unit}" for one in balance.amounts]
    return "unlimited" if balance.unlimited else " and ".join(shown), balance.owner.value


def shown_bounds(one: Amount) -> str:
    bounds = dict.fromkeys((show_amount(one.at_least), show_amount(one.at_most)))
    return "..".join(bounds)


BODIES: dict[str, tuple[Relay, str, str]] = {
    "sub2api, which says no more than that the key is valid": (
        {"/v1/usage": {"isValid": True, "remaining": 5}},
        f"5 {UNKNOWN_UNIT}",
        "unknown",
    ),
    "sub2api, which says no more than the mode of the key": (
        {"/v1/usage": {"mode": "unrestricted", "remaining": 5, "unit": "USD"}},
        "5 USD",
        "unknown",
    ),
    "sub2api beside a status that tells of units": (
        {
            "/v1/usage": {"mode": "unrestricted", "remaining": 5, "unit": "USD"},
            "/api/status": status(quota_per_unit=500000, quota_display_type="CNY"),
        },
        "5 USD",
        "unknown",
    ),
    "new-api, units of the site": (
        {"/api/usage/token/": new_api(total_available=1234567), "/api/status": status(quota_per_unit=500000)},
        "2.469134 USD",
        "key",
    ),
    "new-api, worth of a unit as a fraction": (
        {"/api/usage/token/": new_api(total_available=1), "/api/status": status(quota_per_unit=0.3)},
        "3.333333 USD",
        "key",
    ),
    "new-api that shows tokens": (
        {
            "/api/usage/token/": new_api(total_available=1234567),
            "/api/status": status(quota_per_unit=500000, quota_display_type="TOKENS"),
        },
        "1234567 tokens",
        "key",
    ),
    "new-api without a status": ({"/api/usage/token/": new_api(total_available=77)}, "77 quota", "key"),
    "new-api, a unit worth nothing": (
        {"/api/usage/token/": new_api(total_available=77), "/api/status": status(quota_per_unit=0)},
        "77 quota",
        "key",
    ),
    "new-api, a unit worth next to nothing": (
        {"/api/usage/token/": new_api(total_available=10**17), "/api/status": status(quota_per_unit=1e-9)},
        "100000000000000000 quota",
        "key",
    ),
    "new-api, a status that tells no worth": (
        {"/api/usage/token/": new_api(total_available=77), "/api/status": status()},
        "77 quota",
        "key",
    ),
    "new-api, a status that is a page": (
        {"/api/usage/token/": new_api(total_available=77), "/api/status": PAGE},
        "77 quota",
        "key",
    ),
    "new-api, overspent": (
        {"/api/usage/token/": new_api(total_available=-500), "/api/status": status(quota_per_unit=500000)},
        "-0.001 USD",
        "key",
    ),
    "new-api, unlimited": ({"/api/usage/token/": new_api(unlimited_quota=True, total_available=0)}, "unlimited", "key"),
    "new-api, an error in 200": (
        {"/api/usage/token/": {"success": False, "message": "无效的令牌"}, "*": PAGE},
        "unknown",
        "/api/usage/token/: an error with status 200: 无效的令牌",
    ),
    "new-api, data that is none": (
        {"/api/usage/token/": {"code": True, "message": "ok", "data": None}, "*": PAGE},
        "unknown",
        "/api/usage/token/: no balance in it",
    ),
    "sub2api, a wallet": ({"/v1/usage": {**SUB2API, "remaining": 12.5, "balance": 12.5}}, "12.5 USD", "account"),
    "sub2api, a key with a quota": (
        {"/v1/usage": {**SUB2API, "mode": "quota_limited", "remaining": 0.1, "quota": {"limit": 5}}},
        "0.1 USD",
        "key",
    ),
    "sub2api, exhausted": ({"/v1/usage": {**SUB2API, "remaining": 0}}, "0 USD", "unknown"),
    "sub2api, unlimited": ({"/v1/usage": {**SUB2API, "remaining": -1}}, "unlimited", "unknown"),
    "sub2api, a unit that is none": (
        {"/v1/usage": {**SUB2API, "remaining": 3, "unit": "U$D\n"}},
        "3 unknown",
        "unknown",
    ),
    "sub2api, a unit of twelve letters": (
        {"/v1/usage": {**SUB2API, "remaining": 3, "unit": "abcdefghijkl"}},
        "3 ABCDEFGHIJKL",
        "unknown",
    ),
    "sub2api, a unit of thirteen letters": (
        {"/v1/usage": {**SUB2API, "remaining": 3, "unit": "abcdefghijklm"}},
        "3 unknown",
        "unknown",
    ),
    "sub2api, a unit with blanks about it": (
        {"/v1/usage": {**SUB2API, "remaining": 3, "unit": " usd "}},
        "3 USD",
        "unknown",
    ),
    "sub2api, a redirect with a balance in it": (
        {"/v1/usage": (300, '{"mode":"x","remaining":3}', "application/json"), "*": PAGE},
        "unknown",
        "/v1/usage: status 300: redirects are not followed",
    ),
    "sub2api, a key that is not valid": (
        {"/v1/usage": {**SUB2API, "isValid": False, "remaining": 3}, "*": PAGE},
        "unknown",
        "/v1/usage: no balance in it",
    ),
    "usage of something else": ({"/v1/usage": {"remaining": 3}, "*": PAGE}, "unknown", "/v1/usage: no balance in it"),
    "billing of new-api in USD": (billing(100, 2500, quota_display_type="USD"), "75 USD", "unknown"),
    "billing of new-api in CNY": (billing(100, 2500, quota_display_type="CNY"), "75 CNY", "unknown"),
    "billing of new-api in tokens": (billing(5000, 100000, quota_display_type="TOKENS"), "4000 tokens", "unknown"),
    "billing of new-api in points": (billing(100, 2500, quota_display_type="CUSTOM"), "75 unknown", "unknown"),
    "billing of new-api in what is no word": (billing(100, 2500, quota_display_type=[1]), "75 unknown", "unknown"),
    "billing of one-api for a key with a last day": (
        billing(100, 2500, until=1900000000, **DISPLAYED),
        "75 USD",
        "key",
    ),
    "billing of one-api, of a key or an account": (billing(20, 1234.5, **DISPLAYED), "7.655..20 USD", "unknown"),
    "billing of one-api, of which nothing was used": (billing(20, 0, **DISPLAYED), "20 USD", "unknown"),
    "billing of one-api in quota": (billing(500, 0, display_in_currency=False), "500 quota", "unknown"),
    "billing of an account that used more than it has": (billing(5, 2000, **DISPLAYED), "-15..5 USD", "unknown"),
    "billing of a site that shows nothing": (billing(20, 500, until=1, system_name="x"), "15 unknown", "key"),
    "billing that says nothing of a last day": (
        {
            "/v1/dashboard/billing/subscription": {"hard_limit_usd": 20},
            "/v1/dashboard/billing/usage": {"total_usage": 500},
        },
        "15..20 unknown",
        "unknown",
    ),
    "billing without a status": (billing(20, 500, until=1900000000), "15 unknown", "key"),
    "billing without /v1": (
        billing(100, 2500, base="/dashboard/billing", quota_display_type="USD"),
        "75 USD",
        "unknown",
    ),
    "billing without a limit": (billing(100000000, 2500), "unlimited", "key"),
    "billing without a limit, as a fraction": (billing(100000000.0, 2500), "unlimited", "key"),
    "billing without its usage": (
        {**billing(20, 0), "/v1/dashboard/billing/usage": PAGE, "*": PAGE},
        "unknown",
        "/api/usage/token/: status 200 with an HTML page, Console",
    ),
    "billing with a usage that is none": (
        billing(20, "lots"),
        "unknown",
        "/v1/dashboard/billing/usage: no balance in it",
    ),
    "billing with an error in 200": (
        {
            "/v1/dashboard/billing/subscription": {"error": {"message": "quota error", "type": "upstream_error"}},
            "*": PAGE,
        },
        "unknown",
        "/v1/dashboard/billing/subscription: an error with status 200: quota error",
    ),
    "deepseek": (
        {"/user/balance": {"is_available": True, "balance_infos": [{"currency": "CNY", "total_balance": "110.00"}]}},
        "110 CNY",
        "account",
    ),
    "deepseek with two purses": (
        {
            "/user/balance": {
                "balance_infos": [
                    {"currency": "CNY", "total_balance": "1.50"},
                    {"currency": "USD", "total_balance": "0.00"},
                    "?",
                ]
            }
        },
        "1.5 CNY and 0 USD",
        "account",
    ),
    "deepseek with none": (
        {"/user/balance": {"balance_infos": []}, "*": PAGE},
        "unknown",
        "/user/balance: no balance in it",
    ),
    "moonshot, at a host of nobody's": (
        {"/v1/users/me/balance": {"data": {"available_balance": 49.58894}}},
        "49.58894 unknown",
        "account",
    ),
    "siliconflow, at a host of nobody's": (
        {"/v1/user/info": {"data": {"totalBalance": "88.88"}}},
        "88.88 unknown",
        "account",
    ),
    "openrouter, a key with a limit": (
        {"/v1/key": {"data": {"limit": 10, "limit_remaining": 2.25}}},
        "2.25 USD",
        "key",
    ),
    "openrouter, an account": (
        {
            "/v1/key": {"data": {"limit": None, "limit_remaining": None}},
            "/v1/credits": {"data": {"total_credits": 100.5, "total_usage": 25.75}},
        },
        "74.75 USD",
        "account",
    ),
    "openrouter, an account that is not told": (
        {"/v1/key": {"data": {"limit": None, "limit_remaining": None}}},
        "unlimited",
        "key",
    ),
    "openrouter, an account of which half is told": (
        {
            "/v1/key": {"data": {"limit": None}},
            "/v1/credits": {"data": {"total_credits": 100.5}},
        },
        "unlimited",
        "key",
    ),
    "openrouter, no key at all": (
        {"/v1/key": {"data": {"label": "x"}}, "*": PAGE},
        "unknown",
        "/v1/key: no balance in it",
    ),
    "a page for every path": ({"*": PAGE}, "unknown", "/api/usage/token/: status 200 with an HTML page, Console"),
    "nothing but unknown paths": ({}, "unknown", "/api/usage/token/: status 404: invalid_request_error: Invalid URL"),
    "errors as LiteLLM writes them": (
        {"*": LITELLM},
        "unknown",
        "/api/usage/token/: status 400: 400: litellm.BadRequestError",
    ),
    "a limit of rate": (
        {"/v1/usage": (429, '{"error":{"message":"slow down"}}', "application/json"), "*": PAGE},
        "unknown",
        "/v1/usage: status 429: slow down",
    ),
    "a refused key": (
        {"/v1/usage": (401, '{"error":{"message":"bad key"}}', "application/json"), "*": NOT_FOUND},
        "unknown",
        "/v1/usage: status 401: bad key",
    ),
    "a refused key after an answer that is no balance": (
        {
            "/api/usage/token/": {"data": {}},
            "/v1/usage": (401, '{"error":{"message":"bad key"}}', "application/json"),
            "*": PAGE,
        },
        "unknown",
        "/v1/usage: status 401: bad key",
    ),
    "no connection": ({"*": (None, "", "")}, "unknown", "/api/usage/token/: refused"),
    "text": (
        {"*": (200, "ok", "text/plain")},
        "unknown",
        "/api/usage/token/: neither JSON nor an event stream (text/plain)",
    ),
    "events": (
        {"*": (200, 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n', "text/event-stream")},
        "unknown",
        "/api/usage/token/: status 200 with stream",
    ),
    "a list": ({"*": (200, "[1]", "application/json")}, "unknown", "/api/usage/token/: no balance in it"),
    "an amount beyond all counting": (
        {"/v1/usage": (200, '{"mode":"x","remaining":1e99999999999999999999}', "application/json"), "*": PAGE},
        "unknown",
        "/v1/usage: no balance in it",
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_says_what_is_left(name: str) -> None:
    relay, remaining, whose = BODIES[name]

    assert told(relay) == (remaining, whose)


@pytest.mark.parametrize(
    ("host", "base", "relay", "remaining"),
    [
        ("api.moonshot.cn", "/v1", {"/v1/users/me/balance": {"data": {"available_balance": 1}}}, "1 CNY"),
        ("api.moonshot.ai", "/v1", {"/v1/users/me/balance": {"data": {"available_balance": 1}}}, "1 USD"),
        ("api.siliconflow.cn", "/v1", {"/v1/user/info": {"data": {"totalBalance": "1"}}}, "1 CNY"),
        ("openrouter.ai", "/api/v1", {"/api/v1/key": {"data": {"limit_remaining": 3}}}, "3 USD"),
        ("api.deepseek.com", "/v1", {"/user/balance": {"balance_infos": [{"total_balance": "1"}]}}, "1 unknown"),
    ],
)
def test_a_vendor_is_asked_at_its_own_endpoint_and_no_other(host: str, base: str, relay: Relay, remaining: str) -> None:
    answers = asked_for_balance(relay, host, base)

    assert (told(relay, host, base)[0], len(answers)) == (remaining, 1)


def test_a_relay_below_a_path_is_asked_below_it() -> None:
    balance = read_balance(asked_for_balance({"/hub/api/usage/token/": new_api(total_available=7)}, base="/hub/v1"))

    assert isinstance(balance, Balance)
    assert balance.endpoint == "/hub/api/usage/token/"


def test_the_status_of_a_site_is_asked_without_the_key() -> None:
    assert [step.auth for step in balance_plan("relay.example").steps if step.path == "../api/status"] == [Auth.NONE]


@pytest.mark.parametrize(
    ("relay", "asked"),
    [
        ({"/api/usage/token/": new_api(unlimited_quota=True)}, 1),
        ({"/api/usage/token/": new_api(total_available=1)}, 2),
        ({"/v1/usage": {**SUB2API, "remaining": 1}}, 2),
        (billing(1, 0), 5),
        (billing(100000000, 0), 3),
        ({"*": (None, "", "")}, 1),
    ],
    ids=[
        "unlimited",
        "quota and its unit",
        "sub2api",
        "billing, usage, unit",
        "billing without a limit",
        "nobody there",
    ],
)
def test_nothing_is_asked_that_would_tell_no_more(relay: Relay, asked: int) -> None:
    assert len(asked_for_balance(relay)) == asked


def test_a_limit_of_rate_is_told_as_one() -> None:
    untold = read_balance(asked_for_balance({"*": (429, "{}", "application/json")}))

    assert isinstance(untold, Untold)
    assert untold.reason is Reason.RATE_LIMITED


def test_of_no_answer_nothing_is_known() -> None:
    assert read_balance([]) == Untold(why=Said("nothing_sent"), reason=Reason.SCHEMA)


def test_a_stream_is_told_as_another_media_type() -> None:
    stream = (200, 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n', "text/event-stream")

    untold = read_balance(asked_for_balance({"*": stream}))

    assert isinstance(untold, Untold)
    assert untold.reason is Reason.CONTENT_TYPE


def test_a_quota_is_told_before_the_status_of_the_site_is() -> None:
    quota, _ = asked_for_balance({"/api/usage/token/": new_api(total_available=77)})

    balance = read_balance([quota])

    assert isinstance(balance, Balance)
    assert [one.unit for one in balance.amounts] == ["quota"]


@pytest.mark.parametrize(
    ("host", "is_deepseek"),
    [
        ("deepseek.com", True),
        ("API.DeepSeek.com:8443", True),
        ("notdeepseek.com", False),
        ("deepseek.com.relay.example", False),
    ],
)
def test_a_vendor_is_known_by_the_end_of_its_host(host: str, is_deepseek: bool) -> None:
    assert ([step.name for step in balance_plan(host).steps] == ["balance:deepseek"]) is is_deepseek


def test_a_balance_is_asked_for_without_a_body() -> None:
    asked = {(one.exchange.request.method, one.exchange.request.body) for one in asked_for_balance({})}

    assert asked == {("GET", b"")}


def test_a_plan_for_the_balance_says_so() -> None:
    assert balance_plan("relay.example").asks is Asks.BALANCE


def test_a_wallet_that_holds_no_amount_tells_nothing() -> None:
    assert told({"/v1/users/me/balance": {"data": {}}}, "api.moonshot.cn")[0] == "unknown"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ({"message": "no", "code": "insufficient_quota"}, Reason.BALANCE),
        ({"message": "Incorrect API key provided", "code": "invalid_api_key"}, Reason.AUTH),
        ({"message": "zq"}, Reason.SCHEMA),
    ],
)
def test_an_error_with_status_200_has_the_reason_of_its_cause(error: dict[str, str], reason: Reason) -> None:
    balance = read_balance(asked_for_balance({"/v1/usage": {"error": error}}))

    assert isinstance(balance, Untold)
    assert balance.reason is reason


def test_the_plan_knows_what_is_to_remain() -> None:
    assert balance_plan("relay.example", Decimal(5)).least == Decimal(5)


def test_a_step_of_this_plan_is_known_by_its_name() -> None:
    assert all(map(is_about_balance, asked_for_balance({})))


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (5, "5"),
        ("110.00", "110.00"),
        (Decimal("0.1"), "0.1"),
        (0, "0"),
        (True, None),
        (None, None),
        ("1_000", None),
        (" 5", None),
        ("NaN", None),
        ("1e5", None),
        ("٣", None),
        (Decimal("NaN"), None),
        (Decimal("1e18"), "1e18"),
        (Decimal("1e19"), None),
        (Decimal("1e-18"), "1e-18"),
        (Decimal("1e-19"), None),
        ("0" * 72, "0"),
        ("0" * 73, None),
        (10**80, None),
        ([], None),
    ],
)
def test_an_amount_is_a_number_or_money_in_text(value: Any, found: str | None) -> None:
    assert amount(value) == (None if found is None else Decimal(found))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("2.4691340", "2.469134"),
        ("100", "100"),
        ("0.00", "0"),
        ("1E+3", "1000"),
        ("0.1234567", "0.123457"),
        ("-0.5", "-0.5"),
    ],
)
def test_an_amount_is_shown_in_full(value: str, shown: str) -> None:
    assert show_amount(Decimal(value)) == shown


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["data", "remaining", "mode", "hard_limit_usd", "total_usage", "total_available", "error", "limit"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, JSON)
def test_no_body_breaks_the_reader(one: Any, other: Any) -> None:
    answers = asked_for_balance({"/v1/usage": other, "*": one} if not isinstance(one, tuple) else {})

    assert isinstance(read_balance(answers), Balance | Untold)


def test_a_key_with_a_last_day_owns_its_balance() -> None:
    balance = read_balance(asked_for_balance(billing(20, 500, until=1)))

    assert isinstance(balance, Balance)
    assert balance.owner is Owner.KEY


def test_what_a_relay_says_in_its_own_way_has_the_reason_of_its_answer() -> None:
    balance = read_balance(asked_for_balance({"/v1/usage": {"code": 5001, "message": "zq"}}))

    assert isinstance(balance, Untold)
    assert balance.reason is Reason.SCHEMA

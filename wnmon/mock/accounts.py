"""What relays say of themselves beside chat completions, by name: balances, lists of models, errors. Pure.

Each is a legal habit, so no rule of a suite may fail on it; `wnmon balance` and `wnmon models` are what they are for.
"""

from __future__ import annotations

from collections.abc import Mapping

from wnmon.mock.fault import Answer, ApiCall, FaultKind, Hook, JsonAnswer, MockFault
from wnmon.model.json import Json, JsonObject

UNIT = 500_000
"""Units of quota a dollar is worth, as new-api and one-api come."""

_BILLING = "/v1/dashboard/billing"
_NEW_API: JsonObject = {"version": "v0.9.9", "quota_per_unit": UNIT, "quota_display_type": "USD"}
_ONE_API: JsonObject = {"version": "v0.6.11", "quota_per_unit": UNIT, "display_in_currency": True}
_WALLET: JsonObject = {"mode": "unrestricted", "isValid": True, "planName": "钱包余额", "unit": "USD"}
_OPEN = frozenset({"/api/status"})
"""Paths that need no key, and get none."""


def _telling(bodies: Mapping[str, Json]) -> Hook[Answer]:
    """Answer these paths to who has a key, where a right relay knows none of them."""

    def told(call: ApiCall, answer: Answer) -> Answer:
        body = bodies.get(call.head.path)
        if call.head.method != "GET" or not isinstance(body, dict):
            return answer
        is_right = call.key != "" and (not call.settings.strict or call.key == call.settings.key)
        if is_right != (call.head.path in _OPEN):
            return JsonAnswer(value=body)
        return JsonAnswer(value={"success": False, "message": "无效的令牌"}, status=401)

    return told


def _status(data: JsonObject) -> dict[str, Json]:
    return {"/api/status": {"success": True, "message": "", "data": data}}


def _quota(site: JsonObject, **data: Json) -> dict[str, Json]:
    usage: JsonObject = {"object": "token_usage", "name": "key", "unlimited_quota": False, "expires_at": 0, **data}
    return {"/api/usage/token/": {"code": True, "message": "ok", "data": usage}, **_status(site)}


def _billing(limit: float, cents: float, site: JsonObject, base: str = _BILLING) -> dict[str, Json]:
    limits: JsonObject = dict.fromkeys(("soft_limit_usd", "hard_limit_usd", "system_hard_limit_usd"), limit)
    subscription: JsonObject = {"object": "billing_subscription", "has_payment_method": True, "access_until": 0}
    usage: JsonObject = {"object": "list", "total_usage": cents}
    return {f"{base}/subscription": {**subscription, **limits}, f"{base}/usage": usage, **_status(site)}


def _error_in_200(call: ApiCall, answer: Answer) -> Answer:
    if not any(part in call.head.path for part in ("/usage", "/billing/", "/balance")):
        return answer
    error: JsonObject = {"message": "record not found", "type": "upstream_error", "param": "", "code": None}
    return JsonAnswer(value={"error": error})


def _listing(value: JsonObject) -> Hook[Answer]:
    """Answer the list of models with this one."""
    return lambda call, answer: JsonAnswer(value=value) if call.chat is None else answer


def _google_list(call: ApiCall, answer: Answer) -> Answer:
    models: list[Json] = [{"name": f"models/{model}", "displayName": model} for model in call.settings.models]
    return JsonAnswer(value={"models": models}) if call.chat is None else answer


def _bare_list(call: ApiCall, answer: Answer) -> Answer:
    names: list[Json] = [*call.settings.models]
    return JsonAnswer(value={"success": True, "data": names}) if call.chat is None else answer


def _litellm(_: ApiCall, error: JsonObject) -> JsonObject:
    """Word an error as LiteLLM's proxy does: its exception's name in front, and text where nothing is."""
    inner = error.get("error")
    if not isinstance(inner, dict):
        return error
    message = f"litellm.BadRequestError: OpenAIException - {inner.get('message')}. Received Model Group=gpt-4o-mini"
    return {"error": {**inner, "message": message}}


def _persona(says: str, bodies: Mapping[str, Json]) -> MockFault:
    return MockFault(says=says, kind=FaultKind.RELAY, refused=_telling(bodies))


ACCOUNTS: dict[str, MockFault] = {
    "balance-new-api": _persona(
        "new-api tells the key's quota in units of the site, 2.47 USD", _quota(_NEW_API, total_available=1_234_567)
    ),
    "balance-low": _persona(
        "new-api tells a quota that is used up but for 0.001 USD", _quota(_NEW_API, total_available=500)
    ),
    "balance-unlimited": _persona(
        "new-api tells that the key has no limit", _quota(_NEW_API, total_available=0, unlimited_quota=True)
    ),
    "balance-error-in-200": MockFault(
        says="whoever asks for a balance gets an error envelope with 200", kind=FaultKind.RELAY, refused=_error_in_200
    ),
    "balance-one-api": _persona(
        "one-api's billing tells a limit and what was used, and not whether that is gone from it",
        _billing(20, 1234.5, _ONE_API),
    ),
    "balance-billing": _persona(
        "new-api's billing alone, in CNY", _billing(100, 2500, {**_NEW_API, "quota_display_type": "CNY"})
    ),
    "balance-billing-root": _persona(
        "new-api's billing in tokens, and not below /v1",
        _billing(5000, 100_000, {**_NEW_API, "quota_display_type": "TOKENS"}, "/dashboard/billing"),
    ),
    "balance-billing-unlimited": _persona(
        "one-api's billing of a key without a limit", _billing(100_000_000, 5, _ONE_API)
    ),
    "balance-sub2api": _persona(
        "sub2api tells a wallet", {"/v1/usage": {**_WALLET, "remaining": 12.5, "balance": 12.5}}
    ),
    "balance-sub2api-exhausted": _persona(
        "sub2api tells a key with nothing left, and calls it valid",
        {"/v1/usage": {**_WALLET, "mode": "quota_limited", "remaining": 0, "quota": {"limit": 5, "used": 5}}},
    ),
    "balance-sub2api-unlimited": _persona(
        "sub2api writes -1 for no limit", {"/v1/usage": {**_WALLET, "remaining": -1}}
    ),
    "models-google": MockFault(
        says="the models are listed as Google's own API does", kind=FaultKind.RELAY, answer=_google_list
    ),
    "models-bare": MockFault(
        says="the models are listed by nothing but their names", kind=FaultKind.RELAY, answer=_bare_list
    ),
    "models-page": MockFault(
        says="the models are listed in pages",
        kind=FaultKind.RELAY,
        answer=_listing({"object": "list", "data": [{"id": "claude-3-5-sonnet-20241022"}], "has_more": True}),
    ),
    "models-error-in-200": MockFault(
        says="the list of models is an error in 200",
        kind=FaultKind.RELAY,
        answer=_listing({"error": {"message": "no channel available", "type": "new_api_error"}}),
    ),
    "litellm-errors": MockFault(
        says="errors are worded as LiteLLM's proxy does", kind=FaultKind.PERSONA, error=_litellm
    ),
}

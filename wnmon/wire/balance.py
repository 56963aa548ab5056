"""What is left of a key's or an account's money, by the endpoints that relays have for it, asked in this order:

    endpoint                            what it tells                            traps
    ----------------------------------  ---------------------------------------  --------------------------------------
    new-api  /api/usage/token/          the key's quota, in units of the site    unlimited_quota
    sub2api  /v1/usage                  what remains, and its unit               -1 is unlimited; `isValid` stays true
                                                                                 when nothing is left
    one-api  /v1/dashboard/billing/     a limit, and cents used since ever,      100000000 is unlimited; "usd" may be
             and without /v1            each from an endpoint of its own         CNY, tokens or quota; the limit may be
                                                                                 what remains
    OpenRouter, Moonshot, SiliconFlow,  their own
    DeepSeek
    of units  /api/status               what a unit of the site is               needs no key, and gets none

A vendor's own come first at its own host. An endpoint is asked only while those before it told nothing. What is not
told is said to be unknown, never guessed: of one-api's billing both readings are kept where nothing tells them apart,
since for an account (not for a key) its limit is what remains already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from urllib.parse import urlsplit

from wnmon.model.check import Asks, Auth, Plan, Step
from wnmon.model.json import JsonObject
from wnmon.model.result import Reason
from wnmon.model.said import Said
from wnmon.wire.answer import Answer
from wnmon.wire.opened import Untold, amount, opened, without

UNLIMITED = 100_000_000
"""What one-api and new-api write as the limit of a key without one."""
QUOTA, TOKENS, UNKNOWN_UNIT = "quota", "tokens", "unknown"
UNITS_WITHOUT_WORTH = frozenset({QUOTA, UNKNOWN_UNIT})
"""Amounts in them cannot be held against a minimum: nobody said what they are worth."""
_STEP = "balance:"
_STATUS = f"{_STEP}status"
_CENTS = 100
_MAX_UNIT_CHARS = 12
_MAX_CURRENCIES = 8


class Owner(StrEnum):
    """Whose balance it is."""

    KEY = "key"
    ACCOUNT = "account"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """What remains, in a unit; between both bounds where the relay does not tell more."""

    unit: str
    at_least: Decimal
    at_most: Decimal

    @property
    def remaining(self) -> Decimal | None:
        """Return what remains, None where only bounds of it are known."""
        return self.at_least if self.at_least == self.at_most else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What remains, and the path that told it. Without a limit there is no amount."""

    endpoint: str
    owner: Owner
    amounts: tuple[Amount, ...] = ()
    unlimited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What an endpoint told. `pending`: the second question of its endpoint is to be asked too.

    `units`: amounts count what the site's status defines, be it quota or what its billing calls "usd".
    """

    owner: Owner
    amounts: tuple[Amount, ...] = ()
    unlimited: bool = False
    pending: bool = False
    units: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One way to ask; paths are relative to that of `/chat/completions`. `read` is told the host too.

    `second`: the path of a further question, whose answer `join` puts to what the first one told. `hosts`: where it is
    the vendor's own, asked first.
    """

    name: str
    path: str
    read: Callable[[JsonObject, str], _Told | None]
    second: str | None = None
    join: Callable[[_Told, JsonObject], _Told | None] = lambda told, _: told
    hosts: tuple[str, ...] = ()


def _exactly(unit: str, remaining: Decimal) -> tuple[Amount, ...]:
    return (Amount(unit=unit, at_least=remaining, at_most=remaining),)


def _members(value: JsonObject, name: str) -> JsonObject:
    member = value.get(name)
    return member if isinstance(member, dict) else {}


def _unit(value: object) -> str:
    """Return a currency as the relay names it, in capitals, fit to be a label."""
    word = value.strip() if isinstance(value, str) else ""
    return word.upper() if word.isascii() and word.isalnum() and len(word) <= _MAX_UNIT_CHARS else UNKNOWN_UNIT


def _token_usage(value: JsonObject, _: str) -> _Told | None:
    data = _members(value, "data")
    if data.get("unlimited_quota") is True:
        return _Told(owner=Owner.KEY, unlimited=True)
    left = amount(data.get("total_available"))
    return None if left is None else _Told(owner=Owner.KEY, amounts=_exactly(QUOTA, left), units=True)


def _sub2api(value: JsonObject, _: str) -> _Told | None:
    """Read a key with a quota of its own, or the wallet behind one without; of a key that is not valid nothing."""
    left = amount(value.get("remaining"))
    if left is None or value.get("isValid") is False or not ("isValid" in value or "mode" in value):
        return None
    owner = Owner.KEY if "quota" in value else Owner.ACCOUNT if "balance" in value else Owner.UNKNOWN
    if left == -1:
        return _Told(owner=owner, unlimited=True)
    return _Told(owner=owner, amounts=_exactly(_unit(value.get("unit")), left))


def _limit(value: JsonObject, _: str) -> _Told | None:
    """Read the limit of one-api's billing. Only a key has a last day, so one with such a day is the key's."""
    limit = amount(value.get("hard_limit_usd"))
    if limit is None:
        return None
    if limit == UNLIMITED:
        return _Told(owner=Owner.KEY, unlimited=True)
    owner = Owner.KEY if (amount(value.get("access_until")) or 0) > 0 else Owner.UNKNOWN
    return _Told(owner=owner, amounts=_exactly(UNKNOWN_UNIT, limit), pending=True, units=True)


def _less_used(told: _Told, value: JsonObject) -> _Told | None:
    cents = amount(value.get("total_usage"))
    if cents is None:
        return None
    (limit,) = told.amounts
    left = limit.at_least - cents / _CENTS
    at_most = left if told.owner is Owner.KEY else limit.at_most
    return replace(told, amounts=(replace(limit, at_least=min(left, at_most), at_most=at_most),))


def _openrouter_key(value: JsonObject, _: str) -> _Told | None:
    """Read the limit of the key itself. Without one the credits of the account are what remains."""
    data = _members(value, "data")
    left = amount(data.get("limit_remaining"))
    if left is not None:
        return _Told(owner=Owner.KEY, amounts=_exactly("USD", left))
    is_unlimited = "limit" in data and data["limit"] is None
    return _Told(owner=Owner.KEY, unlimited=True, pending=True) if is_unlimited else None


def _openrouter_credits(told: _Told, value: JsonObject) -> _Told:
    data = _members(value, "data")
    bought, used = amount(data.get("total_credits")), amount(data.get("total_usage"))
    if bought is None or used is None:
        return told
    return _Told(owner=Owner.ACCOUNT, amounts=_exactly("USD", bought - used))


def _moonshot(value: JsonObject, host: str) -> _Told | None:
    return _wallet(_members(value, "data").get("available_balance"), host)


def _siliconflow(value: JsonObject, host: str) -> _Told | None:
    return _wallet(_members(value, "data").get("totalBalance"), host)


def _wallet(left: object, host: str) -> _Told | None:
    """Read what an account has with a vendor of two houses, whose currency its host tells."""
    found = amount(left)
    unit = next((unit for end, unit in _CURRENCIES.items() if host.endswith(end)), UNKNOWN_UNIT)
    return None if found is None else _Told(owner=Owner.ACCOUNT, amounts=_exactly(unit, found))


_CURRENCIES = {".moonshot.cn": "CNY", ".moonshot.ai": "USD", ".siliconflow.cn": "CNY", ".siliconflow.com": "USD"}


def _deepseek(value: JsonObject, _: str) -> _Told | None:
    """Read a purse in each currency."""
    infos = value.get("balance_infos")
    purses: dict[str, Decimal] = {}
    for info in infos[:_MAX_CURRENCIES] if isinstance(infos, list) else ():
        if isinstance(info, dict) and (left := amount(info.get("total_balance"))) is not None:
            purses[_unit(info.get("currency"))] = left
    amounts = tuple(Amount(unit=unit, at_least=left, at_most=left) for unit, left in purses.items())
    return _Told(owner=Owner.ACCOUNT, amounts=amounts) if amounts else None


_BILLING = "dashboard/billing/"
ENDPOINTS = (
    Endpoint(name="new-api", path="../api/usage/token/", read=_token_usage),
    Endpoint(name="sub2api", path="usage", read=_sub2api),
    Endpoint(name="billing", path=f"{_BILLING}subscription", read=_limit, second=f"{_BILLING}usage", join=_less_used),
    Endpoint(
        name="billing-root",
        path=f"../{_BILLING}subscription",
        read=_limit,
        second=f"../{_BILLING}usage",
        join=_less_used,
    ),
    Endpoint(
        name="openrouter",
        path="key",
        read=_openrouter_key,
        second="credits",
        join=_openrouter_credits,
        hosts=("openrouter.ai",),
    ),
    Endpoint(name="moonshot", path="users/me/balance", read=_moonshot, hosts=("moonshot.cn", "moonshot.ai")),
    Endpoint(name="siliconflow", path="user/info", read=_siliconflow, hosts=("siliconflow.cn", "siliconflow.com")),
    Endpoint(name="deepseek", path="../user/balance", read=_deepseek, hosts=("deepseek.com",)),
)


def balance_plan(host: str, least: Decimal | None = None) -> Plan:
    """Return the plan that asks a relay at this host for the balance, of which `least` is to remain."""
    name = host.partition(":")[0].lower()
    own = [one for one in ENDPOINTS if any(name == end or name.endswith(f".{end}") for end in one.hosts)]
    steps = [step for one in own or ENDPOINTS for step in _steps(one)]
    status = () if own else (_get(_STATUS, "../api/status", Auth.NONE),)
    return Plan(steps=(*steps, *status), asks=Asks.BALANCE, least=least)


def _steps(endpoint: Endpoint) -> Iterator[Step]:
    yield _get(_first(endpoint), endpoint.path)
    if endpoint.second is not None:
        yield _get(_second(endpoint), endpoint.second)


def _get(name: str, path: str, auth: Auth = Auth.NORMAL) -> Step:
    return Step(name=name, body={}, raw_body="", method="GET", path=path, auth=auth)


def _first(endpoint: Endpoint) -> str:
    return _STEP + endpoint.name


def _second(endpoint: Endpoint) -> str:
    return f"{_STEP}{endpoint.name}-2"


def is_about_balance(answer: Answer) -> bool:
    """Tell whether an answer is to a step of this plan; steps of a configuration have no colon in their names."""
    return answer.step.startswith(_STEP)


def is_needed(step: str, answers: Sequence[Answer]) -> bool:
    """Tell whether a step of the plan has more to tell than those before it have."""
    if answers and answers[-1].exchange.status is None:
        return False
    got = {answer.step: answer for answer in answers}
    told = next((told for one in ENDPOINTS if isinstance(told := _told(one, got), _Told)), None)
    if step == _STATUS:
        return told is not None and told.units
    if any(step == _second(one) for one in ENDPOINTS):
        return any(
            isinstance(begun := _begun(one, got), _Told) and begun.pending for one in ENDPOINTS if _second(one) == step
        )
    return told is None


def read_balance(answers: Sequence[Answer]) -> Balance | Untold:
    """Return what the answers tell of a balance, or why they tell nothing. Never raises."""
    got = {answer.step: answer for answer in answers}
    untold: list[Untold] = []
    for endpoint in ENDPOINTS:
        told = _told(endpoint, got)
        if isinstance(told, _Told):
            amounts = told.amounts if not told.units else tuple(_in_money(one, got) for one in told.amounts)
            return Balance(
                endpoint=_path(got[_first(endpoint)]), owner=told.owner, amounts=amounts, unlimited=told.unlimited
            )
        if told is not None:
            untold.append(told)
    nothing = Untold(why=Said("nothing_sent"), reason=Reason.SCHEMA)
    return min(untold, key=lambda one: _TELLING.get(one.reason, 0), default=nothing)


# The less an answer says of the key, the later it is quoted: a path that nobody knows says nothing.
_TELLING = {Reason.SCHEMA: 1, Reason.HTTP_4XX: 2, Reason.CONTENT_TYPE: 3}


def _told(endpoint: Endpoint, got: Mapping[str, Answer]) -> _Told | Untold | None:
    """Return what an endpoint told with both its answers, None where it was not asked."""
    told = _begun(endpoint, got)
    if not isinstance(told, _Told) or not told.pending:
        return told
    second = got.get(_second(endpoint))
    value = opened(second) if second is not None else None
    joined = endpoint.join(told, value if isinstance(value, dict) else {})
    if joined is not None:
        return joined
    last = got[_first(endpoint)] if second is None else second
    return _at(last, value if isinstance(value, Untold) else without(_NOTHING, last))


def _begun(endpoint: Endpoint, got: Mapping[str, Answer]) -> _Told | Untold | None:
    answer = got.get(_first(endpoint))
    if answer is None:
        return None
    value = opened(answer)
    if isinstance(value, Untold):
        return _at(answer, value)
    host = urlsplit(answer.exchange.request.url).hostname or ""
    told = endpoint.read(value, host) if isinstance(value, dict) else None
    return told or _at(answer, without(_NOTHING, answer))


_NOTHING = Said("no_balance_in_it")


def _at(answer: Answer, untold: Untold) -> Untold:
    return replace(untold, why=Said("reason", kind=_path(answer), said=untold.why))


def _path(answer: Answer) -> str:
    return urlsplit(answer.exchange.request.url).path


def _in_money(one: Amount, got: Mapping[str, Answer]) -> Amount:
    """Return an amount in what the site's status says of its units.

    Who tells `quota_display_type` is new-api, whose limit is what was granted, be it for a key or an account.
    """
    value = opened(got[_STATUS]) if _STATUS in got else None
    status = _members(value, "data") if isinstance(value, dict) else {}
    shown = status.get("quota_display_type")
    if one.unit == QUOTA:
        if shown == "TOKENS":
            return replace(one, unit=TOKENS)
        worth = amount(status.get("quota_per_unit")) or Decimal(0)
        money = amount(one.at_least / worth) if worth > 0 else None
        return one if money is None else Amount(unit="USD", at_least=money, at_most=money)
    if shown is not None:
        unit = _BILLED.get(shown, UNKNOWN_UNIT) if isinstance(shown, str) else UNKNOWN_UNIT
        return Amount(unit=unit, at_least=one.at_least, at_most=one.at_least)
    in_currency = status.get("display_in_currency")
    return replace(one, unit="USD" if in_currency is True else QUOTA if in_currency is False else one.unit)


_BILLED = {"USD": "USD", "CNY": "CNY", "TOKENS": TOKENS}


def show_amount(value: Decimal) -> str:
    """Return an amount in full, to a millionth."""
    text = f"{value.quantize(_MILLIONTH):f}"
    return text.rstrip("0").rstrip(".")


_MILLIONTH = Decimal("0.000001")

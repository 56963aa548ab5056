"""A target of the YAML -> Target. Nothing here quotes a key, a password or what a variable holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TypeVar

from wnmon.config.budgets import read_budget
from wnmon.config.environment import fill, telling_values
from wnmon.config.headers import complaint_of_auth_header, target_headers
from wnmon.config.key_file import KeyFile
from wnmon.config.labels import read_labels
from wnmon.config.maintenance import read_pause
from wnmon.config.node import Cursor, quote
from wnmon.config.parameters import read_parameters
from wnmon.config.reached import proxied, trusted
from wnmon.config.schema import fits, sound
from wnmon.config.transports import read_transport, speaks_http2
from wnmon.config.urls import BadUrl, Relay, relay
from wnmon.errors import UsageError, did_you_mean
from wnmon.model.credentials import is_no_name
from wnmon.model.pace import Pace
from wnmon.model.placeholders import is_placeholder
from wnmon.model.price import Price
from wnmon.model.said import Said
from wnmon.model.target import MIN_SECRET_CHARS, Secret, Target, Waiver

# One header value of visible ASCII; RFC 6750 section 2.1 allows less, relays hand out more.
_KEY = re.compile(r"[!-~]+", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)
_OPEN = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*:-\}")
_PACES = ("requests_per_minute", "tokens_per_minute")
_Read = TypeVar("_Read")


def read_target(name: str, place: Cursor, env: Mapping[str, str], key_in: KeyFile) -> Target | None:
    """Return the target at `place`, None (with every problem it has) when it cannot be used.

    `key_in` reads the file of a key.
    """
    before = len(place.problems)
    if not fits("target", place):
        place = sound("target", place)
    where = _url(place.get("base_url"), env, relay) or Relay(url="", host="")
    models = place.texts_of("models")
    prices = _prices(place.get("prices"), models)
    currency = next((price.currency for price in prices.values()), "")
    transport = read_transport(place.get("transport"))
    target = Target(
        name=name,
        url=where.url,
        host=where.host,
        models=models,
        api_key=_api_key(place.get("api_key"), env, key_in),
        auth_header=_auth_header(place.get("auth")),
        headers=target_headers(place, env),
        transport=transport,
        http2=speaks_http2(transport),
        concurrency=place.whole_of("concurrency") or 2,
        budget=read_budget(place.get("budget"), currency),
        key_budget=read_budget(place.get("key_budget"), currency),
        step_down=not place.is_given_as("step_down", value=False),
        pace=Pace(**{key: place.whole_of(key) for key in _PACES}),
        parameters=read_parameters(place.get("parameters"), models),
        prices=prices,
        allow_risk=place.is_true("allow_risk"),
        aliases={
            model: tuple(name.text for name in names.elements()) for model, names in _by_model(place, "aliases", models)
        },
        features=frozenset(place.texts_of("features")),
        waivers=_waivers(place),
        paused=read_pause(place.get("paused")),
        labels=read_labels(place),
        extra_secrets=_in_url(where, models, *telling_values(place.get("base_url"), env)),
    )
    target = trusted(proxied(target, place, env, "/base_url"), place, env, "/base_url")
    _report_misplaced_key(target, place)
    if place.has("key_budget") and not place.has("api_key"):
        place.at("/key_budget").report(Said("key_budget_without_key"), Said("key_or_budget"), key=True)
    return target if len(place.problems) == before else None


def _report_misplaced_key(target: Target, place: Cursor) -> None:
    """Report a key in the URL, which every log on the way keeps, and one where a model belongs."""
    key = target.api_key.reveal() if target.api_key is not None else None
    if key is not None and _is_in_url(key, target.url):
        place.at("/base_url").report(Said("url_key"), Said("api_key_alone"))
    for model in place.elements("models"):
        if _is_key(model.text, key):
            model.report(Said("name_is_key"), Said("key_into_api_key"))


def adhoc_target(base_url: str, models: tuple[str, ...], api_key: str | None = None) -> Target:
    """Return a target for `--base-url` and all of `--model`, or of no model, named after its host. Raises UsageError.

    The rules for URL and key are those of the YAML.
    """
    try:
        where = relay(base_url)
    except BadUrl as bad:
        raise UsageError(Said("reason", kind="--base-url", said=bad.message), hint=bad.hint) from None
    if not all(model.strip() for model in models):
        raise UsageError(Said("reason", kind="--model", said=Said("no_model_name")))
    if any(_is_key(model, api_key) for model in models):
        raise UsageError(Said("reason", kind="--model", said=Said("name_is_key")), hint=Said("key_elsewhere"))
    complaint = _complaint_of_key(api_key) if api_key is not None else None
    if complaint is not None:
        raise UsageError(Said("reason", kind=Said("the_api_key"), said=complaint[0]), hint=complaint[1])
    if api_key is not None and _is_in_url(api_key, where.url):
        raise UsageError(Said("reason", kind="--base-url", said=Said("url_key")), hint=Said("api_key_alone"))
    host = where.host.partition(":")[0]
    return Target(
        name=host if _NAME.fullmatch(host) else "relay",
        url=where.url,
        host=where.host,
        models=models,
        api_key=None if api_key is None else Secret(api_key, "api_key"),
        extra_secrets=_in_url(where, models),
    )


def _is_in_url(key: str, url: str) -> bool:
    """Tell whether a URL holds a key; a shorter one may be a part of any name."""
    return len(key) >= MIN_SECRET_CHARS and key in url


def _is_key(model: str, api_key: str | None) -> bool:
    """Tell whether a key stands where a model belongs: every report would show it."""
    if is_no_name(model):
        return True
    key, name = (api_key or "").lower(), model.lower()
    return not is_placeholder(key) and (key == name or (len(key) >= MIN_SECRET_CHARS and key in name))


def _in_url(where: Relay, models: tuple[str, ...], *more: str) -> tuple[Secret, ...]:
    """Return the keys in a base URL. What is also the name of a model is none: answers name it."""
    keys = dict.fromkeys((*where.keys, *more))
    return tuple(Secret(key, "base_url") for key in keys if key not in models)


def _url(place: Cursor | None, env: Mapping[str, str], read: Callable[[str], _Read]) -> _Read | None:
    """Return what `read` makes of a URL; None where there is none, or, with a problem, no good one."""
    filled = fill(place, env) if place is not None else None
    if place is not None and filled is not None:
        try:
            return read(filled.text)
        except BadUrl as bad:
            # A variable's value is not quoted: it may hold what does not belong there.
            place.report(bad.message, None if filled.from_environment else bad.hint)
    return None


def _complaint_of_key(key: str) -> tuple[Said, Said] | None:
    if not key:
        return Said("key_missing"), Said("key_set_or_none")
    if key.lower().startswith("bearer "):
        return Said("key_with_bearer"), Said("leave_out_bearer")
    if key[0] in "\"'" and key[0] == key[-1]:
        return Said("key_in_quotes"), Said("leave_out_quotes")
    if not _KEY.fullmatch(key):
        return Said("key_characters"), Said("one_at_end")
    return None


def _api_key(place: Cursor | None, env: Mapping[str, str], key_in: KeyFile) -> Secret | None:
    """Return the key; None also where `${KEY:-}` leaves it open and nobody has set one."""
    file = place.get("file") if place is not None else None
    value = file or place
    filled = fill(value, env) if value is not None else None
    if value is None or filled is None or (file is None and not filled.text and _OPEN.fullmatch(value.text)):
        return None
    key, complaint = filled.text, None
    if file is not None:
        key, complaint = key_in(file.folder / filled.text)
    complaint = complaint or _complaint_of_key(key)
    if complaint is not None:
        value.report(*complaint)
        return None
    return Secret(key, "api_key")


def _auth_header(place: Cursor | None) -> str | None:
    name = place.get("header") if place is not None else None
    if name is None:
        return None
    complaint = complaint_of_auth_header(name.text)
    if complaint is not None:
        name.report(*complaint)
    return name.text


def _prices(place: Cursor | None, models: tuple[str, ...]) -> dict[str, Price]:
    """Return what each model that has a price really costs: its own under `models`, else the one for all.

    What the relay lists, times its multiplier, is its credit; times the rate of the recharge, what that was bought for.
    """
    if place is None:
        return {}
    listed, factor = _listed_price(place, place.at("/currency").text), _number(place, "multiplier", Decimal(1))
    prices = {} if listed is None else dict.fromkeys(models, (listed, factor))
    for model, own in _by_model(place, "models", models):
        price = _listed_price(own, place.at("/currency").text) or listed
        if price is None and not _is_half(own):
            own.report(Said("no_price_given"), Said("add_model_price"), key=True)
        elif price is not None:
            prices[model] = price, _number(own, "multiplier", factor)
    if listed is None and not _is_half(place) and not place.has("models"):
        place.report(Said("no_price_given"), Said("add_prices"), key=True)
    recharge = place.get("recharge")
    paid_in = place.at("/currency").text if recharge is None else recharge.at("/currency").text
    rate = Decimal(1) if recharge is None else recharge.at("/rate").decimal
    return {model: price.scaled(times * rate, paid_in) for model, (price, times) in prices.items()}


def _listed_price(place: Cursor, currency: str) -> Price | None:
    """Return the price that stands here, None where there is none, or, with a problem, half of one."""
    if _is_half(place):
        given = "input" if place.has("input") else "output"
        place.report(Said("half_a_price", name=given), Said("price_together"), key=True)
        return None
    if not place.has("input") and not place.has("per_request"):
        return None
    input_, output, request = (_number(place, key, Decimal(0)) for key in ("input", "output", "per_request"))
    return Price(currency=currency, input_per_million=input_, output_per_million=output, per_request=request)


def _is_half(place: Cursor) -> bool:
    return place.has("input") is not place.has("output")


def _number(place: Cursor, key: str, otherwise: Decimal) -> Decimal:
    member = place.get(key)
    return otherwise if member is None else member.decimal


def _by_model(place: Cursor, key: str, models: tuple[str, ...]) -> Iterator[tuple[str, Cursor]]:
    """Yield what stands under each name in the mapping under `key`; report the names that are no model's."""
    for model, value in place.members(key):
        if model not in models:
            value.report(Said("unknown_model"), did_you_mean(model, models), key=True)
        yield model, value


def _waivers(place: Cursor) -> tuple[Waiver, ...]:
    waivers: dict[str, Waiver] = {}
    for waiver in place.elements("waive"):
        rule, reason, until = (waiver.at(f"/{key}") for key in ("rule", "reason", "until"))
        if rule.text in waivers:
            rule.report(Said("waived_twice", name=quote(rule.text)), Said("keep_one"))
        if not is_day(until.text):
            until.expected(Said("a_day"), quote(until.text))
        waivers[rule.text] = Waiver(rule=rule.text, reason=reason.text, until=until.text)
    return tuple(waivers.values())


def is_day(text: str) -> bool:
    """Tell whether a text is a date such as 2027-01-31."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False

"""A target of the YAML -> Target. Nothing here quotes a key, a password or what a variable holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import TypeVar
from urllib.parse import unquote

from wnmon.config.environment import fill, secret, telling_values
from wnmon.config.headers import target_headers
from wnmon.config.labels import read_labels
from wnmon.config.node import Cursor, quote
from wnmon.config.schema import fits, sound
from wnmon.config.urls import BadUrl, Relay, proxy_login, relay
from wnmon.errors import UsageError, did_you_mean
from wnmon.model.credentials import is_no_name
from wnmon.model.price import Price
from wnmon.model.said import Said
from wnmon.model.target import MIN_SECRET_CHARS, Budget, Secret, Target, Waiver

# One header value of visible ASCII; RFC 6750 section 2.1 allows less, relays hand out more.
_KEY = re.compile(r"[!-~]+", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)
_BUDGETS = ("tokens_per_day", "requests_per_day")
_Read = TypeVar("_Read")


def read_target(name: str, place: Cursor, env: Mapping[str, str]) -> Target | None:
    """Return the target at `place`, None (with every problem it has) when it cannot be used."""
    before = len(place.problems)
    if not fits("target", place):
        place = sound("target", place)
    where = _url(place.get("base_url"), env, relay) or Relay(url="", host="")
    proxy, proxy_secrets = _proxy(place.get("proxy"), env)
    models, budget = place.texts_of("models"), place.get("budget")
    target = Target(
        name=name,
        url=where.url,
        host=where.host,
        models=models,
        api_key=_api_key(place.get("api_key"), env),
        headers=target_headers(place, env),
        proxy=proxy,
        ca_file=_ca_file(place.get("ca_file")),
        concurrency=place.whole_of("concurrency") or 2,
        budget=Budget(**{key: budget.whole_of(key) for key in _BUDGETS}) if budget is not None else Budget(),
        prices=_prices(place.get("prices"), models),
        allow_risk=place.is_true("allow_risk"),
        aliases={
            model: tuple(name.text for name in names.elements()) for model, names in _by_model(place, "aliases", models)
        },
        features=frozenset(place.texts_of("features")),
        waivers=_waivers(place),
        labels=read_labels(place),
        extra_secrets=(*proxy_secrets, *_in_url(where, models, *telling_values(place.get("base_url"), env))),
    )
    _report_misplaced_key(target, place)
    return target if len(place.problems) == before else None


def _report_misplaced_key(target: Target, place: Cursor) -> None:
    """Report a key in the URL, which every log on the way keeps, and one where a model belongs."""
    key = target.api_key.reveal() if target.api_key is not None else None
    if key is not None and key in target.url:
        place.at("/base_url").report(Said("url_key"), Said("api_key_alone"))
    for model in place.elements("models"):
        if _is_key(model.text, key):
            model.report(Said("name_is_key"), Said("key_into_api_key"))


def adhoc_target(base_url: str, model: str | None, api_key: str | None = None) -> Target:
    """Return a target for `--base-url` and `--model`, or of no model, named after its host. Raises UsageError.

    The rules for URL and key are those of the YAML.
    """
    try:
        where = relay(base_url)
    except BadUrl as bad:
        raise UsageError(Said("reason", kind="--base-url", said=bad.message), hint=bad.hint) from None
    if model is not None and not model.strip():
        raise UsageError(Said("reason", kind="--model", said=Said("no_model_name")))
    if model is not None and _is_key(model, api_key):
        raise UsageError(Said("reason", kind="--model", said=Said("name_is_key")), hint=Said("key_elsewhere"))
    complaint = _complaint_of_key(api_key) if api_key is not None else None
    if complaint is not None:
        raise UsageError(Said("reason", kind=Said("the_api_key"), said=complaint[0]), hint=complaint[1])
    host, models = where.host.partition(":")[0], () if model is None else (model,)
    return Target(
        name=host if _NAME.fullmatch(host) else "relay",
        url=where.url,
        host=where.host,
        models=models,
        api_key=None if api_key is None else Secret(api_key, "api_key"),
        extra_secrets=_in_url(where, models),
    )


def _is_key(model: str, api_key: str | None) -> bool:
    """Tell whether a key stands where a model belongs: every report would show it."""
    return is_no_name(model) or (api_key is not None and api_key.lower() in model.lower())


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
    if len(key) < MIN_SECRET_CHARS:
        return Said("key_too_short", n=MIN_SECRET_CHARS, got=len(key)), Said("variable_set")
    if key.lower().startswith("bearer "):
        return Said("key_with_bearer"), Said("leave_out_bearer")
    if not _KEY.fullmatch(key):
        return Said("key_characters"), Said("one_at_end")
    return None


def _api_key(place: Cursor | None, env: Mapping[str, str]) -> Secret | None:
    filled = fill(place, env) if place is not None else None
    if place is None or filled is None:
        return None
    complaint = _complaint_of_key(filled.text)
    if complaint is not None:
        place.report(*complaint)
        return None
    return Secret(filled.text, "api_key")


def _proxy(place: Cursor | None, env: Mapping[str, str]) -> tuple[Secret | None, tuple[Secret, ...]]:
    """Return a proxy, and what must not be shown of it: its password, and a user long enough to be a key."""
    found = _url(place, env, lambda url: (url, proxy_login(url)))
    if place is None or found is None:
        return None, ()
    proxy, (user, password) = found
    words = dict.fromkeys((unquote(password), password)) if password is not None else ()
    kept = [secret(text, "proxy password", place) for text in words]
    if user is not None and len(user) >= MIN_SECRET_CHARS:
        kept += [Secret(text, "proxy user") for text in dict.fromkeys((unquote(user), user))]
    return Secret(proxy, "proxy"), tuple(one for one in kept if one is not None)


def _ca_file(place: Cursor | None) -> str | None:
    if place is None:
        return None
    path = place.folder / place.text
    if not path.is_file():
        place.report(Said("no_file"), Said("relative_path"))
    return str(path)


def _prices(place: Cursor | None, models: tuple[str, ...]) -> dict[str, Price]:
    """Return the price of each model that has one: its own under `models`, else the one for all."""
    if place is None:
        return {}
    currency = place.at("/currency").text
    own = {model: _price(price, currency) for model, price in _by_model(place, "models", models)}
    given = [key for key in ("input", "output") if place.has(key)]
    if len(given) == 2:
        return dict.fromkeys(models, _price(place, currency)) | own
    if given:
        place.report(Said("half_a_price", name=given[0]), Said("price_together"), key=True)
    elif not place.has("models"):
        place.report(Said("no_price_given"), Said("add_prices"), key=True)
    return own


def _by_model(place: Cursor, key: str, models: tuple[str, ...]) -> Iterator[tuple[str, Cursor]]:
    """Yield what stands under each name in the mapping under `key`; report the names that are no model's."""
    for model, value in place.members(key):
        if model not in models:
            value.report(Said("unknown_model"), did_you_mean(model, models), key=True)
        yield model, value


def _price(place: Cursor, currency: str) -> Price:
    return Price(
        currency=currency,
        input_per_million=place.at("/input").decimal,
        output_per_million=place.at("/output").decimal,
    )


def _waivers(place: Cursor) -> tuple[Waiver, ...]:
    waivers: dict[str, Waiver] = {}
    for waiver in place.elements("waive"):
        rule, reason, until = (waiver.at(f"/{key}") for key in ("rule", "reason", "until"))
        if rule.text in waivers:
            rule.report(Said("waived_twice", name=quote(rule.text)), Said("keep_one"))
        if not _is_date(until.text):
            until.expected(Said("a_day"), quote(until.text))
        waivers[rule.text] = Waiver(rule=rule.text, reason=reason.text, until=until.text)
    return tuple(waivers.values())


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False

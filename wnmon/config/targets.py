"""A target of the YAML -> Target. Nothing here quotes a key, a password or what a variable holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

from wnmon.config.environment import fill, secret
from wnmon.config.headers import target_headers
from wnmon.config.labels import read_labels
from wnmon.config.node import Cursor, quote
from wnmon.config.schema import fits, sound
from wnmon.config.urls import BadUrl, Relay, decoded, proxy_password, relay
from wnmon.errors import UsageError, did_you_mean
from wnmon.model.price import Price
from wnmon.model.said import Said
from wnmon.model.target import MIN_SECRET_CHARS, Budget, Secret, Target, Waiver

# One header value of visible ASCII; RFC 6750 section 2.1 allows less, relays hand out more.
_KEY = re.compile(r"[!-~]+", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)


class _Way(NamedTuple):
    """A proxy and what else must not be shown of it."""

    proxy: Secret | None = None
    secrets: tuple[Secret, ...] = ()


def read_target(name: str, place: Cursor, env: Mapping[str, str], base: Path) -> Target | None:
    """Return the target at `place`, None (with every problem it has) when it cannot be used.

    `base` is the folder of its file, to which `ca_file` is relative.
    """
    before = len(place.problems)
    if not fits("target", place):
        place = sound("target", place)
    where = _relay(place, env)
    way = _way(place.get("proxy"), env)
    models = _texts(place.get("models"))
    target = Target(
        name=name,
        url=where.url,
        host=where.host,
        models=models,
        api_key=_api_key(place.get("api_key"), env),
        headers=target_headers(place.get("headers"), env),
        proxy=way.proxy,
        ca_file=_ca_file(place.get("ca_file"), base),
        concurrency=_whole(place.get("concurrency")) or 2,
        budget=_budget(place.get("budget")),
        prices=_prices(place.get("prices"), models),
        allow_risk=_is_true(place.get("allow_risk")),
        aliases=_aliases(place.get("aliases"), models),
        features=frozenset(_texts(place.get("features"))),
        waivers=_waivers(place.get("waive")),
        labels=read_labels(place.get("labels")),
        extra_secrets=way.secrets,
    )
    _keep_key_out_of_url(target, place)
    return target if len(place.problems) == before else None


def adhoc_target(base_url: str, model: str, api_key: str | None = None) -> Target:
    """Return a target for `--base-url` and `--model`, named after its host. Raises UsageError.

    The rules for URL and key are those of the YAML.
    """
    try:
        where = relay(base_url)
    except BadUrl as bad:
        raise UsageError(Said("reason", kind="--base-url", said=bad.message), hint=bad.hint) from None
    if not model.strip():
        raise UsageError(Said("reason", kind="--model", said=Said("no_model_name")))
    complaint = _complaint_of_key(api_key) if api_key is not None else None
    if complaint is not None:
        raise UsageError(Said("reason", kind=Said("the_api_key"), said=complaint[0]), hint=complaint[1])
    host = where.host.partition(":")[0]
    return Target(
        name=host if _NAME.fullmatch(host) else "relay",
        url=where.url,
        host=where.host,
        models=(model,),
        api_key=None if api_key is None else Secret(api_key, "api_key"),
    )


def _keep_key_out_of_url(target: Target, place: Cursor) -> None:
    """Complain where the URL, which every report shows, holds the key, which none may."""
    base_url = place.get("base_url")
    if base_url is not None and target.api_key is not None and target.api_key.reveal() in target.url:
        base_url.report(Said("url_key"), Said("api_key_alone"))


def _relay(place: Cursor, env: Mapping[str, str]) -> Relay:
    base_url = place.get("base_url")
    filled = fill(base_url, env) if base_url is not None else None
    if base_url is not None and filled is not None:
        try:
            return relay(filled.text)
        except BadUrl as bad:
            # A variable's value is not quoted: it may hold what does not belong there.
            base_url.report(bad.message, None if filled.from_environment else bad.hint)
    return Relay(url="", host="")


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


def _way(place: Cursor | None, env: Mapping[str, str]) -> _Way:
    filled = fill(place, env) if place is not None else None
    if place is None or filled is None:
        return _Way()
    try:
        password = proxy_password(filled.text)
    except BadUrl as bad:
        place.report(bad.message, None if filled.from_environment else bad.hint)
        return _Way()
    proxy = Secret(filled.text, "proxy")
    if password is None:
        return _Way(proxy)
    kept = [secret(text, "proxy password", place) for text in dict.fromkeys((decoded(password), password))]
    return _Way(proxy, tuple(one for one in kept if one is not None))


def _ca_file(place: Cursor | None, base: Path) -> str | None:
    if place is None:
        return None
    path = base / place.text
    if not path.is_file():
        place.report(Said("no_file"), Said("relative_path"))
    return str(path)


def _whole(place: Cursor | None) -> int | None:
    return place.whole if place is not None else None


def _texts(place: Cursor | None) -> tuple[str, ...]:
    return place.texts() if place is not None else ()


def _budget(place: Cursor | None) -> Budget:
    if place is None:
        return Budget()
    return Budget(
        tokens_per_day=_whole(place.get("tokens_per_day")), requests_per_day=_whole(place.get("requests_per_day"))
    )


def _prices(place: Cursor | None, models: tuple[str, ...]) -> dict[str, Price]:
    """Return the price of each model that has one: its own under `models`, else the one for all."""
    if place is None:
        return {}
    currency, own = place.at("/currency").text, _own_prices(place, models)
    given = [key for key in ("input", "output") if place.has(key)]
    if len(given) == 2:
        return dict.fromkeys(models, _price(place, currency)) | own
    if given:
        place.report(Said("half_a_price", name=given[0]), Said("price_together"), key=True)
    elif not place.has("models"):
        place.report(Said("no_price_given"), Said("add_prices"), key=True)
    return own


def _own_prices(place: Cursor, models: tuple[str, ...]) -> dict[str, Price]:
    own: dict[str, Price] = {}
    named = place.get("models")
    for model, price in named.members() if named is not None else ():
        if model not in models:
            price.report(Said("unknown_model"), did_you_mean(model, models), key=True)
        own[model] = _price(price, place.at("/currency").text)
    return own


def _price(place: Cursor, currency: str) -> Price:
    return Price(
        currency=currency,
        input_per_million=place.at("/input").decimal,
        output_per_million=place.at("/output").decimal,
    )


def _is_true(place: Cursor | None) -> bool:
    return place is not None and place.node.value is True


def _aliases(place: Cursor | None, models: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    aliases: dict[str, tuple[str, ...]] = {}
    for model, names in place.members() if place is not None else ():
        if model not in models:
            names.report(Said("unknown_model"), did_you_mean(model, models), key=True)
        aliases[model] = names.texts()
    return aliases


def _waivers(place: Cursor | None) -> tuple[Waiver, ...]:
    waivers: dict[str, Waiver] = {}
    for waiver in place.elements() if place is not None else ():
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

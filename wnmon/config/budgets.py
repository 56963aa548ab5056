"""The budgets of the YAML: of a target, of its key, and over all; and whether what they limit can be known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from wnmon.config.node import Cursor, quote
from wnmon.config.schema import sound
from wnmon.model.budget import LIMIT_KEYS, MONEY_KEYS, NO_BUDGET, Budget, strictest
from wnmon.model.said import Said, Text
from wnmon.model.target import Secret, Target

_SHOWN = 3


def read_budget(place: Cursor | None, currency: str = "") -> Budget:
    """Return what stands at `place`, whose money is in `currency`."""
    if place is None:
        return NO_BUDGET
    whole: dict[str, Any] = {key: place.whole_of(key) for key in LIMIT_KEYS if key not in MONEY_KEYS}
    money: dict[str, Any] = {key: at.decimal for key in MONEY_KEYS if (at := place.get(key)) is not None}
    return Budget(**whole, **money, currency=currency if money else "")


def read_overall_budget(place: Cursor | None) -> Budget:
    """Return the budget over all targets. Reports money without a currency."""
    if place is None:
        return NO_BUDGET
    place = sound("overall_budget", place)  # what is not, the schema has told
    budget = read_budget(place, place.text_of("currency") or "")
    if not budget.currency and any(place.has(key) for key in MONEY_KEYS):
        place.report(Said("missing_key", name='"currency"'), Said("currency_of_money"), key=True)
    return budget


def held_together(
    targets: Sequence[Target], places: Mapping[str, Cursor], overall: Budget, place: Cursor | None
) -> list[Target]:
    """Return targets that know of all budgets that each of their requests must fit.

    `places`: where each is written; `place`: where the budget over all is. Reports money that cannot be known.
    """
    of_keys = _by_key(targets)
    for target in targets:
        _own_money_is_known(target, places[target.name])
        alike = of_keys.get(target.api_key, ())
        if target.key_budget.currency:
            others = [one for one in alike if one is not target]
            _money_is_known(target.key_budget.currency, others, places[target.name].get("key_budget"))
    if overall.currency:
        _money_is_known(overall.currency, targets, place)
    together = {key: strictest(one.key_budget for one in alike) for key, alike in of_keys.items()}
    return [
        replace(target, key_budget=together.get(target.api_key, NO_BUDGET), overall_budget=overall)
        for target in targets
    ]


def _by_key(targets: Iterable[Target]) -> Mapping[Secret | None, Sequence[Target]]:
    alike: dict[Secret | None, list[Target]] = {}
    for target in targets:
        if target.api_key is not None:
            alike.setdefault(target.api_key, []).append(target)
    return alike


def _own_money_is_known(target: Target, place: Cursor) -> None:
    """Report a limit of money on models without a price: nothing they cost could be held to it."""
    unpriced = [quote(model) for model in target.models if model not in target.prices]
    for name in ("budget", "key_budget") if unpriced else ():
        for limit in _money_of(place.get(name)):
            limit.report(Said("money_without_price", names=_some(unpriced)), Said("add_prices_of_target"), key=True)


def _money_is_known(currency: str, targets: Iterable[Target], place: Cursor | None) -> None:
    """Report each limit of money at `place` where one of the targets has no prices in its currency."""
    unknown = [one.name for one in targets if one.currency != currency or set(one.models) - one.prices.keys()]
    for limit in _money_of(place) if unknown else ():
        said = Said("money_in_other_currency", currency=currency, names=_some(unknown))
        limit.report(said, Said("add_prices_in", currency=currency), key=True)


def _money_of(place: Cursor | None) -> Iterator[Cursor]:
    if place is not None:
        yield from (at for key in MONEY_KEYS if (at := place.get(key)) is not None)


def _some(names: Collection[str]) -> Text:
    shown = ", ".join([*names][:_SHOWN])
    return Said("spend_some", names=shown, n=len(names) - _SHOWN) if len(names) > _SHOWN else shown

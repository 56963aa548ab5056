"""Waivers of rules that no suite has: a misspelt id excuses nothing, and nobody would notice."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches

from wnmon.config.node import Cursor, quote
from wnmon.model.said import Said

_MAX_CHARS = 64


def refuse_unknown_waivers(
    targets: Iterable[tuple[str, Cursor]], named: frozenset[str], built_in: Callable[[], frozenset[str]]
) -> None:
    """Report each waiver whose rule is in no suite: neither `named`, by whomever, nor built in.

    The built-in rules are asked for only where the others do not know a rule: reading them all takes a while.
    """
    rules = (waiver.at("/rule") for _, target in targets for waiver in target.elements("waive"))
    waived = [rule for rule in rules if rule.text not in named]
    known = named | built_in() if waived else named
    for rule in waived:
        if rule.text not in known:
            _report(rule, known)


def _report(rule: Cursor, known: frozenset[str]) -> None:
    nearest = next(iter(get_close_matches(rule.text[:_MAX_CHARS], sorted(known), n=1)), "")
    hint = Said("did_you_mean", text=nearest) if nearest else Said("waiver_misspelt")
    rule.report(Said("waiver_idle", name=quote(rule.text)), hint)

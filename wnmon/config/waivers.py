"""Waivers of rules that no suite has: a misspelt id excuses nothing, and nobody would notice.

This is a warning and no problem: `wnmon check` may be given a suite that the configuration does not name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from wnmon.config.node import Cursor, quote
from wnmon.config.problems import Problem
from wnmon.model.said import Said

_MAX_CHARS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownWaiver:
    """A waiver of a target for a rule nobody knows: what a person is told, and the nearest id, "" for none."""

    target: str
    rule: str
    nearest: str
    warning: Said


def unknown_waivers(
    targets: Iterable[tuple[str, Cursor]], named: frozenset[str], built_in: Callable[[], frozenset[str]]
) -> tuple[UnknownWaiver, ...]:
    """Return the waivers whose rule is in no suite: neither `named` by the configuration nor built in.

    The built-in rules are asked for only where the others do not know a rule: reading them all takes a while.
    """
    rules = ((name, waiver.at("/rule")) for name, target in targets for waiver in target.elements("waive"))
    waived = [(name, rule) for name, rule in rules if rule.text not in named]
    known = named | built_in() if waived else named
    return tuple(_unknown(name, rule, known) for name, rule in waived if rule.text not in known)


def _unknown(target: str, rule: Cursor, known: frozenset[str]) -> UnknownWaiver:
    nearest = next(iter(get_close_matches(rule.text[:_MAX_CHARS], sorted(known), n=1)), "")
    said: list[Problem] = []
    rule._replace(problems=said).report(
        Said("waiver_idle", name=quote(rule.text)),
        Said("did_you_mean", text=nearest) if nearest else Said("waiver_misspelt"),
    )
    return UnknownWaiver(target=target, rule=rule.text, nearest=nearest, warning=said[0].said())

"""Waivers of the command line: `RULE=REASON@DATE` means what an entry of `waive` in a configuration means."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from wnmon.config.named_target import NamedTarget
from wnmon.config.targets import is_day
from wnmon.errors import UsageError, did_you_mean
from wnmon.model.credentials import masked
from wnmon.model.said import Said
from wnmon.model.target import Waiver

_RULE = re.compile(r"[A-Z][A-Z0-9]{0,15}-[0-9]{1,5}", re.ASCII)


def read_waiver(text: str) -> Waiver:
    """Return the waiver of `RULE=REASON@DATE`: a reason may hold both signs. Raises ValueError with a sentence."""
    if masked(text) != text:  # every report shows the reason
        raise ValueError(Said("waive_key"))
    rule, _, rest = text.partition("=")
    reason, _, until = rest.rpartition("@")
    rule, reason, until = rule.strip().upper(), reason.strip(), until.strip()
    if not _RULE.fullmatch(rule) or "@" not in rest:
        raise ValueError(Said("waive_form", text=text))
    if not reason:
        raise ValueError(Said("waive_reason", rule=rule))
    if not is_day(until):
        raise ValueError(Said("waive_day", text=until))
    return Waiver(rule=rule, reason=reason, until=until)


def waiving(
    named: NamedTarget, waivers: Sequence[Waiver], judged: Iterable[str], built_in: Callable[[], Iterable[str]]
) -> NamedTarget:
    """Return the target with more waivers; one of the configuration for the same rule gives way.

    Raises UsageError for a rule that is waived twice, or is neither among those judged nor built in.
    """
    twice = next((rule for rule, n in Counter(one.rule for one in waivers).items() if n > 1), None)
    if twice is not None:
        raise UsageError(Said("waive_twice", rule=twice), hint=Said("keep_one"))
    known = set(judged)
    if any(one.rule not in known for one in waivers):
        known.update(built_in())
    unknown = next((one.rule for one in waivers if one.rule not in known), None)
    if unknown is not None:
        raise UsageError(Said("waive_unknown", rule=unknown), hint=did_you_mean(unknown, known) or Said("cli_see_list"))
    rules = {one.rule for one in waivers}
    kept = (one for one in named.target.waivers if one.rule not in rules)
    return replace(named, target=replace(named.target, waivers=(*kept, *waivers)))

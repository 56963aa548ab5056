"""`wnmon check --list`: every rule of some suites, for a person or as JSON for a machine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from wnmon import __version__
from wnmon.config.globs import matches
from wnmon.model.json import JsonObject
from wnmon.model.said import say
from wnmon.model.text import columns

FORMAT_VERSION = 1


class ListedRule(NamedTuple):
    """What the list tells of a rule, as it does in JSON; `requests` are those whose answers it is judged on."""

    id: str
    suite: str
    levels: Mapping[str, str]
    says: Mapping[str, str]
    source: str
    requests: Sequence[str]
    needs: Sequence[str]


def selected(
    rules: Iterable[ListedRule], *, profiles: Sequence[str] = (), only: Sequence[str] = (), skip: Sequence[str] = ()
) -> list[ListedRule]:
    """Return the rules that have a level in one of the profiles (any, unless given) and pass the globs, in order."""
    return [
        rule
        for rule in rules
        if matches(rule.id, only, skip) and (not profiles or any(profile in rule.levels for profile in profiles))
    ]


def render_json(rules: Sequence[ListedRule]) -> str:
    """Return the list as JSON text, ending in a newline: `{"format": "wnmon-rules", "version": 1, "rules": [...]}`."""
    document: JsonObject = {
        "format": "wnmon-rules",
        "version": FORMAT_VERSION,
        "wnmon": __version__,
        "rules": [rule._asdict() for rule in rules],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def render_text(rules: Sequence[ListedRule], lang: str) -> str:
    """Return the list for a person, a heading per suite and a line per rule, ending in a newline."""
    return "\n".join(_lines(rules, lang)) + "\n"


def _lines(rules: Sequence[ListedRule], lang: str) -> Iterator[str]:
    for suite in dict.fromkeys(rule.suite for rule in rules):
        own = [rule for rule in rules if rule.suite == suite]
        yield f"{suite} ({len(own)})"
        table = [(rule.id, show_levels(rule.levels), rule.says.get(lang) or rule.says["en"]) for rule in own]
        yield from (f"  {line}" for line in columns(table))
        yield ""
    yield say("cli_rules", lang, n=len(rules))


def show_levels(levels: Mapping[str, str]) -> str:
    """Return the level per profile on one line, such as `documented MUST, openai MAY`."""
    return ", ".join(f"{profile} {level}" for profile, level in levels.items())

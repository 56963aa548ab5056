"""What to know of a broken rule before a relay is blamed for it, and the ways out, spelt as the check was called."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from wnmon.model.check import Level, Rule
from wnmon.model.result import RuleVerdict, Verdict
from wnmon.model.said import either, in_language
from wnmon.report.spelling import OF_CHECK, Spelling
from wnmon.report.text import in_words, utc, word

DAYS = 30
"""How long a waiver that is proposed holds."""
REASON = "REASON"


def note_of(rule: Rule | None, row: RuleVerdict, lang: str) -> str:
    """Return what to know of a rule that is broken and not waived, "" where there is nothing."""
    if rule is None or row.waived or row.verdict is not Verdict.FAILED:
        return ""
    return in_words(rule.note, lang)


def ways_out(
    rule: Rule | None, row: RuleVerdict, started_at_s: float, lang: str, *, binds: bool, spelling: Spelling = OF_CHECK
) -> list[str]:
    """Return the options by which a broken rule with a note fails the check no more, none where it does not fail it."""
    if rule is None or not binds or not note_of(rule, row, lang):
        return []
    laxer = _laxer(rule, row.level)
    ways = [word("way_profile", lang, option=f"{spelling.profile} {laxer}", level=rule.levels[laxer])] if laxer else []
    return [*ways, *([waive_options([rule.id], started_at_s, spelling)] if spelling.waive else [])]


def as_alternatives(ways: Sequence[str], lang: str) -> str:
    """Return ways out on one line, "" where there are none."""
    return in_language(either(ways), lang) if ways else ""


def _laxer(rule: Rule, level: Level) -> str:
    """Return the profile that asks least of the rule, "" where none asks less than `level`."""
    laxest = max(rule.levels, key=lambda profile: rule.levels[profile].rank)
    return laxest if rule.levels[laxest].rank > level.rank else ""


def last_day(started_at_s: float) -> str:
    """Return the last day of a waiver that is proposed, an ISO date (UTC)."""
    return (utc(started_at_s) + timedelta(days=DAYS)).date().isoformat()


def waive_options(rules: Sequence[str], started_at_s: float, spelling: Spelling = OF_CHECK) -> str:
    """Return the options that waive some rules, on one line."""
    return " ".join(f"{spelling.waive} {rule}={REASON}@{last_day(started_at_s)}" for rule in rules)

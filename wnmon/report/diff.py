"""Two JSON reports of `wnmon check` side by side: what got worse, what got better, what is new, what is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from wnmon.model.result import Outcome, Verdict
from wnmon.model.said import Said
from wnmon.report.json import FORMAT_VERSION
from wnmon.report.text import in_words, shown, word

Key = tuple[str, str, str, str]
"""Target, model, suite or check, and rule; an empty rule stands for the run itself."""


class Change(StrEnum):
    """What became of a rule from one report to the next. changed: neither worse nor better, such as a rule skipped."""

    WORSE = "worse"
    BETTER = "better"
    CHANGED = "changed"
    NEW = "new"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a rule, or a run as a whole, came to in one report. `reason`: why a run has nothing to judge."""

    verdict: str
    reason: str = ""
    waived: bool = False
    level: str = ""
    says: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_unjudged(self) -> bool:
        """Tell whether a run has nothing to judge."""
        return self.verdict in {"errored", "skipped"}

    def word(self, lang: str) -> str:
        """Return what it came to in words."""
        came_to = f"{word(self.verdict, lang)} ({self.reason})" if self.reason else word(self.verdict, lang)
        return f"{came_to} ({word('waived', lang)})" if self.waived else came_to


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One rule that stands otherwise than it did; a side is None where that report does not have it."""

    key: Key
    change: Change
    before: Standing | None
    after: Standing | None


def read_report(text: str) -> dict[Key, Standing]:
    """Return where every rule and run of a JSON report stands. Raises ValueError for anything else."""
    try:
        document = json.loads(text)
    except RecursionError:
        raise ValueError(Said("record_too_deep")) from None
    if not isinstance(document, dict) or document.get("format") != "wnmon-check":
        raise ValueError(Said("record_no_report"))
    if document.get("version") != FORMAT_VERSION:
        raise ValueError(Said("record_report_version", ours=FORMAT_VERSION))
    try:
        return {key: standing for run in document["runs"] for key, standing in _standings(run)}
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(Said("record_damaged_report", why=type(error).__name__)) from None


def _standings(run: Mapping[str, Any]) -> Iterator[tuple[Key, Standing]]:
    """Yield the run, and its rules unless it was never judged: then the run alone tells it."""
    place = (str(run["target"]), str(run["model"]), str(run["suite"] or run["check"]))
    outcome = Outcome(run["outcome"]).value
    yield (*place, ""), Standing(verdict=outcome, reason=str(run["reason"]) if outcome == "errored" else "")
    for rule in run["rules"] if outcome not in {"errored", "skipped"} else ():
        yield (
            (*place, str(rule["id"])),
            Standing(
                verdict=Verdict(rule["verdict"]).value,
                waived=rule["waived"] is True,
                level=str(rule["level"]),
                says={language: str(sentence) for language, sentence in rule["says"].items()},
            ),
        )


def compare(before: Mapping[Key, Standing], after: Mapping[Key, Standing]) -> list[Difference]:
    """Return every difference, in the order of the reports.

    Reports of one target and model each are compared with each other whatever those are called.
    """
    renamed = _renamed(before, after)
    found = []
    for key in dict.fromkeys((*renamed, *after)):
        one, other = renamed.get(key), after.get(key)
        change = _change(key, one, other, renamed, after)
        if change is not None:
            found.append(Difference(key=key, change=change, before=one, after=other))
    return found


def _renamed(before: Mapping[Key, Standing], after: Mapping[Key, Standing]) -> Mapping[Key, Standing]:
    olds, news = {key[:2] for key in before}, {key[:2] for key in after}
    if len(olds) != 1 or len(news) != 1:
        return before
    target, model = next(iter(news))
    return {(target, model, *key[2:]): standing for key, standing in before.items()}


def _change(
    key: Key,
    one: Standing | None,
    other: Standing | None,
    before: Mapping[Key, Standing],
    after: Mapping[Key, Standing],
) -> Change | None:
    """Return what became of a rule, None when it stands as it did, or is absent as its run has nothing to judge."""
    if one is None or other is None:
        runs = [side.get((*key[:3], "")) for side in (before, after)]
        told = key[3] == "" or any(run is not None and run.is_unjudged for run in runs)
        return None if told else Change.GONE if other is None else Change.NEW
    if key[3] == "":  # a run counts by whether it was judged; what its rules came to they tell themselves
        return None if one.is_unjudged == other.is_unjudged else Change.WORSE if other.is_unjudged else Change.BETTER
    if (one.verdict, one.waived) == (other.verdict, other.waived):
        return None
    is_broken = other.verdict == "failed" and not other.waived
    if is_broken or (one.verdict == "passed" and other.verdict == "inconclusive"):
        return Change.WORSE
    return Change.BETTER if other.verdict == "passed" else Change.CHANGED


def render_diff(differences: Sequence[Difference], lang: str) -> str:
    """Return the differences by what became of each, ending in a newline."""
    lines = []
    for change in Change:
        rows = [one for one in differences if one.change is change]
        if rows:
            lines += [f"{word(f'diff_{change.value}', lang)} ({len(rows)})", *(_row(one, lang) for one in rows), ""]
    return "\n".join(lines or [word("diff_none", lang), ""])


def _row(one: Difference, lang: str) -> str:
    target, model, suite, rule = one.key
    words = " → ".join(standing.word(lang) for standing in (one.before, one.after) if standing is not None)
    known = one.after or one.before or Standing(verdict="")
    name = f"{rule} {known.level}".strip() if rule else suite
    told, place = (name, words, in_words(known.says, lang)), (target, model, suite)
    return f"  {'  '.join(map(shown, told))}  [{' '.join(map(shown, place))}]"

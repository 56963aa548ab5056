"""What a baseline says: the breaks that are known, per run and rule."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from wnmon.engine.run import Run
from wnmon.model.result import RuleVerdict, Verdict
from wnmon.model.said import Why, id_of
from wnmon.model.text import cut, encodable
from wnmon.report.text import MAX_MESSAGE_CHARS

_NUMBER = re.compile(r"[0-9]+", re.ASCII)

RANKS: Mapping[Verdict, int] = {Verdict.INCONCLUSIVE: 1, Verdict.FAILED: 2}
"""The verdicts a baseline can excuse, the worse the greater."""

RunKey = tuple[str, str, str]
"""Target, model, and suite or check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBreak:
    """A rule that was failed, in these places, or inconclusive."""

    verdict: Verdict
    places: frozenset[str] = frozenset()

    def covers(self, row: RuleVerdict) -> bool:
        """Tell whether a rule is no worse than it was."""
        return RANKS[row.verdict] <= RANKS[self.verdict] and places_of(row) <= self.places


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Known breaks by rule, per run. `name` is what a report calls it."""

    name: str
    runs: Mapping[RunKey, Mapping[str, KnownBreak]]


def places_of(row: RuleVerdict) -> frozenset[str]:
    """Return where a failed rule complains, numbers left out, as `request place`."""
    if row.verdict is not Verdict.FAILED:
        return frozenset()
    places = (f"{finding.step} {finding.place}".strip() for finding in row.findings)
    return frozenset(_NUMBER.sub("N", plain(place)) for place in places)


def plain(text: str) -> str:
    """Return text fit for a file: cut, and without lone surrogates."""
    return encodable(cut(text, MAX_MESSAGE_CHARS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """What a baseline came to: its name, how many known breaks it excused, the rules that hold again.

    `unknown` are the runs (`target model suite`) it says nothing of: nothing of them was excused.
    """

    name: str
    breaks: int = 0
    gone: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def known(run: Run) -> list[RuleVerdict]:
    """Return the rules a baseline excuses."""
    return [row for row in run.result.verdicts if row.waived and id_of(row.why) == Why.KNOWN]

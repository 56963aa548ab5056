"""Which exchange a finding is about, where one request was sent several times at once."""

from __future__ import annotations

from dataclasses import dataclass

from wnmon.judge.rules import assess
from wnmon.judge.verdict import subject_of
from wnmon.model.check import Rule
from wnmon.model.exchange import Exchange
from wnmon.model.result import Finding, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An exchange of a run: its index among all, and which copy it is of how many sent at once, counted from 1."""

    exchange: Exchange
    index: int
    copy: int
    copies: int


def sent_for(run: Run, step: str, finding: Finding | None = None, rule: Rule | None = None) -> Sent | None:
    """Return the exchange of a step that a finding is about, None when a run has no exchange at all.

    Of several copies it is the first that draws the same finding again, else the last. A step "" is the run's own; one
    that was not sent gives way to the first exchange there is.
    """
    exchanges = run.evidence.exchanges
    wanted = step or run.result.step
    found = [index for index, exchange in enumerate(exchanges) if exchange.request.step == wanted]
    if not found:
        return Sent(exchange=exchanges[0], index=0, copy=1, copies=1) if exchanges else None
    same = [index for index in found if len(found) > 1 and _draws(run, exchanges[index], finding, rule)]
    index = same[0] if same else found[-1]
    return Sent(exchange=exchanges[index], index=index, copy=found.index(index) + 1, copies=len(found))


def _draws(run: Run, exchange: Exchange, finding: Finding | None, rule: Rule | None) -> bool:
    return rule is not None and finding in assess(rule.expect, subject_of(exchange, run.evidence))

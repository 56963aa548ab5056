"""One execution of a probe: what was asked and answered, and what it came to."""

from __future__ import annotations

from dataclasses import dataclass, field

from wnmon.model.check import Plan
from wnmon.model.pace import Pause
from wnmon.model.price import Amounts
from wnmon.model.result import DECIDED, Evidence, Outcome, Reason, Result
from wnmon.model.spent import UsageDoubt
from wnmon.model.target import Client, ProbeId, probe_id
from wnmon.wire.answer import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution of a probe. `id` is unique; times are epoch seconds (wall) for showing only.

    `usage_doubts` are the counts of its answers that were not believed; `pauses` what was waited
    for limits of the relay's. `recheck`: it was made between slots, only to confirm what the one before it said.
    `answers` are the exchanges of the evidence, read once; a record leaves them out, its reader makes them anew.
    `spent_money` is what its tokens cost by the prices of the target, nothing where none is known; no record has it.
    `client` is as whom it asked, None where nobody knows any more; no record has it: it means nothing elsewhere.
    `plan` is what it was judged by, None where nobody knows any more; no record has it either: see `report.transcript`.
    `slot_s` (epoch) is when it was due, None for one that nobody scheduled, or that confirms another; nor has a record.
    """

    id: str
    target: str
    check: str
    model: str
    started_at_s: float
    ended_at_s: float
    result: Result
    evidence: Evidence
    suite: str | None = None
    spent_input_tokens: int = 0
    spent_output_tokens: int = 0
    usage_doubts: tuple[UsageDoubt, ...] = ()
    pauses: tuple[Pause, ...] = ()
    requests: int = 0
    recheck: bool = False
    answers: tuple[Answer, ...] = field(default=(), compare=False, repr=False)
    spent_money: Amounts = field(default_factory=dict, compare=False, repr=False)
    client: Client | None = field(default=None, compare=False, repr=False)
    plan: Plan | None = field(default=None, compare=False, repr=False)
    slot_s: float | None = field(default=None, compare=False, repr=False)

    @property
    def probe(self) -> ProbeId:
        """Return the id of the probe that ran."""
        return probe_id(self.target, self.check, self.model)

    @property
    def standing(self) -> tuple[Answer, ...]:
        """Return the answers that are judged: not those whose requests were asked once more, otherwise."""
        return tuple(one for place, one in enumerate(self.answers) if place not in self.evidence.superseded)

    @property
    def title(self) -> str:
        """Return what a report calls the run: its suite, else its check."""
        return self.suite or self.check

    @property
    def was_judged(self) -> bool:
        """Tell whether there was anything to judge; otherwise the result alone says why not.

        A suite that was well answered, and yet left every rule open, has its rules say why.
        """
        left_open = self.result.outcome is Outcome.SKIPPED and self.result.reason is Reason.OK
        if left_open and self.requests and self.result.verdicts:
            return True
        return self.result.outcome not in {Outcome.ERRORED, Outcome.SKIPPED}

    @property
    def has_decided_rule(self) -> bool:
        """Tell whether any rule of the run was judged."""
        return any(row.verdict in DECIDED for row in self.result.verdicts)

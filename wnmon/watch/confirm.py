"""Whether a relay is up, by more than its last run: a state machine over what runs say. Pure, told every instant.

    a run that ended                                says
    ----------------------------------------------  ------------------------------------------------------------------
    passed, degraded                                up
    failed for `rule`                               up: whoever breaks a rule of the contract has answered
    failed, errored for a reason of wnmon's own     nothing: the relay had no part in it
    failed, errored otherwise                       down

`down` runs in a row that say down make it so, `up` in a row that say up likewise. A refusal that keeps the relay from
being asked for more than two intervals is as good as that many: the second would come too late. A failure that
credentials met which are others by now is doubted: it counts as none, and one more run is wanted soon.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from wnmon.model.check import Confirm
from wnmon.model.result import Outcome, Reason

PUT_OFF_INTERVALS = 2
OWN = frozenset({Reason.BUDGET, Reason.SHUTDOWN, Reason.CLIENT, Reason.INTERNAL})
"""Reasons that lie with wnmon, or the machine it runs on."""


def says_up(outcome: Outcome, reason: Reason) -> bool | None:
    """Return what a finished run says of the relay, None where it says nothing."""
    if outcome is Outcome.SKIPPED:
        return None
    if outcome.success or reason is Reason.RULE:
        return True
    return None if reason in OWN else False


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What is confirmed. `up` is None until anything is; `since_s` (epoch) is when it became so.

    `last` is what the last run said that said anything, `times` how often in a row; `rechecks` how many runs in a row,
    up to the last, were made only to confirm.
    """

    up: bool | None = None
    since_s: float | None = None
    last: bool | None = None
    times: int = 0
    rechecks: int = 0

    @property
    def is_open(self) -> bool:
        """Tell whether the last word differs from what is confirmed."""
        return self.last is not self.up

    @property
    def is_doubted(self) -> bool:
        """Tell whether the last word was taken back."""
        return self.last is not None and self.times == 0

    def after(self, says: bool | None, needs: Confirm, *, at_s: float, recheck: bool = False) -> Confirmation:
        """Return what is confirmed once a run has ended at `at_s`."""
        rechecks = self.rechecks + 1 if recheck else 0
        if says is None:
            return replace(self, rechecks=rechecks)
        times = self.times + 1 if says is self.last else 1
        now = replace(self, last=says, times=times, rechecks=rechecks)
        return _confirmed(now, at_s) if times >= (needs.up if says else needs.down) else now

    def put_off(self, at_s: float) -> Confirmation:
        """Return what is confirmed once the relay's refusal has put the next run off for long."""
        return self if self.last is not False else _confirmed(self, at_s)

    def doubted(self) -> Confirmation:
        """Return what is confirmed once the last word counts no more: it was down, and may be so for who asked.

        What was confirmed before stays.
        """
        return replace(self, last=False, times=0, rechecks=0)

    def wants_recheck(self, needs: Confirm) -> bool:
        """Tell whether asking again soon would help. After each slot, no more often than one outage can need.

        Once where the last word is doubted, be it open or not.
        """
        return self.rechecks < (1 if self.is_doubted else needs.most_rechecks if self.is_open else 0)


def _confirmed(said: Confirmation, at_s: float) -> Confirmation:
    return said if said.up is said.last else replace(said, up=said.last, since_s=at_s)

"""What there is to tell: outages that go on, that ended, or that came and went before anybody was told. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from wnmon.model.events import StoreProblem
from wnmon.model.result import Reason
from wnmon.model.said import Text
from wnmon.model.target import ProbeId
from wnmon.notify.budgets import Short


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A probe that is confirmed to be down since an instant. Times are epoch seconds.

    `failing_since_s`: when the first of the runs ended that confirmed it. `said`: what the last run found, redacted.
    `later`: other reasons that runs have ended with since.
    `ttft_s`: the time to first token of the last run that had one, None where none is known.
    """

    probe: ProbeId
    target: str
    check: str
    model: str
    since_s: float
    reason: Reason
    failing_since_s: float
    said: Text = ""
    ttft_s: float | None = None
    later: tuple[Reason, ...] = ()

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Return all its reasons, the last one last."""
        return self.reason, *self.later


@dataclass(slots=True, kw_only=True)
class Told:
    """An outage of which a channel was told, or one that passed meanwhile. `until_s` None: it goes on.

    `told_s`: when a channel last heard of it. `times`: how often it was down since; `down_s`: how long in all, but
    for the time that goes on.
    """

    target: str
    check: str
    model: str
    since_s: float
    reason: Reason
    told_s: float = 0.0
    until_s: float | None = None
    times: int = 1
    down_s: float = 0.0
    ttft_s: float | None = None

    @classmethod
    def of(cls, outage: Outage) -> Told:
        """Return an outage that goes on."""
        return cls(
            target=outage.target,
            check=outage.check,
            model=outage.model,
            since_s=outage.since_s,
            reason=outage.reason,
        )

    def end(self, until_s: float, ttft_s: float | None) -> None:
        """Note that it ended."""
        self.until_s, self.ttft_s = until_s, ttft_s
        self.down_s += max(until_s - self.since_s, 0.0)

    def begin_again(self, outage: Outage) -> None:
        """Note that it goes on after it had ended."""
        self.since_s, self.reason, self.until_s = outage.since_s, outage.reason, None
        self.times += 1

    def plain(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {name: getattr(self, name) for name in self.__slots__} | {"reason": self.reason.value}

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Told:
        """Return what `plain` returned. Raises KeyError, TypeError and ValueError for anything else."""
        known = {name: plain[name] for name in cls.__slots__}
        return cls(**known | {"reason": Reason(plain["reason"])})


class Kind(StrEnum):
    """What a message is about: outages that began, that ended, both; those that go on; all since it was quiet.

    network: wnmon's own network was down, and is back. store: wnmon cannot keep what it finds, or can again. budget: of
    some targets no model is asked for want of one, or it is again.
    """

    DOWN = "down"
    UP = "up"
    CHANGED = "changed"
    REMINDER = "reminder"
    DIGEST = "digest"
    NETWORK = "network"
    STORE = "store"
    BUDGET = "budget"
    TEST = "test"


class Cut(NamedTuple):
    """From when to when wnmon's own network was down, or went down again and again (epoch seconds)."""

    since_s: float
    until_s: float


class Unkept(NamedTuple):
    """Why nothing is kept over restarts, and since when (epoch seconds)."""

    problem: StoreProblem
    since_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message before it is put into words. `target` is "" where it is about several, or none.

    `cut`: when wnmon itself could reach nothing, which says nothing of relays. `unkept`: of one about the store, None
    where it is written again. `short`: targets of which no model is asked for want of a budget; `asked`: those of which
    they are again. `ended` are told outages that are over, `passed` those over before they were told. `still` counts
    the told ones of these targets that go on beside; `probes` are all of the target that the channel wants to hear of.
    """

    kind: Kind
    target: str = ""
    began: tuple[Outage, ...] = ()
    ended: tuple[Told, ...] = ()
    passed: tuple[Told, ...] = ()
    lasting: tuple[Told, ...] = ()
    cut: Cut | None = None
    unkept: Unkept | None = None
    short: tuple[Short, ...] = ()
    asked: tuple[str, ...] = ()
    still: int = 0
    probes: int = 0

    @property
    def targets(self) -> tuple[str, ...]:
        """Return the names of all targets it is about, in order."""
        of_all: tuple[Outage | Told, ...] = (*self.began, *self.ended, *self.passed, *self.lasting)
        return tuple(dict.fromkeys((*(one.target for one in (*of_all, *self.short)), *self.asked)))

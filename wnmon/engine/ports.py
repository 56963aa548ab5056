"""What the engine needs of the outside, as small Protocols. `app` hands the concrete ones over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple, ParamSpec, Protocol, TypeVar

from wnmon.engine.run import Run
from wnmon.model.budget import NOTHING, Amount, Limit, Period
from wnmon.model.check import Caps, Timeouts
from wnmon.model.days import Stretch
from wnmon.model.events import MonitorEvent
from wnmon.model.exchange import Exchange, Request
from wnmon.model.price import Amounts
from wnmon.model.said import Text
from wnmon.model.target import ProbeId, SensorKind, Target
from wnmon.wire.bounds import is_brief

P = ParamSpec("P")
T = TypeVar("T")


class Clock(Protocol):
    """Monotonic ns for measuring, boot ns for what is due or expires, wall seconds for showing."""

    def now_ns(self) -> int:
        """Return CLOCK_MONOTONIC in ns."""
        ...

    def boot_ns(self) -> int:
        """Return ns since an arbitrary start, counted while the machine sleeps too."""
        ...

    def wall_s(self) -> float:
        """Return seconds since the epoch."""
        ...


class RestCause(StrEnum):
    """Why a probe's runs are left out.

    The relay asked for it, or only refused; a budget is spent, or is to last; a window of maintenance, or a pause.
    """

    ASKED = "asked"
    REFUSED = "refused"
    BUDGET = "budget"
    SPARED = "spared"
    MAINTENANCE = "maintenance"
    PAUSED = "paused"

    @property
    def is_wished(self) -> bool:
        """Tell whether somebody wants nothing to be sent."""
        return self in {RestCause.MAINTENANCE, RestCause.PAUSED}

    @property
    def is_refusal(self) -> bool:
        """Tell whether the relay would not be asked."""
        return self in {RestCause.ASKED, RestCause.REFUSED}

    @property
    def ends_what_is_known(self) -> bool:
        """Tell whether what was known counts no more: wnmon does not ask, for a reason that is not the relay's."""
        return self.is_wished or self is RestCause.BUDGET


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """A time in which nothing is sent, until `until_ns` (boot).

    `reason`: somebody's words for it, if any; of a budget, where the limit stands that is used up.
    """

    cause: RestCause
    until_ns: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """When a probe's last run was due (None before the first), and when its next one is, or was; boot ns."""

    last_ns: int | None
    next_ns: int


TURNS = 3
"""Turns of the event loop within which wnmon's own HTTP has stamped whatever had come before them.

Counted: one for bytes, for the end of a connection and for TLS; two for a connection, whose task goes on in the second.
"""

HTTPX_TURNS = 10
"""The same with httpx: two or three for bytes and for the end, seven for a connection."""

READ_BYTES, READ_PIECES = 65_536, 1_000
"""Of what waits together, so much is stamped within these turns: what is read at once, in so many pieces."""


def turns_of(target: Target) -> int:
    """Return the turns that a stamp of an exchange with this target may need."""
    return HTTPX_TURNS if target.transport is SensorKind.HTTPX else TURNS


class Transport(Protocol):
    """Sends one request over a fresh connection and returns what happened. Never raises for what the network did.

    A stamp is never early, and late by no more turns of the event loop than `turns_of` says for each `READ_BYTES`, or
    `READ_PIECES`, that waited.
    """

    async def send(
        self, request: Request, target: Target, *, timeouts: Timeouts, caps: Caps, scheduled_ns: int | None = None
    ) -> Exchange:
        """Return the record of one exchange."""
        ...

    async def warm_up(self) -> None:
        """Pay for imports and the first connection before the first probe."""
        ...

    async def close(self) -> None:
        """Release what is held."""
        ...


class CaughtUp(NamedTuple):
    """A proof of how late stamps are: whatever had come by `come_ns` was stamped at `stamped_ns` at the latest."""

    come_ns: int
    stamped_ns: int


Sensed = tuple[Exchange, Sequence[CaughtUp]]
"""What happened, and what proves how late its stamps may be, in the order of time."""


class Sensors(Protocol):
    """What measures: in this loop or in processes, of which it is known how late they were."""

    async def send(
        self, request: Request, target: Target, *, timeouts: Timeouts, caps: Caps, scheduled_ns: int | None = None
    ) -> Sensed:
        """Return the record of one exchange."""
        ...

    async def warm_up(self) -> None:
        """Pay for what the first probe else would pay for."""
        ...

    async def close(self) -> None:
        """Release what is held."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Whose answers some work is about, and how many bytes their bodies have.

    `is_brief`: it takes no longer than to hand it over would.
    """

    target: str
    size_bytes: int
    is_brief: bool = False

    @classmethod
    def exchanges(cls, target: Target, exchanges: Sequence[Exchange], rules: int = 0) -> About:
        """Return what work on these is about, with so many rules to judge them by."""
        size = sum(len(chunk.data) for one in exchanges for chunk in one.chunks)
        brief = len(exchanges) == 1 and not rules and is_brief(exchanges[0])
        return cls(target=target.name, size_bytes=size, is_brief=brief)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a target spends in one hour, with its key and in the currency of its prices.

    `periods`: that hour, and the day and the month it is in. `limits`: those of the target, worked out once.
    """

    target: Target
    periods: Mapping[Period, Stretch]
    limits: tuple[Limit, ...]

    @property
    def hour_s(self) -> int:
        """Return when the hour began (epoch seconds)."""
        return self.periods[Period.HOUR].from_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """How much a limit leaves beyond all that is booked and granted, in its unit, until its period ends (epoch s).

    Never negative: an answer may cost more than was held for it.
    """

    limit: Limit
    amount: int
    until_s: float

    def holds(self, need: Amount) -> bool:
        """Tell whether there is so much left."""
        return need.of(self.limit.unit) <= self.amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What may be spent from now on, and what each limit of the target leaves besides."""

    granted: Amount = NOTHING
    left: tuple[Left, ...] = ()


class Books(Protocol):
    """Where spending is kept, perhaps over restarts and beside others that spend of the same budgets.

    What was spent and what is granted never exceed a limit together, but for what answers cost beyond what was held
    for them.
    """

    async def grant(self, account: Account, need: Amount, most: Amount) -> Grant:
        """Grant the most where there is plenty, else what is needed, nothing where not even that is left."""
        ...

    def hold(self, account: Account, amount: Amount) -> None:
        """Take note of what is granted without asking, to a target that nothing limits: others may share its key."""
        ...

    def spend(self, account: Account, spent: Amount, of_grant: Amount) -> None:
        """Book what was spent, and take so much off what is granted: less, where an answer cost more than there was."""
        ...

    def give_back(self, account: Account, unspent: Amount) -> None:
        """Give back what was granted and is held for nothing."""
        ...


class Worker(Protocol):
    """Does work that would hold up the loop, such as reading and judging answers."""

    async def do(self, about: About, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the work returns; what it raises is raised here."""
        ...

    def close(self) -> None:
        """Take no more work."""
        ...


class Sink(Protocol):
    """Takes finished runs. May fail; the fan-out keeps that from harming anyone else."""

    name: str

    def take(self, run: Run) -> None:
        """Take a finished run."""
        ...


class Observer(Protocol):
    """Takes what the monitor says of itself."""

    name: str

    def observe(self, event: MonitorEvent) -> None:
        """Take an event."""
        ...


class MetricsText(Protocol):
    """Renders the exposition, in pieces so small that whoever sends it can let others go first between two of them."""

    def render(self, accept: str | None) -> tuple[str, Iterator[bytes]]:
        """Return content type and exposition for a scraper's Accept header. Pieces may be empty."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeState:
    """One row of the page and of `/api/v1/probes`. Times are epoch seconds; None means not yet known.

    `outcome` is "unknown" once the last one counts no more, "maintenance" while somebody wants nothing to be sent.
    `rest` is why nothing is sent until `rest_until_s`, `rest_reason` somebody's words for it.
    `stride`: of so many due runs one takes place, so that a budget lasts; 0 where none does.
    `up` is what is confirmed since `up_since_s`; `unconfirmed`: the last run says otherwise.
    `undecided` says which limits the last run could not judge, and why. `suspect_latencies` are those of its latencies,
    by name, for which the monitor itself may have been late; `suspect` if there are any.
    """

    id: ProbeId
    target: str
    check: str
    model: str
    every_s: float
    outcome: str | None = None
    up: bool | None = None
    up_since_s: float | None = None
    unconfirmed: bool = False
    reason: str | None = None
    message: Text = ""
    since_s: float | None = None
    last_run_s: float | None = None
    next_run_s: float | None = None
    rest: str | None = None
    rest_until_s: float | None = None
    rest_reason: str = ""
    stride: int = 1
    status: int | None = None
    ttft_s: float | None = None
    first_visible_s: float | None = None
    total_s: float | None = None
    rules_failed: tuple[str, ...] = ()
    runs: int = 0
    suspect: bool = False
    suspect_latencies: tuple[str, ...] = ()
    undecided: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepState:
    """How sparingly a target is asked, at a step other than full: see `watch/step_down.py`.

    `limit`: what is to last until `until_s` (epoch), by its place in the configuration. `listed_s` (epoch): when its
    models were listed last, None where they were not; `listed` whether they were, `why` why not.
    """

    target: str
    step: int
    stride: int
    limit: str
    until_s: float
    listed_s: float | None = None
    listed: bool = False
    why: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """What is kept of a probe's last run: what the page says of it, but for its words. Times are epoch seconds."""

    outcome: str
    reason: str
    ended_at_s: float
    status: int | None = None
    ttft_s: float | None = None
    first_visible_s: float | None = None
    total_s: float | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """What runs said in a stretch of time: how many found the relay up, how many down. Others say nothing of it.

    `maintenance`: due runs that somebody wanted left out; `left_out`: all others that did not take place.
    """

    up: int = 0
    down: int = 0
    maintenance: int = 0
    left_out: int = 0

    @property
    def runs(self) -> int:
        """Return how many said anything."""
        return self.up + self.down

    @property
    def uptime(self) -> float | None:
        """Return the share that found the relay up, None where nothing was said."""
        return self.up / self.runs if self.runs else None

    def __add__(self, more: Span) -> Span:
        return Span(
            up=self.up + more.up,
            down=self.down + more.down,
            maintenance=self.maintenance + more.maintenance,
            left_out=self.left_out + more.left_out,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How a probe fared: hour by hour, the oldest first and the one under way last; and over so many days each.

    `outages`: from when to when it was down of late (epoch seconds), the newest first; the end of one that goes on is
    None. `zone`: whose days these are.
    """

    zone: str = "UTC"
    hours: tuple[Span, ...] = ()
    days: Mapping[int, Span] = field(default_factory=dict)
    outages: tuple[tuple[float, float | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of a target: what its runs said, and the time that half of the first tokens did not exceed."""

    span: Span = Span()
    ttft_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A time in which a probe was confirmed to be down; `until_s` None: it goes on. Times are epoch seconds.

    `run`: the first that found it down, None where nobody knows any more.
    """

    check: str
    model: str
    reason: str
    since_s: float
    until_s: float | None = None
    run: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRun:
    """A run of which there is a transcript. `ended_s` is epoch seconds."""

    run: str
    check: str
    model: str
    outcome: str
    reason: str
    ended_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetPast:
    """What is kept of a target: its days, the oldest first and today last; its incidents, the newest first.

    `incidents_total` counts those that are too many to be listed too. `failed`: the last runs of which there is a
    transcript, the newest first. `zone`: whose days these are, `today`: the date of the last, None where none is known.
    """

    zone: str = "UTC"
    today: date | None = None
    days: tuple[Day, ...] = ()
    incidents: tuple[Incident, ...] = ()
    incidents_total: int = 0
    failed: tuple[FailedRun, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRun:
    """What is kept of a run beside its transcript, or without one. Times are epoch seconds, durations seconds."""

    run: str
    target: str
    check: str
    model: str
    outcome: str
    reason: str
    began_s: float
    ended_s: float
    status: int | None = None
    ttft_s: float | None = None
    total_s: float | None = None
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    answered_as: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What watching a target cost, today and this month, by currency; nothing of what has no price."""

    today: Amounts = field(default_factory=dict)
    month: Amounts = field(default_factory=dict)


class Courses(Protocol):
    """What is kept of the past, for the pages. May be asked from any thread."""

    def of_target(self, name: str) -> TargetPast:
        """Return what is kept of a target."""
        ...

    def of_run(self, run: str) -> KeptRun | None:
        """Return what is kept of a run by its id."""
        ...

    def courses(self) -> Mapping[ProbeId, Course]:
        """Return the course of each probe that ran of late."""
        ...

    def paid(self) -> Mapping[str, Paid]:
        """Return what each target cost of late whose prices are known."""
        ...


class Evidence(Protocol):
    """The transcripts that are kept of runs by their id, None where there is none. May be asked from any thread."""

    def page(self, run: str, lang: str, *, still: bool = False) -> str | None:
        """Return the page of a run in a language, as HTML; `still`: the pages it leads to renew themselves no more."""
        ...

    def report(self, run: str, lang: str) -> str | None:
        """Return the same to be sent to somebody: HTML that links to nothing."""
        ...

    def transcript(self, run: str) -> str | None:
        """Return what `wnmon replay` reads."""
        ...


class ProbeStates(Protocol):
    """What the page shows."""

    def states(self) -> Sequence[ProbeState]:
        """Return one row per probe."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadReport:
    """How a reload went; `problems` is empty exactly when the new configuration runs."""

    ok: bool
    problems: tuple[Text, ...] = ()


class Control(Protocol):
    """What the web may ask of the service. All are safe to call from another thread."""

    def ready(self) -> bool:
        """Tell whether probes are being scheduled."""
        ...

    def overdue_s(self) -> float:
        """Return for how long a run has been due that neither began nor was left out on purpose, 0 when none is."""
        ...

    def reload(self) -> ReloadReport:
        """Load the configuration anew and wait for the outcome."""
        ...

"""What the monitor says of itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from wnmon.model.budget import Limit
from wnmon.model.honesty import Honesty
from wnmon.model.price import Amounts
from wnmon.model.result import Reason
from wnmon.model.said import Text
from wnmon.model.spent import UsageDoubt
from wnmon.model.target import ProbeId


class Skip(StrEnum):
    """Why a due run did not take place. maintenance: a window, or a pause. spared: so that a budget lasts."""

    OVERLAP = "overlap"
    MISFIRE = "misfire"
    BUDGET = "budget"
    BACKOFF = "backoff"
    SHUTDOWN = "shutdown"
    MAINTENANCE = "maintenance"
    SPARED = "spared"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSkipped:
    """A due run did not take place; `detail` is for a person."""

    probe: ProbeId
    reason: Skip
    detail: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDiscarded:
    """A run was cut short, so nothing that it found is published; what it sent and cost was spent all the same.

    `statuses` are those of its answers, None where none came. `money`: nothing where no price is known.
    """

    probe: ProbeId
    statuses: tuple[int | None, ...]
    input_tokens: int
    output_tokens: int
    money: Amounts = field(default_factory=dict)
    doubts: tuple[UsageDoubt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecheckCut:
    """A re-check had not ended after `after_s` seconds, when the next run of its probe was due, and gave way to that.

    It says nothing of the relay, which was not let take as long as the check allows.
    """

    probe: ProbeId
    after_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StateExpired:
    """What a probe's last run found counts no more, and no run has told anything since.

    `maintenance_until_s` (epoch): somebody wants nothing to be sent until then, for `maintenance`.
    """

    probe: ProbeId
    maintenance_until_s: float | None = None
    maintenance: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """A probe is confirmed to be down, or up after it was down, since an instant (epoch); `reason` is the run's."""

    probe: ProbeId
    target: str
    check: str
    model: str
    up: bool
    since_s: float
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLate:
    """A run began `late_s` seconds after it was due (0 counts: this feeds a histogram)."""

    probe: ProbeId
    late_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    """A run waited `waited_s` seconds for its target's or the global concurrency limit; never part of a latency."""

    probe: ProbeId
    waited_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class InFlight:
    """How many runs hold a slot right now."""

    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopLagged:
    """The event loop woke `lag_s` seconds later than asked."""

    lag_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloaded:
    """A reload was tried. On failure `problems` says why and the last good configuration goes on."""

    ok: bool
    at_s: float
    sha: str
    problems: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitLeft:
    """What is left of a limit in its period, in its unit; None while it is not known.

    `is_exhausted`: a request of this period did not fit.
    """

    limit: Limit
    left: int | None
    is_exhausted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetLeft:
    """What is left of each limit that requests of a target are to fit."""

    target: str
    limits: tuple[LimitLeft, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stepped:
    """A target is asked at a step of `watch/step_down.py` (0 full to 4 rest): each `stride`-th due run takes place.

    `limit`: what is short, until `until_s` (epoch) at the latest; None at full.
    """

    target: str
    step: int
    stride: int
    limit: Limit | None
    until_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Unasked:
    """No model of a target is asked for want of what a limit leaves; of limit None its models are asked."""

    target: str
    limit: Limit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsListed:
    """A target that nothing else is asked of, to spare its budget, listed its models at `at_s` (epoch), or did not.

    It says that the relay can be reached, and nothing of whether a model answers.
    """

    target: str
    ok: bool
    at_s: float
    why: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkFailed:
    """A sink raised while taking a run or an event. Others are not harmed."""

    sink: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InternalFault:
    """Something in wnmon itself broke; `component` is a closed set of module names."""

    component: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionsRefused:
    """So many connections to the page were closed for want of room since the last event of this kind."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginsFailed:
    """So many log-ins to the page failed, or had to wait, since the last event of this kind."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTested:
    """The sensor was tried against a relay of its own, at `at_s` (epoch seconds)."""

    honesty: Honesty
    at_s: float


class StoreProblem(StrEnum):
    """Why there is no store, or none that can be written."""

    NOT_WRITABLE = "not_writable"
    IN_USE = "in_use"
    LOCKED = "locked"
    GONE = "gone"
    FOREIGN = "foreign"
    NEWER = "newer"
    DAMAGED = "damaged"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreTold:
    """What keeps results from being written down, None where nothing does; `lost` is how many were given up since."""

    problem: StoreProblem | None
    lost: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Notified:
    """A channel was told something, or refused to be, or was not reached, at `at_s` (epoch seconds).

    `result` is of a closed set (delivered, refused, failed). `answer` is what the service said, redacted: for whoever
    runs wnmon, since it may name this machine.
    """

    channel: str
    result: str
    at_s: float
    why: Text = ""
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkTold:
    """This machine's own network was found down since `since_s` (epoch), or is back after it was."""

    is_down: bool
    since_s: float


MonitorEvent = (
    RunSkipped
    | RunDiscarded
    | RecheckCut
    | StateExpired
    | Turned
    | RunLate
    | Waited
    | InFlight
    | LoopLagged
    | Reloaded
    | BudgetLeft
    | Stepped
    | Unasked
    | ModelsListed
    | SinkFailed
    | InternalFault
    | ConnectionsRefused
    | LoginsFailed
    | SelfTested
    | StoreTold
    | NetworkTold
    | Notified
)

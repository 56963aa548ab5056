"""Whether it was right: outcome, reason, verdicts, findings, timing, and what it was judged on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from wnmon.model.check import Level
from wnmon.model.exchange import Exchange, FailureKind, Tls
from wnmon.model.lesson import Lesson
from wnmon.model.said import Said, Text


class Outcome(StrEnum):
    """What a run came to. failed: the relay answered wrongly. errored: there was nothing to judge."""

    PASSED = "passed"
    DEGRADED = "degraded"
    FAILED = "failed"
    ERRORED = "errored"
    SKIPPED = "skipped"

    @property
    def success(self) -> bool:
        """Tell what `wnmon_probe_success` says: passed or degraded."""
        return self in {Outcome.PASSED, Outcome.DEGRADED}


class Reason(StrEnum):
    """Why, from a closed set: the only failure label there is."""

    OK = "ok"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT_CONNECT = "timeout_connect"
    TIMEOUT_HEADERS = "timeout_headers"
    TIMEOUT_FIRST_TOKEN = "timeout_first_token"  # noqa: S105 - a token of a model, not of an account
    TIMEOUT_TOTAL = "timeout_total"
    STALL = "stall"
    AUTH = "auth"
    BALANCE = "balance"
    MODEL_UNAVAILABLE = "model_unavailable"
    RATE_LIMITED = "rate_limited"
    HTTP_4XX = "http_4xx"
    HTTP_5XX = "http_5xx"
    PROTOCOL = "protocol"
    CONTENT_TYPE = "content_type"
    BAD_JSON = "bad_json"
    SCHEMA = "schema"
    STREAM = "stream"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    LENGTH = "length"
    CONTENT = "content"
    USAGE = "usage"
    MODEL = "model"
    SLOW = "slow"
    TOO_LARGE = "too_large"
    BUDGET = "budget"
    SHUTDOWN = "shutdown"
    RULE = "rule"
    CLIENT = "client"
    INTERNAL = "internal"


def because(reason: Reason | FailureKind, said: Text) -> Said:
    """Return what was said with its reason before it, in the language of whoever reads it."""
    return Said("reason", kind=Said(f"within_reason_{reason.value}"), said=said)


class Layer(StrEnum):
    """Whom to blame for a fault, from the monitor outwards."""

    CLIENT = "client"
    NETWORK = "network"
    TLS = "tls"
    CDN = "cdn"
    RELAY = "relay"
    UPSTREAM = "upstream"


class Scope(StrEnum):
    """What a refusal is about: everything that is asked with the key, the model, or this request alone."""

    KEY = "key"
    MODEL = "model"
    REQUEST = "request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A recognised way in which an exchange went wrong: the reason, the layer to blame, one line for a person."""

    reason: Reason
    layer: Layer
    message: Text
    retry_after_s: float | None = None
    scope: Scope = Scope.MODEL


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One complaint. `place` is a JSON Pointer, `header:NAME`, `event N`, `byte N`, or "" for the whole answer.

    `degraded` marks a complaint that slows but does not fail (a latency over its `degraded` limit). `exchange` is the
    place of the one it is about among those of the run, None where it is about several.
    """

    message: Text
    expected: Text
    actual: Text
    place: str = ""
    step: str = ""
    reason: Reason = Reason.RULE
    degraded: bool = False
    exchange: int | None = field(default=None, compare=False)


class Verdict(StrEnum):
    """What became of a rule. noted: an INFO rule had something to say."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    INCONCLUSIVE = "inconclusive"
    NOTED = "noted"


DECIDED = frozenset({Verdict.PASSED, Verdict.FAILED, Verdict.NOTED})
"""What becomes of a rule that was judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVerdict:
    """One rule, judged. `waived` never changes the verdict.

    `why` says what blocked it when skipped or inconclusive, what excuses it when waived, and of a failed one, that the
    waiver it had is over.
    """

    rule: str
    level: Level
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    why: Text = ""
    waived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens as the relay reported them. None where it did not say."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None


class Mark(StrEnum):
    """An instant that bounds a duration. gap: the longest time between two events with a token."""

    RESOLVE = "resolve"
    RESOLVED = "resolved"
    CONNECT = "connect"
    CONNECTED = "connected"
    SECURE = "secure"
    SECURED = "secured"
    SEND = "send"
    SENT = "sent"
    HEADERS = "headers"
    FIRST_BYTE = "first_byte"
    FIRST_EVENT = "first_event"
    FIRST_TOKEN = "first_token"  # noqa: S105 - a token of a model, not of an account
    FIRST_VISIBLE = "first_visible"
    GAP_BEGIN = "gap_begin"
    GAP_END = "gap_end"
    LAST_TOKEN = "last_token"  # noqa: S105
    END = "end"


BOUNDS: Mapping[str, tuple[Mark, Mark]] = {
    "dns_s": (Mark.RESOLVE, Mark.RESOLVED),
    "tcp_s": (Mark.CONNECT, Mark.CONNECTED),
    "tls_s": (Mark.SECURE, Mark.SECURED),
    "send_s": (Mark.SEND, Mark.SENT),
    "headers_s": (Mark.SENT, Mark.HEADERS),
    "first_byte_s": (Mark.SENT, Mark.FIRST_BYTE),
    "first_event_s": (Mark.SENT, Mark.FIRST_EVENT),
    "ttft_s": (Mark.SENT, Mark.FIRST_TOKEN),
    "first_visible_s": (Mark.SENT, Mark.FIRST_VISIBLE),
    "last_token_s": (Mark.SENT, Mark.LAST_TOKEN),
    "total_s": (Mark.SENT, Mark.END),
    "max_gap_s": (Mark.GAP_BEGIN, Mark.GAP_END),
}
"""The durations of `Timing`, and the marks each lies between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Durations in seconds; None where the instant never came. Phases end to end: dns tcp tls send wait.

    All first-instants count from `sent` (the last request byte written); connect is never part of them.
    ttft: first non-empty token of any channel (`message.MEMBERS`). first_visible: first content.
    time_per_output_token_s: (last token - first token) / (n - 1), n from usage.
    suspect_marks: those that may have been stamped too late to publish what they bound; `suspect` if there are any.
    """

    dns_s: float | None = None
    tcp_s: float | None = None
    tls_s: float | None = None
    send_s: float | None = None
    headers_s: float | None = None
    first_byte_s: float | None = None
    first_event_s: float | None = None
    ttft_s: float | None = None
    first_visible_s: float | None = None
    last_token_s: float | None = None
    total_s: float | None = None
    max_gap_s: float | None = None
    token_events: int = 0
    time_per_output_token_s: float | None = None
    tokens_per_s: float | None = None
    suspect: bool = False
    suspect_marks: tuple[Mark, ...] = ()

    def is_suspect(self, *marks: Mark) -> bool:
        """Tell whether one of the marks a duration lies between is suspect."""
        return not set(marks).isdisjoint(self.suspect_marks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """An assertion about time, by its kind, that the monitor's own lag leaves open, and why."""

    kind: str
    step: str
    why: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The judge's word on one run. `step` is the step whose timing, usage and status stand for the run.

    `undecided` is what of a check's `expect` could neither be held against the relay nor be passed off as kept.
    """

    outcome: Outcome
    reason: Reason
    message: Text = ""
    layer: Layer | None = None
    findings: tuple[Finding, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    verdicts: tuple[RuleVerdict, ...] = ()
    step: str = ""
    status: int | None = None
    timing: Timing = Timing()
    usage: Usage | None = None
    retry_after_s: float | None = None
    tls: Tls | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the judge is given beside the plan: the redacted exchanges in the order sent, and what the runner drew.

    `waivers` and `expired` hold, by rule, what a report says of a waiver in force and of one that is over.
    `lessons` are what the model was known to want by the end. `superseded` are the places of the exchanges whose
    requests were asked once more, otherwise: they are kept, and not judged.
    """

    model: str
    nonce: str
    exchanges: tuple[Exchange, ...]
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    waivers: Mapping[str, Text] = field(default_factory=dict)
    expired: Mapping[str, Text] = field(default_factory=dict)
    not_sent: Mapping[str, Text] = field(default_factory=dict)
    lessons: tuple[Lesson, ...] = ()
    superseded: tuple[int, ...] = ()

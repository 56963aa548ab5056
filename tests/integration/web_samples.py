"""A running service as the web sees it: six probes, one in each state, and ports whose answers a test sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from wnmon.engine.ports import (
    Course,
    Day,
    FailedRun,
    Incident,
    KeptRun,
    Paid,
    ProbeState,
    ReloadReport,
    Span,
    StepState,
    TargetPast,
)
from wnmon.engine.public_states import public_rows
from wnmon.model.target import ProbeId
from wnmon.web import PublicSite, Site

NOW_S = 1_769_853_600.0  # 2026-01-31 10:00:00 UTC


def state(target: str = "wn", check: str = "alive", model: str = "gpt-4o", **more: object) -> ProbeState:
    """Return the row of a probe that passes."""
    base = ProbeState(
        id=ProbeId(f"{target}/{check}/{model}"),
        target=target,
        check=check,
        model=model,
        every_s=900,
        outcome="passed",
        reason="ok",
        message="",
        since_s=NOW_S - 86400 * 3 - 4000,
        last_run_s=NOW_S - 312,
        next_run_s=NOW_S + 588,
        status=200,
        ttft_s=0.412,
        first_visible_s=0.52,
        total_s=1.84,
        rules_failed=(),
        runs=12,
        suspect=False,
    )
    return replace(base, **more)  # type: ignore[arg-type]  # the tests name real members


NOTHING: dict[str, Any] = {"ttft_s": None, "first_visible_s": None, "total_s": None}
NEVER_RAN: dict[str, Any] = dict.fromkeys(("outcome", "reason", "since_s", "last_run_s", "status"))

SIX: tuple[ProbeState, ...] = (
    state(model="claude-3-5-sonnet-20241022"),
    state(
        check="contract",
        model="claude-3-5-sonnet-20241022",
        every_s=21600,
        rules_failed=("DOC-009", "DOC-010", "SEM-002", "STR-013", "REL-001"),
    ),
    state(
        target="backup",
        outcome="degraded",
        reason="slow",
        message="ttft: expected at most 2 s, got 3.21 s",
        since_s=NOW_S - 1800,
        ttft_s=3.21,
        first_visible_s=3.4,
        total_s=7.9,
        suspect=True,
        suspect_latencies=("ttft_s", "total_s"),
    ),
    state(
        target="backup",
        model="deepseek-r1",
        outcome="failed",
        reason="content",
        message='content lacks the nonce: expected contains "k3v9", got "I cannot help with that request."',
        since_s=NOW_S - 7500,
        rules_failed=("STR-006",),
    ),
    state(
        target="third-party-relay-with-a-long-name",
        model="gemini-2.0-flash-thinking-exp-01-21",
        outcome="errored",
        reason="timeout_first_token",
        message="no token within 30 s of the request; headers came after 210 ms",
        since_s=NOW_S - 45,
        **{**NOTHING, "total_s": 30.01},
    ),
    state(target="new", model="gpt-4o-mini", next_run_s=NOW_S + 20, runs=0, **NOTHING, **NEVER_RAN),
)


@dataclass
class FixedClock:
    """Stands still."""

    def now_ns(self) -> int:
        return 0

    def boot_ns(self) -> int:
        return self.now_ns()

    def wall_s(self) -> float:
        return NOW_S


@dataclass
class FixedMetrics:
    """Always the same exposition; remembers the Accept header."""

    body: bytes = b"# HELP wnmon_probe_success x\n" * 100
    accepts: list[str | None] = field(default_factory=list)

    def render(self, accept: str | None) -> tuple[str, Iterator[bytes]]:
        self.accepts.append(accept)
        pieces = (self.body[start : start + 100] for start in range(0, len(self.body), 100))
        return "text/plain; version=0.0.4; charset=utf-8", pieces


@dataclass
class FixedStates:
    """The rows of the page."""

    rows: Sequence[ProbeState] = SIX

    def states(self) -> Sequence[ProbeState]:
        return self.rows


@dataclass
class FixedControl:
    """Answers as the test sets it."""

    is_ready: bool = True
    problems: tuple[str, ...] = ()
    reloads: int = 0
    overdue: float = 0.0

    def overdue_s(self) -> float:
        return self.overdue

    def ready(self) -> bool:
        return self.is_ready

    def reload(self) -> ReloadReport:
        self.reloads += 1
        return ReloadReport(ok=not self.problems, problems=self.problems)


RUN = "00000000000000aa"
"""Of which no transcript is kept."""


def fared() -> TargetPast:
    """Return 90 days of a target with days of each kind, and outages, one of which goes on."""
    good, poor = Day(span=Span(up=1440), ttft_s=0.4), Day(span=Span(up=1300, down=140), ttft_s=0.9)
    down, resting = Day(span=Span(up=100, down=1340), ttft_s=2.1), Day(span=Span(maintenance=1440))
    days = ((Day(), good, good, poor, good, down, good, resting, good, good) * 9)[:90]
    ended = Incident(
        check="alive",
        model="gpt-4o",
        reason="timeout_first_token",
        since_s=NOW_S - 7200,
        until_s=NOW_S - 3600,
        run=RUN,
    )
    failed = FailedRun(run=RUN, check="alive", model="gpt-4o", outcome="errored", reason="connect", ended_s=NOW_S - 60)
    going_on = replace(ended, reason="connect", since_s=NOW_S - 600, until_s=None)
    return TargetPast(
        today=date(2026, 1, 31), days=days, incidents=(going_on, *(ended,) * 6), incidents_total=9, failed=(failed,) * 3
    )


@dataclass
class FixedPast:
    """What is kept of the probes: a day with hours of each kind, and 90 days of their targets."""

    rows: Sequence[ProbeState] = SIX

    def of_target(self, name: str) -> TargetPast:
        return fared()

    def of_run(self, run: str) -> KeptRun | None:
        if run != RUN:
            return None
        return KeptRun(
            run=run,
            target="backup",
            check="alive",
            model="gpt-4o",
            outcome="degraded",
            reason="slow",
            began_s=NOW_S - 9,
            ended_s=NOW_S,
            status=200,
            ttft_s=3.21,
            total_s=7.9,
            requests=1,
            answered_as="gpt-4o",
        )

    def courses(self) -> Mapping[ProbeId, Course]:
        course = Course(
            hours=(Span(up=60), Span(up=59, down=1), Span(down=60), Span(maintenance=60), Span(), Span(up=60)) * 4,
            days={count: Span(up=999, down=1) for count in (1, 7, 30, 90)},
            outages=((NOW_S - 7200, NOW_S - 3600),),
        )
        return {row.id: course for row in self.rows}

    def paid(self) -> Mapping[str, Paid]:
        cost = {"CNY": Decimal("12.34"), "USD": Decimal("0.0123")}
        return {row.target: Paid(today=cost, month=cost) for row in self.rows}


STEPPED = StepState(
    target="backup",
    step=1,
    stride=4,
    limit="budget.tokens_per_day",
    until_s=NOW_S + 3600,
    listed_s=NOW_S - 60,
    listed=True,
)


def site(**more: object) -> Site:
    """Return what the pages show where nothing else is said."""
    base = Site(
        metrics=FixedMetrics(),
        states=FixedStates(),
        control=FixedControl(),
        clock=FixedClock(),
        reload_allowed=False,
        version="0.1.0",
        steps=lambda: (STEPPED,),
    )
    return replace(base, **more)  # type: ignore[arg-type]  # the tests name real members


def public_site(past: FixedPast) -> PublicSite:
    """Return what everybody is shown of the six."""
    states = [replace(row, up=row.outcome not in {"failed", "errored"}) for row in SIX]
    rows = public_rows(states, past.courses())
    return PublicSite(rows=lambda: rows, wall_s=FixedClock().wall_s)

"""A running service as the web sees it: six probes, one in each state, and ports whose answers a test sets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from wnmon.engine.ports import ProbeState, ReloadReport
from wnmon.model.target import ProbeId

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

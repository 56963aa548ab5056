"""Relays and a channel, told minute by minute: what a channel hears of a night is a list of notices."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from wnmon.engine.run import Run
from wnmon.model.channel import Channel, Service
from wnmon.model.check import Check, Plan
from wnmon.model.events import MonitorEvent, StateExpired, StoreProblem, StoreTold, Turned
from wnmon.model.result import Evidence, Outcome, Reason, Result, Timing
from wnmon.model.target import Probe, Secret, Target
from wnmon.notify.news import Notice
from wnmon.notify.policy import Memory, Verdict, decide
from wnmon.notify.situation import Situation

NOON_S = 1_769_860_800.0
"""2026-01-31 12:00:00 UTC."""
CHANNEL = Channel(name="team", service=Service.WEBHOOK, url=Secret("http://127.0.0.1:9/hook", "url"), host="127.0.0.1")


def probe(target: str = "wn", model: str = "m", check: str = "alive", every_s: float = 60) -> Probe:
    asked = Target(name=target, url="https://x.invalid", host="x", models=(model,))
    return Probe(check=Check(name=check, plan=Plan(steps=()), every_s=every_s), target=asked, model=model)


def run_of(probe: Probe, at_s: float, *, good: bool, reason: Reason = Reason.HTTP_5XX, said: str = "HTTP 500") -> Run:
    result = (
        Result(outcome=Outcome.PASSED, reason=Reason.OK, timing=Timing(ttft_s=0.82))
        if good
        else Result(outcome=Outcome.ERRORED, reason=reason, message=said)
    )
    return Run(
        id="r",
        target=probe.target.name,
        check=probe.check.name,
        model=probe.model,
        started_at_s=at_s - 1,
        ended_at_s=at_s,
        result=result,
        evidence=Evidence(model=probe.model, nonce="n", exchanges=()),
    )


def turned(probe: Probe, at_s: float, *, up: bool, reason: Reason = Reason.HTTP_5XX) -> Turned:
    return Turned(
        probe=probe.id,
        target=probe.target.name,
        check=probe.check.name,
        model=probe.model,
        up=up,
        since_s=at_s,
        reason=reason,
    )


@dataclass
class Night:
    """Relays, one channel, and what it heard, with the second at which it did."""

    probes: list[Probe]
    channel: Channel = CHANNEL
    situation: Situation = field(default_factory=Situation)
    memory: Memory = field(default_factory=Memory)
    now_s: float = NOON_S
    heard: list[tuple[float, Notice]] = field(default_factory=list)
    verdict: Verdict = field(default_factory=Verdict)

    def __post_init__(self) -> None:
        self.situation.declare(self.probes)

    def until(self, second: float) -> None:
        """Let time pass to a second after noon, a second at a time."""
        while self.now_s < NOON_S + second:
            self.now_s += 1
            self.look()

    def look(self) -> None:
        """Have the channel told what there is to tell."""
        while True:
            self.verdict = decide(self.channel, self.memory, self.situation, self.now_s)
            self.memory.hold(held=self.verdict.held)
            if self.verdict.notice is None:
                return
            self.memory.note(self.verdict.notice, self.now_s)
            self.heard.append((self.now_s - NOON_S, self.verdict.notice))

    def runs(self, probe: Probe, *, good: bool, reason: Reason = Reason.HTTP_5XX) -> None:
        self.situation.take(run_of(probe, self.now_s, good=good, reason=reason))
        self.look()

    def down(self, probe: Probe, reason: Reason = Reason.HTTP_5XX) -> None:
        """Confirm that a probe is down, by one more run that fails."""
        self.situation.take(run_of(probe, self.now_s, good=False, reason=reason))
        self.memory.began(self.situation.begin(turned(probe, self.now_s, up=False, reason=reason)))
        self.look()

    def up(self, probe: Probe) -> None:
        """Confirm that a probe is up again, by a run that passes."""
        self.situation.take(run_of(probe, self.now_s, good=True))
        outage = self.situation.end(probe.id)
        self.memory.ended(probe.id, outage, self.channel, until_s=self.now_s, ttft_s=0.82)
        self.look()

    def store(self, problem: StoreProblem | None) -> None:
        self.hear(StoreTold(problem=problem))

    def hear(self, *events: MonitorEvent) -> None:
        for event in events:
            self.situation.hear(event, self.now_s)
        self.look()

    def expire(self, probe: Probe) -> None:
        """Know nothing of a probe any more."""
        self.situation.hear(StateExpired(probe=probe.id), self.now_s)

    def told(self) -> list[tuple[float, str, int, int, int]]:
        """Return what was heard: when, its kind, and how many began, ended and passed."""
        return [(at_s, one.kind.value, len(one.began), len(one.ended), len(one.passed)) for at_s, one in self.heard]


def night(*probes: Probe, **settings: object) -> Night:
    """Return a night over some relays, with a channel of these settings."""
    return Night(list(probes) or [probe()], replace(CHANNEL, **settings))  # type: ignore[arg-type]

"""One-off runs: plans to probes, probes to runs, runs to a report. Loads no scheduler, no metrics, no web server."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from functools import partial
from pathlib import Path

from wnmon import __version__
from wnmon.clock import SystemClock
from wnmon.config import narrow, profiles_of
from wnmon.config.named_target import NamedTarget
from wnmon.engine.asking import left_out
from wnmon.engine.backoff import Backoff
from wnmon.engine.budget import Budgets, Cap
from wnmon.engine.fanout import Fanout
from wnmon.engine.known_secrets import KnownSecrets
from wnmon.engine.limiter import Limiter
from wnmon.engine.loopwatch import Watched
from wnmon.engine.pace import Paces
from wnmon.engine.patience import Patience
from wnmon.engine.ports import Books, Clock, Transport, Worker
from wnmon.engine.run import Run
from wnmon.engine.runner import Runner, draw_nonce
from wnmon.engine.session import Manner, Session, quietly, was_interrupted
from wnmon.errors import UsageError
from wnmon.model.check import Check, Level, Plan
from wnmon.model.events import MonitorEvent, StoreTold
from wnmon.model.said import Said, Text, Why
from wnmon.model.target import Probe
from wnmon.report.baseline.file import excuse_run, ignored_by
from wnmon.report.baseline.known import Baseline
from wnmon.report.summary import CheckedTarget, CheckReport, Chosen, Exit, JudgedSuite, exit_code

_CONNECT_AFTER_WAIT_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which rules of which suites count. `names` are those the plans were asked for by (built-in unless given).

    `gate`: rules at or above this level decide the outcome of a run too.
    """

    plans: tuple[Plan, ...]
    names: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    full: bool = False
    gate: Level | None = None

    def narrowed(self) -> list[Plan]:
        """Return the plans with what counts, none where nothing does. Raises UsageError for an unknown profile."""
        known = sorted(profiles_of(rule for plan in self.plans for rule in plan.rules))
        unknown = next((profile for profile in self.profiles if profile not in known), None)
        if unknown is not None:
            raise UsageError(
                Said("profile_unknown", text=repr(unknown)), hint=Said("profiles_here", text=", ".join(known))
            )
        plans = [
            narrow(plan, profiles=self.profiles, only=self.only, skip=self.skip, full=self.full) for plan in self.plans
        ]
        return [replace(plan, gate=self.gate) for plan in plans if any(plan.level(rule) for rule in plan.rules)]

    def report(
        self,
        targets: tuple[CheckedTarget, ...],
        runs: tuple[Run, ...],
        *,
        between_s: tuple[float, float],
        strict: bool,
        complete: bool,
        baseline: Baseline | None,
    ) -> CheckReport:
        """Return the report on runs of these rules, `between_s` being when they began and ended."""
        names = self.names or tuple(f"builtin:{plan.suite}" for plan in self.plans)
        return CheckReport(
            version=__version__,
            started_at_s=between_s[0],
            ended_at_s=between_s[1],
            targets=targets,
            runs=runs,
            rules={rule.id: rule for plan in self.narrowed() for rule in plan.rules},
            strict=strict,
            complete=complete,
            exit_code=exit_code(runs, strict) if complete else Exit.INTERRUPTED,
            ignored=ignored_by(baseline, runs) if baseline else None,
            chosen=Chosen(
                suites=tuple(JudgedSuite(name=name, plan=plan) for name, plan in zip(names, self.plans, strict=True)),
                profiles=self.profiles,
                only=self.only,
                skip=self.skip,
                full=self.full,
                gate=self.gate,
                baseline=baseline,
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a check runs in: the clock, the sensor, the worker that reads, the words no relay can have cached.

    None stands for this machine's own.
    """

    clock: Clock = field(default_factory=SystemClock)
    transport: Transport | None = None
    worker: Worker | None = None
    draw: Callable[[], str] = draw_nonce


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What one run of a check leaves to the next: what was spent and sent, who is left alone, what is secret."""

    budgets: Budgets
    backoff: Backoff
    paces: Paces
    secrets: KnownSecrets = field(default_factory=KnownSecrets)

    @classmethod
    def afresh(cls, clock: Clock, cap: Cap | None = None, books: Books | None = None, zone: tzinfo = UTC) -> Memory:
        """Return a memory of nothing but what the books say was spent, by the hours, days and months of a zone."""
        return cls(budgets=Budgets(clock, cap, books, zone), backoff=Backoff(clock), paces=Paces(clock))


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On which terms a check is made. `budget_tokens`: nothing is sent any more once a request could exceed it.

    `wait_s`: wait so long for the relay to accept connections. `patience_s`: wait so long in all for its limits of
    rate. `baseline`: the breaks that are known. `data`: the folder of a service, of whose budgets is spent.
    """

    strict: bool = False
    fail_fast: bool = False
    wait_s: float | None = None
    patience_s: float = 0.0
    budget_tokens: int | None = None
    baseline: Baseline | None = None
    data: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """Who is told of progress, what ends the sending early, and who is told what a person has to know.

    `pausing` is told of each wait for a limit of the relay's when it begins.
    """

    progress: Callable[[str], None] = quietly
    ending: Callable[[asyncio.Event], AbstractContextManager[None]] = lambda _: nullcontext()
    tell: Callable[[Text], None] = lambda _: None
    pausing: Callable[[Text], None] = lambda _: None


def probes_of(named: NamedTarget, selection: Selection) -> list[Probe]:
    """Return one probe per model and suite."""
    plans = selection.narrowed()
    return [probe_of(named, plan, model) for model in named.models for plan in plans]


def _sendable(probes: Iterable[Probe], selection: Selection) -> int:
    """Return how many requests there are to send, those left out that are of use only where another is refused."""
    steps = ((step, probe) for probe in probes for step in probe.check.plan.steps if step.if_refused is None)
    return sum(left_out(step, probe, probe.parameters, full=selection.full) is None for step, probe in steps)


def probe_of(named: NamedTarget, plan: Plan, model: str) -> Probe:
    """Return the probe that judges a suite on a model."""
    check = Check(name=plan.suite or "suite", plan=plan, every_s=0, timeouts=named.timeouts)
    return Probe(check=check, target=named.target, model=model)


async def check(
    named: NamedTarget,
    selection: Selection,
    terms: Terms,
    guide: Guide | None = None,
    surroundings: Surroundings | None = None,
) -> CheckReport:
    """Run every suite on every model and return the report, known breaks excused.

    Raises UsageError where there are to be books, and none can be kept.
    """
    guide, surroundings, target = guide or Guide(), surroundings or Surroundings(), named.target
    probes = probes_of(named, selection)
    excuse = partial(excuse_run, baseline=terms.baseline)
    manner = Manner(
        full=selection.full,
        fail_fast=terms.fail_fast,
        excuse=excuse,
        progress=guide.progress,
        patience=Patience(terms.patience_s, guide.pausing, _sendable(probes, selection)),
    )
    session, started_at_s, began_ns = Session(manner), surroundings.clock.wall_s(), surroundings.clock.now_ns()
    cap = Cap(tokens=terms.budget_tokens, why=Said(Why.BUDGET_TOKENS)) if terms.budget_tokens is not None else None
    with _kept(terms.data, surroundings.clock, guide.tell) as books:
        memory = Memory.afresh(surroundings.clock, cap, books, named.zone)
        url = memory.secrets.learn(named.secrets()).text(target.url)
        try:
            async with one_off_runner(target.concurrency, surroundings, memory) as runner:
                with guide.ending(runner.stop):
                    waits = terms.wait_s is not None and target.proxy is None
                    if waits and not await _wait(
                        target.url, terms.wait_s or 0.0, began_ns, runner.stop, guide, surroundings
                    ):
                        probes = [_hasty(probe) for probe in probes]
                    for probe in probes:
                        await session.run(runner, probe)
        finally:
            memory.budgets.close()
    report = selection.report(
        tuple(CheckedTarget(name=target.name, url=url, model=model, remarks=target.remarks) for model in named.models),
        tuple(session.runs),
        between_s=(started_at_s, surroundings.clock.wall_s()),
        strict=terms.strict,
        complete=not was_interrupted(session.runs),
        baseline=terms.baseline,
    )
    return replace(report, is_configured=named.is_configured)


async def judge_suite(session: Session, probe: Probe, surroundings: Surroundings, memory: Memory) -> Run:
    """Return the run of one more probe of a session, sent by a runner of its own that remembers those before."""
    async with one_off_runner(probe.target.concurrency, surroundings, memory) as runner:
        return await session.run(runner, probe)


@asynccontextmanager
async def one_off_runner(
    concurrency: int, surroundings: Surroundings, memory: Memory | None = None
) -> AsyncIterator[Runner]:
    """Yield a warm runner: the service's own, without schedule, web and metrics."""
    memory = memory or Memory.afresh(surroundings.clock)
    clock, transport = surroundings.clock, surroundings.transport
    if transport is None:
        from wnmon.transport import Sensor  # half the start of a command, which may send nothing

        transport = Sensor(clock)
    await transport.warm_up()
    fanout = Fanout()
    runner = Runner(
        sensors=Watched(transport, clock, fanout.observe),
        clock=clock,
        limiter=Limiter(concurrency, clock),
        budgets=memory.budgets,
        backoff=memory.backoff,
        paces=memory.paces,
        fanout=fanout,
        secrets=memory.secrets,
        worker=surroundings.worker,
        draw=surroundings.draw,
    )
    try:
        yield runner
    finally:
        runner.close()
        await transport.close()


@contextmanager
def _kept(folder: Path | None, clock: Clock, tell: Callable[[Text], None]) -> Iterator[Books | None]:
    """Yield the books of a folder, None without one. `tell` is told, on the loop, why nothing is written any more."""
    if folder is None:
        yield None
        return
    from wnmon.store import Keeper, Place, open_keeper  # few checks have a use for it

    place = Place(folder=folder, owner=secrets.token_hex(8), is_service=False)
    loop = asyncio.get_running_loop()

    def hear(event: MonitorEvent) -> None:
        if isinstance(event, StoreTold) and event.problem is not None:
            loop.call_soon_threadsafe(tell, Said("check_store", said=Said(f"store_{event.problem.value}")))

    keeper = open_keeper(place, clock, hear)
    if not isinstance(keeper, Keeper):
        raise UsageError(Said("history_unread", path=str(folder), said=Said(f"store_{keeper.problem.value}")))
    try:
        yield keeper.books
    finally:
        keeper.close()


def _hasty(probe: Probe) -> Probe:
    """Return the probe of a relay that was waited for in vain: it connects at once, or nobody waits again."""
    timeouts = replace(probe.check.timeouts, connect_s=min(probe.check.timeouts.connect_s, _CONNECT_AFTER_WAIT_S))
    return replace(probe, check=replace(probe.check, timeouts=timeouts))


async def _wait(
    url: str, wait_s: float, began_ns: int, stop: asyncio.Event, guide: Guide, surroundings: Surroundings
) -> bool:
    """Tell whether somebody listens at the URL, waiting for `wait_s` from `began_ns` on at most or until Ctrl-C.

    What wnmon itself needed to get ready is part of it.
    """
    from wnmon.transport.reachable import wait_until_reachable

    left_s = wait_s - (surroundings.clock.now_ns() - began_ns) / 1e9
    reaching = asyncio.ensure_future(wait_until_reachable(url, max(left_s, _CONNECT_AFTER_WAIT_S)))
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({reaching, stopping}, return_when=asyncio.FIRST_COMPLETED)
    in_vain = reaching.done() and not reaching.result()
    if in_vain:
        guide.tell(Said("cli_nobody", n=f"{wait_s:g}"))
    for waiting in (reaching, stopping):
        waiting.cancel()
    await asyncio.wait({reaching, stopping})
    return not in_vain

"""One-off runs: plans to probes, probes to runs, runs to a report. Loads no scheduler, no metrics, no web server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial

from wnmon import __version__
from wnmon.clock import SystemClock
from wnmon.config import narrow, profiles_of
from wnmon.config.named_target import Asked
from wnmon.engine.backoff import Backoff
from wnmon.engine.budget import Budgets, Cap
from wnmon.engine.fanout import Fanout
from wnmon.engine.limiter import Limiter
from wnmon.engine.ports import Clock, Transport, Worker
from wnmon.engine.run import Run
from wnmon.engine.runner import Runner
from wnmon.engine.session import Manner, Session, quietly, was_interrupted
from wnmon.errors import UsageError
from wnmon.model.check import Check, Plan
from wnmon.model.said import Said, Why
from wnmon.model.target import Probe
from wnmon.report.baseline.file import excuse_run, ignored_by
from wnmon.report.baseline.known import Baseline
from wnmon.report.summary import CheckedTarget, CheckReport, Chosen, Exit, JudgedSuite, exit_code
from wnmon.transport import HttpxTransport
from wnmon.transport.reachable import wait_until_reachable


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which rules of which suites count. `names` are those the plans were asked for by (built-in unless given)."""

    plans: tuple[Plan, ...]
    names: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    full: bool = False

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
        return [plan for plan in plans if any(plan.level(rule) for rule in plan.rules)]

    def chosen(self) -> Chosen:
        """Return the selection as a report keeps it."""
        names = self.names or tuple(f"builtin:{plan.suite}" for plan in self.plans)
        suites = (JudgedSuite(name=name, plan=plan) for name, plan in zip(names, self.plans, strict=True))
        return Chosen(suites=tuple(suites), profiles=self.profiles, only=self.only, skip=self.skip, full=self.full)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a check runs in: the clock, the sensor and the worker that reads. None stands for this machine's own."""

    clock: Clock = field(default_factory=SystemClock)
    transport: Transport | None = None
    worker: Worker | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On which terms a check is made. `budget_tokens`: nothing is sent any more once a request could exceed it.

    `wait_s`: wait so long for the relay to accept connections. `baseline`: the breaks that are known.
    """

    strict: bool = False
    fail_fast: bool = False
    wait_s: float | None = None
    budget_tokens: int | None = None
    baseline: Baseline | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """Who is told of progress, what ends the sending early, and who is told that nobody listens yet."""

    progress: Callable[[str], None] = quietly
    ending: Callable[[asyncio.Event], AbstractContextManager[None]] = lambda _: nullcontext()
    unreachable: Callable[[float], None] = lambda _: None


def probes_of(asked: Asked, selection: Selection) -> list[Probe]:
    """Return one probe per model and suite."""
    plans = selection.narrowed()
    return [probe_of(asked, plan, model) for model in asked.models for plan in plans]


def probe_of(asked: Asked, plan: Plan, model: str) -> Probe:
    """Return the probe that judges a suite on a model."""
    check = Check(name=plan.suite or "suite", plan=plan, every_s=0, timeouts=asked.timeouts)
    return Probe(check=check, target=asked.target, model=model)


async def check(
    asked: Asked,
    selection: Selection,
    terms: Terms,
    guide: Guide | None = None,
    surroundings: Surroundings | None = None,
) -> CheckReport:
    """Run every suite on every model and return the report, known breaks excused."""
    guide, surroundings = guide or Guide(), surroundings or Surroundings()
    probes = probes_of(asked, selection)
    excuse = partial(excuse_run, baseline=terms.baseline)
    manner = Manner(full=selection.full, fail_fast=terms.fail_fast, excuse=excuse, progress=guide.progress)
    session, started_at_s = Session(manner), surroundings.clock.wall_s()
    async with one_off_runner(asked.target.concurrency, surroundings, _cap(terms)) as runner:
        with guide.ending(runner.stop):
            if terms.wait_s and asked.target.proxy is None:
                await _wait(asked.target.url, terms.wait_s, runner.stop, guide)
            for probe in probes:
                await session.run(runner, probe)
    runs, interrupted = tuple(session.runs), was_interrupted(session.runs)
    return CheckReport(
        version=__version__,
        started_at_s=started_at_s,
        ended_at_s=surroundings.clock.wall_s(),
        targets=tuple(CheckedTarget(name=asked.target.name, url=asked.target.url, model=m) for m in asked.models),
        runs=runs,
        rules={rule.id: rule for plan in selection.narrowed() for rule in plan.rules},
        strict=terms.strict,
        complete=not interrupted,
        exit_code=Exit.INTERRUPTED if interrupted else exit_code(runs, terms.strict),
        ignored=ignored_by(terms.baseline, runs) if terms.baseline else None,
        chosen=replace(selection.chosen(), baseline=terms.baseline),
        unknown_waivers=_unknown_waivers(asked, selection),
    )


async def judge_suite(session: Session, probe: Probe) -> Run:
    """Return the run of one more probe of a session, sent by a runner of its own."""
    async with one_off_runner(probe.target.concurrency, Surroundings()) as runner:
        return await session.run(runner, probe)


@asynccontextmanager
async def one_off_runner(concurrency: int, surroundings: Surroundings, cap: Cap | None = None) -> AsyncIterator[Runner]:
    """Yield a warm runner: the service's own, without schedule, web and metrics."""
    clock, transport = surroundings.clock, surroundings.transport or HttpxTransport(surroundings.clock)
    await transport.warm_up()
    runner = Runner(
        transport=transport,
        clock=clock,
        limiter=Limiter(concurrency, clock),
        budgets=Budgets(clock, cap),
        backoff=Backoff(clock),
        fanout=Fanout(),
        worker=surroundings.worker,
    )
    try:
        yield runner
    finally:
        runner.close()
        await transport.close()


def _cap(terms: Terms) -> Cap | None:
    return None if terms.budget_tokens is None else Cap(tokens=terms.budget_tokens, why=Said(Why.BUDGET_TOKENS))


async def _wait(url: str, wait_s: float, stop: asyncio.Event, guide: Guide) -> None:
    """Wait until somebody listens at the URL, for `wait_s` at most or until Ctrl-C."""
    reaching = asyncio.ensure_future(wait_until_reachable(url, wait_s))
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({reaching, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if reaching.done() and not reaching.result():
        guide.unreachable(wait_s)
    for waiting in (reaching, stopping):
        waiting.cancel()
    await asyncio.wait({reaching, stopping})


def _unknown_waivers(asked: Asked, selection: Selection) -> Mapping[str, str]:
    """Return the waived rules that no suite has, neither one the configuration knows nor one that is judged here."""
    judged = {rule.id for plan in selection.plans for rule in plan.rules}
    return {rule: nearest for rule, nearest in asked.unknown_waivers.items() if rule not in judged}

"""The body of `wnmon check`: plans to runs to a report."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from wnmon import __version__
from wnmon.app import one_off_runner
from wnmon.cli.progress import Bar, progress_bar
from wnmon.cli.selecting import nothing_selected
from wnmon.cli.stopping import Stopping
from wnmon.cli.terminal import note
from wnmon.cli.words import said
from wnmon.clock import SystemClock
from wnmon.config import narrow, profiles_of
from wnmon.config.named_target import Asked
from wnmon.engine.budget import Cap
from wnmon.engine.runner import INTERRUPTED, Runner, left_out
from wnmon.errors import UsageError
from wnmon.judge.verdict import judge
from wnmon.model.check import Check, Level, Plan
from wnmon.model.exchange import FailureKind
from wnmon.model.result import Evidence, Outcome, Reason, Result, RuleVerdict, Run, Verdict
from wnmon.model.target import Probe
from wnmon.report.baseline.file import excuse_run, excused, ignored_by, run_key
from wnmon.report.baseline.known import Baseline
from wnmon.report.summary import CheckedTarget, CheckReport, Chosen, Exit, JudgedSuite, exit_code
from wnmon.transport.reachable import wait_until_reachable

FAIL_FAST = "not sent: --fail-fast"
BUDGET_TOKENS = "not sent: --budget-tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which rules of which suites count. `names` are those the plans were asked for by (built-in unless given).

    `lang` is the language of what is said while the check goes on.
    """

    plans: tuple[Plan, ...]
    names: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    full: bool = False
    lang: str = "en"

    def narrowed(self) -> list[Plan]:
        """Return the plans with what counts. Raises UsageError when nothing does."""
        known = sorted(profiles_of(rule for plan in self.plans for rule in plan.rules))
        unknown = [profile for profile in self.profiles if profile not in known]
        if unknown:
            raise UsageError(f"unknown profile {unknown[0]!r}", hint=f"profiles here: {', '.join(known)}")
        plans = [
            narrow(plan, profiles=self.profiles, only=self.only, skip=self.skip, full=self.full) for plan in self.plans
        ]
        chosen = [plan for plan in plans if any(plan.level(rule) for rule in plan.rules)]
        if not chosen:
            raise nothing_selected(self.plans, self.only, full=self.full, lang=self.lang)
        return chosen

    def chosen(self) -> Chosen:
        """Return the selection as a report keeps it."""
        names = self.names or tuple(f"builtin:{plan.suite}" for plan in self.plans)
        suites = (JudgedSuite(name=name, plan=plan) for name, plan in zip(names, self.plans, strict=True))
        return Chosen(suites=tuple(suites), profiles=self.profiles, only=self.only, skip=self.skip, full=self.full)


def probes_of(asked: Asked, selection: Selection) -> list[Probe]:
    """Return one probe per model and suite."""
    plans = selection.narrowed()
    return [
        Probe(
            check=Check(name=plan.suite or "suite", plan=plan, every_s=0, timeouts=asked.timeouts),
            target=asked.target,
            model=model,
        )
        for model in asked.models
        for plan in plans
    ]


def check(
    asked: Asked,
    selection: Selection,
    stopping: Stopping | None = None,
    *,
    strict: bool,
    fail_fast: bool,
    wait_s: float | None,
    quiet: bool,
    baseline: Baseline | None = None,
    budget_tokens: int | None = None,
) -> CheckReport:
    """Run every suite on every model and return the report, known breaks excused.

    `stopping` ends it early. `budget_tokens`: nothing is sent any more once a request could exceed it.
    """
    clock = SystemClock()
    started_at_s = clock.wall_s()
    probes = probes_of(asked, selection)
    steps = ((step, probe.target) for probe in probes for step in probe.check.plan.steps)
    calls = sum(left_out(step, target, full=selection.full) is None for step, target in steps)
    with progress_bar(calls, quiet=quiet) as bar:
        going = Going(
            bar=bar,
            stopping=stopping or Stopping(),
            full=selection.full,
            lang=selection.lang,
            fail_fast=fail_fast,
            baseline=baseline,
            budget_tokens=budget_tokens,
        )
        runs = asyncio.run(_run_all(probes, going, wait_s))
    interrupted = _was_interrupted(runs)
    return CheckReport(
        version=__version__,
        started_at_s=started_at_s,
        ended_at_s=clock.wall_s(),
        targets=tuple(CheckedTarget(name=asked.target.name, url=asked.target.url, model=m) for m in asked.models),
        runs=tuple(runs),
        rules={rule.id: rule for plan in selection.narrowed() for rule in plan.rules},
        strict=strict,
        complete=not interrupted,
        exit_code=Exit.INTERRUPTED if interrupted else exit_code(runs, strict),
        ignored=ignored_by(baseline, runs) if baseline else None,
        chosen=replace(selection.chosen(), baseline=baseline),
        unknown_waivers=_unknown_waivers(asked, selection),
    )


def _unknown_waivers(asked: Asked, selection: Selection) -> dict[str, str]:
    """Return the waived rules that no suite has, neither one the configuration knows nor one that is judged here."""
    judged = {rule.id for plan in selection.plans for rule in plan.rules}
    return {rule: nearest for rule, nearest in asked.unknown_waivers.items() if rule not in judged}


def _was_interrupted(runs: list[Run]) -> bool:
    """Tell whether a request was not sent, or not answered, because of a signal."""
    failures = (exchange.failure for run in runs for exchange in run.evidence.exchanges)
    cut_short = any(failure is not None and failure.kind is FailureKind.SHUTDOWN for failure in failures)
    return cut_short or _any_unsent(runs, INTERRUPTED)


def _any_unsent(runs: list[Run], why: str) -> bool:
    return any(why in run.evidence.not_sent.values() for run in runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """How a check goes on from request to request."""

    bar: Bar
    stopping: Stopping
    full: bool
    lang: str
    fail_fast: bool
    baseline: Baseline | None
    budget_tokens: int | None

    @property
    def cap(self) -> Cap | None:
        """Return what the check may cost in all, None without a limit."""
        return None if self.budget_tokens is None else Cap(tokens=self.budget_tokens, why=BUDGET_TOKENS)


async def _run_all(probes: list[Probe], going: Going, wait_s: float | None) -> list[Run]:
    runs: list[Run] = []
    errored: dict[str, Result] = {}
    async with one_off_runner(probes[0].target.concurrency, cap=going.cap) as runner:
        with going.stopping.ending(runner.stop):
            if wait_s and probes[0].target.proxy is None:
                await _wait(probes[0].target.url, wait_s, runner.stop, going.lang)
            for probe in probes:
                why = _why_over(runs, going.fail_fast) or _why_known(probe.check.plan, errored.get(probe.model))
                if why is not None:
                    runs.append(runner.unsent(probe, why))
                    continue
                run = await _run_one(runner, probe, going)
                if not run.result.verdicts:  # the relay asked to be left alone: its rules are still named
                    run = runner.unsent(probe, run.result.message)
                runs.append(excuse_run(run, going.baseline))
                if runs[-1].result.outcome is Outcome.ERRORED:
                    errored.setdefault(probe.model, runs[-1].result)
    return runs


def _why_known(plan: Plan, told: Result | None) -> str | None:
    """Return what an earlier suite told of the model, None where this one has more to say.

    The first request of a suite tells that nothing can be judged, and another suite would only repeat it; but that no
    secure connection stands is what a rule on TLS is about.
    """
    if told is None or (told.reason is Reason.TLS and any(one.kind == "tls" for r in plan.rules for one in r.expect)):
        return None
    return f"{told.reason.value}: {told.message}"


async def _wait(url: str, wait_s: float, stop: asyncio.Event, lang: str) -> None:
    """Wait until somebody listens at the URL, for `wait_s` at most or until Ctrl-C."""
    reaching = asyncio.ensure_future(wait_until_reachable(url, wait_s))
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({reaching, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if reaching.done() and not reaching.result():
        note(f"wnmon: {said('nobody', lang, n=f'{wait_s:g}')}")
    for waiting in (reaching, stopping):
        waiting.cancel()
    await asyncio.wait({reaching, stopping})


def _why_over(runs: list[Run], fail_fast: bool) -> str | None:
    """Return why no further suite is judged, None while there is no reason."""
    if _was_interrupted(runs):
        return INTERRUPTED
    if _any_unsent(runs, BUDGET_TOKENS):
        return BUDGET_TOKENS
    return FAIL_FAST if fail_fast and any(_breaks_must(run.result.verdicts) for run in runs) else None


async def _run_one(runner: Runner, probe: Probe, going: Going) -> Run:
    def halt(evidence: Evidence) -> str | None:
        going.bar.advance(probe.check.name)
        if not going.fail_fast:
            return None
        verdicts = judge(probe.check.plan, evidence).verdicts
        return FAIL_FAST if _breaks_must(_excused(verdicts, probe, going.baseline)) else None

    return await runner.run(probe, full=going.full, halt=halt)


def _excused(verdicts: tuple[RuleVerdict, ...], probe: Probe, baseline: Baseline | None) -> tuple[RuleVerdict, ...]:
    if baseline is None:
        return verdicts
    key = run_key(probe.target.name, probe.model, probe.check.plan.suite or probe.check.name)
    return excused(verdicts, baseline.runs.get(key, {}), baseline.name)


def _breaks_must(verdicts: tuple[RuleVerdict, ...]) -> bool:
    return any(v.verdict is Verdict.FAILED and v.level is Level.MUST and not v.waived for v in verdicts)

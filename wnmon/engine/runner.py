"""run(probe): reserve -> send each step -> redact -> judge -> publish. The only runner: serve and check both use it."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from wnmon.engine.backoff import Backoff
from wnmon.engine.budget import Budgets, Reservation
from wnmon.engine.fanout import Fanout
from wnmon.engine.known_secrets import KnownSecrets
from wnmon.engine.limiter import Limiter
from wnmon.engine.loopwatch import LoopWatch
from wnmon.engine.ports import About, Clock, RestCause, Transport, Worker
from wnmon.engine.reading_threads import ReadingThreads
from wnmon.engine.run import Run
from wnmon.engine.sending import Sender
from wnmon.errors import place_of
from wnmon.judge.preflight import asks_to_be_left_alone, blames_request, stops_a_suite
from wnmon.judge.verdict import judge
from wnmon.model.check import Asks, Plan, Step
from wnmon.model.events import InFlight, InternalFault, RunLate, RunSkipped, Skip, Waited
from wnmon.model.exchange import FailureKind
from wnmon.model.result import Evidence, Outcome, Reason, Result
from wnmon.model.said import Said, Text, Why
from wnmon.model.spent import Spent, UsageDoubt
from wnmon.model.target import Probe, Target
from wnmon.redact.redactor import Redactor
from wnmon.redact.result import redact_result
from wnmon.wire.answer import Answer
from wnmon.wire.balance import is_needed
from wnmon.wire.cost import worst_case_tokens
from wnmon.wire.request import NONCE_CHARS, build, read_request
from wnmon.wire.spending import spent

INTERRUPTED = Said(Why.INTERRUPTED)
_NONCE_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def draw_nonce() -> str:
    """Return a word no relay can have cached."""
    return "".join(secrets.choice(_NONCE_LETTERS) for _ in range(NONCE_CHARS))


@dataclass(slots=True, kw_only=True)
class Progress:
    """What a run has gathered so far. `over_budget`: a budget refused one of its requests."""

    run_id: str
    nonce: str
    started_at_s: float
    answers: list[Answer] = field(default_factory=list)
    not_sent: dict[str, Text] = field(default_factory=dict)
    input_tokens: int = 0
    output_tokens: int = 0
    usage_doubts: list[UsageDoubt] = field(default_factory=list)
    over_budget: bool = False


Halt = Callable[[Callable[[], Run]], Text | None]
"""Asked after each request, with how to judge what there is so far: why no more shall be sent, or None to go on."""


def never_halt(_: Callable[[], Run]) -> Text | None:
    """Go on to the last request."""
    return None


class Runner:
    """Executes probes. Every collaborator is handed in; `draining` starts no run more, `stop` ends those under way."""

    def __init__(
        self,
        *,
        transport: Transport,
        clock: Clock,
        limiter: Limiter,
        budgets: Budgets,
        backoff: Backoff,
        fanout: Fanout,
        secrets: KnownSecrets | None = None,
        worker: Worker | None = None,
        draw: Callable[[], str] = draw_nonce,
    ) -> None:
        self.limiter = limiter
        self.fanout = fanout
        self.draining = False
        self._clock = clock
        self._budgets = budgets
        self._backoff = backoff
        self._draw = draw
        self._worker = worker or ReadingThreads()
        watch = LoopWatch(clock, fanout.observe)
        self._secrets = secrets or KnownSecrets()
        self._sender = Sender(transport, clock, watch, self._worker, self._secrets)
        self.stop = self._sender.stop

    async def run(
        self, probe: Probe, *, scheduled_ns: int | None = None, full: bool = False, halt: Halt = never_halt
    ) -> Run:
        """Execute a probe once and publish it, unless nothing was sent or the monitor itself is stopping."""
        if (resting := self._resting(probe)) is not None:
            return resting
        if scheduled_ns is not None:
            late_s = max(0, self._clock.now_ns() - scheduled_ns) / 1e9
            self.fanout.observe(RunLate(probe=probe.id, late_s=late_s))
        async with self.limiter.slot(probe.target) as waited_s:
            if self.draining:
                return self._skipped(probe, Skip.SHUTDOWN, Said("monitor_ending"))
            self.fanout.observe(Waited(probe=probe.id, waited_s=waited_s))
            # While this run waited, the one before it may have been told to leave the relay alone.
            if (resting := self._resting(probe)) is not None:
                return resting
            self.fanout.observe(InFlight(runs=self.limiter.in_flight))
            try:
                progress = await self._send_all(probe, scheduled_ns, full, halt)
                return await self._conclude(probe, progress)
            finally:
                self.fanout.observe(InFlight(runs=self.limiter.in_flight - 1))

    def unsent(self, probe: Probe, why: Text) -> Run:
        """Return the run of a probe of which nothing is sent, so that a report still names its rules. Not published."""
        progress = Progress(run_id=secrets.token_hex(8), nonce="", started_at_s=self._clock.wall_s())
        progress.not_sent.update({step.name: why for step in probe.check.plan.steps})
        return self._so_far(probe, progress)

    def close(self) -> None:
        """Let go of the thread that reads answers. Runs must have ended."""
        self._worker.close()

    def _resting(self, probe: Probe) -> Run | None:
        """Return the skipped run of a probe whose relay is left alone, None when it may be asked."""
        rest = self._backoff.rest(probe.target.name, probe.model)
        if rest is None:
            return None
        left_s = (rest.until_ns - self._clock.boot_ns()) / 1e9
        return self._skipped(probe, Skip.BACKOFF, Said(_RESTS[rest.cause], n=f"{left_s:.0f}"))

    async def _send_all(self, probe: Probe, scheduled_ns: int | None, full: bool, halt: Halt) -> Progress:
        progress = Progress(run_id=secrets.token_hex(8), nonce=self._draw(), started_at_s=self._clock.wall_s())
        why: Text | None = None
        for step in probe.check.plan.steps:
            if why is not None:
                progress.not_sent[step.name] = why
            elif (omitted := left_out(step, probe.target, full=full) or _unneeded(probe, step, progress)) is not None:
                progress.not_sent[step.name] = omitted
            else:
                why = await self._send(probe, step, progress, scheduled_ns, halt)
        return progress

    async def _send(
        self, probe: Probe, step: Step, progress: Progress, scheduled_ns: int | None, halt: Halt
    ) -> Text | None:
        """Send one step; return why the steps after it shall not be sent, None to go on."""
        request = build(step, probe.target.url, probe.model, progress.nonce)
        asked = read_request(request.body)
        worst = (0, 0) if step.method == "GET" else worst_case_tokens(request.body, asked)
        refusal = INTERRUPTED if self.stop.is_set() else self._budgets.refusal(probe.target, sum(worst), step.burst)
        if refusal is not None:
            progress.over_budget = refusal != INTERRUPTED
            self.fanout.observe(self._budgets.left(probe.target))
            progress.not_sent[step.name] = refusal
            return refusal
        held = [self._budgets.reserve(probe.target, sum(worst)) for _ in range(step.burst)]
        answers = await self._sender.send_at_once(request, asked, probe, scheduled_ns, step.burst)
        progress.answers.extend(answers)
        failures = (answer.exchange.failure for answer in answers)
        if any(failure is not None and failure.kind is FailureKind.SHUTDOWN for failure in failures):
            progress.not_sent[step.name] = INTERRUPTED  # what it cost is not known, so the worst case stays booked
            return INTERRUPTED
        for reservation, answer in zip(held, answers, strict=True):
            self._settle(reservation, spent(answer, worst), progress)
        self.fanout.observe(self._budgets.left(probe.target))
        plan = probe.check.plan
        fault = stops_a_suite(plan, progress.answers) if plan.suite is not None else None
        if fault is not None:
            return Said("reason", kind=fault.reason.value, said=fault.message)
        # Endpoints beside chat completions have limits of their own: the next may answer, and says nothing of models.
        if plan.asks is Asks.CHAT and asks_to_be_left_alone(step, answers[0]):
            return Said("asked_to_be_left_alone")
        return halt(lambda: self._so_far(probe, progress))

    def _settle(self, reservation: Reservation | None, cost: Spent, progress: Progress) -> None:
        """Book what was spent, and give the rest of the reservation back. On the loop: the ledger has no lock."""
        progress.input_tokens += cost.input_tokens
        progress.output_tokens += cost.output_tokens
        progress.usage_doubts.extend(cost.doubts)
        if reservation is not None:
            self._budgets.settle(reservation, cost.input_tokens + cost.output_tokens)

    async def _conclude(self, probe: Probe, progress: Progress) -> Run:
        evidence = self._evidence(probe, progress)
        about = About.exchanges(probe.target, evidence.exchanges)
        redactor = self._secrets.learn(probe.secrets())
        result, bug = await self._worker.do(about, _judged, probe.check.plan, evidence, progress.answers, redactor)
        if bug is not None:
            self.fanout.observe(bug)
        if progress.answers and probe.check.plan.asks is Asks.CHAT:
            # A burst asks for its 429: having got it is no reason to leave the relay alone.
            bursts = {step.name for step in probe.check.plan.steps if step.burst > 1}
            self._backoff.learn(probe, result, [one for one in progress.answers if one.step not in bursts])
        skip = _skip(progress, result)
        if skip is None:
            run = self._run(probe, progress, evidence, result)
            self.fanout.take(run)
            return run
        self.fanout.observe(RunSkipped(probe=probe.id, reason=skip, detail=result.message))
        return self._run(probe, progress, evidence, replace(result, reason=_REASONS.get(skip, result.reason)))

    def _evidence(self, probe: Probe, progress: Progress) -> Evidence:
        waivers, shown = probe.target.waivers, self._secrets.learn(probe.secrets()).text
        today = datetime.datetime.fromtimestamp(self._clock.wall_s(), datetime.UTC).date().isoformat()
        return Evidence(
            model=probe.model,
            nonce=progress.nonce,
            exchanges=tuple(answer.exchange for answer in progress.answers),
            aliases=probe.target.aliases,
            waivers={
                w.rule: Said("waived_until", code=w.until, text=shown(w.reason)) for w in waivers if w.until >= today
            },
            expired={
                w.rule: Said("waiver_expired", code=w.until, text=shown(w.reason)) for w in waivers if w.until < today
            },
            not_sent=dict(progress.not_sent),
        )

    def _skipped(self, probe: Probe, skip: Skip, detail: Text) -> Run:
        self.fanout.observe(RunSkipped(probe=probe.id, reason=skip, detail=detail))
        now_s = self._clock.wall_s()
        progress = Progress(run_id=secrets.token_hex(8), nonce="", started_at_s=now_s)
        result = Result(outcome=Outcome.SKIPPED, reason=Reason.OK, message=detail)
        return self._run(probe, progress, self._evidence(probe, progress), result)

    def _so_far(self, probe: Probe, progress: Progress) -> Run:
        """Return the run judged by what there is. Not published."""
        evidence = self._evidence(probe, progress)
        result = judge(probe.check.plan, evidence, progress.answers)
        return self._run(probe, progress, evidence, redact_result(result, self._secrets.learn(probe.secrets())))

    def _run(self, probe: Probe, progress: Progress, evidence: Evidence, result: Result) -> Run:
        return Run(
            id=progress.run_id,
            target=probe.target.name,
            check=probe.check.name,
            model=probe.model,
            started_at_s=progress.started_at_s,
            ended_at_s=self._clock.wall_s(),
            result=result,
            evidence=evidence,
            suite=probe.check.plan.suite,
            spent_input_tokens=progress.input_tokens,
            spent_output_tokens=progress.output_tokens,
            usage_doubts=tuple(progress.usage_doubts),
            requests=len(progress.answers),
            answers=tuple(progress.answers),
        )


def _unneeded(probe: Probe, step: Step, progress: Progress) -> Said | None:
    """Return why a request has nothing to tell any more, None where it has.

    A balance was told, or no endpoint can be reached; what a control says in another form was not refused as wrong.
    """
    if probe.check.plan.asks is Asks.BALANCE and not is_needed(step.name, progress.answers):
        return Said(Why.TOLD_ALREADY)
    if step.if_refused is None or any(blames_request(one) for one in progress.answers if one.step == step.if_refused):
        return None
    return Said(Why.NOT_REFUSED)


def left_out(step: Step, target: Target, *, full: bool) -> Said | None:
    """Return why a request is left out on purpose, None when it may be sent."""
    if step.risk is not None and not full:
        return Said(Why.NEEDS_FULL)
    if step.feature is not None and step.feature not in target.features:
        return Said(Why.NOT_CLAIMED)
    if step.http2:
        return Said(Why.NO_HTTP2)
    return Said(Why.NOT_HTTPS) if step.plain_http and not target.url.startswith("https:") else None


_RESTS = {RestCause.ASKED: "left_alone", RestCause.REFUSED: "left_alone_refused"}
_REASONS = {Skip.SHUTDOWN: Reason.SHUTDOWN, Skip.BUDGET: Reason.BUDGET}


def _skip(progress: Progress, result: Result) -> Skip | None:
    """Return why a run is not published, None when it is: what it gathered stands."""
    if INTERRUPTED in progress.not_sent.values():
        return Skip.SHUTDOWN
    return Skip.BUDGET if progress.over_budget and result.outcome is Outcome.SKIPPED else None


def _judged(
    plan: Plan, evidence: Evidence, answers: Sequence[Answer], redactor: Redactor
) -> tuple[Result, InternalFault | None]:
    try:
        return redact_result(judge(plan, evidence, answers), redactor), None
    except Exception as error:  # noqa: BLE001 - a bug of the judge must not end the monitor
        bug = InternalFault(component="judge", error=place_of(error))
        return Result(
            outcome=Outcome.ERRORED, reason=Reason.INTERNAL, message=Said("judge_broke", code=type(error).__name__)
        ), bug

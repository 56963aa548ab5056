"""run(probe): reserve -> send each step -> redact -> judge -> publish. The only runner: serve and check both use it."""

from __future__ import annotations

import asyncio
import datetime
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from wnmon.engine.backoff import Backoff
from wnmon.engine.budget import Budgets, Reservation
from wnmon.engine.fanout import Fanout
from wnmon.engine.limiter import Limiter
from wnmon.engine.loopwatch import LoopWatch
from wnmon.engine.ports import Clock, Transport
from wnmon.errors import place_of
from wnmon.judge.verdict import judge, stops_a_suite
from wnmon.model.check import NEEDS_FULL, Step
from wnmon.model.events import BudgetLeft, InFlight, InternalFault, RunLate, RunSkipped, Skip, Waited
from wnmon.model.exchange import Exchange, FailureKind, Marks, Request, TransportFailure
from wnmon.model.redact import Redactor
from wnmon.model.result import Evidence, Outcome, Reason, Result, Run
from wnmon.model.target import Probe, Target
from wnmon.wire.cost import worst_case_tokens
from wnmon.wire.evidence import redact_exchange
from wnmon.wire.reply import read
from wnmon.wire.request import build

INTERRUPTED = "interrupted"
_NONCE_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def draw_nonce() -> str:
    """Return eight letters no relay can have cached."""
    return "".join(secrets.choice(_NONCE_LETTERS) for _ in range(8))


@dataclass(slots=True, kw_only=True)
class Progress:
    """What a run has gathered so far."""

    run_id: str
    nonce: str
    started_at_s: float
    exchanges: list[Exchange] = field(default_factory=list)
    not_sent: dict[str, str] = field(default_factory=dict)
    input_tokens: int = 0
    output_tokens: int = 0


Halt = Callable[[Evidence], str | None]
"""Asked after each exchange: why the remaining requests shall not be sent, or None to go on."""


def never_halt(_: Evidence) -> str | None:
    """Go on to the last request."""
    return None


class Runner:
    """Executes probes. Every collaborator is handed in; `stop` ends what is under way."""

    def __init__(
        self,
        *,
        transport: Transport,
        clock: Clock,
        limiter: Limiter,
        budgets: Budgets,
        backoff: Backoff,
        fanout: Fanout,
        draw: Callable[[], str] = draw_nonce,
    ) -> None:
        self.limiter = limiter
        self.fanout = fanout
        self.stop = asyncio.Event()
        self._transport = transport
        self._clock = clock
        self._budgets = budgets
        self._backoff = backoff
        self._draw = draw
        self._watch = LoopWatch(clock, fanout.observe)
        self._redactors: dict[str, tuple[Target, Redactor]] = {}

    async def run(
        self, probe: Probe, *, scheduled_ns: int | None = None, full: bool = False, halt: Halt = never_halt
    ) -> Run:
        """Execute a probe once and publish it, unless nothing was sent or the monitor itself is stopping."""
        rest_s = self._backoff.left_s(probe.target.name, probe.model)
        if rest_s > 0:
            return self._skipped(probe, Skip.BACKOFF, f"left alone for {rest_s:.0f} s more, as the relay asked")
        if scheduled_ns is not None:
            late_s = max(0, self._clock.now_ns() - scheduled_ns) / 1e9
            self.fanout.observe(RunLate(probe=probe.id, late_s=late_s))
        async with self.limiter.slot(probe.target) as waited_s:
            self.fanout.observe(Waited(probe=probe.id, waited_s=waited_s))
            self.fanout.observe(InFlight(runs=self.limiter.in_flight))
            try:
                async with self._watch.during():
                    progress = await self._send_all(probe, scheduled_ns, full, halt)
                return await self._conclude(probe, progress)
            finally:
                self.fanout.observe(InFlight(runs=self.limiter.in_flight - 1))

    async def _send_all(self, probe: Probe, scheduled_ns: int | None, full: bool, halt: Halt) -> Progress:
        progress = Progress(run_id=secrets.token_hex(8), nonce=self._draw(), started_at_s=self._clock.wall_s())
        why: str | None = None
        for step in probe.check.plan.steps:
            if why is not None:
                progress.not_sent[step.name] = why
            elif step.risk is not None and not full:
                progress.not_sent[step.name] = NEEDS_FULL
            else:
                why = await self._send(probe, step, progress, scheduled_ns, halt)
        return progress

    async def _send(
        self, probe: Probe, step: Step, progress: Progress, scheduled_ns: int | None, halt: Halt
    ) -> str | None:
        """Send one step; return why the steps after it shall not be sent, None to go on."""
        request = build(step, probe.target.url, probe.model, progress.nonce)
        reservation = None if self.stop.is_set() else self._reserve(probe.target, request)
        if reservation is None:
            why = INTERRUPTED if self.stop.is_set() else f"the day's budget of {probe.target.name} is used up"
            progress.not_sent[step.name] = why
            return why
        exchange = await self._exchange(probe, request, progress, scheduled_ns)
        first = not progress.exchanges
        progress.exchanges.append(exchange)
        await asyncio.to_thread(self._settle, reservation, exchange, progress)
        self._tell_budget(probe.target)
        if exchange.failure is not None and exchange.failure.kind is FailureKind.SHUTDOWN:
            return INTERRUPTED
        if first and probe.check.plan.suite is not None and (fault := stops_a_suite(exchange)) is not None:
            return f"{fault.reason.value}: {fault.message}"
        return halt(self._evidence(probe, progress))

    def _reserve(self, target: Target, request: Request) -> Reservation | None:
        return self._budgets.reserve(target, sum(worst_case_tokens(request.body)))

    async def _exchange(self, probe: Probe, request: Request, progress: Progress, scheduled_ns: int | None) -> Exchange:
        """Send and redact. Redaction runs in a thread, before anything judges or shows what came."""
        timeouts, caps = probe.check.timeouts, probe.check.caps
        sending = asyncio.ensure_future(
            self._transport.send(request, probe.target, timeouts=timeouts, caps=caps, scheduled_ns=scheduled_ns)
        )
        stopping = asyncio.ensure_future(self.stop.wait())
        try:
            await asyncio.wait({sending, stopping}, return_when=asyncio.FIRST_COMPLETED)
            exchange = sending.result() if sending.done() else None
        finally:
            stopping.cancel()
            if not sending.done():
                sending.cancel()
                await asyncio.wait({sending})
        if exchange is None:
            return self._cut_short(request, progress)
        marks = exchange.marks
        exchange = replace(exchange, late_ns=self._watch.worst_ns(marks.started_ns, marks.end_ns))
        return await asyncio.to_thread(redact_exchange, exchange, self._redactor(probe.target))

    def _cut_short(self, request: Request, progress: Progress) -> Exchange:
        now_ns = self._clock.now_ns()
        return Exchange(
            request=request,
            started_at_s=progress.started_at_s,
            marks=Marks(started_ns=now_ns, end_ns=now_ns),
            failure=TransportFailure(kind=FailureKind.SHUTDOWN, detail="wnmon was stopped"),
        )

    def _redactor(self, target: Target) -> Redactor:
        """Return the target's redactor, made once: it indexes every window of every secret."""
        known = self._redactors.get(target.name)
        if known is None or known[0] is not target:
            known = self._redactors[target.name] = (target, Redactor(target.secrets()))
        return known[1]

    def _settle(self, reservation: Reservation, exchange: Exchange, progress: Progress) -> None:
        """Book what was spent, and give the rest of the reservation back."""
        spent_input, spent_output = _spent(exchange)
        progress.input_tokens += spent_input
        progress.output_tokens += spent_output
        self._budgets.settle(reservation, spent_input + spent_output)

    def _tell_budget(self, target: Target) -> None:
        left = self._budgets.tokens_left(target)
        self.fanout.observe(BudgetLeft(target=target.name, tokens_left=left, tokens_limit=target.budget.tokens_per_day))

    async def _conclude(self, probe: Probe, progress: Progress) -> Run:
        evidence = self._evidence(probe, progress)
        result = await asyncio.to_thread(self._judge, probe, evidence)
        run = self._run(probe, progress, evidence, result)
        if INTERRUPTED in progress.not_sent.values() or result.reason is Reason.SHUTDOWN:
            self.fanout.observe(RunSkipped(probe=probe.id, reason=Skip.SHUTDOWN, detail="cut short"))
        elif not progress.exchanges:
            self.fanout.observe(RunSkipped(probe=probe.id, reason=Skip.BUDGET, detail=result.message))
        else:
            self._backoff.learn(probe.target.name, probe.model, result)
            self.fanout.take(run)
        return run

    def _judge(self, probe: Probe, evidence: Evidence) -> Result:
        try:
            return judge(probe.check.plan, evidence)
        except Exception as error:  # noqa: BLE001 - a bug of the judge must not end the monitor
            self.fanout.observe(InternalFault(component="judge", error=place_of(error)))
            return Result(outcome=Outcome.ERRORED, reason=Reason.INTERNAL, message=f"judge: {type(error).__name__}")

    def _evidence(self, probe: Probe, progress: Progress) -> Evidence:
        return Evidence(
            model=probe.model,
            nonce=progress.nonce,
            exchanges=tuple(progress.exchanges),
            aliases=probe.target.aliases,
            waivers=self._waivers(probe.target),
            not_sent=dict(progress.not_sent),
        )

    def _waivers(self, target: Target) -> Mapping[str, str]:
        """Return the waivers in force today (UTC), rule to what a report says of them."""
        today = datetime.datetime.fromtimestamp(self._clock.wall_s(), datetime.UTC).date().isoformat()
        return {w.rule: f"waived until {w.until}: {w.reason}" for w in target.waivers if w.until >= today}

    def _skipped(self, probe: Probe, skip: Skip, detail: str) -> Run:
        self.fanout.observe(RunSkipped(probe=probe.id, reason=skip, detail=detail))
        now_s = self._clock.wall_s()
        progress = Progress(run_id=secrets.token_hex(8), nonce="", started_at_s=now_s)
        result = Result(outcome=Outcome.SKIPPED, reason=Reason.OK, message=detail)
        return self._run(probe, progress, self._evidence(probe, progress), result)

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
            requests=len(progress.exchanges),
        )


def _spent(exchange: Exchange) -> tuple[int, int]:
    """Return (input, output) tokens: as reported, else the worst case where an answer may have been made, else 0."""
    if exchange.marks.sent_ns is None:
        return 0, 0
    usage = read(exchange).usage
    refused = exchange.status is not None and exchange.status >= 400
    worst_input, worst_output = (0, 0) if refused else worst_case_tokens(exchange.request.body)
    reported_input = usage.prompt_tokens if usage else None
    reported_output = usage.completion_tokens if usage else None
    return (
        worst_input if reported_input is None else reported_input,
        worst_output if reported_output is None else reported_output,
    )

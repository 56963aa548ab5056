"""run(probe): reserve -> send each step -> redact -> judge -> publish. The only runner: serve and check both use it."""

from __future__ import annotations

import asyncio
import datetime
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace

from wnmon.engine.backoff import Backoff
from wnmon.engine.budget import Budgets
from wnmon.engine.conversation import INTERRUPTED, Conversation, How, Means, Progress
from wnmon.engine.fanout import Fanout
from wnmon.engine.known_secrets import KnownSecrets
from wnmon.engine.learning import Pupil
from wnmon.engine.limiter import Limiter
from wnmon.engine.own_network import UNREACHED, OwnNetwork
from wnmon.engine.pace import Paces
from wnmon.engine.patience import Patience
from wnmon.engine.ports import About, Clock, Rest, RestCause, Sensors, Worker
from wnmon.engine.reading_threads import ReadingThreads
from wnmon.engine.run import Run
from wnmon.engine.sending import Sender
from wnmon.engine.windows import Windows
from wnmon.errors import place_of
from wnmon.judge.verdict import judge
from wnmon.model.check import Asks, Plan
from wnmon.model.events import InFlight, InternalFault, RunDiscarded, RunLate, RunSkipped, Skip, Waited
from wnmon.model.result import Evidence, Layer, Outcome, Reason, Result
from wnmon.model.said import Said, Text
from wnmon.model.target import Probe, client_of
from wnmon.redact.redactor import Redactor
from wnmon.redact.result import redact_result
from wnmon.wire.answer import Answer
from wnmon.wire.request import NONCE_CHARS

_NONCE_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def draw_nonce() -> str:
    """Return a word no relay can have cached."""
    return "".join(secrets.choice(_NONCE_LETTERS) for _ in range(NONCE_CHARS))


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
        sensors: Sensors,
        clock: Clock,
        limiter: Limiter,
        budgets: Budgets,
        backoff: Backoff,
        fanout: Fanout,
        paces: Paces | None = None,
        secrets: KnownSecrets | None = None,
        worker: Worker | None = None,
        network: OwnNetwork | None = None,
        spares: Callable[[Probe, int], Rest | None] = lambda *_: None,
        draw: Callable[[], str] = draw_nonce,
    ) -> None:
        self.limiter = limiter
        self.fanout = fanout
        self.draining = False
        self._clock = clock
        self._backoff = backoff
        self._windows = Windows(clock)
        self._network = network
        self._spares = spares
        self._draw = draw
        self._worker = worker or ReadingThreads()
        self._secrets = secrets or KnownSecrets()
        sender = Sender(sensors, clock, self._worker, self._secrets)
        self.stop = sender.stop
        self._means = Means(clock=clock, sender=sender, budgets=budgets, paces=paces or Paces(clock), fanout=fanout)

    async def run(
        self,
        probe: Probe,
        *,
        scheduled_ns: int | None = None,
        full: bool = False,
        halt: Halt = never_halt,
        patience: Patience | None = None,
        pupil: Pupil | None = None,
        recheck: bool = False,
        aside: bool = False,
    ) -> Run:
        """Execute a probe once and publish it, unless nothing was sent or the monitor itself is stopping.

        A `recheck` only confirms the run of the slot it is scheduled for: it is not late, and one that does not take
        place is no run that was due, so nobody is told.

        One that is `aside` is told to nobody; what it costs is booked.

        Without `patience` a limit of the relay's ends the sending; without a `pupil` a refused parameter does.
        """
        progress = Progress(run_id=secrets.token_hex(8), nonce="", started_at_s=self._clock.wall_s(), recheck=recheck)
        progress.aside = aside
        if (resting := self._resting(probe, progress)) is not None:
            return resting
        if scheduled_ns is not None and not recheck:
            late_ns = max(0, self._clock.now_ns() - scheduled_ns)
            spared, late_s = self._spares(probe, self._clock.boot_ns() - late_ns), late_ns / 1e9
            if spared is not None:
                return self._skipped(probe, progress, Skip.SPARED, self._said(spared))
            progress.slot_s = progress.started_at_s - late_s
            self.fanout.observe(RunLate(probe=probe.id, late_s=late_s))
        async with self.limiter.slot(probe.target) as slot:
            if self.draining:
                return self._skipped(probe, progress, Skip.SHUTDOWN, Said("monitor_ending"))
            self.fanout.observe(Waited(probe=probe.id, waited_s=slot.waited_s))
            # While this run waited, the one before it may have been told to leave the relay alone.
            if (resting := self._resting(probe, progress)) is not None:
                return resting
            self.fanout.observe(InFlight(runs=self.limiter.in_flight))
            try:
                how = How(
                    slot=slot,
                    halt=lambda so_far: self._closed(probe) or halt(lambda: self._so_far(probe, so_far)),
                    scheduled_ns=scheduled_ns,
                    full=full,
                    patience=patience,
                    pupil=pupil,
                )
                progress.nonce, progress.started_at_s = self._draw(), self._clock.wall_s()
                await Conversation(self._means, probe, progress, how).hold()
                return await self._conclude(probe, progress)
            except asyncio.CancelledError:
                self._tell_discarded(probe, progress)
                raise
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

    def _resting(self, probe: Probe, progress: Progress) -> Run | None:
        """Return the skipped run of a probe whose relay is left alone, None when it may be asked."""
        rest = self._windows.rest(probe) or self._backoff.rest(probe.target, probe.model)
        if rest is None:
            return None
        skip = Skip.MAINTENANCE if rest.cause.is_wished else Skip.BACKOFF
        return self._skipped(probe, progress, skip, self._said(rest))

    def _said(self, rest: Rest) -> Said:
        left_s = (rest.until_ns - self._clock.boot_ns()) / 1e9
        words = {"text": rest.reason} if rest.cause.is_wished or rest.cause is RestCause.SPARED else {}
        return Said(_RESTS[rest.cause], n=f"{left_s:.0f}", **words)

    def _closed(self, probe: Probe) -> Text | None:
        """Return why a run that has begun sends no more, where a window has begun since."""
        rest = self._windows.rest(probe)
        return None if rest is None else self._said(rest)

    async def _conclude(self, probe: Probe, progress: Progress) -> Run:
        evidence = self._evidence(probe, progress)
        about = About.exchanges(probe.target, evidence.exchanges, len(probe.check.plan.rules))
        redactor = self._secrets.learn(probe.secrets())
        result, bug = await self._worker.do(about, _judged, probe.check.plan, evidence, progress.answers, redactor)
        if bug is not None:
            self.fanout.observe(bug)
        result = await self._blamed(probe, result)
        if progress.answers and probe.check.plan.asks is Asks.CHAT:
            # A burst asks for its 429: having got it is no reason to leave the relay alone.
            bursts = {step.name for step in probe.check.plan.steps if step.burst > 1}
            self._backoff.learn(probe, result, [one for one in progress.standing if one.step not in bursts])
        # What a run found that a window cut into may be the work that the window is for.
        skip = Skip.MAINTENANCE if self._closed(probe) else _skip(progress, result)
        if skip is None:
            run = self._run(probe, progress, evidence, result)
            if not progress.aside:
                self.fanout.take(run)
            return run
        self._tell_skipped(probe, progress, skip, result.message)
        self._tell_discarded(probe, progress)
        return self._run(probe, progress, evidence, replace(result, reason=_REASONS.get(skip, result.reason)))

    async def _blamed(self, probe: Probe, result: Result) -> Result:
        """Return the result, which blames this machine where no relay could have been reached."""
        if self._network is None or result.reason not in UNREACHED:
            if self._network is not None and result.status is not None:
                self._network.reached(probe.target)
            return result
        if not await self._network.is_down(probe.target):
            return result
        why = Said("own_network_down", said=result.message)
        return replace(result, reason=Reason.CLIENT, layer=Layer.CLIENT, message=why)

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
            lessons=tuple(progress.lessons),
            superseded=tuple(sorted(progress.superseded)),
        )

    def _tell_skipped(self, probe: Probe, progress: Progress, skip: Skip, detail: Text) -> None:
        if not progress.recheck and not progress.aside:
            self.fanout.observe(RunSkipped(probe=probe.id, reason=skip, detail=detail))

    def _tell_discarded(self, probe: Probe, progress: Progress) -> None:
        if not progress.answers:
            return
        discarded = RunDiscarded(
            probe=probe.id,
            statuses=tuple(answer.exchange.status for answer in progress.answers),
            input_tokens=progress.input_tokens,
            output_tokens=progress.output_tokens,
            money=progress.money,
            doubts=tuple(progress.usage_doubts),
        )
        self.fanout.observe(discarded)

    def _skipped(self, probe: Probe, progress: Progress, skip: Skip, detail: Text) -> Run:
        self._tell_skipped(probe, progress, skip, detail)
        progress.started_at_s = self._clock.wall_s()
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
            spent_money=progress.money,
            usage_doubts=tuple(progress.usage_doubts),
            pauses=tuple(progress.pauses),
            requests=len(progress.answers),
            recheck=progress.recheck,
            answers=tuple(progress.answers),
            client=client_of(probe.target),
            plan=probe.check.plan,
            slot_s=progress.slot_s,
        )


_RESTS = {
    RestCause.ASKED: "left_alone",
    RestCause.REFUSED: "left_alone_refused",
    RestCause.MAINTENANCE: "left_for_maintenance",
    RestCause.PAUSED: "left_for_pause",
    RestCause.SPARED: "left_to_spare",
}
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

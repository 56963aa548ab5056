"""The requests of one run, one after another: each is asked, asked again after a wait, or asked otherwise.

    an answer                                     then                                  that answer
    --------------------------------------------  ------------------------------------  ---------------------------
    is a 429 that patience lasts for              the same is asked after a wait        is superseded by the next
    teaches how the model wants to be asked       it is asked so                        is superseded by the next
    the same refusal, whatever was tried          what else it may mean is tried        is superseded by the next
    ends the suite, or asks to be left alone      nothing more is sent                  stands
    any other                                     the next request                      stands

What is superseded is kept in the evidence. Only a check has patience and learns; the service does neither.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from wnmon.engine.asking import fitted, left_out, may_use_http2
from wnmon.engine.budget import Budgets, Reservation
from wnmon.engine.fanout import Fanout
from wnmon.engine.learning import MAX_ASKINGS, Pupil
from wnmon.engine.limiter import Slot
from wnmon.engine.pace import Paces, sleep_unless
from wnmon.engine.patience import Patience
from wnmon.engine.ports import Clock
from wnmon.engine.sending import Sender
from wnmon.judge.preflight import asks_to_be_left_alone, blames_request, stops_a_suite
from wnmon.model.budget import MOST, Amount, billionths
from wnmon.model.check import Asks, Step
from wnmon.model.exchange import FailureKind
from wnmon.model.lesson import Lesson
from wnmon.model.pace import Pause
from wnmon.model.parameters import AS_WRITTEN, Parameters
from wnmon.model.price import Amounts, added
from wnmon.model.result import because
from wnmon.model.said import Said, Text, Why
from wnmon.model.spent import Spent, UsageDoubt
from wnmon.model.target import Probe
from wnmon.wire.answer import Answer
from wnmon.wire.balance import is_needed
from wnmon.wire.cost import worst_case_tokens
from wnmon.wire.lessons import is_alike
from wnmon.wire.request import build, read_request
from wnmon.wire.spending import spent

INTERRUPTED = Said(Why.INTERRUPTED)


@dataclass(slots=True, kw_only=True)
class Progress:
    """What a run has gathered so far. `over_budget`: a budget refused one of its requests.

    `recheck`: it only confirms another. `aside`: it is told to nobody. `slot_s` (epoch): when it was due.
    `parameters`: how the model is asked by now. `money`: what the tokens cost, nothing where no price is known.
    `superseded`: the places of the answers that do not stand.
    """

    run_id: str
    nonce: str
    started_at_s: float
    recheck: bool = False
    aside: bool = False
    slot_s: float | None = None
    answers: list[Answer] = field(default_factory=list)
    not_sent: dict[str, Text] = field(default_factory=dict)
    input_tokens: int = 0
    output_tokens: int = 0
    money: Amounts = field(default_factory=dict)
    usage_doubts: list[UsageDoubt] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    over_budget: bool = False
    parameters: Parameters = AS_WRITTEN
    lessons: list[Lesson] = field(default_factory=list)
    superseded: set[int] = field(default_factory=set)

    @property
    def standing(self) -> list[Answer]:
        """Return the answers that no other one supersedes."""
        return [answer for place, answer in enumerate(self.answers) if place not in self.superseded]


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How the requests of one run are sent. `halt` is asked after each, by what there is so far, why no more shall be.

    Without `patience` a limit of the relay's ends the sending; without a `pupil` nothing is learnt.
    """

    slot: Slot
    halt: Callable[[Progress], Text | None]
    scheduled_ns: int | None = None
    full: bool = False
    patience: Patience | None = None
    pupil: Pupil | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What all runs send with."""

    clock: Clock
    sender: Sender
    budgets: Budgets
    paces: Paces
    fanout: Fanout


class Conversation:
    """The sending of one run. Everything it comes to is in `progress`."""

    def __init__(self, means: Means, probe: Probe, progress: Progress, how: How) -> None:
        self._means = means
        self._probe = probe
        self._plan = probe.check.plan
        self._how = how
        self.progress = progress
        progress.parameters = probe.parameters
        self._price = probe.target.prices.get(probe.model)
        progress.money = self._paid(0, 0)
        if how.pupil is not None:
            progress.parameters = probe.parameters.with_more(how.pupil.parameters)
            progress.lessons += how.pupil.known()

    async def hold(self) -> None:
        """Send each step that is to be sent, until there is a reason to send no more."""
        why: Text | None = None
        for step in self._plan.steps:
            omitted = self._left_out(step, full=self._how.full) or self._unneeded(step)
            if why is not None or omitted is not None:
                self.progress.not_sent[step.name] = why or omitted or ""
            else:
                why = await self._send(step)

    async def _send(self, step: Step) -> Text | None:
        """Send one step; return why the steps after it shall not be sent, None to go on."""
        why = await self._ask(step)
        if why is None and self._how.pupil is not None and step.burst == 1:
            why = await self._ask_otherwise(step, self._how.pupil)
        if why is not None:
            self.progress.not_sent[step.name] = why
            return why
        standing = self.progress.standing
        fault = stops_a_suite(self._plan, standing) if self._plan.suite is not None and standing else None
        if fault is not None:
            return because(fault.reason, fault.message)
        # Endpoints beside chat completions have limits of their own: the next may answer, and says nothing of models.
        if self._plan.asks is Asks.CHAT and asks_to_be_left_alone(step, self.progress.answers[-1]):
            return Said("asked_to_be_left_alone")
        return self._how.halt(self.progress)

    async def _ask_otherwise(self, step: Step, pupil: Pupil) -> Text | None:
        """Ask once more by what each refusal teaches; return why nothing more shall be sent, None to go on."""
        progress = self.progress
        for _ in range(MAX_ASKINGS - 1):
            place, answer = len(progress.answers) - 1, progress.answers[-1]
            learnt = pupil.hear(self._plan, step, answer)
            if learnt is None:
                return None
            before, progress.parameters = progress.parameters, progress.parameters.with_more(learnt.change)
            omitted = self._left_out(step, full=True)
            if omitted is None:
                over_budget = progress.over_budget
                why = await self._ask(step)
                if why is not None:  # what was answered first stands
                    progress.parameters, progress.over_budget = before, over_budget
                    progress.superseded.update(range(place + 1, len(progress.answers)))
                    return why if why == INTERRUPTED else None
                if is_alike(answer, progress.answers[-1]):
                    progress.superseded.add(place)
                    progress.parameters = before
                    continue
            else:
                progress.not_sent[step.name] = omitted
            progress.superseded.add(place)
            progress.lessons.append(replace(learnt.lesson, exchange=place, step=step.name))
            pupil.keep(learnt)
            if omitted is not None:
                return None
        return None

    async def _ask(self, step: Step) -> Text | None:
        """Send a step until patience ends or its answer is no limit of rate; return why it was not sent or answered."""
        patience, refused = self._how.patience, None
        pause = patience.before(step, self._means.clock.now_ns()) if patience is not None else None
        while True:
            if patience is not None and pause is not None:
                await self._wait_out(pause, patience)
            why = await self._ask_once(step)
            if refused is not None and len(self.progress.answers) - 1 > refused:
                self.progress.superseded.add(refused)
            if why is not None or patience is None:
                return why
            refused = len(self.progress.answers) - 1
            pause = patience.after(self._plan, step, self.progress.answers[refused], self._means.clock.now_ns())
            if pause is None or not pause.waited_s:
                self.progress.pauses += [] if pause is None else [pause]
                return None

    async def _wait_out(self, pause: Pause, patience: Patience) -> None:
        """Wait for a limit of the relay's, or until a signal."""
        self.progress.pauses.append(pause)
        patience.spend(pause)
        if pause.waited_s:
            await sleep_unless(self._means.sender.stop, pause.waited_s)

    async def _ask_once(self, step: Step) -> Text | None:
        """Send a step as the model is asked by now; return why it was not sent, or not answered because of a signal."""
        means, target, progress = self._means, self._probe.target, self.progress
        parameters = fitted(step, self._plan, progress.parameters)
        http2, header = may_use_http2(step, self._probe), target.auth_header
        model, nonce = self._probe.model, progress.nonce
        request = build(step, target.url, model, nonce, parameters, auth_header=header, http2=http2)
        asked = read_request(request.body)
        worst = (0, 0) if step.method == "GET" else worst_case_tokens(request.body, asked)
        stop = means.sender.stop
        async with means.paces.turn(target, sum(worst) * step.burst, step.burst, self._how.slot, stop) as turn:
            need = _amount(sum(worst), self._paid(*worst))
            await means.budgets.cover(target, need, step.burst)
            refusal = INTERRUPTED if stop.is_set() else means.budgets.refusal(target, need, step.burst)
            if refusal is not None:
                progress.over_budget = refusal != INTERRUPTED
                means.fanout.observe(means.budgets.left(target))
                return refusal
            held = [means.budgets.reserve(target, need) for _ in range(step.burst)]
            scheduled_ns = self._how.scheduled_ns
            answers = await means.sender.send_at_once(request, asked, self._probe, scheduled_ns, step.burst)
            costs = [spent(answer, worst) for answer in answers]
            means.paces.answered(turn, answers, sum(cost.input_tokens + cost.output_tokens for cost in costs))
        progress.answers.extend(answers)
        failures = (answer.exchange.failure for answer in answers)
        if any(failure is not None and failure.kind is FailureKind.SHUTDOWN for failure in failures):
            return INTERRUPTED  # what it cost is not known, so the worst case stays booked
        for reservation, cost in zip(held, costs, strict=True):
            self._settle(reservation, cost)
        means.fanout.observe(means.budgets.left(target))
        return None

    def _settle(self, reservation: Reservation | None, cost: Spent) -> None:
        """Book what was spent, and give the rest of the reservation back. On the loop: the ledger has no lock."""
        self.progress.input_tokens += cost.input_tokens
        self.progress.output_tokens += cost.output_tokens
        paid = self._paid(cost.input_tokens, cost.output_tokens)
        self.progress.money = added([self.progress.money, paid])
        self.progress.usage_doubts.extend(cost.doubts)
        if reservation is not None:
            self._means.budgets.settle(reservation, _amount(cost.input_tokens + cost.output_tokens, paid))

    def _paid(self, input_tokens: int, output_tokens: int) -> Amounts:
        """Return what a request costs that takes so many tokens; nothing where no price is known."""
        return {} if self._price is None else self._price.of(input_tokens, output_tokens)

    def _left_out(self, step: Step, *, full: bool) -> Said | None:
        return left_out(step, self._probe, self.progress.parameters, full=full)

    def _unneeded(self, step: Step) -> Said | None:
        """Return why a request has nothing to tell any more, None where it has.

        A balance was told, or no endpoint can be reached; what a control says in another form was not refused as wrong.
        """
        standing = self.progress.standing
        if self._plan.asks is Asks.BALANCE and not is_needed(step.name, standing):
            return Said(Why.TOLD_ALREADY)
        if step.if_refused is None or any(blames_request(one) for one in standing if one.step == step.if_refused):
            return None
        return Said(Why.NOT_REFUSED)


def _amount(tokens: int, paid: Amounts) -> Amount:
    """Return one request as a budget counts it: a model has one price, so there is one currency at most."""
    return Amount(tokens=min(tokens, MOST), requests=1, money=sum(map(billionths, paid.values())))

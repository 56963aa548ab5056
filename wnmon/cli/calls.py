"""What a check is about to send and what that may cost, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from wnmon.app.account import ALIVE
from wnmon.app.account import probe_of as alive_of
from wnmon.app.check import Selection, probes_of
from wnmon.config.named_target import NamedTarget
from wnmon.engine.asking import left_out
from wnmon.engine.costs import step_cost, sure_cost
from wnmon.model.check import Risk, Step
from wnmon.model.duration import show_seconds
from wnmon.model.pace import UNLIMITED
from wnmon.model.price import Amounts, added, show_at_most
from wnmon.model.said import Said, Why, say
from wnmon.model.target import Probe
from wnmon.redact.redactor import Redactor


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    """One request of a suite for one model, sent `copies` times at once; all tokens are those of one copy.

    `left_out`: why it is not sent. `if_answered`: output tokens only a relay that answers what it must refuse may bill.
    """

    step: Step
    probe: Probe
    risk: Risk | None
    left_out: Said | None
    input_tokens: int
    output_tokens: int
    if_answered: int

    @property
    def copies(self) -> int:
        """Return how many requests this is, 0 when it is left out."""
        return 0 if self.left_out else self.step.burst

    def money(self, input_tokens: int, output_tokens: int) -> Amounts:
        """Return what so many tokens of all copies cost, nothing where no price is known."""
        price = self.probe.target.prices.get(self.probe.model)
        return price.of(self.copies * input_tokens, self.copies * output_tokens) if price else {}


def calls_of(named: NamedTarget, selection: Selection) -> list[PlannedCall]:
    """Return every request of the selected suites, in the order of sending, for every model."""
    risks = {(plan.suite, step.name): step.risk for plan in selection.plans for step in plan.steps}
    calls = []
    for probe in probes_of(named, selection):
        for step in probe.check.plan.steps:
            risk = risks[probe.check.plan.suite, step.name]
            input_tokens, output_tokens, if_answered = sure_cost(step, probe, risk)
            call = PlannedCall(
                step=step,
                probe=probe,
                risk=risk,
                left_out=left_out(step, probe, probe.parameters, full=selection.full) or _only_if_refused(step),
                input_tokens=input_tokens,
                output_tokens=output_tokens,
                if_answered=if_answered,
            )
            calls.append(call)
    return calls


def _only_if_refused(step: Step) -> Said | None:
    return None if step.if_refused is None else Said(Why.NOT_REFUSED)


def dry_run(named: NamedTarget, selection: Selection, budget_tokens: int | None = None, lang: str = "en") -> str:
    """Return the calls a check would make and what they may cost at worst, without a line break at the end."""
    calls = calls_of(named, selection)
    lines = (_line(call, lang) for call in calls)
    url = Redactor(named.secrets()).text(named.target.url)
    return "\n".join([f"POST {url}", "", *lines, "", *_totals(calls, budget_tokens, lang)])


def _line(call: PlannedCall, lang: str) -> str:
    step, probe = call.step, call.probe
    head = f"  {probe.check.name}/{step.name}  {probe.model}  "
    if call.left_out is not None:
        detail = f" ({step.risk or step.feature})" if step.risk or step.feature else ""
        return f"{head}{say('cli_not_sent', lang, why=call.left_out)}{detail}"
    tokens = say("cli_tokens", lang, input=call.input_tokens, output=call.output_tokens)
    answered = say("cli_if_answered", lang, n=call.if_answered) if call.if_answered else ""
    times = say("cli_at_once", lang, n=step.burst) if step.burst > 1 else ""
    risk = say("cli_risk", lang, risk=call.risk) if call.risk else ""
    return f"{head}{tokens}{answered}{times}{risk}"


def takes(calls: Sequence[PlannedCall]) -> Iterator[Said]:
    """Yield how long the calls take at the least by the pace of their target, and what their tokens may add to that.

    All models of a target share its pace.
    """
    count = sum(call.copies for call in calls)
    tokens = sum(call.copies * (call.input_tokens + call.output_tokens) for call in calls)
    pace = next((call.probe.target.pace for call in calls), UNLIMITED)
    by_requests, by_tokens = replace(pace, tokens_per_minute=None), replace(pace, requests_per_minute=None)
    if (least_s := by_requests.least_s(count)) >= 1:
        yield Said("pace_takes", calls=_in_all(count), said=by_requests.said, text=show_seconds(least_s))
    if (most_s := by_tokens.least_s(count, tokens)) >= 1:
        yield Said("pace_may_take", tokens=tokens, said=by_tokens.said, text=show_seconds(most_s))


def _in_all(count: int) -> Said:
    return Said("cli_call" if count == 1 else "cli_calls", n=count)


def _totals(calls: Sequence[PlannedCall], budget_tokens: int | None, lang: str) -> Iterator[str]:
    count = sum(call.copies for call in calls)
    tokens = sum(call.copies * (call.input_tokens + call.output_tokens) for call in calls)
    money = show_at_most(added(call.money(call.input_tokens, call.output_tokens) for call in calls))
    at_most = Said("cli_at_most", money=money) if money else ""
    yield say("cli_total", lang, calls=_in_all(count), tokens=tokens, money=at_most)
    yield from (said.text(lang) for said in takes(calls))
    more = sum(call.copies * call.if_answered for call in calls)
    if more:
        money_more = show_at_most(added(call.money(0, call.if_answered) for call in calls))
        yield say("cli_more", lang, tokens=more, money=Said("cli_more_money", money=money_more) if money_more else "")
    unpriced = dict.fromkeys(call.probe.model for call in calls if call.probe.model not in call.probe.target.prices)
    if money and unpriced:
        yield say("cli_no_price", lang, models=", ".join(unpriced))
    if budget_tokens is not None and tokens + more > budget_tokens:
        yield say("cli_may_end", lang, n=budget_tokens)


def cost_of_asking(relay: NamedTarget, names: Sequence[str]) -> Said:
    """Return how many requests ask each model whether it answers, and what they cost at most."""
    costs = {name: step_cost(ALIVE.steps[0], alive_of(relay, ALIVE, name)) for name in names}
    prices = relay.target.prices
    money = show_at_most(added(prices[name].of(*cost) for name, cost in costs.items() if name in prices))
    tokens = sum(map(sum, costs.values()))
    at_most = Said("cli_at_most", money=money) if money else ""
    return Said("models_cost", n=len(names), target=relay.target.host, tokens=tokens, money=at_most)

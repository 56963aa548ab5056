"""What a run of a probe may cost at worst, before anything of it is sent."""

from __future__ import annotations

from dataclasses import dataclass, field

from wnmon.engine.asking import fitted, left_out
from wnmon.model.budget import Amount, billionths
from wnmon.model.check import Risk, Step
from wnmon.model.price import Amounts, added
from wnmon.model.said import Why
from wnmon.model.target import Probe
from wnmon.wire.cost import sets_a_limit, worst_case_tokens
from wnmon.wire.request import NONCE_CHARS, build, read_request

_NONCE = "x" * NONCE_CHARS


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCost:
    """So many requests and tokens at most, and so much money: nothing where no price is known."""

    requests: int
    input_tokens: int
    output_tokens: int
    money: Amounts = field(default_factory=dict)

    @property
    def amount(self) -> Amount:
        """Return it as a budget counts it."""
        money = sum(billionths(amount) for amount in self.money.values())  # a model has one price, so one currency
        return Amount(tokens=self.input_tokens + self.output_tokens, requests=self.requests, money=money)


def worst_run(probe: Probe) -> RunCost:
    """Return what one run of a probe may cost at most, by the harmless requests it is sure to send.

    A control is only sent where another request was refused, and so cost nothing.
    """
    sure = [step for step in probe.check.plan.steps if step.if_refused is None and _is_sent(step, probe)]
    costs = [step_cost(step, probe) for step in sure for _ in range(step.burst)]
    price = probe.target.prices.get(probe.model)
    return RunCost(
        requests=len(costs),
        input_tokens=sum(one for one, _ in costs),
        output_tokens=sum(one for _, one in costs),
        money={} if price is None else added([price.of(0, 0), *(price.of(*cost) for cost in costs)]),
    )


def _is_sent(step: Step, probe: Probe) -> bool:
    """Tell whether a request counts: not one for `--full`, nor one its model is not sent."""
    why = left_out(step, probe, probe.parameters, full=False)
    return why is None or why.id not in {Why.NEEDS_FULL, Why.ONLY_STREAMS, Why.NOT_TAKEN, Why.NOT_GIVEN}


def step_cost(step: Step, probe: Probe) -> tuple[int, int]:
    """Return (input tokens, output tokens) one copy of a request of a probe may cost at most; a GET asks for none."""
    if step.method == "GET":
        return 0, 0
    body = _body(step, probe)
    return worst_case_tokens(body, read_request(body))


def _body(step: Step, probe: Probe) -> bytes:
    return build(step, "", probe.model, _NONCE, fitted(step, probe.check.plan, probe.parameters)).body


def sure_cost(step: Step, probe: Probe, risk: Risk | None) -> tuple[int, int, int]:
    """Return (input tokens, output tokens, output tokens only a relay at fault may bill) of one copy of a request.

    A request that must be refused costs no answer. Where it sets no limit either (its body is cut, or its max_tokens
    is what is wrong with it), what an answer all the same could cost is told apart.
    """
    input_tokens, output_tokens = step_cost(step, probe)
    if risk is not Risk.REFUSED or sets_a_limit(read_request(_body(step, probe))):
        return input_tokens, output_tokens, 0
    return input_tokens, 0, output_tokens

"""What a configuration costs: requests and worst-case tokens per day and month, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from wnmon.config.resolve import Config
from wnmon.engine.asking import fitted, left_out
from wnmon.model.budget import Budget
from wnmon.model.check import Asks, Risk, Step
from wnmon.model.price import Amounts, added, show_at_most
from wnmon.model.said import Said, Text, Why, in_language
from wnmon.model.target import Probe
from wnmon.model.text import columns
from wnmon.wire.cost import sets_a_limit, worst_case_tokens
from wnmon.wire.request import NONCE_CHARS, build, read_request

DAYS_PER_MONTH = 30
_DAY_S = 86_400.0
_SHOWN_ROWS = 20
_NONCE = "x" * NONCE_CHARS
_DAILY = (Said("spend_requests_day"), Said("spend_tokens_day"), Said("spend_money_day"))
_MONTHLY = (Said("spend_requests_month"), Said("spend_tokens_month"), Said("spend_money_month"))
_HEAD = ("target", "check", *_DAILY, *_MONTHLY, "")
_MONEY = (4, 7)
"""Columns that are left out where no price is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyCost:
    """What one check costs on one target per day, over all its models. Tokens and money are upper bounds.

    `unpriced`: models whose price is not known; the money leaves them out.
    """

    target: str
    check: str
    requests_per_day: float
    tokens_per_day: float
    money_per_day: Amounts
    unpriced: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """All rows, in the order of the configuration, and the budgets they must stay within, by target.

    `rechecks`: so often a run may be made once more, at most, to confirm it; no row counts that.
    """

    rows: tuple[DailyCost, ...]
    budgets: dict[str, Budget]
    rechecks: int = 0

    def total(self, target: str | None = None) -> DailyCost:
        """Return the sum over one target, or over all."""
        rows = [row for row in self.rows if target is None or row.target == target]
        return _sum(rows, target or "", "")


def plan_spend(config: Config) -> Spend:
    """Return what the configuration costs. Requests that are sent only with `--full` are not counted."""
    rows: dict[tuple[str, str], list[DailyCost]] = {}
    for probe in config.probes:
        rows.setdefault((probe.target.name, probe.check.name), []).append(_row(probe))
    return Spend(
        rows=tuple(_sum(group, target, check) for (target, check), group in rows.items()),
        budgets={target.name: target.budget for target in config.targets},
        rechecks=max((probe.check.confirm.most_rechecks for probe in config.probes), default=0),
    )


def _row(probe: Probe) -> DailyCost:
    requests, input_tokens, output_tokens = plan_cost(probe)
    runs_per_day, price = _DAY_S / probe.check.every_s, probe.target.prices.get(probe.model)
    return DailyCost(
        target=probe.target.name,
        check=probe.check.name,
        requests_per_day=requests * runs_per_day,
        tokens_per_day=(input_tokens + output_tokens) * runs_per_day,
        money_per_day=price.of(input_tokens, output_tokens, requests=requests, times=Decimal(runs_per_day))
        if price
        else {},
        unpriced=() if price or probe.check.plan.asks is not Asks.CHAT else (f"{probe.target.name}/{probe.model}",),
    )


def _sum(rows: Sequence[DailyCost], target: str, check: str) -> DailyCost:
    return DailyCost(
        target=target,
        check=check,
        requests_per_day=sum(row.requests_per_day for row in rows),
        tokens_per_day=sum(row.tokens_per_day for row in rows),
        money_per_day=added(row.money_per_day for row in rows),
        unpriced=tuple(dict.fromkeys(model for row in rows for model in row.unpriced)),
    )


def plan_cost(probe: Probe) -> tuple[int, int, int]:
    """Return (requests, input tokens, output tokens) one run of a probe may cost at most.

    A control is only sent where another request was refused, and so cost nothing.
    """
    sure = [step for step in probe.check.plan.steps if step.if_refused is None and _is_sent(step, probe)]
    costs = [step_cost(step, probe) for step in sure for _ in range(step.burst)]
    return len(costs), sum(one for one, _ in costs), sum(one for _, one in costs)


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


def render(spend: Spend, lang: str = "en") -> str:
    """Return a table for a person: the dearest rows, a total per target with its budget, the sum."""
    dearest = sorted(spend.rows, key=lambda row: (-row.tokens_per_day, row.target, row.check))
    total = spend.total()
    lines: list[tuple[Text, ...]] = [_HEAD]
    lines += [_cells(row) for row in dearest[:_SHOWN_ROWS]]
    if len(dearest) > _SHOWN_ROWS:
        lines.append(("…", Said("spend_more", n=len(dearest) - _SHOWN_ROWS), *[""] * (len(_HEAD) - 2)))
    if len(spend.budgets) > 1:
        lines += [_cells(spend.total(target), _verdict(spend, [target])) for target in spend.budgets]
    lines.append(_cells(total, _verdict(spend, spend.budgets)))
    shown = [column for column in range(len(_HEAD)) if column not in _MONEY or total.money_per_day]
    table = [tuple(in_language(line[column], lang) for column in shown) for line in lines]
    footer = [Said("spend_bounds_money" if total.money_per_day else "spend_bounds")]
    if spend.rechecks:
        footer.append(Said("spend_rechecks", n=spend.rechecks))
    if total.money_per_day and total.unpriced:
        footer.append(Said("spend_no_price", names=_some(total.unpriced)))
    lines_of_table = columns(table, right=range(2, len(shown) - 1))
    return "".join(f"{line}\n" for line in [*lines_of_table, *(said.text(lang) for said in footer)])


def _cells(row: DailyCost, note: Text = "") -> tuple[Text, ...]:
    cells: list[Text] = [row.target or Said("spend_all"), row.check or Said("spend_total")]
    for days in (1, DAYS_PER_MONTH):
        money = {currency: amount * days for currency, amount in row.money_per_day.items()}
        cells += [f"{row.requests_per_day * days:,.0f}", f"{row.tokens_per_day * days:,.0f}", show_at_most(money)]
    return (*cells, note)


def _some(names: Sequence[str]) -> Text:
    shown = ", ".join(names[:_SHOWN_ROWS])
    return Said("spend_some", names=shown, n=len(names) - _SHOWN_ROWS) if len(names) > _SHOWN_ROWS else shown


def _verdict(spend: Spend, targets: Iterable[str]) -> Text:
    over = [target for target in targets if _is_over(spend.total(target), spend.budgets[target])]
    return Said("spend_over", names=", ".join(over)) if over else ""


def _is_over(row: DailyCost, budget: Budget) -> bool:
    limits = ((row.tokens_per_day, budget.tokens_per_day), (row.requests_per_day, budget.requests_per_day))
    return any(most is not None and amount > most for amount, most in limits)

"""What a configuration costs: requests and worst-case tokens per day and month, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wnmon.config.resolve import Config
from wnmon.model.check import Plan, Step
from wnmon.model.target import Budget
from wnmon.wire.cost import worst_case_tokens
from wnmon.wire.request import NONCE_CHARS, build

DAYS_PER_MONTH = 30
_DAY_S = 86_400.0
_SHOWN_ROWS = 20
_NONCE = "x" * NONCE_CHARS


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one check costs on one target per day, over all its models. Tokens are upper bounds."""

    target: str
    check: str
    requests_per_day: float
    input_tokens_per_day: float
    output_tokens_per_day: float

    @property
    def tokens_per_day(self) -> float:
        """Return input and output tokens together."""
        return self.input_tokens_per_day + self.output_tokens_per_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """All rows, in the order of the configuration, and the budgets they must stay within, by target."""

    rows: tuple[Row, ...]
    budgets: dict[str, Budget]

    def total(self, target: str | None = None) -> Row:
        """Return the sum over one target, or over all."""
        rows = [row for row in self.rows if target is None or row.target == target]
        return Row(
            target=target or "all",
            check="total",
            requests_per_day=sum(row.requests_per_day for row in rows),
            input_tokens_per_day=sum(row.input_tokens_per_day for row in rows),
            output_tokens_per_day=sum(row.output_tokens_per_day for row in rows),
        )


def plan_spend(config: Config) -> Spend:
    """Return what the configuration costs. Requests that are sent only with `--full` are not counted."""
    rows: dict[tuple[str, str], Row] = {}
    for probe in config.probes:
        key, runs_per_day = (probe.target.name, probe.check.name), _DAY_S / probe.check.every_s
        requests, input_tokens, output_tokens = plan_cost(probe.check.plan, probe.model)
        before = rows.get(key)
        rows[key] = Row(
            target=key[0],
            check=key[1],
            requests_per_day=requests * runs_per_day + (before.requests_per_day if before else 0),
            input_tokens_per_day=input_tokens * runs_per_day + (before.input_tokens_per_day if before else 0),
            output_tokens_per_day=output_tokens * runs_per_day + (before.output_tokens_per_day if before else 0),
        )
    return Spend(rows=tuple(rows.values()), budgets={target.name: target.budget for target in config.targets})


def plan_cost(plan: Plan, model: str) -> tuple[int, int, int]:
    """Return (requests, input tokens, output tokens) one run of a plan may cost at most."""
    costs = [step_cost(step, model) for step in plan.steps if step.risk is None for _ in range(step.burst)]
    return len(costs), sum(one for one, _ in costs), sum(one for _, one in costs)


def step_cost(step: Step, model: str) -> tuple[int, int]:
    """Return (input tokens, output tokens) one copy of one request of a plan may cost at most; a GET asks for none."""
    if step.method == "GET":
        return 0, 0
    return worst_case_tokens(build(step, "", model, _NONCE).body)


def render(spend: Spend) -> str:
    """Return a table for a person: the dearest rows, a total per target with its budget, the sum."""
    dearest = sorted(spend.rows, key=lambda row: (-row.tokens_per_day, row.target, row.check))
    lines: list[tuple[str, ...]] = [
        ("target", "check", "requests/day", "tokens/day", "requests/month", "tokens/month", "")
    ]
    lines += [_cells(row) for row in dearest[:_SHOWN_ROWS]]
    if len(dearest) > _SHOWN_ROWS:
        lines.append(("…", f"{len(dearest) - _SHOWN_ROWS} more", "", "", "", "", ""))
    if len(spend.budgets) > 1:
        lines += [_cells(spend.total(target), _verdict(spend, [target])) for target in spend.budgets]
    lines.append(_cells(spend.total(), _verdict(spend, spend.budgets)))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "".join(_line(line, widths) for line in lines) + "tokens are upper bounds: a relay usually bills fewer\n"


def _cells(row: Row, note: str = "") -> tuple[str, ...]:
    daily = (row.requests_per_day, row.tokens_per_day)
    counts = [f"{number * days:,.0f}" for days in (1, DAYS_PER_MONTH) for number in daily]
    return (row.target, row.check, *counts, note)


def _verdict(spend: Spend, targets: Iterable[str]) -> str:
    over = [target for target in targets if _is_over(spend.total(target), spend.budgets[target])]
    return f"over the budget of {', '.join(over)}: some runs will be skipped" if over else ""


def _is_over(row: Row, budget: Budget) -> bool:
    tokens, requests = budget.tokens_per_day, budget.requests_per_day
    return (tokens is not None and row.tokens_per_day > tokens) or (
        requests is not None and row.requests_per_day > requests
    )


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    padded = [
        cell.rjust(width) if 1 < column < 6 else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip() + "\n"

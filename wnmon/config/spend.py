"""What a configuration costs: requests, tokens and money, and what of each budget that takes, before anything is sent.

All of it are upper bounds: a token per byte of the prompt, and all of `max_tokens`; how much less a relay bills is not
known before it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import ceil

from wnmon.config.resolve import Config
from wnmon.engine.costs import worst_run
from wnmon.model.budget import BILLIONTHS, NOTHING, Amount, Limit, Period
from wnmon.model.check import Asks
from wnmon.model.price import Amounts, added
from wnmon.model.target import Probe, Target, limits_held

DAYS_PER_MONTH = 30
_DAY_S = 86_400.0
LONGEST_S: Mapping[Period, float] = {Period.HOUR: 3_600.0, Period.DAY: _DAY_S, Period.MONTH: 31 * _DAY_S}
"""A budget is to last for the longest of its periods; a day that clocks make longer is not reckoned with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyCost:
    """What one check costs on one target per day, over all its models. Tokens and money are upper bounds.

    `unpriced`: models whose price is not known; the money leaves them out. `most`: what any one period may come to,
    money in billionths.
    """

    target: str
    check: str
    requests_per_day: float
    tokens_per_day: float
    money_per_day: Amounts
    unpriced: tuple[str, ...]
    most: Mapping[Period, Amount] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a plan takes of one limit at most: `planned` of `limit.most`; whose requests these are, `targets` say."""

    limit: Limit
    targets: tuple[str, ...]
    planned: int

    @property
    def ratio(self) -> float:
        """Return the share, 1 where it is all of it."""
        return self.planned / self.limit.most

    @property
    def is_over(self) -> bool:
        """Tell whether the plan does not fit."""
        return self.planned > self.limit.most


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """All rows and what they take of each limit, in the order of the configuration.

    `targets`: all there are. `rechecks`: so often a run may be made once more, at most, to confirm it; no row counts
    that.
    """

    rows: tuple[DailyCost, ...]
    targets: tuple[str, ...]
    shares: tuple[Share, ...] = ()
    rechecks: int = 0

    @property
    def over(self) -> tuple[Share, ...]:
        """Return the limits that the plan is over."""
        return tuple(share for share in self.shares if share.is_over)

    def total(self, target: str | None = None) -> DailyCost:
        """Return the sum over one target, or over all."""
        rows = [row for row in self.rows if target is None or row.target == target]
        return _sum(rows, target or "", "")


def plan_spend(config: Config) -> Spend:
    """Return what the configuration costs. Requests that are sent only with `--full` are not counted."""
    rows: dict[tuple[str, str], list[DailyCost]] = {}
    for probe in config.probes:
        rows.setdefault((probe.target.name, probe.check.name), []).append(_row(probe))
    summed = tuple(_sum(group, target, check) for (target, check), group in rows.items())
    return Spend(
        rows=summed,
        targets=tuple(target.name for target in config.targets),
        shares=tuple(_shares(config.targets, summed)),
        rechecks=max((probe.check.confirm.most_rechecks for probe in config.probes), default=0),
    )


def _row(probe: Probe) -> DailyCost:
    run, every_s = worst_run(probe), probe.check.every_s
    runs_per_day, is_free = _DAY_S / every_s, probe.check.plan.asks is not Asks.CHAT
    return DailyCost(
        target=probe.target.name,
        check=probe.check.name,
        requests_per_day=run.requests * runs_per_day,
        tokens_per_day=(run.input_tokens + run.output_tokens) * runs_per_day,
        money_per_day={currency: _per_day(amount, every_s) for currency, amount in run.money.items()},
        unpriced=() if run.money or is_free else (f"{probe.target.name}/{probe.model}",),
        most={period: run.amount * _most_runs(longest_s, every_s) for period, longest_s in LONGEST_S.items()},
    )


def _per_day(money: Decimal, every_s: float) -> Decimal:
    """Return what a day costs, in whole billionths: a float between would make digits of its own, or too little."""
    return Decimal(ceil(Fraction(money) * Fraction(_DAY_S) / Fraction(every_s) * BILLIONTHS)) / BILLIONTHS


def _most_runs(longest_s: float, every_s: float) -> int:
    """Return how many slots may lie in so long a time."""
    return int(-(-longest_s // every_s))


def _sum(rows: Sequence[DailyCost], target: str, check: str) -> DailyCost:
    return DailyCost(
        target=target,
        check=check,
        requests_per_day=sum(row.requests_per_day for row in rows),
        tokens_per_day=sum(row.tokens_per_day for row in rows),
        money_per_day=added(row.money_per_day for row in rows),
        unpriced=tuple(dict.fromkeys(model for row in rows for model in row.unpriced)),
        most={period: sum((row.most[period] for row in rows), NOTHING) for period in Period},
    )


def _shares(targets: Sequence[Target], rows: Iterable[DailyCost]) -> Iterator[Share]:
    """Yield what is taken of each limit: those of targets, then of keys, then the ones over all."""
    by_target: dict[str, dict[Period, Amount]] = {target.name: dict.fromkeys(Period, NOTHING) for target in targets}
    for row in rows:
        of_target = by_target[row.target]
        for period in Period:
            of_target[period] += row.most[period]
    for limit, names in limits_held(targets).items():
        planned = sum((by_target[name][limit[1].period] for name in names), NOTHING)
        yield Share(limit=limit[1], targets=names, planned=planned.of(limit[1].unit))

"""`wnmon plan`: what watching will cost per day and month, and whether that is within the budgets. Sends nothing."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path

import click

from wnmon.cli.options import language_option
from wnmon.cli.terminal import note, say, width_or_none
from wnmon.cli.validate import load_with_stand_ins
from wnmon.config import Config, plan_spend
from wnmon.config.spend import DAYS_PER_MONTH, DailyCost, Share, Spend
from wnmon.config.spend_table import amount_said, limit_said, render
from wnmon.errors import UsageError
from wnmon.model.budget import BILLIONTHS, Unit
from wnmon.model.json import JsonObject
from wnmon.model.said import Said
from wnmon.report.summary import Exit

FORMAT_VERSION = 1


@click.command("plan")
@click.argument("config", type=click.Path(path_type=Path), default=Path("wnmon.yaml"))
@click.option("--json", "as_json", is_flag=True)
@click.option("-y", "--yes", is_flag=True)
@language_option
def command(config: Path, lang: str, *, as_json: bool, yes: bool) -> int:
    """Print what watching will cost; refuse what is over a budget."""
    loaded, not_here = load_with_stand_ins(str(config), os.environ)
    if not isinstance(loaded, Config):
        raise UsageError(Said("plan_of_suite", name=str(config)))
    spend = plan_spend(loaded)
    if as_json:
        say(json.dumps(_document(spend), ensure_ascii=False, indent=2) + "\n", as_utf8=True)
    else:
        say(render(spend, lang, width_or_none(), whole=True))
    for said in (*not_here, *complaints(spend)):
        note(said)
    return Exit.BROKEN if spend.over and not yes else Exit.OK


def complaints(spend: Spend) -> list[Said]:
    """Return what to say of each limit that the plan is over."""
    return [
        Said(
            "spend_over_line",
            said=limit_said(share),
            n=amount_said(share, share.planned),
            n2=amount_said(share, share.limit.most),
        )
        for share in spend.over
    ]


def _document(spend: Spend) -> JsonObject:
    """Return what `--json` prints. Amounts of money are text, so that no reader makes binary fractions of them."""
    return {
        "format": "wnmon-plan",
        "version": FORMAT_VERSION,
        "within_budget": not spend.over,
        "total": _costs(spend.total()),
        "checks": [{"target": row.target, "check": row.check, **_costs(row)} for row in spend.rows],
        "targets": [{"target": name, **_costs(spend.total(name))} for name in spend.targets],
        "budgets": [_budget(share) for share in spend.shares],
        "without_price": [*spend.total().unpriced],
        "rechecks_at_most": spend.rechecks,
    }


def _costs(row: DailyCost) -> JsonObject:
    per: JsonObject = {}
    for period, days in (("day", 1), ("month", DAYS_PER_MONTH)):
        per[period] = {
            "requests": round(row.requests_per_day * days),
            "tokens": round(row.tokens_per_day * days),
            "money": {currency: _plain(amount * days) for currency, amount in row.money_per_day.items()},
        }
    return per


def _budget(share: Share) -> JsonObject:
    limit = share.limit
    is_money = limit.unit is Unit.MONEY

    def told(amount: int) -> str | int:
        return _plain(Decimal(amount) / BILLIONTHS) if is_money else amount

    return {
        "scope": limit.scope.value,
        "targets": [*share.targets],
        "unit": limit.unit.value,
        "period": limit.period.value,
        **({"currency": limit.currency} if is_money else {}),
        "limit": told(limit.most),
        "planned": told(share.planned),
        "share": round(share.ratio, 4),
    }


def _plain(amount: Decimal) -> str:
    """Return an amount without an exponent, and without zeros that say nothing."""
    return f"{amount.normalize():f}"

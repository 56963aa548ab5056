"""What watching cost in money, today and this month, by target. Reads what runs came to by day."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from decimal import Decimal

from wnmon.engine.ports import Paid
from wnmon.model.budget import BILLIONTHS
from wnmon.model.days import day_of, month_of
from wnmon.model.price import Amounts
from wnmon.store.results import DAY_S
from wnmon.store.zone import HALF_DAY_S, read_zone

_PAID = (
    "SELECT target, currency, sum(billionths) FROM money JOIN probe ON probe.id = money.probe"
    " WHERE step_s = ? AND start_s >= ? GROUP BY target, currency"
)


def read_paid(db: sqlite3.Connection, now_s: float) -> Mapping[str, Paid]:
    """Return what each target cost of which anything is known this month, by the days of the file."""
    zone = read_zone(db)
    today, month = _since(db, day_of(now_s, zone).from_s), _since(db, month_of(now_s, zone).from_s)
    return {target: Paid(today=today.get(target, {}), month=spent) for target, spent in month.items()}


def _since(db: sqlite3.Connection, from_s: int) -> Mapping[str, Amounts]:
    found: dict[str, dict[str, Decimal]] = {}
    for target, currency, amount in db.execute(_PAID, (DAY_S, from_s - HALF_DAY_S)):
        found.setdefault(target, {})[currency] = Decimal(amount) / BILLIONTHS
    return found

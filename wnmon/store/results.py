"""What is written of a finished run, and what hours and days come to. All of it within somebody's transaction."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from wnmon.engine.run import Run
from wnmon.model.budget import billionths
from wnmon.model.price import Amounts
from wnmon.model.result import Outcome, Timing, Verdict
from wnmon.model.retention import Retention
from wnmon.store.zone import start_of_day
from wnmon.watch.confirm import says_up

HOUR_S, DAY_S = 3_600, 86_400
PURGED_AT_ONCE = 1_000
"""Some 40 ms of each table."""
STEPS_S = (HOUR_S, DAY_S)
"""What tells a row of an hour (of UTC) from one of a day, which need not have so many seconds."""
MONTH_S = 33 * DAY_S
"""As far back a limit of a month may look, in any zone."""

FIRST_TOKEN_US = (
    *(50_000, 100_000, 200_000, 300_000, 400_000, 500_000, 750_000),
    *(1_000_000, 1_500_000, 2_000_000, 3_000_000, 5_000_000, 7_500_000),
    *(10_000_000, 15_000_000, 20_000_000, 30_000_000, 60_000_000),
)
"""The sizes that first tokens are counted by; what took longer than the last counts as that."""

_TIMED = ("dns", "tcp", "tls", "send", "headers", "first_byte", "ttft", "first_visible", "total", "max_gap")

_RUN = (
    "INSERT OR IGNORE INTO run (probe, slot_ms, run, recheck, began_ms, ended_ms, outcome, reason, status,"
    f" {', '.join(f'{name}_us' for name in _TIMED)},"
    " suspect, requests, input_tokens, output_tokens, answered_as, money, currency)"
    f" VALUES ({', '.join('?' * (16 + len(_TIMED)))})"
)
_IS_THERE = "SELECT 1 FROM run WHERE probe = ? AND region = '' AND slot_ms = ? AND run = ?"
MOST_OF_A_SLOT = 10
"""So many runs may have been due at one instant; of more only the sums know."""
_COUNTED = (Outcome.PASSED, Outcome.DEGRADED, Outcome.FAILED, Outcome.ERRORED)
_SUMMED = (*(outcome.value for outcome in _COUNTED), "up", "down", "requests", "input_tokens", "output_tokens")
_SUM = (
    f"INSERT INTO sum (probe, step_s, start_s, {', '.join(_SUMMED)}) VALUES ({', '.join('?' * (3 + len(_SUMMED)))})"
    f" ON CONFLICT DO UPDATE SET {', '.join(f'{name} = {name} + excluded.{name}' for name in _SUMMED)}"
)
_SKIP = (
    "INSERT INTO sum (probe, step_s, start_s, maintenance, left_out) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET maintenance = maintenance + excluded.maintenance,"
    " left_out = left_out + excluded.left_out"
)
_PAY = (
    "INSERT INTO money (probe, step_s, start_s, currency, billionths) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET billionths = billionths + excluded.billionths"
)
_IS_NOT_THE_LAST = (
    "at_ms < ? AND at_ms < (SELECT max(at_ms) FROM rule_verdict AS new"
    " WHERE new.probe = rule_verdict.probe AND new.rule = rule_verdict.rule)"
)
_COUNT_FIRST = (
    "INSERT INTO first_token (probe, step_s, start_s, most_us, runs) VALUES (?, ?, ?, ?, 1)"
    " ON CONFLICT DO UPDATE SET runs = runs + 1"
)


@dataclass(slots=True)
class Written:
    """What the file is known to have, so that it is not asked for each run. `is_stale`: not all of it came to count."""

    probes: dict[str, int] = field(default_factory=dict)
    verdicts: dict[tuple[int, str], tuple[str, bool]] = field(default_factory=dict)
    is_stale: bool = False

    def doubt(self) -> None:
        """Note that a transaction came to nothing: what was written in it is not there."""
        self.is_stale = True

    def refresh(self, db: sqlite3.Connection) -> None:
        """Read anew what is doubted."""
        if self.is_stale:
            now = self.read(db)
            self.probes, self.verdicts, self.is_stale = now.probes, now.verdicts, False

    @classmethod
    def read(cls, db: sqlite3.Connection) -> Written:
        """Return what it has."""
        rows = db.execute("SELECT probe, rule, verdict, waived, max(at_ms) FROM rule_verdict GROUP BY probe, rule")
        return cls(
            probes=dict(db.execute("SELECT name, id FROM probe")),
            verdicts={(probe, rule): (verdict, bool(waived)) for probe, rule, verdict, waived, _ in rows},
        )

    def probe(self, db: sqlite3.Connection, target: str, check: str, model: str, name: str) -> int:
        """Return the number of a probe, given where it has none."""
        known = self.probes.get(name)
        if known is None:
            made = db.execute(
                "INSERT INTO probe (name, target, check_name, model) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET name = excluded.name RETURNING id",
                (name, target, check, model),
            )
            known = self.probes[name] = int(made.fetchone()[0])
        return known


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What is kept of a run: little, since it may wait for a full disk. `counts`, `spent`: as in the table `sum`.

    `starts_s`: of its hour and its day. `money`: billionths of a currency, None where no price was known.
    """

    target: str
    check: str
    model: str
    name: str
    slot_ms: int
    ended_ms: int
    starts_s: tuple[int, int]
    values: tuple[object, ...]
    counts: tuple[bool, ...]
    spent: tuple[int, int, int]
    money: tuple[int, str] | None
    first_token_us: int | None
    verdicts: tuple[tuple[str, tuple[str, bool]], ...]


def row_of(run: Run, zone: tzinfo = UTC) -> Row:
    """Return what is kept of a run; `zone` says which day it is of."""
    result, spent = run.result, (run.requests, run.spent_input_tokens, run.spent_output_tokens)
    says, money = says_up(result.outcome, result.reason), _money(run.spent_money)
    return Row(
        target=run.target,
        check=run.check,
        model=run.model,
        name=run.probe,
        slot_ms=_ms(run.started_at_s if run.slot_s is None else run.slot_s),
        ended_ms=_ms(run.ended_at_s),
        starts_s=_starts_s(run.ended_at_s, zone),
        values=(
            *(run.id, run.recheck, _ms(run.started_at_s), _ms(run.ended_at_s)),
            *(result.outcome.value, result.reason.value, result.status),
            *(_us(getattr(result.timing, f"{name}_s")) for name in _TIMED),
            *(result.timing.suspect, *spent, _answered_as(run), *(money or (None, None))),
        ),
        counts=(*(result.outcome is outcome for outcome in _COUNTED), says is True, says is False),
        spent=spent,
        money=money,
        first_token_us=_first_token_us(result.timing),
        verdicts=tuple((one.rule, (one.verdict.value, one.waived)) for one in result.verdicts),
    )


def write_run(db: sqlite3.Connection, written: Written, row: Row) -> None:
    """Write a run, add it to its hour and its day, and note which rules changed. A run is written once."""
    written.refresh(db)
    probe = written.probe(db, row.target, row.check, row.model, row.name)
    if not _written(db, probe, row):
        return
    for step_s, start_s in zip(STEPS_S, row.starts_s, strict=True):
        db.execute(_SUM, (probe, step_s, start_s, *row.counts, *row.spent))
        if row.money is not None:
            _pay(db, (probe, step_s, start_s), row.money)
        if row.first_token_us is not None:
            db.execute(_COUNT_FIRST, (probe, step_s, start_s, row.first_token_us))
    for rule, now in row.verdicts:
        if now[0] != Verdict.INCONCLUSIVE.value and written.verdicts.get((probe, rule)) != now:
            written.verdicts[probe, rule] = now
            db.execute("INSERT OR REPLACE INTO rule_verdict VALUES (?, ?, ?, ?, ?)", (probe, rule, row.ended_ms, *now))


def _written(db: sqlite3.Connection, probe: int, row: Row) -> bool:
    """Write the row of a run; return False where it is there. A clock that is set back comes to some slots again."""
    for slot_ms in range(row.slot_ms, row.slot_ms + MOST_OF_A_SLOT):
        if db.execute(_RUN, (probe, slot_ms, *row.values)).rowcount:
            return True
        if db.execute(_IS_THERE, (probe, slot_ms, row.values[0])).fetchone() is not None:
            return False
    return True


def write_paid(
    db: sqlite3.Connection, written: Written, name: str, at_s: float, spent: Amounts, zone: tzinfo = UTC
) -> None:
    """Add what a run cost of which nothing else is kept to its hour and its day; of a probe that never ran nothing."""
    written.refresh(db)
    probe, money = written.probes.get(name), _money(spent)
    if probe is not None and money is not None:
        for step_s, start_s in zip(STEPS_S, _starts_s(at_s, zone), strict=True):
            _pay(db, (probe, step_s, start_s), money)


def _pay(db: sqlite3.Connection, of: tuple[int, int, int], money: tuple[int, str]) -> None:
    amount, currency = money
    db.execute(_PAY, (*of, currency, amount))


def write_skip(
    db: sqlite3.Connection, written: Written, name: str, at_s: float, zone: tzinfo = UTC, *, is_wished: bool
) -> None:
    """Add a due run that did not take place to its hour and its day; of a probe that never ran there is nothing."""
    written.refresh(db)
    probe = written.probes.get(name)
    if probe is not None:
        for step_s, start_s in zip(STEPS_S, _starts_s(at_s, zone), strict=True):
            db.execute(_SKIP, (probe, step_s, start_s, is_wished, not is_wished))


def purge(db: sqlite3.Connection, retention: Retention, now_s: float, most: int = PURGED_AT_ONCE) -> None:
    """Remove what is kept no longer, of each table so many rows at most: a grant waits for none of it longer."""
    runs_ms, hours_s, days_s = _ms(now_s - retention.runs_s), now_s - retention.hours_s, now_s - retention.days_s
    _remove(db, "run", "probe, region, slot_ms", "ended_ms < ?", (runs_ms,), most)
    for step_s, before_s in zip(STEPS_S, (hours_s, days_s), strict=True):
        old = (step_s, int(before_s))
        _remove(db, "sum", "probe, region, step_s, start_s", "step_s = ? AND start_s < ?", old, most)
        key = "probe, region, step_s, start_s, most_us"
        _remove(db, "first_token", key, "step_s = ? AND start_s < ?", old, most)
        key = "probe, region, step_s, start_s, currency"
        _remove(db, "money", key, "step_s = ? AND start_s < ?", old, most)
    _remove(db, "delivery", "id", "delivered_ms < ?", (_ms(hours_s),), most)
    _remove(db, "rule_verdict", "probe, rule, at_ms", _IS_NOT_THE_LAST, (_ms(days_s),), most)
    for step_s, before_s in zip(STEPS_S, (hours_s, days_s), strict=True):
        old = (step_s, int(min(before_s, now_s - MONTH_S)))
        _remove(db, "ledger", "scope, name, step_s, start_s, currency", "step_s = ? AND start_s < ?", old, most)
    db.execute("DELETE FROM share WHERE start_s < ? AND tokens + requests + money = 0", (int(now_s) - HOUR_S,))
    db.execute("DELETE FROM incident WHERE closed_ms < ?", (_ms(days_s),))
    _remove(db, "transcript", "run", "ended_ms < ?", (_ms(days_s),), most)


def _remove(db: sqlite3.Connection, table: str, key: str, where: str, values: tuple[object, ...], most: int) -> None:
    old = f"SELECT {key} FROM {table} WHERE {where} LIMIT {most}"
    db.execute(f"DELETE FROM {table} WHERE ({key}) IN ({old})", values)


def _answered_as(run: Run) -> str | None:
    """Return which model the answer says it is of, as far as anybody wants to read."""
    said = next((one.reply.model for one in run.standing if isinstance(one.reply.model, str)), None)
    return None if said is None else said[:200]


def _money(spent: Amounts) -> tuple[int, str] | None:
    """Return what was paid; a model has one price, and so one currency."""
    return next(((billionths(amount), currency) for currency, amount in spent.items()), None)


def _first_token_us(timing: Timing) -> int | None:
    """Return the step of a first token that can be believed."""
    took_us = None if timing.suspect else _us(timing.ttft_s)
    if took_us is None:
        return None
    return next((most_us for most_us in FIRST_TOKEN_US if took_us <= most_us), FIRST_TOKEN_US[-1])


def _starts_s(at_s: float, zone: tzinfo) -> tuple[int, int]:
    return int(at_s) // HOUR_S * HOUR_S, start_of_day(at_s, zone)


def _ms(at_s: float) -> int:
    return round(at_s * 1e3)


def _us(took_s: float | None) -> int | None:
    return None if took_s is None else round(took_s * 1e6)

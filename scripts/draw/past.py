"""A past of 90 days for the pictures of the page: runs that were really made, written down again at earlier times.

Which of them stands for which hour is made up (`DOWN`, `SLOW`, `RESTED`); what they say is not. The docs say so beside
the pictures.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from wnmon.engine.run import Run
from wnmon.model.events import Turned
from wnmon.model.result import Evidence, Outcome, Reason, Result, Timing
from wnmon.store.database import opened, transaction
from wnmon.store.results import Written, row_of, write_run, write_skip
from wnmon.store.states import write_turn

HOUR_S, DAY_S = 3_600, 86_400
DAYS, STEP_S = 89.9, HOUR_S // 2

DOWN = {
    "flaky": ((71.3, 9.0), (44.6, 26.0), (43.2, 4.0), (20.2, 6.0), (6.4, 8.0), (0.6, 3.0)),
    "breaking": ((38.7, 5.0), (0.3, 1.2)),
    "slow": ((0.9, 4.0),),
    "crowded": ((15.4, 3.0), (0.5, 0.6)),
}
"""When a target was down: how many days ago, and for how many hours."""
SLOW = {"flaky": (33.0, 18.0)}
"""From when until when it was slow, in days ago."""
RESTED = {"flaky": (12.0, 20.0), "breaking": (0.75, 3.0)}
"""When it was in maintenance: how many days ago, and for how many hours."""
SLOW_FROM_S = 0.8


def write_past(folder: Path, now_s: float) -> None:
    """Write 90 days before now into the store of the folder, made of the runs that it has."""
    runs = list(kept(folder))
    db = opened(folder / "wnmon.db")
    assert isinstance(db, sqlite3.Connection)
    written = Written.read(db)
    with transaction(db):
        for probe in {run.probe: None for run in runs}:
            _write(db, written, [run for run in runs if run.probe == probe], now_s)
    db.close()


def kept(folder: Path) -> Iterator[Run]:
    """Yield what the store has, as `wnmon history export` tells it."""
    command = [sys.executable, "-m", "wnmon", "history", "export", "--data", str(folder), "--format", "jsonl"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    for line in lines:
        yield _run(json.loads(line))


def _run(row: dict[str, Any]) -> Run:
    timing = {name: row[name] for name in Timing.__dataclass_fields__ if name in row}
    outcome, reason = Outcome(row["outcome"]), Reason(row["reason"])
    return Run(
        id=row["run"],
        target=row["target"],
        check=row["check"],
        model=row["model"],
        started_at_s=0,
        ended_at_s=0,
        result=Result(outcome=outcome, reason=reason, status=row["status"], timing=Timing(**timing)),
        evidence=Evidence(exchanges=(), model=row["model"], nonce=""),
        requests=row["requests"],
        spent_input_tokens=row["input_tokens"],
        spent_output_tokens=row["output_tokens"],
    )


def _write(db: sqlite3.Connection, written: Written, runs: Sequence[Run], now_s: float) -> None:
    """Write the past of one probe. One that the relay never served has none."""
    target = runs[0].target
    down = [run for run in runs if run.result.reason is Reason.CONNECT]
    good = [run for run in runs if run.result.outcome.success]
    slow = [run for run in good if target in SLOW and (run.result.timing.ttft_s or 0) > SLOW_FROM_S]
    usual = [run for run in good if run not in slow]
    outages = DOWN.get(target, ()) if down else ()
    for number in range(int(DAYS * DAY_S / STEP_S), 0, -1) if usual else ():
        ago_s = number * STEP_S
        if target in RESTED and _within(ago_s, *RESTED[target]):
            write_skip(db, written, runs[0].probe, now_s - ago_s, is_wished=True)
            continue
        is_slow = slow and SLOW[target][1] * DAY_S < ago_s <= SLOW[target][0] * DAY_S
        kind = down if any(_within(ago_s, *one) for one in outages) else slow if is_slow else usual
        run = _moved(kind[number % len(kind)], now_s - ago_s, f"{number}")
        write_run(db, written, row_of(run))
    for days, hours in outages if usual else ():
        went_s = now_s - days * DAY_S
        for up, since_s in ((False, went_s), (True, went_s + hours * HOUR_S)):
            write_turn(db, written, _turned(down[0], up=up, since_s=since_s))


def _within(ago_s: float, days: float, hours: float) -> bool:
    return 0 <= days * DAY_S - ago_s < hours * HOUR_S


def _moved(run: Run, at_s: float, name: str) -> Run:
    lasted_s = run.result.timing.total_s or 0
    return replace(run, id=f"{run.id}-{name}", slot_s=at_s, started_at_s=at_s, ended_at_s=at_s + lasted_s)


def _turned(run: Run, *, up: bool, since_s: float) -> Turned:
    return Turned(
        probe=run.probe,
        target=run.target,
        check=run.check,
        model=run.model,
        up=up,
        since_s=since_s,
        reason=run.result.reason,
    )

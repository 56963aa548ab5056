"""What is kept of a target: 90 days of all its probes together, and its incidents."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence

from wnmon.engine.ports import Day, Incident, KeptRun, Span, TargetPast
from wnmon.model.days import date_of, last_days
from wnmon.store.results import DAY_S, FIRST_TOKEN_US
from wnmon.store.transcripts import read_failed
from wnmon.store.zone import HALF_DAY_S, place_of, read_zone

DAYS = 90
MOST_INCIDENTS = 50

_SPANS = (
    "SELECT start_s, sum(up), sum(down), sum(maintenance), sum(left_out)"
    " FROM sum JOIN probe ON probe.id = sum.probe WHERE target = ? AND step_s = ? AND start_s >= ? GROUP BY start_s"
)
_FIRST_TOKENS = (
    "SELECT start_s, most_us, sum(runs) FROM first_token JOIN probe ON probe.id = first_token.probe"
    " WHERE target = ? AND step_s = ? AND start_s >= ? GROUP BY start_s, most_us ORDER BY start_s, most_us"
)
_OF_INCIDENTS = (
    "FROM incident JOIN probe ON probe.id = incident.probe WHERE target = ? AND (closed_ms IS NULL OR closed_ms >= ?)"
)
_INCIDENTS = (
    "SELECT check_name, model, reason, opened_ms / 1e3, closed_ms / 1e3, run"
    f" {_OF_INCIDENTS} ORDER BY closed_ms IS NOT NULL, opened_ms DESC LIMIT ?"
)


def read_target(db: sqlite3.Connection, target: str, now_s: float) -> TargetPast:
    """Return what is kept of a target; empty days of one that is not known."""
    zone = read_zone(db)
    starts_s = last_days(now_s, zone, DAYS)
    wanted = target, DAY_S, starts_s[0] - HALF_DAY_S
    spans, sizes = [Span()] * DAYS, [Counter[int]() for _ in starts_s]
    for start_s, *counts in db.execute(_SPANS, wanted):
        spans[place_of(start_s, starts_s)] += Span(*counts)
    for start_s, most_us, runs in db.execute(_FIRST_TOKENS, wanted):
        sizes[place_of(start_s, starts_s)][most_us] += runs
    incidents = db.execute(_INCIDENTS, (target, starts_s[0] * 1_000, MOST_INCIDENTS))
    (total,) = db.execute(f"SELECT count(*) {_OF_INCIDENTS}", (target, starts_s[0] * 1_000)).fetchone()
    return TargetPast(
        zone=str(zone),
        today=date_of(now_s, zone),
        days=tuple(
            Day(span=span, ttft_s=half_took_s(sorted(counted.items())))
            for span, counted in zip(spans, sizes, strict=True)
        ),
        incidents=tuple(
            Incident(check=check, model=model, reason=reason, since_s=since_s, until_s=until_s, run=run)
            for check, model, reason, since_s, until_s, run in incidents
        ),
        incidents_total=total,
        failed=read_failed(db, target),
    )


_RUN = (
    "SELECT run, target, check_name, model, outcome, reason, began_ms / 1e3, ended_ms / 1e3, status, ttft_us / 1e6,"
    " total_us / 1e6, requests, input_tokens, output_tokens, answered_as"
    " FROM run JOIN probe ON probe.id = run.probe WHERE run = ?"
)


def read_run(db: sqlite3.Connection, run: str) -> KeptRun | None:
    """Return what is kept of a run. Looked for among all of them: an index would cost each that is written."""
    row = db.execute(_RUN, (run,)).fetchone()
    return None if row is None else KeptRun(**dict(zip(KeptRun.__slots__, row, strict=True)))


def half_took_s(sizes: Sequence[tuple[int, int]]) -> float | None:
    """Return about what time half of the first tokens did not exceed, None of none: of (step in us, count), in order.

    Within its step it is as far as its place among those counted there, as Prometheus has it for histograms.
    """
    left = sum(count for _, count in sizes) / 2
    for most_us, count in sizes:
        if count and left <= count:
            least_us = max((step for step in FIRST_TOKEN_US if step < most_us), default=0)
            return round((least_us + (most_us - least_us) * left / count) / 1e6, 4)
        left -= count
    return None

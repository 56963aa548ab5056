"""What the file has of the past, for whoever asks. Reads only, beside a service that writes."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal
from pathlib import Path

from wnmon.engine.ports import Span
from wnmon.model.budget import BILLIONTHS
from wnmon.model.days import date_of, last_days
from wnmon.model.events import StoreProblem
from wnmon.model.price import Amounts
from wnmon.model.target import ProbeId
from wnmon.store.database import Refused, for_reading, problem_of, refused_for
from wnmon.store.place import FILE
from wnmon.store.results import DAY_S, HOUR_S
from wnmon.store.target_past import half_took_s
from wnmon.store.zone import HALF_DAY_S, place_of, read_zone

_BY_HOUR_UNTIL_S = 8 * DAY_S
"""A time as long as this is told by hours, a longer one by days."""

MOST_BACK_S = 3_650 * DAY_S
"""Nothing is kept for longer (`retention`)."""

RUN_COLUMNS = (
    *("probe", "target", "check", "model", "slot", "began", "ended", "run", "recheck", "outcome", "reason", "status"),
    *("dns_s", "tcp_s", "tls_s", "send_s", "headers_s", "first_byte_s", "ttft_s", "first_visible_s", "total_s"),
    *("max_gap_s", "suspect", "requests", "input_tokens", "output_tokens", "answered_as", "money", "currency"),
)
"""What an export says of a run; instants and durations in seconds."""

READ_AT_ONCE = 1_000
_RUNS = (
    "SELECT ended_ms, slot_ms,"
    " name, target, check_name, model, slot_ms / 1e3, began_ms / 1e3, ended_ms / 1e3, run, recheck, outcome, reason,"
    " status, dns_us / 1e6, tcp_us / 1e6, tls_us / 1e6, send_us / 1e6, headers_us / 1e6, first_byte_us / 1e6,"
    " ttft_us / 1e6, first_visible_us / 1e6, total_us / 1e6, max_gap_us / 1e6, suspect, requests, input_tokens,"
    " output_tokens, answered_as, money / 1e9, currency FROM run JOIN probe ON probe.id = run.probe"
    " WHERE ended_ms >= ?1 AND (ended_ms, name, slot_ms) > (?1, ?2, ?3)"
    f" ORDER BY ended_ms, name, slot_ms LIMIT {READ_AT_ONCE}"
)


_SPANS = (
    "SELECT start_s, up, down, maintenance, left_out, input_tokens + output_tokens"
    " FROM sum WHERE probe = ? AND region = '' AND step_s = ? AND start_s >= ?"
)
_MONEY = (
    "SELECT currency, sum(billionths) FROM money WHERE probe = ? AND region = '' AND step_s = ? AND start_s >= ?"
    " GROUP BY currency"
)
_INCIDENTS = (
    "SELECT count(*), max(CASE WHEN closed_ms IS NULL THEN opened_ms END) FROM incident"
    " WHERE probe = ? AND (closed_ms IS NULL OR closed_ms >= ?)"
)
_FIRST_TOKENS = (
    "SELECT most_us, sum(runs) FROM first_token WHERE probe = ? AND region = '' AND step_s = ? AND start_s >= ?"
    " GROUP BY most_us ORDER BY most_us"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is known of a probe: its spans, the oldest first; when it went down (epoch), None where it is not down.

    `days_of`: of whose days, None where each is an hour; `ttft_s`: about what time half of the first tokens did
    not exceed. `money`: nothing where no price was known.
    """

    probe: ProbeId
    spans: tuple[Span, ...]
    days_of: str | None
    ttft_s: float | None
    tokens: int
    money: Amounts
    incidents: int
    down_since_s: float | None

    @property
    def total(self) -> Span:
        """Return all spans together."""
        return sum(self.spans, Span())


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The file cannot be read on, and why."""

    problem: StoreProblem


Row = tuple[object, ...]


class History:
    """What a folder has of the past. Whatever is read, the file may turn out to be damaged there."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._zone = read_zone(db)

    def past(self, last_s: float, now_s: float) -> Sequence[Past] | Unreadable:
        """Return what is known of each probe that ran within the last so many seconds, in the order of their names."""
        try:
            return self._past(last_s, now_s)
        except sqlite3.Error as error:
            return _unreadable(error)

    def _past(self, last_s: float, now_s: float) -> Sequence[Past]:
        last_s = min(last_s, MOST_BACK_S)
        starts, step_s = _hours(last_s, now_s), HOUR_S
        if last_s > _BY_HOUR_UNTIL_S or self._has_only_days_of(starts[0]):
            starts, step_s = _days(last_s, now_s, self._zone), DAY_S
        probes = self._db.execute("SELECT id, name FROM probe ORDER BY name").fetchall()
        found = (self._of(number, ProbeId(name), step_s, starts) for number, name in probes)
        return [one for one in found if one is not None]

    def _has_only_days_of(self, first_s: int) -> bool:
        """Tell whether hours as old as this one are gone, and days are not."""
        (hour_s,), (day_s,) = (
            self._db.execute("SELECT min(start_s) FROM sum WHERE step_s = ?", (step_s,)).fetchone()
            for step_s in (HOUR_S, DAY_S)
        )
        return hour_s is not None and hour_s > first_s and day_s < hour_s - DAY_S

    def runs(self, last_s: float, now_s: float) -> Iterator[Row | Unreadable]:
        """Yield the runs of the last so many seconds that are still kept, as RUN_COLUMNS name them; oldest first.

        Where the file cannot be read on, that comes last.
        """
        after = (round((now_s - min(last_s, MOST_BACK_S)) * 1e3), "", 0)
        try:
            # Some at a time: who reads on for hours is not to keep the log beside the file from being cut meanwhile.
            while rows := self._db.execute(_RUNS, after).fetchall():
                yield from (row[2:] for row in rows)
                ended_ms, slot_ms, name = rows[-1][:3]
                after = ended_ms, name, slot_ms
        except sqlite3.Error as error:
            yield _unreadable(error)

    def copy(self, file: Path) -> Unreadable | None:
        """Write all there is into a new file, while others go on writing.

        Raises FileExistsError for one that is there, OSError where it cannot be written.
        """
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        copy = sqlite3.connect(file.absolute())
        try:
            self._db.backup(copy)
        except sqlite3.Error as error:
            file.unlink(missing_ok=True)
            if problem_of(error) is StoreProblem.DAMAGED:
                return _unreadable(error)
            raise OSError(str(file)) from error
        finally:
            copy.close()
        return None

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _of(self, number: int, name: ProbeId, step_s: int, starts: Sequence[int]) -> Past | None:
        since_s = starts[0] - (HALF_DAY_S if step_s == DAY_S else 0)
        rows = self._db.execute(_SPANS, (number, step_s, since_s)).fetchall()
        if not rows:
            return None
        spans = [Span()] * len(starts)
        for start_s, *counts in rows:
            place = place_of(start_s, starts) if step_s == DAY_S else (start_s - starts[0]) // HOUR_S
            spans[min(place, len(spans) - 1)] += Span(*counts[:4])
        incidents, down_ms = self._db.execute(_INCIDENTS, (number, starts[0] * 1_000)).fetchone()
        return Past(
            probe=name,
            spans=tuple(spans),
            days_of=str(self._zone) if step_s == DAY_S else None,
            ttft_s=self._half_took_s(number, step_s, since_s),
            tokens=sum(row[5] for row in rows),
            money={
                currency: Decimal(amount) / BILLIONTHS
                for currency, amount in self._db.execute(_MONEY, (number, step_s, since_s))
            },
            incidents=incidents,
            down_since_s=None if down_ms is None else down_ms / 1e3,
        )

    def _half_took_s(self, probe: int, step_s: int, first_s: int) -> float | None:
        rows = self._db.execute(_FIRST_TOKENS, (probe, step_s, first_s)).fetchall()
        return half_took_s(rows)


def _hours(last_s: float, now_s: float) -> Sequence[int]:
    return range(int(now_s - last_s) // HOUR_S * HOUR_S, int(now_s) // HOUR_S * HOUR_S + 1, HOUR_S)


def _days(last_s: float, now_s: float, zone: tzinfo) -> Sequence[int]:
    return last_days(now_s, zone, (date_of(now_s, zone) - date_of(now_s - last_s, zone)).days + 1)


def open_history(folder: Path) -> History | Refused | None:
    """Return the past that a folder has, or why it cannot be read; None where nothing was ever kept there."""
    file = folder / FILE
    if not file.exists():
        return None
    db = for_reading(file)
    if isinstance(db, Refused):
        return db
    try:
        return History(db)
    except sqlite3.Error as error:
        db.close()
        return refused_for(error)


def _unreadable(error: sqlite3.Error) -> Unreadable:
    return Unreadable(refused_for(error).problem)

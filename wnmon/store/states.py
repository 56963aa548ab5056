"""How probes stand, and since when they are down: what a restart must not forget."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from itertools import takewhile

from wnmon.engine.ports import LastRun
from wnmon.engine.standing import Remembered
from wnmon.model.events import Turned
from wnmon.model.result import Outcome, Reason
from wnmon.model.target import ProbeId
from wnmon.store.results import Written
from wnmon.watch.confirm import Confirmation, says_up

MOST_LOOKED_AT = 100
"""No outage takes more runs to be confirmed (`confirm`)."""


def write_state(db: sqlite3.Connection, probe: int, now: Remembered, salt: bytes) -> None:
    """Write how a probe stands."""
    row = (
        *(probe, relay_of(now.url, salt), now.confirmed.up, _ms(now.confirmed.since_s)),
        *(now.confirmed.last, now.confirmed.times, now.success, _ms(now.due_s)),
    )
    db.execute("INSERT OR REPLACE INTO state VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


def forget_state(db: sqlite3.Connection, probe: int) -> None:
    """Write that nothing is known of a probe."""
    db.execute("DELETE FROM state WHERE probe = ?", (probe,))


def read_states(db: sqlite3.Connection) -> Mapping[ProbeId, tuple[str, Confirmation, bool, float]]:
    """Return for each probe: a hash of its relay, what is confirmed, whether its last run was good, when it was due."""
    rows = db.execute(
        "SELECT name, relay, up, since_ms, last, times, success, due_ms FROM state JOIN probe ON probe.id = state.probe"
    )
    return {
        ProbeId(name): (
            relay,
            Confirmation(up=_bool(up), since_s=_s(since_ms), last=_bool(last), times=times),
            bool(success),
            due_ms / 1e3,
        )
        for name, relay, up, since_ms, last, times, success, due_ms in rows
    }


_LAST = (
    "SELECT outcome, reason, ended_ms / 1e3, status, ttft_us / 1e6, first_visible_us / 1e6, total_us / 1e6"
    " FROM run WHERE probe = (SELECT id FROM probe WHERE name = ?) AND region = '' ORDER BY slot_ms DESC LIMIT 1"
)


def read_last(db: sqlite3.Connection, name: ProbeId) -> LastRun | None:
    """Return what is kept of a probe's last run."""
    row = db.execute(_LAST, (name,)).fetchone()
    if row is None:
        return None
    outcome, reason, ended_at_s, status, ttft_s, first_visible_s, total_s = row
    return LastRun(
        outcome=outcome,
        reason=reason,
        ended_at_s=ended_at_s,
        status=status,
        ttft_s=ttft_s,
        first_visible_s=first_visible_s,
        total_s=total_s,
    )


def write_turn(db: sqlite3.Connection, written: Written, turned: Turned) -> None:
    """Open an incident, or close the one that is open. One that is open stays as it is."""
    written.refresh(db)
    probe = written.probe(db, turned.target, turned.check, turned.model, turned.probe)
    if turned.up:
        sql = "UPDATE incident SET closed_ms = ? WHERE probe = ? AND closed_ms IS NULL"
        db.execute(sql, (_ms(turned.since_s), probe))
    else:
        sql = "INSERT OR IGNORE INTO incident (probe, opened_ms, reason, run) VALUES (?, ?, ?, ?)"
        db.execute(sql, (probe, _ms(turned.since_s), turned.reason.value, _first_to_find_it_down(db, probe)))


def _first_to_find_it_down(db: sqlite3.Connection, probe: int) -> str | None:
    """Return the first of the last runs in a row of which none found the relay up; None where no such is kept."""
    last = db.execute(
        "SELECT run, outcome, reason FROM run WHERE probe = ? AND region = '' ORDER BY slot_ms DESC LIMIT ?",
        (probe, MOST_LOOKED_AT),
    )
    says = ((run, says_up(Outcome(outcome), Reason(reason))) for run, outcome, reason in last)
    down = [run for run, is_up in takewhile(lambda one: one[1] is not True, says) if is_up is False]
    return down[-1] if down else None


def open_incidents(db: sqlite3.Connection) -> Sequence[Turned]:
    """Return the outages that are not over, as far as anybody was told."""
    rows = db.execute(
        "SELECT name, target, check_name, model, opened_ms / 1e3, reason"
        " FROM incident JOIN probe ON probe.id = incident.probe WHERE closed_ms IS NULL"
    )
    return [
        Turned(
            probe=ProbeId(name),
            target=target,
            check=check,
            model=model,
            up=False,
            since_s=since_s,
            reason=Reason(reason),
        )
        for name, target, check, model, since_s, reason in rows
    ]


def close_incidents(db: sqlite3.Connection, keep: Collection[ProbeId], now_s: float) -> None:
    """Close the incidents of probes that nobody asks any more, and forget how those stood."""
    of_one = "(SELECT id FROM probe WHERE name = ?)"
    for name in {one.probe for one in open_incidents(db)} - set(keep):
        sql = f"UPDATE incident SET closed_ms = ? WHERE closed_ms IS NULL AND probe = {of_one}"
        db.execute(sql, (_ms(now_s), name))
    for name in read_states(db).keys() - set(keep):
        db.execute(f"DELETE FROM state WHERE probe = {of_one}", (name,))


def relay_of(url: str, salt: bytes) -> str:
    """Return what tells one relay from another: a URL may hold a key, a salted hash of it holds none."""
    return hashlib.blake2s(url.encode(), key=salt, digest_size=8).hexdigest()


def _ms(at_s: float | None) -> int | None:
    return None if at_s is None else round(at_s * 1e3)


def _s(at_ms: int | None) -> float | None:
    return None if at_ms is None else at_ms / 1e3


def _bool(told: int | None) -> bool | None:
    return None if told is None else bool(told)

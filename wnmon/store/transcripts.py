"""The transcripts of runs that failed: of each probe the last ones, and that of the run which began each outage.

They are compressed before they come here, so neither the loop nor the one thread that writes works on them, and what
waits for a file that cannot be written is little.
"""

from __future__ import annotations

import sqlite3
import threading
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from wnmon.engine.ports import FailedRun
from wnmon.engine.run import Run
from wnmon.model.result import Reason
from wnmon.store.results import Written
from wnmon.store.writer import Writer

MOST_BYTES = 262_144
"""Of one transcript, compressed; a longer one is not kept."""
MOST_BYTES_KEPT = 100 * 1024 * 1024
"""Of all transcripts in a file; beyond it the oldest are removed."""
MOST_BYTES_WAITING = 4 * 1024 * 1024
"""Of those that wait to be written; beyond it the oldest are lost."""
MOST_BYTES_READ = 64 * 1024 * 1024
"""Of one that is unpacked: a file that somebody put in our place must not fill the memory."""
MOST_LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A transcript ready to be written, and whose. `reason`: as in the run, `rule` where it passed all the same."""

    run: str
    target: str
    check: str
    model: str
    name: str
    ended_ms: int
    outcome: str
    reason: str
    content: bytes

    @classmethod
    def of(cls, run: Run, text: str) -> Packed | None:
        """Return the transcript of a run, None where it is too long to be kept."""
        content = zlib.compress(text.encode(), 6)
        if len(content) > MOST_BYTES:
            return None
        return cls(
            run=run.id,
            target=run.target,
            check=run.check,
            model=run.model,
            name=run.probe,
            ended_ms=round(run.ended_at_s * 1e3),
            outcome=run.result.outcome.value,
            reason=(Reason.RULE if run.result.reason is Reason.OK else run.result.reason).value,
            content=content,
        )


class StoredTranscripts:
    """Writes transcripts within a second, and removes those that are too many. `most` of each probe are kept."""

    def __init__(self, writer: Writer, written: Written, most: int) -> None:
        self._writer = writer
        self._written = written
        self._most = most
        self._lock = threading.Lock()
        self._waiting: deque[Packed] = deque()
        self._is_posted = False

    def declare(self, most: int) -> None:
        """Keep so many of each probe from now on."""
        if most < self._most:
            self._writer.post(lambda db: purge_all(db, most))
        self._most = most

    @property
    def waiting(self) -> tuple[Packed, ...]:
        """Return what is not written yet."""
        with self._lock:
            return tuple(self._waiting)

    def keep(self, packed: Packed) -> None:
        """Have one written. From any thread."""
        with self._lock:
            self._waiting.append(packed)
            while sum(len(one.content) for one in self._waiting) > MOST_BYTES_WAITING:
                self._waiting.popleft()
            is_posted, self._is_posted = self._is_posted, True
        if not is_posted:
            self._writer.post(self._write, self._lost)

    def _lost(self) -> None:
        """Post again with the next one: what waits does so still."""
        with self._lock:
            self._is_posted = False

    def _write(self, db: sqlite3.Connection) -> Callable[[], None]:
        """Write what waits; it counts as written once the transaction does."""
        with self._lock:
            waiting, self._is_posted = list(self._waiting), False
        for packed in waiting:
            write_transcript(db, self._written, packed, self._most)
        purge_beyond(db, MOST_BYTES_KEPT)

        runs = {one.run for one in waiting}

        def forget() -> None:
            with self._lock:
                self._waiting = deque(one for one in self._waiting if one.run not in runs)

        return forget


_PURGE = (
    "DELETE FROM transcript WHERE probe = :probe"
    " AND run NOT IN (SELECT run FROM transcript WHERE probe = :probe ORDER BY ended_ms DESC, run DESC LIMIT :most)"
    " AND run NOT IN (SELECT run FROM incident WHERE probe = :probe AND run IS NOT NULL"
    " ORDER BY opened_ms DESC LIMIT :most)"
)
_PURGE_BEYOND = (
    "DELETE FROM transcript WHERE run IN (SELECT run FROM"
    " (SELECT run, sum(bytes) OVER (ORDER BY ended_ms DESC, run DESC) AS with_newer FROM transcript)"
    " WHERE with_newer > ?)"
)
_FAILED = (
    "SELECT run, check_name, model, outcome, reason, ended_ms / 1e3 FROM transcript"
    " JOIN probe ON probe.id = transcript.probe WHERE target = ? ORDER BY ended_ms DESC, run DESC LIMIT ?"
)


def write_transcript(db: sqlite3.Connection, written: Written, packed: Packed, most: int) -> None:
    """Write a transcript, and remove those of its probe that are too many: the last ones stay, and of as many outages
    the one of the run that began it.
    """
    written.refresh(db)
    probe = written.probe(db, packed.target, packed.check, packed.model, packed.name)
    values = (packed.run, probe, packed.ended_ms, packed.outcome, packed.reason, len(packed.content), packed.content)
    db.execute("INSERT OR IGNORE INTO transcript VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    db.execute(_PURGE, {"probe": probe, "most": most})


def purge_all(db: sqlite3.Connection, most: int) -> None:
    """Remove those that are too many of any probe."""
    for (probe,) in db.execute("SELECT DISTINCT probe FROM transcript").fetchall():
        db.execute(_PURGE, {"probe": probe, "most": most})


def purge_beyond(db: sqlite3.Connection, most_bytes: int) -> None:
    """Remove the oldest while all together are larger than this."""
    (total,) = db.execute("SELECT coalesce(sum(bytes), 0) FROM transcript").fetchone()
    if total > most_bytes:
        db.execute(_PURGE_BEYOND, (most_bytes,))


def read_transcript(db: sqlite3.Connection, run: str) -> str | None:
    """Return the text of a transcript; None where there is none, or what is there is none."""
    row = db.execute("SELECT content FROM transcript WHERE run = ?", (run,)).fetchone()
    if row is None:
        return None
    try:
        unpacking = zlib.decompressobj()
        content = unpacking.decompress(row[0], MOST_BYTES_READ)
        return content.decode() if unpacking.eof else None
    except (zlib.error, UnicodeDecodeError):
        return None


def read_failed(db: sqlite3.Connection, target: str) -> tuple[FailedRun, ...]:
    """Return the last runs of a target of which there is a transcript, the newest first."""
    rows = db.execute(_FAILED, (target, MOST_LISTED))
    return tuple(
        FailedRun(run=run, check=check, model=model, outcome=outcome, reason=reason, ended_s=ended_s)
        for run, check, model, outcome, reason, ended_s in rows
    )

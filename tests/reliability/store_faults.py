"""A service whose folder cannot be written, is full, damaged or of a newer wnmon: what it says, and that it goes on."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from fault_rows import Seen
from machine import with_mounts
from service_process import ServiceProcess, eventually, serving
from spoilable import HOST, relay

from wnmon.store.database import opened

EVERY_S = 1.0
CONFIG = """\
targets: {{wn: {{base_url: "http://{host}:{port}", api_key: "${{WN_API_KEY}}", models: [m]}}}}
checks: {{alive: {{every: {every:g}s, timeout: 900ms, prompt: hello, request: {{stream: true, max_tokens: 16}}}}}}
"""
ROOM = 4 * 2**20
"""Bytes that the folder has, of which a young store needs a tenth."""


def disk_full(folder: Path) -> Seen:
    """Fill the file system the store is on, and make room again."""
    data = _empty(folder)
    with (
        relay() as right,
        serving(folder, _config(right.port), within=with_mounts(_mounted(data, "-t", "tmpfs", "none"))) as service,
    ):
        eventually(lambda: _runs(service) > 0, "a run")
        filler = Path(f"/proc/{service.process.pid}/root{data}/filler")
        began_s = time.monotonic()
        _fill(filler)
        seen = _seen(service, "full", began_s)
        filler.unlink()
        eventually(lambda: service.value("wnmon_store_problem", problem="full") == 0, "a store that is written again")
        return replace(seen, recovered="written down again" in service.stdout + service.stderr)


def read_only(folder: Path) -> Seen:
    """Give a folder that nobody may write, root neither."""
    data = _empty(folder)
    return _from_the_start(folder, "not_writable", (_mounted(data, "--bind", data), f"mount -o remount,bind,ro {data}"))


def damaged(folder: Path) -> Seen:
    """Give a store of which everything but its head was overwritten."""
    store = _made(folder)
    content = store.read_bytes()
    store.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))
    return _untouched(folder, store, "damaged")


def newer(folder: Path) -> Seen:
    """Give the store of a wnmon that is yet to be written."""
    store = _made(folder)
    with closing(sqlite3.connect(store)) as db:
        db.execute("PRAGMA user_version = 9999")
    return _untouched(folder, store, "newer")


STORE_FAULTS: dict[str, Callable[[Path], Seen]] = {
    "disk-full": disk_full,
    "read-only": read_only,
    "damaged": damaged,
    "newer": newer,
}


def _empty(folder: Path) -> Path:
    (folder / "data").mkdir(parents=True)
    return folder / "data"


def _made(folder: Path) -> Path:
    """Return the file of a store that is up to date and closed."""
    store = _empty(folder) / "wnmon.db"
    db = opened(store)
    assert isinstance(db, sqlite3.Connection)
    db.close()
    return store


def _mounted(data: Path, *how: object) -> str:
    size = f" -o size={ROOM}" if "tmpfs" in how else ""
    return f"mount{size} {' '.join(map(str, how))} {data}"


def _fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:  # there is no room any more
            return


def _config(port: int) -> str:
    return CONFIG.format(host=HOST, port=port, every=EVERY_S)


def _runs(service: ServiceProcess) -> float:
    return service.value("wnmon_probe_runs_total", target="wn", outcome="passed") or 0


def _from_the_start(folder: Path, problem: str, mounts: Sequence[str] = ()) -> Seen:
    """Serve with a folder that is no good, until a run has passed all the same."""
    within = with_mounts(*mounts) if mounts else ()
    with relay() as right, serving(folder, _config(right.port), within=within) as service:
        return _seen(service, problem, time.monotonic())


def _untouched(folder: Path, store: Path, problem: str) -> Seen:
    """Serve so; what counts as recovered is that the file is left as it was."""
    before = store.read_bytes()
    seen = _from_the_start(folder, problem)
    return replace(seen, recovered=store.read_bytes() == before)


def _seen(service: ServiceProcess, problem: str, began_s: float) -> Seen:
    eventually(lambda: service.value("wnmon_store_problem", problem=problem) == 1, f"the problem {problem}")
    noticed_s, runs = time.monotonic() - began_s, _runs(service)
    eventually(lambda: _runs(service) > runs + 1, "runs all the same")
    says = [f'`wnmon_store_problem{{problem="{problem}"}}` 1']
    if "kept in memory alone" in service.stderr:
        says.append("log `store`")
    return Seen(service.probes()["wn/alive/m"]["outcome"], problem, tuple(says), noticed_s, recovered=True)

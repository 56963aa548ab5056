"""A clock that is set, and processes that are stopped as a debugger or a frozen machine would stop them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from fault_rows import EVERY_S, LIMIT_S, Seen
from machine import shifted_clock
from service_process import ServiceProcess, eventually, serving, wnmon
from spoilable import HOST, Relay, relay

BACK_S, ON_S = -601, 601
"""No multiple of the interval: slots lie elsewhere afterwards."""
CONFIG = f"""\
targets: {{{{wn: {{{{base_url: "http://{HOST}:{{port}}", api_key: "${{{{WN_API_KEY}}}}", models: [m]}}}}}}}}
checks:
  alive:
    {{{{every: {EVERY_S:g}s, timeout: {{{{connect: {LIMIT_S}s, total: {LIMIT_S}s}}}}, prompt: hello,
      request: {{{{stream: true, max_tokens: 16}}}}, confirm: {{{{recheck: never}}}}}}}}
"""


@contextmanager
def _served(folder: Path, env: dict[str, str] | None = None) -> Iterator[tuple[ServiceProcess, Relay]]:
    with relay() as right, serving(folder, CONFIG.format(port=right.port), "--run-now", env=env) as service:
        eventually(lambda: service.probes()["wn/alive/m"]["up"], "a relay that is up")
        yield service, right


def clock_set(folder: Path, by_s: int) -> Seen:
    """Set the clock; what is measured is the longest pause between two runs."""
    shift = folder / "shift"
    folder.mkdir(parents=True)
    _write(shift, 0)
    env = {"LD_PRELOAD": str(shifted_clock(folder)), "SHIFT_FILE": str(shift)}
    with _served(folder, env) as (service, right):
        runs = len(right.asked_s)
        _write(shift, by_s)
        eventually(lambda: len(right.asked_s) > runs + 2, "runs after the clock was set")
        asked_s = right.asked_s[runs - 1 :]
        pause_s = max(later - earlier for earlier, later in pairwise(asked_s))
        row, skipped = service.probes()["wn/alive/m"], service.value("wnmon_scheduler_skipped_runs_total")
        says = ("no run counts as skipped for it",) if (skipped or 0) * EVERY_S < abs(by_s) / 10 else ()
        is_shown = abs(row["next_run_s"] - time.time() - by_s) < 3 * EVERY_S
        return Seen(row["outcome"], row["reason"], says, pause_s, recovered=is_shown)


def service_stopped(folder: Path) -> Seen:
    """Stop the service until something says so, and let it go on."""
    with _served(folder) as (service, right):
        began_s = time.monotonic()
        service.process.send_signal(signal.SIGSTOP)
        code, _, _ = wnmon("healthcheck", "--url", f"{service.url}-/healthy")
        noticed_s = time.monotonic() - began_s
        time.sleep(max(0, 2 * EVERY_S - noticed_s))
        service.process.send_signal(signal.SIGCONT)
        runs = len(right.asked_s)
        missed = eventually(
            lambda: service.value("wnmon_scheduler_skipped_runs_total", reason="misfire"), "missed runs"
        )
        eventually(lambda: len(right.asked_s) > runs + 1, "runs afterwards")
        says = [f"`wnmon healthcheck` exits {code}"]
        if missed:
            says.append('`wnmon_scheduler_skipped_runs_total{reason="misfire"}`')
        row = service.probes()["wn/alive/m"]
        return Seen("skipped", "misfire", tuple(says), noticed_s, recovered=row["outcome"] == "passed" and row["up"])


def sensor_stopped(folder: Path) -> Seen:
    """Stop the process that measures; another one takes its place."""
    with _served(folder) as (service, _):
        began_s = time.monotonic()
        os.kill(_sensor_of(service.process.pid), signal.SIGSTOP)
        fault = {"component": "sensor"}
        eventually(lambda: service.value("wnmon_internal_errors_total", **fault), "a process that is given up")
        row = eventually(lambda: _errored(service), "a run that is errored")
        seen = Seen(row["outcome"], row["reason"], _says_sensor(service, row["up"]), time.monotonic() - began_s)
        eventually(lambda: service.probes()["wn/alive/m"]["outcome"] == "passed", "a run by another process")
        return replace(seen, recovered=True)


def _says_sensor(service: ServiceProcess, up: bool | None) -> tuple[str, ...]:
    says = ['`wnmon_internal_errors_total{component="sensor"}`']
    if "internal error in sensor" in service.stderr:
        says.append("log `internal_fault`")
    return (*says, *(() if up is False else ("`wnmon_probe_up` not 0",)))


def _errored(service: ServiceProcess) -> dict[str, object] | None:
    row = service.probes()["wn/alive/m"]
    return row if row["outcome"] != "passed" else None


def _sensor_of(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    by_name = {int(one): Path(f"/proc/{one}/cmdline").read_bytes() for one in children}
    return next(one for one, name in by_name.items() if b"wnmon.app.sensor_process" in name)


def _write(shift: Path, seconds: int) -> None:
    new = shift.with_suffix(".new")
    new.write_text(str(seconds), encoding="ascii")
    new.replace(shift)


TIME_FAULTS: dict[str, Callable[[Path], Seen]] = {
    "clock-back": lambda folder: clock_set(folder, BACK_S),
    "clock-on": lambda folder: clock_set(folder, ON_S),
    "service-stopped": service_stopped,
    "sensor-stopped": sensor_stopped,
}

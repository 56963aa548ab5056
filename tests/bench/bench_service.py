"""`wnmon serve` with an observer that keeps numbers: how late runs began, what was left out, first tokens.

    python tests/bench/bench_service.py CONFIG PORT FILE [--gaps]

The service is wired as the command wires it; the observer appends a few numbers a run. With --gaps the stamps of one
stream in five are held against the relay's own, in a thread.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from wnmon.app.loop import run
from wnmon.app.serve import Service, ServiceOptions
from wnmon.config import load_config
from wnmon.engine.run import Run
from wnmon.model.events import MonitorEvent, RunLate, RunSkipped
from wnmon.model.result import BOUNDS
from wnmon.watch.honesty import sample_of

EACH = 5


class Recorder:
    """A sink and an observer that keep numbers."""

    name = "recorder"

    def __init__(self, *, gaps: bool) -> None:
        self.runs: list[tuple[str, int | None, float | None, bool]] = []
        self.late_ms: list[float] = []
        self.skipped: list[str] = []
        self.gaps_ms: list[float] = []
        self._reader = ThreadPoolExecutor(1) if gaps else None

    def take(self, run: Run) -> None:
        timing = run.result.timing
        suspect = timing.is_suspect(*BOUNDS["ttft_s"])
        exchanges = run.evidence.exchanges
        self.runs.append((run.model, exchanges[0].marks.sent_ns if exchanges else None, timing.ttft_s, suspect))
        if self._reader is not None and len(self.runs) % EACH == 0:
            self._reader.submit(self._read, run)

    def observe(self, event: MonitorEvent) -> None:
        if isinstance(event, RunLate):
            self.late_ms.append(event.late_s * 1e3)
        elif isinstance(event, RunSkipped):
            self.skipped.append(event.reason.value)

    def document(self) -> dict[str, Any]:
        if self._reader is not None:
            self._reader.shutdown()
        return {"runs": self.runs, "late_ms": self.late_ms, "skipped": self.skipped, "gaps_ms": self.gaps_ms}

    def _read(self, run: Run) -> None:
        sample = sample_of(run.answers[0], run.result.timing) if run.answers else None
        if sample is not None:
            self.gaps_ms += [error / 1e6 for error in sample.gap_errors_ns]


async def serve(config: Path, port: int, recorder: Recorder) -> None:
    """Serve until SIGTERM."""
    options = ServiceOptions(config=config, host="127.0.0.1", port=port, poll_s=0.0, data=config.parent / "data")
    service = Service(options, load_config(config, os.environ), os.environ, sinks=(recorder,), observers=(recorder,))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await service.run(stop, asyncio.Event(), lambda _: None)


def main() -> None:
    """Serve, then write the numbers."""
    recorder = Recorder(gaps="--gaps" in sys.argv)
    run(serve(Path(sys.argv[1]), int(sys.argv[2]), recorder))
    Path(sys.argv[3]).write_text(json.dumps(recorder.document()), encoding="utf-8")


if __name__ == "__main__":
    main()

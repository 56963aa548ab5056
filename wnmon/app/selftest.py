"""The sensor against a relay of its own in another process: how far its stamps are from the relay's, plain and TLS.

The streams take the whole way of a run: sent, stamped, read, judged. The relay (`mock.metronome`) writes into each
piece when it read and when it sent; all processes of a host share CLOCK_MONOTONIC.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import wnmon
from wnmon.engine.backoff import Backoff
from wnmon.engine.budget import Budgets
from wnmon.engine.fanout import Fanout
from wnmon.engine.limiter import Limiter
from wnmon.engine.ports import Clock, Sensors
from wnmon.engine.run import Run
from wnmon.engine.runner import Runner
from wnmon.engine.standing import Standing
from wnmon.judge.registry import prepare
from wnmon.metrics.prometheus import PrometheusSink
from wnmon.mock.metronome import MODEL, PATH, Tempo
from wnmon.mock.papers import make_papers
from wnmon.model.check import Check, Plan, Step, Timeouts
from wnmon.model.honesty import Counts, Honesty, Word
from wnmon.model.json import JsonObject
from wnmon.model.said import Said
from wnmon.model.target import Probe, Target
from wnmon.watch.honesty import SUSPECT_BOUND_S, Sample, judge_honesty, sample_of

SCHEMES = ("http", "https")
START_WITHIN_S = 10.0
STALL_EVERY_S = 1.0
SPREAD_S = 0.007
"""Workers begin so far apart: what ends together would be read together, as hardly ever happens to a service."""

_HISTOGRAMS = {"ttft_s": "wnmon_probe_ttft_seconds", "total_s": "wnmon_probe_duration_seconds"}
# As an argument of -c, so that no folder of whoever starts wnmon comes before the modules of Python.
_START = "import sys; sys.path.append(sys.argv.pop(1)); from wnmon.mock.metronome import main; main()"
_BODY: JsonObject = {
    "model": MODEL,
    "messages": [{"role": "user", "content": "Count along."}],
    "stream": True,
    "max_tokens": 64,
}


TEMPO = Tempo(ttft_s=0.05, gap_s=0.01, tokens=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a sensor is tried: so many streams at once for so long. `stall_s`: each second the loop is held so long."""

    seconds: float = 5.0
    streams: int = 10
    stall_s: float = 0.0
    tempo: Tempo = TEMPO


SHORT = Manner(seconds=0.6, streams=4, tempo=Tempo(ttft_s=0.03, gap_s=0.005, tokens=6))
"""What a service begins with."""

SHORT_WITHIN_S = 2.0


class _NoRelayError(Exception):
    """The relay did not come up."""


async def try_sensor(sensors: Sensors, clock: Clock, manner: Manner) -> Honesty:
    """Return the word on a sensor that is warm. Raises nothing for a machine that does not let it be tried."""
    try:
        async with _metronome(manner.tempo, clock) as targets:
            return await _try(sensors, clock, manner, targets)
    except (OSError, _NoRelayError, TimeoutError) as error:
        return unjudged(str(error) or type(error).__name__)


async def try_shortly(sensors: Sensors, clock: Clock, manner: Manner = SHORT) -> Honesty:
    """Return the word on a sensor within SHORT_WITHIN_S, whatever happens."""
    try:
        async with asyncio.timeout(SHORT_WITHIN_S):
            return await try_sensor(sensors, clock, manner)
    except TimeoutError:
        return unjudged(f"{SHORT_WITHIN_S:g} s")


def unjudged(why: str) -> Honesty:
    """Return that nothing can be said, since the relay could not be had."""
    none = Counts(affected=0, suspect=0, published=0)
    said = Said("selftest_no_relay", why=why)
    return Honesty(word=Word.UNJUDGED, why=said, series=(), counts=none, bound_s=SUSPECT_BOUND_S)


async def _try(sensors: Sensors, clock: Clock, manner: Manner, targets: Mapping[str, Target]) -> Honesty:
    probes = {scheme: _probe(target, manner.streams) for scheme, target in targets.items()}
    runner = Runner(
        sensors=sensors,
        clock=clock,
        limiter=Limiter(manner.streams, clock),
        budgets=Budgets(clock),
        backoff=Backoff(clock),
        fanout=Fanout(),
    )
    stalling = asyncio.create_task(_stall(clock, manner.stall_s), name="stall") if manner.stall_s else None
    trial = _Trial(runner, clock, tuple(probes.values()))
    try:
        async with asyncio.TaskGroup() as group:
            for number in range(manner.streams):
                group.create_task(trial.work(number, clock.now_ns() + int(manner.seconds * 1e9)))
    finally:
        runner.close()
        if stalling is not None:
            stalling.cancel()
    published = _published(clock, trial.affected, tuple(probes.values()))
    return judge_honesty(trial.samples, published, stalled=bool(manner.stall_s))


class _Trial:
    """What the workers share: whom to ask, and what came of it. Runs are kept only where something is wrong in them."""

    def __init__(self, runner: Runner, clock: Clock, probes: Sequence[Probe]) -> None:
        self.samples: dict[str, list[Sample]] = {probe.target.name: [] for probe in probes}
        self.affected: list[tuple[Run, frozenset[str]]] = []
        self._runner = runner
        self._clock = clock
        self._probes = probes

    async def work(self, number: int, until_ns: int) -> None:
        """Stream one after the other until an instant, from each target in turn."""
        await asyncio.sleep(number * SPREAD_S)
        while self._clock.now_ns() < until_ns:
            self._note(await self._runner.run(self._probes[number % len(self._probes)]))
            number += 1

    def _note(self, run: Run) -> None:
        sample = sample_of(run.answers[0], run.result.timing) if run.answers else None
        if sample is None:
            return
        self.samples[run.target].append(sample)
        if wrong := sample.affected():
            self.affected.append((run, wrong))


async def _stall(clock: Clock, stall_s: float) -> None:
    """Hold the loop each second, as a bug would."""
    while True:
        await asyncio.sleep(max(STALL_EVERY_S - stall_s, stall_s))
        until_ns = clock.now_ns() + int(stall_s * 1e9)
        while clock.now_ns() < until_ns:
            pass


def _published(clock: Clock, runs: Sequence[tuple[Run, frozenset[str]]], probes: Sequence[Probe]) -> int:
    """Return how many times that are wrong by more than the bound reach a histogram of the service's own."""
    sink = PrometheusSink(clock, lambda _: Standing(known=True))
    sink.declare(probes)
    reached = 0
    for run, wrong in runs:
        before = _counts(sink)
        sink.take(run)
        after = _counts(sink)
        reached += sum(after[name] > before[name] for name in wrong)
    return reached


def _counts(sink: PrometheusSink) -> dict[str, float]:
    lines = b"".join(sink.render(None)[1]).decode().splitlines()
    return {
        name: sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{family}_count{{"))
        for name, family in _HISTOGRAMS.items()
    }


def _probe(target: Target, streams: int) -> Probe:
    step = Step(name="stream", body=_BODY, expect=(prepare("status", 200),))
    check = Check(name="selftest", plan=Plan(steps=(step,)), every_s=60, timeouts=Timeouts(connect_s=5, total_s=10))
    return Probe(check=check, target=replace(target, concurrency=streams), model=MODEL)


@asynccontextmanager
async def _metronome(tempo: Tempo, clock: Clock) -> AsyncIterator[Mapping[str, Target]]:
    """Run the relay in a process of its own while the block does. Without a folder to write to there is no TLS."""
    async with AsyncExitStack() as held:
        folder: Path | None = None
        with suppress(OSError):
            folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="wnmon-selftest-")))
            tempo = await asyncio.to_thread(_with_papers, tempo, folder, clock.wall_s())
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-c", _START, str(Path(wnmon.__file__).parents[1]), json.dumps(asdict(tempo))),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        held.push_async_callback(_end, process)
        ports = await _ports(process)
        if tempo.key is not None:
            await asyncio.to_thread(os.unlink, tempo.key)  # it has been read, and nobody else needs it
        yield {scheme: _target(scheme, port, tempo.certificate) for scheme, port in ports.items()}


def _with_papers(tempo: Tempo, folder: Path, now_s: float) -> Tempo:
    papers = make_papers(now_s)
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(papers.certificate)
    key.touch(mode=0o600)
    key.write_bytes(papers.key)
    return replace(tempo, certificate=str(certificate), key=str(key))


async def _ports(process: asyncio.subprocess.Process) -> dict[str, int]:
    assert process.stdout is not None
    async with asyncio.timeout(START_WITHIN_S):
        line = await process.stdout.readline()
    try:
        ports = json.loads(line)
    except ValueError:
        raise _NoRelayError("no port") from None
    return {scheme: int(ports[scheme]) for scheme in SCHEMES if scheme in ports}


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the relay: it goes with its stdin; one that does not is killed."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(1):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _target(scheme: str, port: int, certificate: str | None) -> Target:
    """Return a target of that relay. No proxy: it is on this machine."""
    url = f"{scheme}://127.0.0.1:{port}{PATH}"
    return Target(name=scheme, url=url, host="127.0.0.1", models=(MODEL,), ca_file=certificate)

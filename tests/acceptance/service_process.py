"""A reference relay on a thread of the test, and `wnmon serve` as a process beside it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any, TypeVar

from prometheus_client.parser import text_string_to_metric_families
from warm_start import WarmProcess, needs_a_start, run_warm

from wnmon.mock.server import MockRelay, serve
from wnmon.mock.settings import MockSettings

T = TypeVar("T")

# A job in the background of a shell ignores Ctrl-C, and so would every program a test starts and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).parents[2]
PATIENCE_S = 180.0
"""How long anything may take on a busy machine before a test gives up; nothing is measured by it."""


def eventually(fact: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
    """Return the first truthy value of `fact`, which is asked again and again."""
    until_s = time.monotonic() + patience_s
    while time.monotonic() < until_s:
        if found := fact():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {patience_s:g} s: {what}")


@contextmanager
def beside(open_: Callable[[], AbstractAsyncContextManager[T]]) -> Iterator[T]:
    """Hold something asynchronous open on a thread and an event loop of its own while the block runs."""
    ready, done = Event(), Event()
    opened: list[T] = []

    async def run() -> None:
        async with open_() as it:
            opened.append(it)
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    assert ready.wait(PATIENCE_S)
    try:
        yield opened[0]
    finally:
        done.set()
        thread.join(PATIENCE_S)


def relay_beside(settings: MockSettings | None = None) -> AbstractContextManager[MockRelay]:
    """Run a reference relay beside the test while the block runs."""
    return beside(lambda: serve(settings or MockSettings()))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route of the service said."""

    status: int
    text: str
    headers: Mapping[str, str]


@dataclass(slots=True)
class ServiceProcess:
    """A running `wnmon serve`: its process, its address, and what it printed so far."""

    process: subprocess.Popen[bytes] | WarmProcess
    folder: Path
    url: str = ""
    seen: dict[str, Answer] = field(default_factory=dict)

    @property
    def stdout(self) -> str:
        """Return everything printed so far."""
        return (self.folder / "stdout").read_text(encoding="utf-8")

    @property
    def stderr(self) -> str:
        """Return everything complained about so far."""
        return (self.folder / "stderr").read_text(encoding="utf-8")

    def get(self, path: str, *, method: str = "GET", **headers: str) -> Answer:
        """Ask one route; an error status is an answer too."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.url.rstrip("/") + path, method=method, headers=named)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
                return Answer(response.status, response.read().decode(), dict(response.headers))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read().decode(), dict(error.headers))

    def probes(self) -> dict[str, dict[str, Any]]:
        """Return the rows of /api/v1/probes by id."""
        return {row["id"]: row for row in json.loads(self.get("/api/v1/probes").text)["probes"]}

    def samples(self) -> list[tuple[str, dict[str, str], float]]:
        """Return every sample of /metrics: name, labels, value."""
        families = text_string_to_metric_families(self.get("/metrics").text)
        return [(one.name, dict(one.labels), one.value) for family in families for one in family.samples]

    def value(self, name: str, **labels: str) -> float | None:
        """Return the sum of the samples with this name and at least these labels, None when there are none."""
        found = [value for one, own, value in self.samples() if one == name and labels.items() <= own.items()]
        return sum(found) if found else None

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Send a signal; return the exit code and the seconds it took."""
        sent_s = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE_S), time.monotonic() - sent_s


@contextmanager
def serving(
    folder: Path,
    config: str,
    *options: str,
    env: Mapping[str, str] | None = None,
    ready: bool = True,
    descriptors: int | None = None,
    selftest: bool = False,
    within: Sequence[str] = (),
) -> Iterator[ServiceProcess]:
    """Run `wnmon serve` over a configuration on a free port; killed at the end if the test did not end it.

    `descriptors` is how many files it may open. Without `selftest` the first probe waits for none. `within` is put
    before the command, and becomes it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "wnmon.yaml").write_text(config, encoding="utf-8")
    order = ["serve", str(folder / "wnmon.yaml"), "--listen", "127.0.0.1:0", *options]
    order += [] if selftest else ["--no-selftest"]
    order += [] if "--data" in options else ["--data", str(folder / "data")]
    if descriptors is not None:
        within = (*within, "sh", "-c", f'ulimit -n {descriptors} && exec "$@"', "sh")
    with (folder / "stdout").open("wb") as stdout, (folder / "stderr").open("wb") as stderr:
        process: subprocess.Popen[bytes] | WarmProcess
        if within or needs_a_start(env or {}):
            cold = [*within, sys.executable, "-m", "wnmon", *order]
            process = subprocess.Popen(cold, stdout=stdout, stderr=stderr, env=environment(env), cwd=folder)
        else:
            process = WarmProcess(order, environment(env), folder, stdout, stderr)
    service = ServiceProcess(process, folder)
    try:
        service.url = eventually(lambda: _address(service), "an address")
        if ready:
            eventually(lambda: service.get("/-/ready").status == 200, "a ready service")
        yield service
    finally:
        process.kill()
        process.wait()


def _address(service: ServiceProcess) -> str | None:
    if service.process.poll() is not None:
        raise AssertionError(f"wnmon serve ended with {service.process.returncode}: {service.stderr}")
    found = re.search(r'^(?:\{.*"message": ")?wnmon .*?(https?://[^ "（]+)', service.stdout, re.MULTILINE)
    return found[1] if found else None


def public_address(service: ServiceProcess) -> str:
    """Return where the public view answers, as the service has said, in either language."""
    found = re.search(r"(?:public view at |公开视图：)(https?://\S+)", service.stdout)
    assert found is not None, service.stdout
    return found[1]


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment with a key for the relay, without a language or colours."""
    dropped = ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE", "WNMON_API_KEY", "OPENAI_API_KEY")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, "WN_API_KEY": "sk-acceptance-0123456789", "NO_COLOR": "1", **(extra or {})}


def wnmon(*arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> tuple[int, str, str]:
    """Run a sub-command to its end; return exit code, stdout, stderr."""
    done = run_warm(*arguments, env=environment(env), cwd=cwd, timeout_s=PATIENCE_S)
    return done.returncode, done.stdout.decode(), done.stderr.decode()

"""`make demo`: the reference relay and the service on loopback, one line per finished run, until Ctrl-C.

Two targets share one relay: `good` keeps the contract, `lossy` asks the relay to drop the closing [DONE].
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

CONFIG = """\
targets:
  good:
    base_url: {url}
    api_key: ${{WNMON_DEMO_KEY}}
    models: [gpt-4o, claude-3-5-sonnet-20241022]
  lossy:
    base_url: {url}
    api_key: ${{WNMON_DEMO_KEY}}
    models: [gpt-4o]
    headers: {{X-Wnmon-Fault: no-done}}
defaults:
  timeout: {{connect: 1s, headers: 2s, first_token: 2s, stall: 2s, total: 2s}}
checks:
  alive:
    every: 3s
    prompt: "Reply with only: {{{{nonce}}}}"
    request: {{stream: true, max_tokens: 64}}
    expect:
      status: 200
      stream: complete
      ttft: {{degraded: 1s, failed: 2s}}
      content: {{contains: "{{{{nonce}}}}"}}
  contract:
    every: 10s
    suite: builtin:stream
"""


def main() -> int:
    """Run the demo; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=0, help="end by itself after so many seconds; 0: never")
    seconds = parser.parse_args().seconds
    on_signal(interrupt)
    try:
        with tempfile.TemporaryDirectory(prefix="wnmon-demo-") as folder, ExitStack() as running:
            return _run(Path(folder), seconds or None, running)
    except KeyboardInterrupt:
        return 0


def _run(folder: Path, seconds: float | None, running: ExitStack) -> int:
    """Start relay and service; return the exit code of the service, ended when its time is over."""
    relay = _start(running, "mock", "--port", "0", "--ttft", "120ms", "--gap", "15ms")
    assert relay.stdout is not None
    url = relay.stdout.readline().strip()
    print(f"reference relay: {url}/v1/chat/completions", flush=True)
    config = folder / "wnmon.yaml"
    config.write_text(CONFIG.format(url=url), encoding="utf-8")
    listen = ("--listen", f"127.0.0.1:{_free_port(9877)}")
    data = ("--data", str(folder / "data"))
    service = _start(running, "serve", str(config), "--run-now", "--log-level", "debug", *listen, *data, inherit=True)
    try:
        return service.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        on_signal(signal.SIG_IGN)
        running.close()
        return service.returncode


def on_signal(handler: Callable[[int, FrameType | None], object] | signal.Handlers) -> None:
    """Answer Ctrl-C and a request to end with this."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """End the demo, once: an impatient second Ctrl-C must not keep the first from ending what runs."""
    on_signal(signal.SIG_IGN)
    raise KeyboardInterrupt


def _start(running: ExitStack, *arguments: str, inherit: bool = False) -> subprocess.Popen[str]:
    """Start wnmon in a process group of its own: Ctrl-C reaches only this script, which ends the others in order."""
    env = os.environ | {"WNMON_DEMO_KEY": "sk-demo-0123456789abcdef"}
    stdout = None if inherit else subprocess.PIPE
    command = [sys.executable, "-m", "wnmon", *arguments]
    with signals_wait():
        process = subprocess.Popen(command, env=env, stdout=stdout, text=True, start_new_session=True)
        running.callback(_end, process)
    return process


@contextmanager
def signals_wait() -> Iterator[None]:
    """Let a signal wait for the end of this block: a process that nobody knows yet would outlive the demo."""
    came: list[int] = []
    on_signal(lambda number, _frame: came.append(number))
    yield
    on_signal(interrupt)
    if came:
        signal.raise_signal(came[0])


def _free_port(preferred: int) -> int:
    """Return the preferred port, or any free one when it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", preferred))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end(process: subprocess.Popen[str]) -> None:
    """Ask a process to end and wait until it did; one that does not is killed."""
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


if __name__ == "__main__":
    sys.exit(main())

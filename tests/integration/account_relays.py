"""A strict relay of the reference in a thread of its own, and commands that ask it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click
from click.testing import CliRunner, Result

from wnmon.mock.server import MockRelay, serve
from wnmon.mock.settings import MockSettings

KEY = "sk-mock-accounts-0123456789"
ENV = {"WNMON_API_KEY": KEY}
MODELS = ("gpt-4o-mini", "text-embedding-3-small")


@contextmanager
def relay(*faults: str, key: str = KEY, names: tuple[str, ...] = MODELS) -> Iterator[MockRelay]:
    """Run a strict relay in a thread of its own while the block runs: commands have a loop of theirs."""
    settings = MockSettings(strict=True, key=key, models=names, ttft_s=0, gap_s=0, faults=faults)
    ready, found, ended = threading.Event(), [], threading.Event()

    async def run() -> None:
        try:
            async with serve(settings) as running:
                found.append(running)
                ready.set()
                while not ended.is_set():
                    await asyncio.sleep(0.01)
        finally:
            ready.set()  # also for a fault there is none of, which would be waited for for ever

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    ready.wait()
    try:
        yield found[0]
    finally:
        ended.set()
        thread.join()


def invoke(command: click.Command, arguments: list[str]) -> Result:
    """Run a command; its exit code is what it returns, as `wnmon.cli.run` has it."""
    done = CliRunner().invoke(command, arguments, env=ENV, standalone_mode=False)
    if isinstance(done.exception, click.UsageError):
        done.stderr_bytes = f"{done.stderr}{done.exception.format_message()}".encode()
        done.output_bytes = done.stderr_bytes
    done.exit_code = 2 if done.exception is not None else int(done.return_value or 0)
    return done

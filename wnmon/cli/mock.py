"""`wnmon mock`: run the reference relay."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import click

from wnmon.cli.options import duration, names
from wnmon.cli.stopping import taking
from wnmon.cli.terminal import say, words
from wnmon.errors import UsageError
from wnmon.mock.faults import FAULTS
from wnmon.mock.server import serve
from wnmon.mock.settings import DEFAULT_MODELS, MockSettings
from wnmon.model.said import Said
from wnmon.model.text import columns


@click.command("mock")
@click.option("--port", type=click.IntRange(0, 65535), default=0)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--strict", is_flag=True)
@click.option("--key", metavar="KEY")
@click.option("--models", type=names, metavar="A,B", default=",".join(DEFAULT_MODELS), show_default=True)
@click.option("--ttft", type=duration, default="20ms", show_default=True)
@click.option("--gap", type=duration, default="5ms", show_default=True)
@click.option("--tokens", type=click.IntRange(1, 20_000))
@click.option("--stamps", is_flag=True)
@click.option("--fault", "faults", metavar="NAME", multiple=True)
@click.option("--tls-cert", type=click.Path(exists=True, dir_okay=False))
@click.option("--tls-key", type=click.Path(exists=True, dir_okay=False))
@click.option("--list", "list_faults", is_flag=True)
def command(*, list_faults: bool, models: tuple[str, ...], ttft: float, gap: float, **options: Any) -> None:
    """Run the reference relay, after its address on stdout."""
    if list_faults:
        return _print_faults()
    settings = MockSettings(models=models, ttft_s=ttft, gap_s=gap, **options)
    if settings.strict and not settings.key:
        raise UsageError(Said("cli_key_needed"), hint=Said("cli_any_key"))
    return asyncio.run(_run(settings))


def _print_faults() -> None:
    faults = sorted(FAULTS.items(), key=lambda item: (item[1].kind, item[0]))
    table = [("name", "kind", words("cli_fault_does")), *((name, one.kind, one.says) for name, one in faults)]
    say("".join(f"{line}\n" for line in columns(table)))


async def _run(settings: MockSettings) -> None:
    """Serve until SIGTERM or SIGINT."""
    ended = asyncio.Event()
    with taking({signal.SIGTERM: ended.set, signal.SIGINT: ended.set}):
        async with serve(settings) as relay:
            say(f"{relay.url}\n")
            await ended.wait()

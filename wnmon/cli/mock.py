"""`wnmon mock`: run the reference relay."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import click

from wnmon.cli.terminal import say
from wnmon.cli.types import DURATION, NAMES
from wnmon.errors import UsageError
from wnmon.mock.faults import FAULTS
from wnmon.mock.server import serve
from wnmon.mock.settings import DEFAULT_MODELS, MockSettings

_EPILOG = """\b
wnmon mock --port 8080                        answers any key and model
wnmon mock --strict --key sk-0123456789ab     one key, the known models
wnmon mock --fault no-done --fault crlf       a fault in a CRLF stream

One request can ask for a fault of its own with the header X-Wnmon-Fault: NAME.
"""


@click.command("mock", epilog=_EPILOG)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port to listen on; 0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--strict", is_flag=True, help="Accept only --key and --models.")
@click.option("--key", metavar="KEY", help="The one right key (with --strict).")
@click.option(
    "--models", type=NAMES, metavar="A,B", default=",".join(DEFAULT_MODELS), show_default=True, help="Models known."
)
@click.option("--ttft", type=DURATION, default="20ms", show_default=True, help="Time to the first token.")
@click.option("--gap", type=DURATION, default="5ms", show_default=True, help="Time between tokens.")
@click.option("--tokens", type=click.IntRange(1, 20_000), help="Length of every answer, whatever is asked.")
@click.option("--stamps", is_flag=True, help="Write CLOCK_MONOTONIC instants (ns) of read and send into chunks.")
@click.option("--fault", "faults", metavar="NAME", multiple=True, help="Misbehave; may be given more than once.")
@click.option("--tls-cert", type=click.Path(exists=True, dir_okay=False), help="Speak TLS with this PEM chain.")
@click.option("--tls-key", type=click.Path(exists=True, dir_okay=False), help="Private key, if not in --tls-cert.")
@click.option("--list", "list_faults", is_flag=True, help="List the faults and personas, then end.")
def command(*, list_faults: bool, models: tuple[str, ...], ttft: float, gap: float, **options: Any) -> None:
    """Run the reference relay: a correct chat-completions server that misbehaves on request.

    The first line on stdout is its address. SIGTERM and Ctrl-C end it.
    """
    if list_faults:
        return _print_faults()
    settings = MockSettings(models=models, ttft_s=ttft, gap_s=gap, **options)
    if settings.strict and not settings.key:
        raise UsageError("--strict needs --key", hint="the key may be any text, for example sk-0123456789ab")
    return asyncio.run(_run(settings))


def _print_faults() -> None:
    width = max(len(name) for name in FAULTS)
    say(f"{'name':<{width}}  {'kind':<7}  what it does\n")
    for name, fault in sorted(FAULTS.items(), key=lambda item: (item[1].kind, item[0])):
        say(f"{name:<{width}}  {fault.kind:<7}  {fault.says}\n")


async def _run(settings: MockSettings) -> None:
    """Serve until SIGTERM or SIGINT."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with serve(settings) as relay:
        say(f"{relay.url}\n")
        await ended.wait()

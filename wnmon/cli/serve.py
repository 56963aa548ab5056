"""`wnmon serve`: the long-lived service."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import click

from wnmon.app.serve import Service, ServiceOptions
from wnmon.cli.console import Console
from wnmon.cli.options import language
from wnmon.cli.types import DURATION, LISTEN
from wnmon.config import load_config
from wnmon.config.spend import plan_spend, render
from wnmon.model.language import LANGUAGES
from wnmon.model.said import say


@click.command("serve")
@click.argument("config", type=click.Path(path_type=Path), default=Path("wnmon.yaml"))
@click.option("--listen", type=LISTEN, default="127.0.0.1:9877", show_default=True, help="Address of page and metrics.")
@click.option("--enable-reload", is_flag=True, help="Allow POST /-/reload (SIGHUP always reloads).")
@click.option(
    "--poll", type=DURATION, default="10s", show_default=True, help="How often files are compared; 0s: never."
)
@click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    callback=language,
    help="Language of live lines and page (default: from LANG).",
)
@click.option("-q", "--quiet", is_flag=True, help="No line per finished run.")
def command(config: Path, listen: tuple[str, int], enable_reload: bool, poll: float, lang: str, quiet: bool) -> None:
    """Probe on the schedule of CONFIG and serve /metrics, the page and the health routes.

    SIGTERM and Ctrl-C drain and end; SIGHUP reloads.
    """
    loaded = load_config(config, os.environ)
    console = Console(lang=lang, quiet=quiet)
    console.say(render(plan_spend(loaded)))
    host, port = listen
    options = ServiceOptions(config=config, host=host, port=port, reload_allowed=enable_reload, poll_s=poll, lang=lang)
    service = Service(options, loaded, os.environ, sinks=(console,), observers=(console,))
    asyncio.run(_serve(service, console, lang))


async def _serve(service: Service, console: Console, lang: str) -> None:
    stop, reload_asked = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, reload_asked.set)
    await service.run(stop, reload_asked, lambda url: console.say(say("service_at", lang, url=url)))
    console.say(say("service_ended", lang))

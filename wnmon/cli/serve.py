"""`wnmon serve`: the long-lived service, and what it says on its terminal."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import TextIO

import click

from wnmon.app.serve import Service, ServiceOptions
from wnmon.cli.options import duration, language_option, quiet_option
from wnmon.cli.stopping import taking
from wnmon.cli.terminal import discard, wants_color, width, words
from wnmon.config import load_config, plan_spend, render
from wnmon.engine.run import Run
from wnmon.model.events import ConnectionsRefused, InternalFault, MonitorEvent, Reloaded, RunSkipped, SinkFailed
from wnmon.model.said import Said, Text, say
from wnmon.report.terminal import render_run_line


def address(text: str) -> tuple[str, int]:
    """Return host and port of `127.0.0.1:9877`, `[::1]:9877` or `:9877`."""
    host, _, port = text.rpartition(":")
    if not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise click.BadParameter(words("cli_no_listen", text=text))
    return host.strip("[]") or "127.0.0.1", int(port)


@click.command("serve")
@click.argument("config", type=click.Path(path_type=Path), default=Path("wnmon.yaml"))
@click.option("--listen", type=address, metavar="HOST:PORT", default="127.0.0.1:9877", show_default=True)
@click.option("--enable-reload", is_flag=True)
@click.option("--poll", type=duration, default="10s", show_default=True)
@language_option
@quiet_option
def command(config: Path, listen: tuple[str, int], enable_reload: bool, poll: float, lang: str, quiet: bool) -> None:
    """Serve a configuration until SIGTERM or Ctrl-C; SIGHUP reloads it."""
    loaded = load_config(config, os.environ)
    console = Console(lang=lang, quiet=quiet)
    console.say(render(plan_spend(loaded), lang))
    host, port = listen
    options = ServiceOptions(config=config, host=host, port=port, reload_allowed=enable_reload, poll_s=poll, lang=lang)
    service = Service(options, loaded, os.environ, sinks=(console,), observers=(console,))
    asyncio.run(_serve(service, console, lang))


async def _serve(service: Service, console: Console, lang: str) -> None:
    stop, reload_asked = asyncio.Event(), asyncio.Event()
    with taking({signal.SIGTERM: stop.set, signal.SIGINT: stop.set, signal.SIGHUP: reload_asked.set}):
        await service.run(stop, reload_asked, lambda url: console.say(say("service_at", lang, url=url)))
        console.say(say("service_ended", lang))


class Console:
    """A sink and an observer that print: a line per finished run, and on stderr what ails the monitor itself."""

    name = "console"

    def __init__(self, *, lang: str, quiet: bool) -> None:
        self._lang = lang
        self._quiet = quiet
        self._color = wants_color()

    def say(self, text: str) -> None:
        """Print a line at once, also into a pipe."""
        if not self._quiet:
            _print(text, sys.stdout)

    def take(self, run: Run) -> None:
        """Print a finished run."""
        self.say(render_run_line(run, width=width(), color=self._color, lang=self._lang))

    def observe(self, event: MonitorEvent) -> None:
        """Print what an operator must know of the monitor itself."""
        match event:
            case Reloaded(ok=False, problems=problems):
                self._warn(Said("reload_refused"), *problems)
            case RunSkipped(probe=probe, reason=reason, detail=detail):
                self._warn(Said("probe_skipped", probe=probe, reason=reason.value, said=detail))
            case SinkFailed(sink=sink, error=error):
                self._warn(Said("sink_failed", text=sink, error=error))
            case InternalFault(component=component, error=error):
                self._warn(Said("component_failed", text=component, error=error))
            case ConnectionsRefused(count=count):
                self._warn(Said("connections_refused", n=count))
            case _:
                pass

    def _warn(self, *lines: Text) -> None:
        for line in lines:
            _print(say("cli_error", self._lang, message=line), sys.stderr)


def _print(text: str, stream: TextIO) -> None:
    """Print to a stream; once it is gone (a closed pipe, a full disk) to nowhere: the monitor outlives its terminal."""
    try:
        click.echo(text, file=stream)
        stream.flush()
    except OSError:
        discard(stream)

"""`wnmon serve`: the long-lived service."""

from __future__ import annotations

import asyncio
import os
import signal
from functools import partial
from pathlib import Path

import click

from wnmon.app.loop import run
from wnmon.app.serve import Service, ServiceOptions
from wnmon.cli.next_windows import next_windows
from wnmon.cli.options import FILE, duration, folder, language_option, quiet_option
from wnmon.cli.plan import complaints
from wnmon.cli.service_log import Form, Level, ServiceLog
from wnmon.cli.stopping import taking
from wnmon.cli.terminal import words
from wnmon.cli.validate import over
from wnmon.cli.visitors import host_name, load_both, remarks_on
from wnmon.clock import SystemClock
from wnmon.config import plan_spend
from wnmon.model.said import Said
from wnmon.store import state_folder

SUMMARY_EVERY_S = 60.0


def address(text: str) -> tuple[str, int]:
    """Return host and port of `127.0.0.1:9877`, `[::1]:9877` or `:9877`."""
    host, _, port = text.rpartition(":")
    if not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise click.BadParameter(words("cli_no_listen", text=text))
    return host.strip("[]") or "127.0.0.1", int(port)


@click.command("serve")
@click.argument("config", type=click.Path(path_type=Path), default=Path("wnmon.yaml"))
@click.option("--listen", type=address, metavar="HOST:PORT", default="127.0.0.1:9877", show_default=True)
@click.option("--web-config", type=FILE, metavar="FILE")
@click.option("--allowed-host", "allowed_hosts", type=host_name, multiple=True, metavar="NAME")
@click.option("--public-listen", type=address, metavar="HOST:PORT")
@click.option("--enable-reload", is_flag=True)
@click.option("--run-now", is_flag=True)
@click.option("--no-selftest", is_flag=True)
@click.option("--poll", type=duration, default="10s", show_default=True)
@click.option("--data", type=folder, metavar="DIR")
@click.option("--log-level", type=click.Choice([level.name.lower() for level in Level]), default="info")
@click.option("--log-format", type=click.Choice([form.value for form in Form]), default="text")
@language_option
@quiet_option
def command(
    config: Path,
    listen: tuple[str, int],
    web_config: Path | None,
    allowed_hosts: tuple[str, ...],
    public_listen: tuple[str, int] | None,
    enable_reload: bool,
    run_now: bool,
    no_selftest: bool,
    poll: float,
    data: Path | None,
    log_level: str,
    log_format: str,
    lang: str,
    quiet: bool,
) -> None:
    """Serve a configuration until SIGTERM or Ctrl-C; SIGHUP reloads it."""
    loaded, web = load_both(config, web_config)
    level = max(Level[log_level.upper()], Level.WARNING) if quiet else Level[log_level.upper()]
    log = ServiceLog(lang=lang, level=level, form=Form(log_format), wall_s=SystemClock().wall_s)
    spend = plan_spend(loaded)
    log.plan(spend)
    for said in complaints(spend):
        log.say("plan_over", said, Level.WARNING)
    for target in loaded.targets:
        for remark in target.remarks:
            log.say("target", Said("reason", kind=target.name, said=remark), target=target.name)
    for channel in loaded.channels:
        kind, at = channel.service.value, channel.host
        log.say("channel", Said("notify_channel", name=channel.name, service=kind, host=at), channel=channel.name)
    now_s = SystemClock().wall_s()
    for window in (*over(loaded, now_s), *(one for one in next_windows(loaded, now_s) if one.id == "window_now")):
        log.say("window", window)
    host, port = listen
    options = ServiceOptions(
        config=config,
        host=host,
        port=port,
        reload_allowed=enable_reload,
        poll_s=poll,
        lang=lang,
        run_now=run_now,
        selftest=not no_selftest,
        data=data or state_folder(os.environ),
        web_config=web_config,
        allowed_hosts=allowed_hosts,
        public=public_listen,
    )
    for remark in remarks_on(host, port, web):
        log.say("open", remark)
    service = Service(options, loaded, os.environ, web_config=web, sinks=(log,), observers=(log,))
    run(_serve(service, log))


async def _serve(service: Service, log: ServiceLog) -> None:
    stop, reload_asked = asyncio.Event(), asyncio.Event()
    summing = asyncio.create_task(_summarize(log), name="summarize")
    try:
        with taking({signal.SIGTERM: stop.set, signal.SIGINT: stop.set, signal.SIGHUP: reload_asked.set}):
            page, public = (partial(_announce, log, sentence) for sentence in ("service_at", "service_public_at"))
            await service.run(stop, reload_asked, page, public)
            log.summarize()
            log.say("ended", Said("service_ended"))
    finally:
        summing.cancel()


def _announce(log: ServiceLog, sentence: str, url: str) -> None:
    log.say("serving", Said(sentence, url=url), url=url)


async def _summarize(log: ServiceLog) -> None:
    while True:
        await asyncio.sleep(SUMMARY_EVERY_S)
        log.summarize()

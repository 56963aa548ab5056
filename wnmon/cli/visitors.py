"""What `wnmon serve` is told of those who visit its pages."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from ssl import CERT_REQUIRED

import click

from wnmon.cli.terminal import words
from wnmon.config import Config, load_config, load_web_config
from wnmon.engine.web_config import NO_WEB_CONFIG, WebConfig
from wnmon.errors import ConfigError
from wnmon.model.credentials import masked
from wnmon.model.said import Said, Text
from wnmon.web.hosts import is_loopback

_LABEL = "[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?"
_HOST_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*")
_SHOWN_CHARS = 60


def host_name(text: str) -> str:
    """Return a name by which the page may be asked for, as browsers write it in Host without a port."""
    if not _HOST_NAME.fullmatch(text):
        raise click.BadParameter(words("cli_no_host", text=masked(text)[:_SHOWN_CHARS]))
    return text


def load_both(config: Path, web_config: Path | None) -> tuple[Config, WebConfig]:
    """Return the configuration and that of the web. Raises ConfigError with the problems of both at once."""
    problems: list[Text] = []
    loaded, web = None, NO_WEB_CONFIG
    try:
        loaded = load_config(config, os.environ)
    except ConfigError as wrong:
        problems += wrong.problems
    try:
        web = load_web_config(web_config) if web_config is not None else web
    except ConfigError as wrong:
        problems += wrong.problems
    if loaded is None or problems:
        raise ConfigError(problems)
    return loaded, web


def remarks_on(host: str, port: int, web: WebConfig) -> Iterator[Said]:
    """Yield what whoever opens the page to other machines may not have meant."""
    shown = masked(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")  # a host may be a key in the wrong place
    if is_loopback(host):
        return
    if not web.access.asks_login and (web.tls is None or web.tls.verify_mode is not CERT_REQUIRED):
        yield Said("service_open", text=shown)
    if web.access.asks_login and web.tls is None:
        yield Said("service_plain", text=shown)

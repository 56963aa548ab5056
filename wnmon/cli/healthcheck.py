"""`wnmon healthcheck`: is the service on this machine alive? Made for a container's HEALTHCHECK."""

from __future__ import annotations

import http.client
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import click

from wnmon.cli.options import FILE
from wnmon.cli.terminal import note, say, words
from wnmon.model.credentials import masked
from wnmon.model.said import Said, mapped

DEFAULT_URL = "http://127.0.0.1:9877/-/healthy"
TIMEOUT_S = 2.0


@click.command()
@click.option("--url", default=DEFAULT_URL, show_default=True)
@click.option("--ca-file", type=FILE, metavar="FILE")
@click.option("--insecure", is_flag=True)
def command(url: str, ca_file: Path | None, *, insecure: bool) -> None:
    """Exit 0 when the service answers 200 in time, else 1."""
    try:
        status = _status(url, ca_file, insecure=insecure)
    except (OSError, http.client.HTTPException, ValueError) as error:
        note(mapped(Said("cli_unhealthy", url=url, why=str(error) or type(error).__name__), masked))
        raise SystemExit(1) from None
    if status != http.client.OK:
        note(mapped(Said("cli_unhealthy", url=url, why=f"HTTP {status}"), masked))
        raise SystemExit(1)
    say(words("cli_healthy", url=url) + "\n")


def _status(url: str, ca_file: Path | None, *, insecure: bool) -> int:
    """Return the status of a GET. Goes straight to the host: no proxy of the environment, no redirect."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(words("cli_no_http"))
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_S)
    if parts.scheme == "https":
        trusted = _trusted(ca_file, insecure=insecure)
        connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=TIMEOUT_S, context=trusted)
    try:
        connection.request("GET", f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}")
        return connection.getresponse().status
    finally:
        connection.close()


def _trusted(ca_file: Path | None, *, insecure: bool) -> ssl.SSLContext:
    """Return what judges the certificate of the service: a file's authorities, or the system's; or takes any."""
    context = ssl.create_default_context(cafile=ca_file)
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context

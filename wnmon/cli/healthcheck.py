"""`wnmon healthcheck`: is the service on this machine alive? Made for a container's HEALTHCHECK."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import click

from wnmon.cli.terminal import note, say, words
from wnmon.model.credentials import masked
from wnmon.model.said import Said, mapped

DEFAULT_URL = "http://127.0.0.1:9877/-/healthy"
TIMEOUT_S = 2.0


@click.command()
@click.option("--url", default=DEFAULT_URL, show_default=True)
def command(url: str) -> None:
    """Exit 0 when the service answers 200 in time, else 1."""
    try:
        status = _status(url)
    except (OSError, http.client.HTTPException, ValueError) as error:
        note(mapped(Said("cli_unhealthy", url=url, why=str(error) or type(error).__name__), masked))
        raise SystemExit(1) from None
    if status != http.client.OK:
        note(mapped(Said("cli_unhealthy", url=url, why=f"HTTP {status}"), masked))
        raise SystemExit(1)
    say(words("cli_healthy", url=url) + "\n")


def _status(url: str) -> int:
    """Return the status of a GET. Goes straight to the host: no proxy of the environment, no redirect."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(words("cli_no_http"))
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}")
        return connection.getresponse().status
    finally:
        connection.close()

"""`wnmon init`: a commented first configuration."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from wnmon.cli.curl_line import read_curl
from wnmon.cli.files import read_text
from wnmon.cli.from_curl import config_from_curl, variables
from wnmon.cli.terminal import say, words
from wnmon.config.shipped import starter
from wnmon.errors import UsageError
from wnmon.judge.values import listed
from wnmon.model.said import Said

MAX_PASTED_BYTES = 1024 * 1024


@click.command("init")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--from-curl", "curl", metavar="FILE")
def command(path: Path | None, curl: str | None) -> None:
    """Write a first configuration, to stdout unless a path is given."""
    pasted = None if curl is None else read_curl(_pasted(curl))
    text = starter() if pasted is None else config_from_curl(pasted)
    if path is None:
        say(text, as_utf8=True)
        return
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(Said("cli_exists", path=str(path)), hint=Said("cli_move_it")) from None
    except OSError as error:
        raise UsageError(Said("cli_not_made", path=str(path), why=str(error.strerror).lower())) from None
    names = Said("cli_starter_needs") if pasted is None else listed("and", variables(pasted))
    say(words("cli_made_set" if names else "cli_made", path=str(path), names=names) + "\n")


def _pasted(name: str) -> str:
    if name != "-":
        return read_text(Path(name))
    data: bytes = sys.stdin.buffer.read(MAX_PASTED_BYTES + 1)
    if len(data) > MAX_PASTED_BYTES:
        raise UsageError(Said("curl_too_long", n=MAX_PASTED_BYTES // 1024))
    return data.decode("utf-8", "replace")

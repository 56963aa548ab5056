"""`wnmon init`: a commented first configuration."""

from __future__ import annotations

from pathlib import Path

import click

from wnmon.config.shipped import starter
from wnmon.errors import UsageError


@click.command("init")
@click.argument("path", required=False, type=click.Path(path_type=Path))
def command(path: Path | None) -> None:
    """Write a commented first configuration to PATH, or to standard output.

    An existing file is never overwritten.
    """
    if path is None:
        click.echo(starter(), nl=False)
        return
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(starter())
    except FileExistsError:
        raise UsageError(f"{path} already exists", hint="give another path, or move it away") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {(error.strerror or 'unknown reason').lower()}") from None
    click.echo(f'wrote {path}; set WN_API_KEY and your relay\'s base_url, then run "wnmon validate {path}"')

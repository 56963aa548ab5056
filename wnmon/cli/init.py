"""`wnmon init`: a commented first configuration."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from wnmon.cli.curl_line import read_curl
from wnmon.cli.files import read_text
from wnmon.cli.from_curl import config_from_curl, variables
from wnmon.cli.terminal import say
from wnmon.config.shipped import starter
from wnmon.errors import UsageError

MAX_PASTED_BYTES = 1024 * 1024


@click.command("init")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--from-curl", "curl", metavar="FILE", help="Make it from a curl command in a file; - is standard input.")
def command(path: Path | None, curl: str | None) -> None:
    """Write a commented first configuration to PATH, or to standard output.

    With --from-curl the request of a pasted curl command becomes its check; the key stays out of the file.
    An existing file is never overwritten.
    """
    pasted = None if curl is None else read_curl(_pasted(curl))
    text = starter() if pasted is None else config_from_curl(pasted)
    if path is None:
        say(text, as_utf8=True)
        return
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} already exists", hint="give another path, or move it away") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {(error.strerror or 'unknown reason').lower()}") from None
    missing = "WN_API_KEY and your relay's base_url" if pasted is None else " and ".join(variables(pasted))
    todo = f"set {missing}, then run" if missing else "run"
    say(f'wrote {path}; {todo} "wnmon validate {path}"\n')


def _pasted(name: str) -> str:
    if name != "-":
        return read_text(Path(name))
    data: bytes = sys.stdin.buffer.read(MAX_PASTED_BYTES + 1)
    if len(data) > MAX_PASTED_BYTES:
        raise UsageError(f"expected a curl command of at most {MAX_PASTED_BYTES // 1024} KiB, not a longer one")
    return data.decode("utf-8", "replace")

"""`wnmon init`: a commented first configuration, of options, of answers at a terminal, or of a curl command."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from wnmon.cli.curl_line import read_curl
from wnmon.cli.files import read_text, write_new
from wnmon.cli.from_curl import config_from_curl, variables
from wnmon.cli.interview import Given, Interview, typed
from wnmon.cli.options import distinct, every, language_option, names
from wnmon.cli.terminal import say, words
from wnmon.config.environment import filled_in
from wnmon.config.starter import First, starter
from wnmon.errors import UsageError
from wnmon.judge.values import listed
from wnmon.model.said import Said, Text

MAX_PASTED_BYTES = 1024 * 1024
DEFAULT_PATH = Path("wnmon.yaml")


@click.command("init")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--base-url", metavar="URL")
@click.option("--key-variable", metavar="VARIABLE")
@click.option("--key-file", metavar="PATH")
@click.option("--model", "models", type=names, multiple=True, callback=distinct, metavar="A,B")
@click.option("--tokens-per-day", type=click.IntRange(min=1), metavar="N")
@click.option("--every", type=every, metavar="DURATION")
@click.option("--from-curl", "curl", metavar="FILE")
@click.option("-y", "--yes", is_flag=True)
@language_option
def command(path: Path | None, *, curl: str | None, yes: bool, lang: str, **options: Any) -> None:
    """Write a first configuration, to stdout unless a path is given or a person is asked."""
    given = Given(**options)
    if curl is not None:
        if given:
            raise click.UsageError(words("init_curl_alone"))
        pasted = read_curl(_pasted(curl))
        _write(path, config_from_curl(pasted), listed("and", variables(pasted)))
        return
    if given.key_variable is not None and given.key_file is not None:
        raise click.UsageError(words("init_key_twice"))
    at_terminal = sys.stdin.isatty() and sys.stderr.isatty()
    if path is None and at_terminal and sys.stdout.isatty():
        path = DEFAULT_PATH
    _refuse_existing(path)
    read = typed if at_terminal and not yes else None
    folder = Path() if path is None else path.parent
    first = Interview(given=given, env=os.environ, lang=lang, read=read, folder=folder).first()
    _write(path, starter(lang, first), _to_set(first))


def _to_set(first: First) -> Text:
    """Return what is missing before the file can be used, "" where nothing is."""
    missing: list[Text] = []
    if first.key_variable is not None and not os.environ.get(first.key_variable):
        missing.append(first.key_variable)
    if first.key_file is not None and not Path(filled_in(first.key_file, os.environ)[0].text).exists():
        missing.append(Said("init_key_in", path=first.key_file))
    if first.base_url == First().base_url:
        missing.append(Said("init_your_url"))
    return listed("and", missing)


def _refuse_existing(path: Path | None) -> None:
    """Refuse a path that is taken, or that the system does not take, before anything is asked."""
    if path is None:
        return
    try:
        path.lstat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise _not_made(path, error) from None
    raise _taken(path)


def _write(path: Path | None, text: str, needs: Text) -> None:
    if path is None:
        say(text, as_utf8=True)
        return
    try:
        write_new(path, text)
    except FileExistsError:
        raise _taken(path) from None
    except OSError as error:
        raise _not_made(path, error) from None
    say(words("cli_made_set" if needs else "cli_made", path=str(path), names=needs) + "\n")


def _taken(path: Path) -> UsageError:
    return UsageError(Said("cli_exists", path=str(path)), hint=Said("cli_move_it"))


def _not_made(path: Path, refused: OSError) -> UsageError:
    return UsageError(Said("cli_not_made", path=str(path), why=str(refused.strerror).lower()))


def _pasted(name: str) -> str:
    if name != "-":
        return read_text(Path(name))
    data: bytes = sys.stdin.buffer.read(MAX_PASTED_BYTES + 1)
    if len(data) > MAX_PASTED_BYTES:
        raise UsageError(Said("curl_too_long", n=MAX_PASTED_BYTES // 1024))
    return data.decode("utf-8", "replace")

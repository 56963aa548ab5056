"""Options that several commands share, and what the value of an option may be."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from wnmon.cli.files import is_stdout
from wnmon.cli.terminal import chosen_language, spoken, words
from wnmon.model.credentials import masked
from wnmon.model.duration import parse_duration_s
from wnmon.model.language import LANGUAGES
from wnmon.model.said import in_language

if TYPE_CHECKING:
    from wnmon.model.target import Waiver

# Neither a user and a password, which would be shown to whoever sees the link, nor a query, which a link brings along.
_WEB_ADDRESS = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])(:(?P<port>[0-9]{1,5}))?(/[A-Za-z0-9._~/-]*)?")

_FOLDER: click.Path = click.Path(file_okay=False, path_type=Path)
FILE: click.Path = click.Path(dir_okay=False, path_type=Path)
_Command = TypeVar("_Command", bound=Callable[..., Any])


def new_file(text: str) -> Path:
    """Return the path of a file to write, whose folder is there. Stdout is none: what is printed goes there.

    A folder that is missing is likely misspelt, and is said before anything is sent.
    """
    if is_stdout(text):
        raise click.BadParameter(words("cli_no_new_file", text=text))
    path = Path(str(FILE.convert(text, None, None)))
    if not path.parent.is_dir():
        raise click.BadParameter(words("cli_no_folder", text=str(path.parent), path=str(path)))
    return path


def folder(text: str) -> Path:
    """Return the path of a folder. An empty text names none: it is a variable that nobody set, not the working one."""
    if not text:
        raise click.BadParameter(words("cli_no_dir"))
    return Path(str(_FOLDER.convert(text, None, None)))


def duration(text: str) -> float:
    """Return seconds. Nothing needs no unit: a bare 0 is taken too."""
    try:
        return 0.0 if text == "0" else parse_duration_s(text)
    except ValueError:
        raise click.BadParameter(words("cli_no_duration", text=masked(text)[:32])) from None


def web_address(text: str) -> str:
    """Return the address of a server that pages link to, without a slash at its end: nothing in it needs quoting."""
    found = _WEB_ADDRESS.fullmatch(text)
    if not found or int(found["port"] or 1) not in range(1, 65536):
        raise click.BadParameter(words("cli_no_web_address", text=masked(text)))
    return text.rstrip("/")


def every(text: str) -> str:
    """Return an interval as it is written, once it is a duration."""
    duration(text)
    return text


def names(text: str) -> tuple[str, ...]:
    """Return the names of a list such as `a,b`, blanks and empty names dropped."""
    found = tuple(name.strip() for name in text.split(",") if name.strip())
    if not found:
        raise click.BadParameter(words("cli_no_names", text=text))
    return found


def globs(text: str) -> tuple[str, ...]:
    """Return the globs of a list such as `doc-*,STR-001` as ids of rules are written, in capitals."""
    if masked(text) != text:  # which a transcript would keep
        raise click.BadParameter(words("cli_no_globs", text=masked(text)))
    return names(text.upper())


def waiver(text: str) -> Waiver:
    """Return the waiver of `RULE=REASON@DATE`."""
    from wnmon.config.waive_option import read_waiver  # with all of a configuration, which few waivers are worth

    try:
        return read_waiver(text)
    except ValueError as wrong:
        raise click.BadParameter(in_language(wrong.args[0], spoken())) from None


def joined(_: click.Context, __: click.Parameter, lists: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """Return the items of an option that may be given more than once, each time with a list."""
    return tuple(item for items in lists for item in items)


def distinct(context: click.Context, parameter: click.Parameter, lists: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """Return the items of such an option, each once."""
    return tuple(dict.fromkeys(joined(context, parameter, lists)))


def language(_: click.Context, __: click.Parameter, option: str | None) -> str:
    """Return the language of an option, or of the environment where it was not given."""
    return chosen_language(option, os.environ)


verbose_option = click.option("-v", "--verbose", is_flag=True)
quiet_option = click.option("-q", "--quiet", is_flag=True)
language_option = click.option("--lang", type=click.Choice(LANGUAGES), callback=language)


def relay_options(command: _Command) -> _Command:
    """Give a command the options that name a relay, and none of its models."""
    for option in (
        language_option,
        click.option("--target", metavar="NAME"),
        click.option("-c", "--config", type=click.Path(path_type=Path)),
        click.option("--ca-file", type=FILE, metavar="FILE"),
        click.option("--proxy", metavar="URL"),
        click.option("--header", "headers", multiple=True, metavar="NAME=VALUE"),
        click.option("--auth-header", metavar="NAME"),
        click.option("--api-key-env", metavar="VARIABLE"),
        click.option("--base-url", metavar="URL"),
    ):
        command = option(command)
    return command

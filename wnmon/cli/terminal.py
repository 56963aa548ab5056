"""What the terminal wants: language, colours, width, and what to do where it is odd."""

from __future__ import annotations

import gettext
import io
import os
import sys
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from itertools import pairwise
from typing import TextIO

import click

from wnmon.errors import UsageError
from wnmon.model.language import LANGUAGES, language_of
from wnmon.model.said import Hole, Said, Text, in_language

_SPOKEN: ContextVar[str] = ContextVar("spoken", default="en")


def speak(lang: str) -> None:
    """Speak a language from here on: wnmon itself, and click, which asks gettext for its words."""
    _SPOKEN.set(lang)
    os.environ["LANGUAGE"] = lang  # what gettext believes before any locale, installed or not
    beside = os.path.dirname(__file__)  # noqa: PTH120 - pathlib takes a tenth of a --help
    gettext.bindtextdomain("click", f"{beside}/locale")
    gettext.textdomain("click")


def spoken() -> str:
    """Return the language wnmon speaks."""
    return _SPOKEN.get()


def words(id: str, /, **holes: Hole) -> str:  # noqa: A002 - the field's own term
    """Return a sentence of the catalogue in the language wnmon speaks."""
    return Said(id, **holes).text(spoken())


def wanted_language(arguments: Sequence[str], env: Mapping[str, str]) -> str:
    """Return the language of what is said before click has read the options, or in spite of what is wrong with them."""
    named = [value for option, value in pairwise(arguments) if option == "--lang"]
    named += [one.removeprefix("--lang=") for one in arguments if one.startswith("--lang=")]
    return chosen_language(next((lang for lang in named if lang in LANGUAGES), None), env)


def chosen_language(option: str | None, env: Mapping[str, str], encoding: str | None = None) -> str:
    """Return `en` or `zh`: the option, else the locale of the environment, else English.

    English too where the encoding (that of stdout unless given) has no Chinese: its escapes nobody can read.
    """
    locale = next((env[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if env.get(name)), "")
    language = option or language_of(locale)
    try:
        "未通过，共".encode(encoding or sys.stdout.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return "en"
    return language


def wants_color(env: Mapping[str, str] | None = None, *, is_terminal: bool | None = None) -> bool:
    """Tell whether stdout takes colours: a terminal that is not dumb, and no NO_COLOR (https://no-color.org)."""
    environment = os.environ if env is None else env
    shown = sys.stdout.isatty() if is_terminal is None else is_terminal
    return shown and environment.get("TERM") != "dumb" and not environment.get("NO_COLOR")


def make_do() -> None:
    """Make do with the terminal there is: it must take neither the verdict nor the reports with it.

    A closed stream, which Python leaves None, goes to nowhere. Where a terminal that is not UTF-8 (GBK, Latin-1) has
    no ✗ it shows `\\u2717`.
    """
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - as above; it is open to the end


def say(text: Text, *, as_utf8: bool = False) -> None:
    """Print to stdout what ends its own lines. Raises UsageError where stdout takes nothing, such as a full disk.

    Formats for machines are UTF-8 whatever the terminal speaks: JUnit says so in its first line.
    """
    try:
        shown = in_language(text, spoken())
        click.echo(shown.encode() if as_utf8 else shown, nl=False)
    except BrokenPipeError:
        discard(sys.stdout)  # the reader has seen enough, and the verdict stands
    except OSError as refused:
        raise refused_stdout(refused) from refused


def refused_stdout(refused: OSError) -> UsageError:
    """Return what to say of a stdout that takes nothing; whatever it still holds goes to nowhere."""
    discard(sys.stdout)
    return UsageError(Said("cli_stdout", why=str(refused.strerror)))


def note(text: Text) -> None:
    """Print a line to stderr; where stderr takes nothing the verdict goes on without it."""
    try:
        click.echo(in_language(text, spoken()), err=True)
    except OSError:
        discard(sys.stderr)


def tell(text: Text) -> None:
    """Print a line of wnmon's own to stderr, which begins with its name."""
    note(Said("cli_error", message=text))


def width_or_none() -> int | None:
    """Return the columns of the terminal, None where a text is not for one."""
    return width(0) or None


def width(otherwise: int = 100) -> int:
    """Return the columns of the terminal, `otherwise` where there is none.

    As `shutil.get_terminal_size` has it, which would load three compressors for it.
    """
    try:
        columns = int(os.environ.get("COLUMNS", "0"))
    except ValueError:
        columns = 0
    if columns > 0:
        return columns
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or otherwise  # type: ignore[union-attr]  # caught
    except (AttributeError, ValueError, OSError):
        return otherwise


def discard(stream: TextIO) -> None:
    """Send what is still written to a stream to nowhere: a closed pipe or a full disk stays so, also at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)

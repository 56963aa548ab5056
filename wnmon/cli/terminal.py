"""What the terminal wants: language, colours, width, and what to do where it is odd."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO


def chosen_language(option: str | None, env: Mapping[str, str]) -> str:
    """Return `en` or `zh`: the option, else the locale of the environment, else English."""
    locale = next((env[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if env.get(name)), "")
    return option or ("zh" if locale.lower().startswith("zh") else "en")


def wants_color(env: Mapping[str, str] | None = None) -> bool:
    """Tell whether stdout takes colours: a terminal, and no NO_COLOR (https://no-color.org)."""
    environment = os.environ if env is None else env
    return sys.stdout.isatty() and not environment.get("NO_COLOR")


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
    return Path(os.devnull).open("w", encoding="utf-8")


def width() -> int:
    """Return the columns of the terminal, 100 where there is none."""
    return shutil.get_terminal_size((100, 24)).columns


def discard(stream: TextIO) -> None:
    """Send what is still written to a stream to nowhere: a closed pipe or a full disk stays so, also at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)

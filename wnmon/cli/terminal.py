"""What the terminal wants: language, colours, width."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping


def chosen_language(option: str | None, env: Mapping[str, str]) -> str:
    """Return `en` or `zh`: the option, else the locale of the environment, else English."""
    locale = next((env[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if env.get(name)), "")
    return option or ("zh" if locale.lower().startswith("zh") else "en")


def wants_color(env: Mapping[str, str] | None = None) -> bool:
    """Tell whether stdout takes colours: a terminal, and no NO_COLOR (https://no-color.org)."""
    environment = os.environ if env is None else env
    return sys.stdout.isatty() and not environment.get("NO_COLOR")


def width() -> int:
    """Return the columns of the terminal, 100 where there is none."""
    return shutil.get_terminal_size((100, 24)).columns

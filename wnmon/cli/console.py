"""What a running service says on its terminal: one line per finished run, and its own troubles on stderr."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping

import click

from wnmon.model.events import Event, InternalFault, Reloaded, RunSkipped, SinkFailed
from wnmon.model.result import Run
from wnmon.report.terminal import render_run_line


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


class Console:
    """A sink and an observer that print."""

    name = "console"

    def __init__(self, *, lang: str, quiet: bool) -> None:
        self._lang = lang
        self._quiet = quiet
        self._color = wants_color()

    def say(self, text: str) -> None:
        """Print a line at once, also into a pipe."""
        if not self._quiet:
            click.echo(text)
            sys.stdout.flush()

    def take(self, run: Run) -> None:
        """Print a finished run."""
        self.say(render_run_line(run, width=width(), color=self._color, lang=self._lang))

    def observe(self, event: Event) -> None:
        """Print what an operator must know of the monitor itself."""
        match event:
            case Reloaded(ok=False, problems=problems):
                _warn("reload refused, the last good configuration goes on:", *problems)
            case RunSkipped(probe=probe, reason=reason, detail=detail):
                _warn(f"skipped {probe}: {reason.value} ({detail})")
            case SinkFailed(sink=sink, error=error):
                _warn(f"sink {sink} failed: {error}")
            case InternalFault(component=component, error=error):
                _warn(f"internal error in {component}: {error}")
            case _:
                pass


def _warn(*lines: str) -> None:
    for line in lines:
        click.echo(f"wnmon: {line}", err=True)

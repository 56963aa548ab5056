"""What a running service says on its terminal: one line per finished run, and its own troubles on stderr."""

from __future__ import annotations

import sys
from typing import TextIO

import click

from wnmon.cli.terminal import discard, wants_color, width
from wnmon.engine.run import Run
from wnmon.model.events import Event, InternalFault, Reloaded, RunSkipped, SinkFailed
from wnmon.model.said import Said, Text, in_language
from wnmon.report.terminal import render_run_line


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
            _print(text, sys.stdout)

    def take(self, run: Run) -> None:
        """Print a finished run."""
        self.say(render_run_line(run, width=width(), color=self._color, lang=self._lang))

    def observe(self, event: Event) -> None:
        """Print what an operator must know of the monitor itself."""
        match event:
            case Reloaded(ok=False, problems=problems):
                self._warn(Said("reload_refused"), *problems)
            case RunSkipped(probe=probe, reason=reason, detail=detail):
                self._warn(Said("probe_skipped", probe=probe, reason=reason.value, said=detail))
            case SinkFailed(sink=sink, error=error):
                self._warn(Said("sink_failed", text=sink, error=error))
            case InternalFault(component=component, error=error):
                self._warn(Said("component_failed", text=component, error=error))
            case _:
                pass

    def _warn(self, *lines: Text) -> None:
        for line in lines:
            _print(f"wnmon: {in_language(line, self._lang)}", sys.stderr)


def _print(text: str, stream: TextIO) -> None:
    """Print to a stream; once it is gone (a closed pipe, a full disk) to nowhere: the monitor outlives its terminal."""
    try:
        click.echo(text, file=stream)
        stream.flush()
    except OSError:
        discard(stream)

"""A progress bar on stderr, when there is a terminal to draw it on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Bar(Protocol):
    """Something that can be told that a call ended."""

    def advance(self, suite: str) -> None:
        """Count one call of a suite."""
        ...


class _NoBar:
    def advance(self, suite: str) -> None:
        """Draw nothing."""


@contextmanager
def progress_bar(calls: int, *, quiet: bool) -> Iterator[Bar]:
    """Yield a bar over `calls` calls; one that draws nothing when quiet or when stderr is no terminal."""
    if quiet or not sys.stderr.isatty():
        yield _NoBar()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("check", total=calls)

        class _RichBar:
            def advance(self, suite: str) -> None:
                """Move the bar by one call."""
                progress.update(task, advance=1, description=suite)

        yield _RichBar()

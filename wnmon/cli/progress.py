"""A progress bar on stderr, when there is a terminal to draw it on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from wnmon.engine.session import quietly


@contextmanager
def progress_bar(calls: int, *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Yield what counts a call of a suite on a bar; there is none when quiet, or without a terminal."""
    if quiet or not sys.stderr.isatty():
        yield quietly
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("check", total=calls)
        yield lambda suite: progress.update(task, advance=1, description=suite)

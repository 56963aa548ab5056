"""`wnmon history`: what a service has kept of the past, as a table, as CSV or JSON lines, and as a copy of the file."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click

from wnmon.cli.columns import safe_cell
from wnmon.cli.options import duration, language_option, new_file
from wnmon.cli.options import folder as data_folder
from wnmon.cli.terminal import say, words
from wnmon.clock import SystemClock
from wnmon.engine.ports import Span
from wnmon.errors import UsageError
from wnmon.model.events import StoreProblem
from wnmon.model.price import show_at_most
from wnmon.model.said import Said
from wnmon.model.text import columns, percent, visible
from wnmon.store import Refused, state_folder
from wnmon.store.history import RUN_COLUMNS, History, Past, Row, Unreadable, open_history

T = TypeVar("T")

_BARS = "▁▂▃▄▅▆▇█"
_NO_RUN = "·"
_MOST_BARS = 48
_HEADS = ("probe", "uptime", "runs", "ttft", "incidents", "tokens", "money")

data_option: Callable[[Callable[..., object]], Callable[..., object]] = click.option(
    "--data", type=data_folder, metavar="DIR"
)
last_option: Callable[[Callable[..., object]], Callable[..., object]] = click.option(
    "--last", type=duration, default="24h", show_default=True
)
_MONEY = _HEADS.index("money")
"""A column that is left out where no price is known."""


@click.group("history", invoke_without_command=True)
@data_option
@last_option
@language_option
@click.pass_context
def command(context: click.Context, data: Path | None, last: float, lang: str) -> None:
    """Show what a service has kept of the past."""
    if context.invoked_subcommand is not None:
        return
    with _opened(data) as history:
        rows = _read(history.past(last, SystemClock().wall_s()), data)
    lines = _table(rows, lang) if rows else [Said("history_nothing").text(lang)]
    say("".join(f"{line}\n" for line in lines))


@command.command("export")
@data_option
@last_option
@click.option("--format", "form", type=click.Choice(("csv", "jsonl")), default="csv", show_default=True)
def export(data: Path | None, last: float, form: str) -> None:
    """Print the runs that are kept."""
    with _opened(data) as history:
        rows = (_read(row, data) for row in history.runs(last, SystemClock().wall_s()))
        for row in _lines(rows, form):
            click.echo(row, nl=False)


@command.command("backup")
@data_option
@click.argument("file", type=new_file)
def backup(data: Path | None, file: Path) -> None:
    """Write a copy of all that is kept, while a service goes on."""
    with _opened(data) as history:
        try:
            _read(history.copy(file), data)
        except FileExistsError:
            raise UsageError(Said("history_is_there", path=str(file))) from None
        except OSError:
            raise UsageError(Said("history_no_copy", path=str(file))) from None
    say(f"{words('history_copied', path=str(file))}\n")


@contextmanager
def _opened(folder: Path | None) -> Iterator[History]:
    history = open_history(_folder(folder))
    if history is None:
        raise UsageError(Said("history_unread", path=str(_folder(folder)), said=Said("history_no_file")))
    if isinstance(history, Refused):
        raise _unread(history.problem, folder)
    try:
        yield history
    finally:
        history.close()


def _folder(named: Path | None) -> Path:
    return named or state_folder(os.environ)


def _read(found: T | Unreadable, folder: Path | None) -> T:
    """Return what was read of a folder. Raises UsageError where it could not be."""
    if isinstance(found, Unreadable):
        raise _unread(found.problem, folder)
    return found


def _unread(problem: StoreProblem, folder: Path | None) -> UsageError:
    return UsageError(Said("history_unread", path=str(_folder(folder)), said=Said(f"store_{problem.value}")))


def _table(rows: Sequence[Past], lang: str) -> list[str]:
    days_of = rows[0].days_of
    course = Said("history_head_course") if days_of is None else Said("history_head_course_days", zone=days_of)
    heads = [*(Said(f"history_head_{head}").text(lang) for head in _HEADS), course.text(lang)]
    lines = [heads, *(_cells(row, lang) for row in rows)]
    if not any(row.money for row in rows):
        lines = [[*line[:_MONEY], *line[_MONEY + 1 :]] for line in lines]
    return columns(lines)


def _cells(row: Past, lang: str) -> list[str]:
    total = row.total
    down = "" if row.down_since_s is None else Said("history_down", since=_iso(row.down_since_s)).text(lang)
    return [
        visible(row.probe),
        "" if total.uptime is None else percent(total.uptime),
        f"{total.runs}",
        "" if row.ttft_s is None else f"{row.ttft_s:.2f} s",
        f"{row.incidents}{down}",
        f"{row.tokens}",
        show_at_most(row.money),
        course(row.spans),
    ]


def course(spans: Sequence[Span]) -> str:
    """Return a bar for each span, as high as its uptime; a dot where no run said anything."""
    each = -(-len(spans) // _MOST_BARS)
    joined = (spans[place : place + each] for place in range(0, len(spans), each or 1))
    return "".join(_bar(sum(one.up for one in part), sum(one.down for one in part)) for part in joined)


def _bar(up: int, down: int) -> str:
    return _BARS[up * (len(_BARS) - 1) // (up + down)] if up + down else _NO_RUN


def _lines(rows: Iterator[Row], form: str) -> Iterator[str]:
    if form == "jsonl":
        for row in rows:
            yield json.dumps(dict(zip(RUN_COLUMNS, row, strict=True)), ensure_ascii=False) + "\n"
        return
    yield _csv(RUN_COLUMNS)
    for row in rows:
        yield _csv(row)


def _csv(row: Sequence[object]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([safe_cell(value) for value in row])
    return out.getvalue()


def _iso(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

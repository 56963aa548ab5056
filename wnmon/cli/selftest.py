"""`wnmon selftest`: how far the stamps of this machine can be trusted."""

from __future__ import annotations

import asyncio
import json

import click

from wnmon import __version__
from wnmon.app.selftest import Manner, try_sensor
from wnmon.app.tuning import tune_interpreter
from wnmon.cli.options import duration, language_option
from wnmon.cli.terminal import say, spoken, words
from wnmon.clock import SystemClock
from wnmon.engine.loopwatch import Watched
from wnmon.model.honesty import Honesty, Series, Spread, Word
from wnmon.model.said import in_language
from wnmon.model.text import columns
from wnmon.report.summary import Exit
from wnmon.transport import Sensor
from wnmon.watch.honesty import document_of

FORMAT_VERSION = 1
LEAST_STALL_S, MOST_STALL_S = 0.03, 0.8

_EXITS = {Word.TRUSTWORTHY: Exit.OK, Word.UNTRUSTWORTHY: Exit.BROKEN, Word.UNJUDGED: Exit.UNJUDGED}


def stall_duration(text: str) -> float:
    """Return seconds: none, or longer than what makes a sample suspect and not as long as the loop is let go."""
    stall_s = duration(text)
    if stall_s and not LEAST_STALL_S <= stall_s <= MOST_STALL_S:
        raise click.BadParameter(words("cli_no_stall", text=text[:32]))
    return stall_s


@click.command("selftest")
@click.option("--seconds", type=click.IntRange(1, 60), default=5, show_default=True)
@click.option("--streams", type=click.IntRange(1, 100), default=10, show_default=True)
@click.option("--stall", type=stall_duration, metavar="DURATION", default="0s")
@click.option("--json", "as_json", is_flag=True)
@language_option
def command(*, seconds: int, streams: int, stall: float, as_json: bool, lang: str) -> int:
    """Try the sensor and say what its stamps are worth."""
    manner = Manner(seconds=seconds, streams=streams, stall_s=stall)
    honesty = asyncio.run(_try(manner))
    say(_json(honesty, manner, lang) if as_json else _text(honesty), as_utf8=as_json)
    return _EXITS[honesty.word]


async def _try(manner: Manner) -> Honesty:
    clock = SystemClock()
    sensors = Watched(Sensor(clock), clock, lambda _: None)
    try:
        await sensors.warm_up()
        tune_interpreter()
        return await try_sensor(sensors, clock, manner)
    finally:
        await sensors.close()


def _json(honesty: Honesty, manner: Manner, lang: str) -> str:
    head = {"format": "wnmon-selftest", "version": FORMAT_VERSION, "wnmon": __version__}
    asked = {"seconds": manner.seconds, "streams": manner.streams, "stall_s": manner.stall_s}
    document = head | asked | document_of(honesty) | {"message": in_language(honesty.why, lang)}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _text(honesty: Honesty) -> str:
    lines = []
    if honesty.series:
        lines = [words("selftest_head", n=sum(one.streams for one in honesty.series)), "", *_table(honesty.series), ""]
        lines += [_counted(honesty), ""]
    return "\n".join([*lines, f"{words(f'selftest_{honesty.word}')}: {in_language(honesty.why, spoken())}", ""])


def _table(series: tuple[Series, ...]) -> list[str]:
    rows = [words("selftest_columns").split("|")]
    for one in series:
        for name, spread in (("ttft", one.ttft), ("gaps", one.gaps), ("relay", one.relay_late)):
            rows.append([words(f"selftest_{name}", text=one.scheme), *_numbers(spread)])
    return columns(rows, right=range(1, len(rows[0])))


def _numbers(spread: Spread | None) -> list[str]:
    if spread is None:
        return ["0", *["–"] * 4]
    times = (spread.bias_s, spread.p50_s, spread.p99_s, spread.max_s)
    return [str(spread.count), *(f"{took_s * 1e3:.3f} ms" for took_s in times)]


def _counted(honesty: Honesty) -> str:
    counts = honesty.counts
    return words(
        "selftest_counts",
        n=sum(one.suspect for one in honesty.series),
        most=sum(one.streams for one in honesty.series),
        took=f"{honesty.bound_s * 1e3:g} ms",
        text=counts.affected,
        kind=counts.suspect,
        found=counts.published,
    )

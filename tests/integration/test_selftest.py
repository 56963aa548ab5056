"""`wnmon selftest` for real: the sensor against a relay in another process.

How near the stamps come depends on what else the machine does, so no test holds them to a number; what follows from the
numbers does not.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from wnmon.app.selftest import SHORT_WITHIN_S, Manner, try_sensor, try_shortly
from wnmon.cli.selftest import command
from wnmon.clock import SystemClock
from wnmon.engine.loopwatch import Watched
from wnmon.engine.ports import Sensed
from wnmon.model.exchange import Exchange, Lag
from wnmon.model.honesty import Honesty, Word
from wnmon.transport import Sensor

CODES = {"trustworthy": 0, "untrustworthy": 1, "unjudged": 3}


@cache
def told(*arguments: str) -> tuple[int, dict[str, Any]]:
    """Return exit code and document of the command in a process of its own."""
    line = (sys.executable, "-m", "wnmon", "selftest", "--json", *arguments)
    done = subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, json.loads(done.stdout)


def plain() -> tuple[int, dict[str, Any]]:
    return told("--seconds", "2", "--streams", "4")


def stalled() -> tuple[int, dict[str, Any]]:
    return told("--seconds", "4", "--streams", "4", "--stall", "200ms")


def test_plain_and_tls_are_both_measured() -> None:
    streams = {one["scheme"]: one["streams"] for one in plain()[1]["series"]}

    assert streams.keys() == {"http", "https"}
    assert all(streams.values())


def test_the_exit_code_says_what_the_verdict_says() -> None:
    code, document = plain()

    assert code == CODES[document["verdict"]]


def test_no_time_that_is_wrong_by_more_than_the_bound_is_published() -> None:
    assert plain()[1]["affected_published"] == 0


def test_a_held_loop_spoils_samples() -> None:
    assert stalled()[1]["affected"] > 0


def test_what_a_held_loop_spoils_is_suspect() -> None:
    _, document = stalled()

    assert document["affected_suspect"] == document["affected"]


def test_what_a_held_loop_spoils_reaches_no_histogram() -> None:
    assert stalled()[1]["affected_published"] == 0


def test_withholding_what_is_spoilt_is_trustworthy() -> None:
    assert stalled()[0] == 0


def watched() -> Watched:
    return Watched(Sensor(SystemClock()), SystemClock(), lambda _: None)


class Frank:
    """A sensor that says its stamps are never late: what one without a watch over itself would publish."""

    def __init__(self) -> None:
        self._sensor = Sensor(SystemClock())

    async def send(self, *arguments: Any, **named: Any) -> Sensed:
        exchange: Exchange = await self._sensor.send(*arguments, **named)
        return replace(exchange, lags=(Lag(exchange.marks.started_ns, 0),)), ()

    async def warm_up(self) -> None:
        await self._sensor.warm_up()

    async def close(self) -> None:
        await self._sensor.close()


def test_a_sensor_that_does_not_own_up_is_found_out() -> None:
    async def scenario() -> Honesty:
        sensor = Frank()
        try:
            return await try_sensor(sensor, SystemClock(), Manner(seconds=3, streams=4, stall_s=0.3))
        finally:
            await sensor.close()

    assert asyncio.run(scenario()).word is Word.UNTRUSTWORTHY


class Dead(Frank):
    """A sensor that gets nothing done."""

    async def send(self, *_: Any, **__: Any) -> Sensed:
        return await asyncio.Future()


def test_the_short_form_ends_whatever_happens() -> None:
    async def scenario() -> tuple[Honesty, float]:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        return await try_shortly(Dead(), SystemClock()), loop.time() - began_s

    honesty, took_s = asyncio.run(scenario())

    assert honesty.word is Word.UNJUDGED
    assert took_s >= SHORT_WITHIN_S


def test_without_a_folder_to_write_to_there_is_no_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")

    async def scenario() -> Honesty:
        return await try_sensor(watched(), SystemClock(), Manner(seconds=1, streams=2))

    assert [one.scheme for one in asyncio.run(scenario()).series] == ["http"]


def test_nothing_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    async def scenario() -> Honesty:
        return await try_sensor(watched(), SystemClock(), Manner(seconds=1, streams=2))

    assert [one.scheme for one in asyncio.run(scenario()).series] == ["http", "https"]
    assert list(tmp_path.iterdir()) == []


def test_without_an_interpreter_to_start_nothing_can_be_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")

    assert CliRunner().invoke(command, ["--seconds", "1"], standalone_mode=False).return_value == 3


BAD = {
    "--seconds 0": "1<=x<=60",
    "--seconds 61": "1<=x<=60",
    "--seconds 1.5": "not a valid integer",
    "--streams 0": "1<=x<=100",
    "--streams 101": "1<=x<=100",
    "--stall 200": 'expected a duration such as "2s"',
    "--stall 10ms": "expected a stall from 30ms to 800ms, or 0, not 10ms",
    "--stall 2s": "expected a stall from 30ms to 800ms, or 0, not 2s",
    "--lang fr": "'fr' is not one of",
}
"""What a person typed, and what the refusal says of it."""


@pytest.mark.parametrize(("typed", "said"), BAD.items())
def test_a_bad_value_is_refused_with_what_would_do(typed: str, said: str) -> None:
    done = CliRunner().invoke(command, typed.split())

    assert (done.exit_code, said in done.output) == (2, True)

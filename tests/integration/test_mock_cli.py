"""`wnmon mock` as a process of its own."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import httpx
import pytest
from click.testing import CliRunner

from wnmon.cli.mock import command
from wnmon.errors import UsageError
from wnmon.mock.faults import FAULTS

BODY = {"model": "m", "messages": [{"role": "user", "content": "Reply with only: pong"}]}


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Yield the process and the first line it printed."""
    order = [sys.executable, "-c", "from wnmon.cli.mock import command; command()", *arguments]
    with subprocess.Popen(order, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_even_while_it_answers(number: signal.Signals) -> None:
    with (
        running("--fault", "stall") as (process, url),
        httpx.stream("POST", f"{url}/v1/chat/completions", json=BODY, headers={"Authorization": "Bearer k"}),
    ):
        process.send_signal(number)
        assert process.wait(timeout=60) == 0


def test_an_endless_answer_to_a_fast_reader_does_not_starve_others() -> None:
    with running() as (_, url), ThreadPoolExecutor() as threads:
        enough = Event()
        reading = threads.submit(_read_endlessly, enough, int(url.rpartition(":")[2]))
        try:
            headers = {"Authorization": "Bearer k"}
            answer = httpx.post(f"{url}/v1/chat/completions", json=BODY, headers=headers, timeout=60)
        finally:
            enough.set()
        assert reading.result(timeout=60) > 0

    assert answer.status_code == 200


def _read_endlessly(enough: Event, port: int) -> int:
    """Read so fast that the relay never has to wait, until it is enough; return how many bytes came."""
    body = json.dumps({**BODY, "stream": True}).encode()
    head = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    faulty = f"Authorization: Bearer k\r\nX-Wnmon-Fault: endless-stream\r\nContent-Length: {len(body)}\r\n\r\n"
    size, buffer = 0, bytearray(2**20)
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall((head + faulty).encode() + body)
        while not enough.is_set():
            size += connection.recv_into(buffer)
    return size


def test_options_reach_the_relay() -> None:
    with running("--strict", "--key", "sk-0123456789ab", "--models", "a, m", "--fault", "same-id") as (_, url):
        headers = {"Authorization": "Bearer sk-0123456789ab"}
        answer = httpx.post(f"{url}/v1/chat/completions", json=BODY, headers=headers, timeout=60)

    assert (answer.status_code, answer.json()["id"]) == (200, "chatcmpl-0000000000000000")


def test_the_list_describes_every_fault() -> None:
    lines = CliRunner().invoke(command, ["--list"]).output.splitlines()

    assert {line.split()[0] for line in lines[1:]} == set(FAULTS)


@pytest.mark.parametrize("arguments", [["--ttft", "soon"], ["--tokens", "0"], ["--port", "70000"]])
def test_a_wrong_option_is_a_usage_error(arguments: list[str]) -> None:
    assert CliRunner().invoke(command, arguments).exit_code == 2


def test_strict_without_a_key_is_a_usage_error() -> None:
    assert isinstance(CliRunner().invoke(command, ["--strict"]).exception, UsageError)

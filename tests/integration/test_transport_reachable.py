"""Waiting for a relay ends in time, whatever keeps it from being reached."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from threading import Event

import pytest

from wnmon.transport.reachable import wait_until_reachable
from wnmon.transport.resolving import addresses_of

WAIT_S = 1.0
LATEST_S = 10.0
"""Far from an hour and from a resolver's half a minute, and enough for a slow machine."""


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Return a port that takes no connection and refuses none: its queue is full."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        address = listening.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        yield address[1]
        for one in waiting:
            one.close()


def test_a_host_that_answers_nothing_is_waited_for_no_longer_than_said(silent_port: int) -> None:
    began_s = time.monotonic()

    assert not asyncio.run(wait_until_reachable(f"http://127.0.0.1:{silent_port}", WAIT_S))
    assert WAIT_S <= time.monotonic() - began_s < LATEST_S


def test_a_resolver_that_hangs_is_not_waited_for() -> None:
    released = Event()

    def hang(*_: object) -> list[tuple[object, ...]]:
        released.wait(3600)
        return []

    began_s = time.monotonic()

    assert not asyncio.run(wait_until_reachable("http://relay.example", WAIT_S, hang))
    assert time.monotonic() - began_s < LATEST_S
    released.set()


def test_a_relay_that_listens_is_reached_by_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert asyncio.run(wait_until_reachable(f"http://localhost:{listening.getsockname()[1]}", LATEST_S))


def test_each_address_of_a_name_comes_once() -> None:
    entry = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))

    assert asyncio.run(addresses_of("h", 80, lambda *_: [entry, entry])) == ["127.0.0.1"]


def test_what_a_lookup_raises_is_raised_to_who_waits() -> None:
    def refuse(*_: object) -> list[tuple[object, ...]]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    with pytest.raises(socket.gaierror):
        asyncio.run(addresses_of("h", 80, refuse))


def test_a_check_that_waited_in_vain_ends_soon_after(silent_port: int) -> None:
    relay = ("--base-url", f"http://127.0.0.1:{silent_port}", "--model", "m", "--wait", f"{WAIT_S:g}s")
    began_s = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "wnmon", "check", *relay],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"WNMON_API_KEY": "sk-test-0123456789"},
    )

    assert (done.returncode, "within 1s" in done.stderr or "1 s" in done.stderr) == (3, True)
    assert time.monotonic() - began_s < WAIT_S + LATEST_S - 1

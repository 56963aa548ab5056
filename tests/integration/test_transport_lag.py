"""Whatever holds up the loop, what a stamp stands for lies within the lag of the stamp."""

from __future__ import annotations

import asyncio
import random
import shutil
import socket
import ssl
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

import pytest
import uvloop
from tls_samples import Papers, issue, make_authority
from transport_samples import CHUNKED, END, PATIENT, STREAM_HEAD, Loop, chunked, request_to, run, sensor, target_of

from wnmon.clock import SystemClock
from wnmon.engine.loopwatch import LoopWatch, with_lags
from wnmon.engine.ports import turns_of
from wnmon.model.check import Caps
from wnmon.model.exchange import Exchange
from wnmon.model.target import Target

pytestmark = pytest.mark.usefixtures("each_way")

PIECES = 25


@dataclass(slots=True)
class Heard:
    """What a relay knows, as CLOCK_MONOTONIC in ns: by when it had the request, and the client each piece."""

    connected_ns: int = 0
    sent_ns: int = 0
    pieces_ns: list[int] = field(default_factory=list)
    closed_ns: int = 0


@contextmanager
def relay(context: ssl.SSLContext | None, piece: bytes) -> Iterator[tuple[str, Heard]]:
    """Answer one request from a thread: a stream of pieces, some together and some apart."""
    heard, pause = Heard(), random.Random(7)

    def answer(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        heard.connected_ns = time.monotonic_ns()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with context.wrap_socket(connection, server_side=True) if context else connection as talk:
            asked = b""
            while not asked.endswith(b"}"):
                asked += talk.recv(65_536)
            heard.sent_ns = time.monotonic_ns()
            talk.sendall(STREAM_HEAD + CHUNKED)
            for _ in range(PIECES):
                time.sleep(pause.choice((0.0, 0.003, 0.012)))
                talk.sendall(chunked(piece))
                heard.pieces_ns.append(time.monotonic_ns())
            talk.sendall(END)
            heard.closed_ns = time.monotonic_ns()
            talk.recv(1)

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        yield f"{'https' if context else 'http'}://127.0.0.1:{listener.getsockname()[1]}/v1/chat/completions", heard
        thread.join()


async def hold_up() -> None:
    """Hold up the loop for some time, again and again."""
    stall = random.Random(11)
    while True:
        time.sleep(stall.choice((0.002, 0.009, 0.015, 0.03)))
        await asyncio.sleep(stall.choice((0.0, 0.004, 0.011)))


async def stamped(target: Target) -> Exchange:
    """Return an exchange over a loop that is held up, with its lags."""
    transport, watch = sensor(clock=SystemClock()), LoopWatch(SystemClock(), lambda _: None)
    await transport.warm_up()
    holding = asyncio.create_task(hold_up())
    with watch.during(turns_of(target)) as proofs:
        exchange = await transport.send(request_to(target.url, stream=True), target, timeouts=PATIENT, caps=Caps())
        caught_up = proofs()
    holding.cancel()
    await transport.close()
    return with_lags(exchange, caught_up)


PING = b": ping\n\n"


def exchange_with_a_relay(
    papers: Papers | None = None,
    ca_file: str | None = None,
    piece: bytes = PING,
    loop: Loop = asyncio.new_event_loop,
) -> tuple[Exchange, Heard]:
    """Return the exchange as a late loop stamps it, and what the relay knows of it."""
    with relay(papers.server() if papers else None, piece) as (url, heard):
        return run(stamped(target_of(url, ca_file=ca_file)), loop), heard


def test_what_a_stamp_of_a_late_loop_stands_for_lies_within_its_lag() -> None:
    assert beyond_their_lag_ms(*exchange_with_a_relay()) == []


def test_it_does_so_where_more_waits_than_one_read_takes() -> None:
    assert beyond_their_lag_ms(*exchange_with_a_relay(piece=b":" * 60_000 + b"\n")) == []


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_it_does_so_over_tls(tmp_path: Path) -> None:
    for name in ("authority", "relay"):
        (tmp_path / name).mkdir()
    authority = make_authority(tmp_path / "authority")
    papers = issue(authority, tmp_path / "relay", days=30)
    assert beyond_their_lag_ms(*exchange_with_a_relay(papers, str(authority.certificate))) == []


def test_it_does_so_on_uvloop() -> None:
    assert beyond_their_lag_ms(*exchange_with_a_relay(loop=uvloop.new_event_loop)) == []


def beyond_their_lag_ms(exchange: Exchange, heard: Heard) -> list[float]:
    """Return by how much what stamps stand for had happened before the earliest instant that their lag allows."""
    marks, ends = exchange.marks, list(accumulate(len(chunk.data) for chunk in exchange.chunks))
    piece_bytes = ends[-1] // PIECES
    stamps = [exchange.chunks[bisect_left(ends, piece_bytes * number)].at_ns for number in range(1, PIECES + 1)]
    happened = [
        (marks.connected_ns, heard.connected_ns),
        (marks.sent_ns, heard.sent_ns),
        *zip(stamps, heard.pieces_ns, strict=True),
        (marks.end_ns, heard.closed_ns),
    ]
    beyond = [(at_ns - exchange.lag_ns(at_ns) - by_ns) / 1e6 for at_ns, by_ns in happened if at_ns is not None]
    assert len(beyond) == PIECES + 3
    return [ms for ms in beyond if ms > 0]

"""Clients of the page that mean harm, or sleep: real sockets, and short patience where something has to run out."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from service_process import eventually
from web_samples import FixedClock, FixedControl, FixedMetrics, FixedStates

from wnmon.engine.ports import ReloadReport
from wnmon.web import Site, WebServer
from wnmon.web.door import Patience

HALF = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n"
WHOLE = HALF + b"\r\n"
ENDLESS_S = 60.0
"""Longer than anything here takes: nothing is measured by it."""
SHORT = Patience(silence_s=0.2, turn_s=ENDLESS_S, look_s=0.05)
SHORT_TURN = Patience(silence_s=ENDLESS_S, turn_s=0.5, look_s=0.05)
LONG = Patience(silence_s=ENDLESS_S, turn_s=ENDLESS_S)


@dataclass
class Page:
    """A started server, and how many connections it said it refused."""

    port: int = 0
    told: list[int] = field(default_factory=list)

    def connected(self, *said: bytes, of: str = "127.0.0.1") -> socket.socket:
        """Return a connection that has said so much."""
        connection = socket.create_connection(("127.0.0.1", self.port), ENDLESS_S, source_address=(of, 0))
        with suppress(OSError):
            for piece in said:
                connection.sendall(piece)
        return connection

    def status(self, of: str = "127.0.0.1", path: str = "/metrics", method: str = "GET") -> int:
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ENDLESS_S, source_address=(of, 0))
        with closing(asking):
            asking.request(method, path)
            return asking.getresponse().status


@contextmanager
def page(patience: Patience = LONG, **more: Any) -> Iterator[Page]:
    given = {"metrics": FixedMetrics(), "control": FixedControl(), **more}
    site = Site(states=FixedStates(), clock=FixedClock(), reload_allowed=True, version="0.1.0", **given)
    shown = Page()
    server = WebServer("127.0.0.1", 0, site, shown.told.append, patience)
    shown.port = urlsplit(server.start().url).port or 0
    yield shown
    server.stop()


@contextmanager
def crowded(*said: bytes, count: int = 200, of: str = "127.0.0.1") -> Iterator[Page]:
    """Hold many connections that have said so much."""
    with ExitStack() as held, page() as shown:
        for _ in range(count):
            held.enter_context(shown.connected(*said, of=of))
        yield shown


def is_closed(connection: socket.socket) -> bool:
    """Read until the other side has closed."""
    with connection, suppress(ConnectionResetError):
        while connection.recv(65536):
            pass
    return True


@pytest.mark.parametrize("said", [(), (HALF,)], ids=["silent", "half a request"])
@pytest.mark.parametrize("asking", ["127.0.0.1", "127.0.0.2"])
def test_many_connections_that_keep_us_waiting_keep_nobody_from_an_answer(said: tuple[bytes, ...], asking: str) -> None:
    with crowded(*said) as shown:
        assert [shown.status(of=asking), shown.status(of=asking, path="/-/healthy")] == [200, 200]


def test_many_addresses_that_keep_us_waiting_keep_nobody_from_an_answer() -> None:
    with ExitStack() as held, page() as shown:
        for number in range(200):
            held.enter_context(shown.connected(of=f"127.0.1.{number + 1}"))
        assert shown.status() == 200


def test_many_who_do_not_read_their_answer_keep_nobody_from_one() -> None:
    with ExitStack() as held, page(metrics=FixedMetrics(body=bytes(8 * 2**20))) as shown:
        for _ in range(50):
            held.enter_context(shown.connected(WHOLE))
        assert shown.status(path="/-/healthy") == 200


def test_one_address_takes_no_connection_of_another() -> None:
    with ExitStack() as held, page() as shown:
        first = held.enter_context(shown.connected(HALF, of="127.0.0.2"))
        for _ in range(200):
            held.enter_context(shown.connected())
        first.sendall(b"\r\n")
        assert first.recv(12) == b"HTTP/1.1 200"


def test_refused_connections_are_told_of_once() -> None:
    with crowded() as shown:
        shown.status()
        assert len(shown.told) == 1


def test_a_silent_connection_is_closed() -> None:
    with page(SHORT) as shown:
        assert is_closed(shown.connected())


def test_half_a_request_is_closed() -> None:
    with page(SHORT) as shown:
        assert is_closed(shown.connected(HALF))


def test_a_body_that_does_not_come_is_closed() -> None:
    with page(SHORT) as shown:
        assert is_closed(shown.connected(b"POST /-/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"))


def test_an_answer_that_nobody_reads_is_closed() -> None:
    with page(SHORT, metrics=FixedMetrics(body=bytes(32 * 2**20))) as shown:
        shown.status(path="/-/healthy")
        before = descriptors()
        with shown.connected(WHOLE):
            assert eventually(lambda: descriptors() == before + 1, "no descriptor but the client's")


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_request_that_drips_is_closed() -> None:
    with page(SHORT_TURN) as shown, shown.connected(HALF) as connection:
        assert eventually(lambda: not drips(connection), "a connection that takes no more")


def drips(connection: socket.socket) -> bool:
    """Send a few bytes; tell whether the other side still takes them."""
    try:
        connection.sendall(b"X: y\r\n")
    except OSError:
        return False
    return True


@dataclass
class SlowControl(FixedControl):
    """Takes longer to reload than a client may be silent."""

    def reload(self) -> ReloadReport:
        threading.Event().wait(5 * SHORT.silence_s)
        return super().reload()


def test_a_client_that_waits_for_us_is_not_closed() -> None:
    with page(SHORT, control=SlowControl()) as shown:
        assert shown.status(path="/-/reload", method="POST") == 200


@pytest.mark.parametrize(
    ("descriptors", "connections", "of_an_address"),
    [(1_048_576, 100, 32), (256, 64, 32), (64, 16, 8), (3, 1, 1), (-1, 100, 32)],
)
def test_the_web_takes_no_more_than_its_share_of_descriptors(
    descriptors: int, connections: int, of_an_address: int
) -> None:
    allowed = Patience().within(descriptors)

    assert (allowed.connections, allowed.of_an_address) == (connections, of_an_address)

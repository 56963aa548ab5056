"""A front for a relay: it offers HTTP/2 and HTTP/1.1 over TLS, and passes on what it is asked, or breaks HTTP/2."""

from __future__ import annotations

import asyncio
import ssl
from asyncio import StreamReader, StreamWriter
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import StrEnum

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, RequestReceived, StreamEnded
from tls_door import close, join

Headers = list[tuple[str, str]]
Answer = tuple[Headers, bytes]

_OF_A_CONNECTION = frozenset({"connection", "keep-alive", "transfer-encoding"})
"""Headers that HTTP/2 has no place for (RFC 9113 section 8.2.2)."""


class OverHttp2(StrEnum):
    """What is answered over HTTP/2. HTTP/1.1 is always answered as the relay does."""

    SAME = "same"
    BAD_GATEWAY = "bad_gateway"
    OTHER_FORM = "other_form"
    RESET = "reset"
    GOAWAY = "goaway"
    HALF = "half"
    """The body is broken off by a reset."""
    HANGS_UP = "hangs_up"


@asynccontextmanager
async def front(relay_port: int, tls: ssl.SSLContext, answers: OverHttp2 = OverHttp2.SAME) -> AsyncIterator[int]:
    """Listen; yields the port."""
    tls.set_alpn_protocols(["h2", "http/1.1"])
    inside: set[asyncio.Task[None]] = set()

    async def enter(reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        inside.add(task)
        with suppress(asyncio.CancelledError, OSError):  # the test has ended, or the client has left
            if writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2":
                await _converse(reader, writer, relay_port, answers)
            else:
                await join(b"", reader, writer, relay_port)
        writer.close()
        inside.discard(task)

    server = await asyncio.start_server(enter, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tuple(inside):
            task.cancel()
        await asyncio.gather(*inside, return_exceptions=True)


async def _converse(reader: StreamReader, writer: StreamWriter, relay_port: int, answers: OverHttp2) -> None:
    """Answer each stream of one connection."""
    connection = H2Connection(H2Configuration(client_side=False, header_encoding="latin-1"))
    connection.initiate_connection()
    writer.write(connection.data_to_send())
    heads: dict[int, Headers] = {}
    bodies: defaultdict[int, bytes] = defaultdict(bytes)
    while not writer.is_closing() and (data := await reader.read(65_536)):
        for event in connection.receive_data(data):
            match event:
                case RequestReceived():
                    heads[event.stream_id] = [(str(name), str(value)) for name, value in event.headers]
                case DataReceived():
                    bodies[event.stream_id] += event.data
                    connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                case StreamEnded():
                    answer = await _asked(relay_port, heads[event.stream_id], bodies[event.stream_id])
                    _write(connection, event.stream_id, answer, answers)
        writer.write(connection.data_to_send())
        if heads and answers in {OverHttp2.GOAWAY, OverHttp2.HANGS_UP}:
            break
    await close(writer)


def _write(connection: H2Connection, stream: int, answer: Answer, answers: OverHttp2) -> None:
    (status, *headers), body = answer
    match answers:
        case OverHttp2.SAME:
            _whole(connection, stream, [status, *headers], body)
        case OverHttp2.BAD_GATEWAY:
            _whole(connection, stream, [(":status", "502"), ("content-type", "text/html")], b"<h1>Bad Gateway</h1>")
        case OverHttp2.OTHER_FORM:
            _whole(connection, stream, [status, ("content-type", "application/json")], b'{"choices": []}')
        case OverHttp2.RESET:
            connection.reset_stream(stream, ErrorCodes.INTERNAL_ERROR)
        case OverHttp2.GOAWAY:
            connection.close_connection(ErrorCodes.ENHANCE_YOUR_CALM)
        case OverHttp2.HALF:
            connection.send_headers(stream, [status, *headers])
            connection.send_data(stream, body[: len(body) // 2])
            connection.reset_stream(stream, ErrorCodes.INTERNAL_ERROR)
        case OverHttp2.HANGS_UP:
            pass


def _whole(connection: H2Connection, stream: int, headers: Headers, body: bytes) -> None:
    """Send an answer that fits the windows a client begins with."""
    connection.send_headers(stream, headers)
    connection.send_data(stream, body, end_stream=True)


async def _asked(port: int, headers: Headers, body: bytes) -> Answer:
    """Ask the relay the same in HTTP/1.1, and return what it answers, the status first."""
    asked = dict(headers)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [f"{asked[':method']} {asked[':path']} HTTP/1.1", f"host: {asked[':authority']}", "connection: close"]
    lines += [f"{name}: {value}" for name, value in headers if not name.startswith(":")]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
    head, _, answer = (await reader.read(-1)).partition(b"\r\n\r\n")
    await close(writer)
    first, *rest = head.decode("latin-1").split("\r\n")
    fields = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in rest)]
    return [(":status", first.split()[1]), *(one for one in fields if one[0] not in _OF_A_CONNECTION)], answer

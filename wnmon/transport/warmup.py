"""A real exchange with ourselves: the first request of a process costs tens of ms of lazy imports, paid here."""

from __future__ import annotations

import asyncio
from contextlib import closing, suppress

from wnmon.engine.ports import Transport
from wnmon.model.check import Auth, Caps, Timeouts
from wnmon.model.exchange import Request
from wnmon.model.target import Target

_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"
)


async def warm_up(transport: Transport) -> None:
    """Send one request over loopback to a listener of this process, then forget it.

    A machine on which loopback cannot be bound only loses the warmth: the failure is a value and is dropped.
    """

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # On a busy machine the time limit may be over before this is read, and nobody there any more. The connection is
        # closed also then: from Python 3.12 on the listener ends only after the last of them.
        with suppress(OSError, EOFError), closing(writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(_ANSWER)

    try:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
    except OSError:
        return
    async with server:
        url = f"http://localhost:{server.sockets[0].getsockname()[1]}/"
        request = Request(step="warm-up", method="POST", url=url, headers=(), body=b"{}", auth=Auth.NONE, stream=True)
        target = Target(name="(warm-up)", url=url, host="localhost", models=())
        for _ in range(2):
            await transport.send(request, target, timeouts=Timeouts(connect_s=1, total_s=1), caps=Caps())

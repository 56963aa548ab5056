"""What only httpx can: SOCKS proxies, and HTTP/2 where a relay offers it."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import struct
from pathlib import Path

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import StreamEnded
from tls_samples import issue, make_authority
from transport_samples import OK, WAYS, failure_of, going, hang_up, run, saying, send, speaking, target_of

from wnmon.model.exchange import Exchange
from wnmon.model.target import Secret


def test_a_socks_proxy_is_asked_by_name() -> None:
    asked: list[tuple[str, int]] = []

    async def between(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Be the end of the way: RFC 1928, then the relay itself."""
        _, count = await reader.readexactly(2)
        await reader.readexactly(count)
        writer.write(b"\x05\x00")
        *_, length = await reader.readexactly(5)
        name = await reader.readexactly(length)
        asked.append((name.decode(), struct.unpack(">H", await reader.readexactly(2))[0]))
        writer.write(b"\x05\x00\x00\x01" + bytes(6))
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await hang_up(writer)

    async def scenario() -> Exchange:
        async with await asyncio.start_server(between, "127.0.0.1", 0) as server:
            proxy = Secret(f"socks5://127.0.0.1:{server.sockets[0].getsockname()[1]}", "proxy")
            url = "http://known-to-the-proxy.invalid/v1"
            return await send(url, target=target_of(url, proxy=proxy))

    with going(WAYS["httpx"]):
        exchange = run(scenario())
    assert (failure_of(exchange), exchange.status, asked) == (None, 200, [("known-to-the-proxy.invalid", 80)])


async def over_http2(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer each request over HTTP/2."""
    connection = H2Connection(H2Configuration(client_side=False))
    connection.initiate_connection()
    writer.write(connection.data_to_send())
    while data := await reader.read(65_536):
        for event in connection.receive_data(data):
            if isinstance(event, StreamEnded):
                connection.send_headers(event.stream_id, [(":status", "200"), ("content-type", "application/json")])
                connection.send_data(event.stream_id, b"{}", end_stream=True)
        writer.write(connection.data_to_send())
    await hang_up(writer)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize(("offers", "version"), [("h2", "HTTP/2"), ("http/1.1", "HTTP/1.1")])
def test_the_version_is_what_a_relay_offers(offers: str, version: str, tmp_path: Path) -> None:
    for name in ("authority", "relay"):
        (tmp_path / name).mkdir()
    authority = make_authority(tmp_path / "authority")
    context: ssl.SSLContext = issue(authority, tmp_path / "relay", days=30).server()
    context.set_alpn_protocols([offers])

    async def scenario() -> Exchange:
        if offers == "h2":
            async with await asyncio.start_server(over_http2, "127.0.0.1", 0, ssl=context) as server:
                url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
                return await send(url, target=target_of(url, ca_file=str(authority.certificate)))
        async with speaking(saying(OK), tls=context) as heard:
            return await send(heard.url, target=target_of(heard.url, ca_file=str(authority.certificate)))

    with going(WAYS["httpx"]):
        exchange = run(scenario(), asyncio.new_event_loop)
    assert (failure_of(exchange), exchange.body, exchange.http_version) == (None, b"{}", version)

"""What only httpx can: SOCKS proxies, and HTTP/2 where a relay offers it."""

from __future__ import annotations

import asyncio
import shutil
import struct
from pathlib import Path

import pytest
from http2_front import OverHttp2, front
from tls_samples import Papers, issue, make_authority
from transport_samples import (
    OK,
    WAYS,
    failure_of,
    going,
    hang_up,
    request_to,
    run,
    saying,
    send,
    sensor,
    speaking,
    target_of,
)

from wnmon.model.exchange import Exchange
from wnmon.model.target import Secret

WITH_OPENSSL = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


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


@pytest.fixture
def authority(tmp_path: Path) -> Papers:
    (tmp_path / "authority").mkdir()
    return make_authority(tmp_path / "authority")


@pytest.fixture
def relay(authority: Papers, tmp_path: Path) -> Papers:
    (tmp_path / "relay").mkdir()
    return issue(authority, tmp_path / "relay", days=30)


async def sent(authority: Papers, relay: Papers, answers: OverHttp2 = OverHttp2.SAME, *, http2: bool) -> Exchange:
    """Return an exchange with a relay that offers both versions."""
    async with speaking(saying(OK)) as heard, front(heard.port, relay.server(), answers) as port:
        url = f"https://127.0.0.1:{port}/v1"
        return await send(
            url, request=request_to(url, http2=http2), target=target_of(url, ca_file=str(authority.certificate))
        )


@WITH_OPENSSL
@pytest.mark.parametrize(("http2", "version"), [(True, "HTTP/2"), (False, "HTTP/1.1")])
def test_http2_is_taken_only_where_it_is_offered_to_the_relay(
    http2: bool, version: str, authority: Papers, relay: Papers
) -> None:
    with going(WAYS["httpx"]):
        exchange = run(sent(authority, relay, http2=http2), asyncio.new_event_loop)
    assert (failure_of(exchange), exchange.body, exchange.http_version) == (None, b"{}", version)


@WITH_OPENSSL
def test_a_target_is_asked_in_both_versions_by_turns(authority: Papers, relay: Papers) -> None:
    async def scenario() -> list[str | None]:
        async with speaking(saying(OK)) as heard, front(heard.port, relay.server()) as port:
            url, transport = f"https://127.0.0.1:{port}/v1", sensor()
            target = target_of(url, ca_file=str(authority.certificate))
            requests = [request_to(url, http2=http2) for http2 in (False, True, False)]
            seen = [await send(url, request=one, target=target, transport=transport) for one in requests]
            await transport.close()
            return [exchange.http_version for exchange in seen]

    with going(WAYS["httpx"]):
        versions = run(scenario(), asyncio.new_event_loop)
    assert versions == ["HTTP/1.1", "HTTP/2", "HTTP/1.1"]


@WITH_OPENSSL
def test_a_relay_that_speaks_http_1_1_only_is_asked_so(authority: Papers, relay: Papers) -> None:
    async def scenario() -> Exchange:
        async with speaking(saying(OK), tls=relay.server()) as heard:
            target = target_of(heard.url, ca_file=str(authority.certificate))
            return await send(heard.url, request=request_to(heard.url, http2=True), target=target)

    with going(WAYS["httpx"]):
        exchange = run(scenario(), asyncio.new_event_loop)
    assert (failure_of(exchange), exchange.body, exchange.http_version) == (None, b"{}", "HTTP/1.1")


@WITH_OPENSSL
@pytest.mark.parametrize("answers", [OverHttp2.RESET, OverHttp2.GOAWAY, OverHttp2.HANGS_UP])
def test_an_exchange_that_broke_over_http2_says_so(answers: OverHttp2, authority: Papers, relay: Papers) -> None:
    with going(WAYS["httpx"]):
        exchange = run(sent(authority, relay, answers, http2=True), asyncio.new_event_loop)
    assert (failure_of(exchange), exchange.status, exchange.http_version) == ("protocol", None, "HTTP/2")

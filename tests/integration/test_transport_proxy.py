"""Proxies: used when configured, never taken from the environment."""

from __future__ import annotations

import asyncio
import base64
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tls_samples import Papers
from transport_samples import (
    GIVES_UP_SOON_S,
    KEY,
    OK,
    PATIENT,
    Heard,
    failure_of,
    hang_up,
    run,
    saying,
    send,
    silence,
    speaking,
    target_of,
)

from wnmon.model.exchange import Exchange
from wnmon.model.target import Secret

pytestmark = pytest.mark.usefixtures("each_way")


async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: Heard) -> None:
    """Be a tunnel to where the last CONNECT asked for, or answer a plain request as its origin would."""
    method, where = heard.heads[-1].split()[:2]
    if method != b"CONNECT":
        writer.write(OK)
        return
    host, _, port = where.decode().rpartition(":")
    far_reader, far_writer = await asyncio.open_connection(host, int(port))
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    pumps = [asyncio.create_task(pump(reader, far_writer)), asyncio.create_task(pump(far_reader, writer))]
    try:
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in pumps:
            each.cancel()
        await asyncio.wait(pumps)
        await hang_up(far_writer)


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def proxy() -> AsyncIterator[Heard]:
    """Run a forwarding proxy."""
    box: list[Heard] = []

    async def speech(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await forward(reader, writer, box[0])

    async with speaking(speech) as heard:
        box.append(heard)
        yield heard


def through(proxy_url: str, url: str, **more: object) -> Coroutine[Any, Any, Exchange]:
    return send(url, target=target_of(url, proxy=Secret(proxy_url, "proxy"), **more))


def ask_through_proxy(*, tls: Papers | None = None, ca: Papers | None = None) -> tuple[Exchange, Heard, Heard]:
    """Return the exchange, what the proxy heard and what the relay heard."""

    async def scenario() -> tuple[Exchange, Heard, Heard]:
        async with speaking(saying(OK), tls=tls.server() if tls else None) as relay, proxy() as between:
            ca_file = str(ca.certificate) if ca else None
            exchange = await through(f"http://127.0.0.1:{between.port}", relay.url, ca_file=ca_file)
            return exchange, between, relay

    return run(scenario())


def test_a_configured_proxy_is_asked_for_a_plain_url() -> None:
    exchange, between, relay = ask_through_proxy()

    assert (failure_of(exchange), between.heads[-1].split()[1].decode()) == (None, relay.url)
    assert relay.accepted == 0


def test_a_proxy_resolves_the_name() -> None:
    async def scenario() -> tuple[Exchange, bytes]:
        async with proxy() as between:
            url = "http://known-to-the-proxy.invalid/v1"
            return await through(f"http://127.0.0.1:{between.port}", url), between.heads[-1]

    exchange, head = run(scenario())
    assert (failure_of(exchange), exchange.marks.resolve_ns) == (None, None)
    assert head.startswith(b"POST http://known-to-the-proxy.invalid/v1 ")


def test_https_goes_through_a_tunnel(good: Papers, authority: Papers) -> None:
    exchange, between, relay = ask_through_proxy(tls=good, ca=authority)

    assert (failure_of(exchange), between.heads[-1].split()[0]) == (None, b"CONNECT")
    assert relay.header("authorization") == [f"Bearer {KEY}"]


def test_the_proxy_of_a_tunnel_never_sees_the_key(good: Papers, authority: Papers) -> None:
    _, between, _ = ask_through_proxy(tls=good, ca=authority)

    assert KEY.encode() not in b"".join(between.heads)


def test_the_tunnel_belongs_to_connecting_not_to_the_request(good: Papers, authority: Papers) -> None:
    marks = ask_through_proxy(tls=good, ca=authority)[0].marks

    assert marks.connected_ns is not None
    assert marks.secured_ns is not None
    assert marks.send_ns is not None
    assert marks.headers_ns is not None
    assert marks.connected_ns < marks.secured_ns <= marks.send_ns < marks.headers_ns


def test_a_silent_proxy_is_timeout_connect(good: Papers) -> None:
    async def scenario() -> Exchange:
        async with speaking(silence) as between:
            url = "https://127.0.0.1:1/v1"
            target = target_of(url, proxy=Secret(f"http://127.0.0.1:{between.port}", "proxy"))
            return await send(url, target=target, timeouts=replace(PATIENT, connect_s=GIVES_UP_SOON_S))

    assert failure_of(run(scenario())) == "timeout_connect"


def test_a_stream_through_a_tunnel_may_outlive_its_first_token_limit(good: Papers, authority: Papers) -> None:
    """The limit counts from the request, not from the tunnel, and it is not looked at twice."""
    token = b'data: {"choices":[{"index":0,"delta":{"content":"hi"}}]}\n\n'
    speech = saying(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n", *[token] * 4, pause_s=0.5)

    async def scenario() -> Exchange:
        async with speaking(speech, tls=good.server()) as relay, proxy() as between:
            secret = Secret(f"http://127.0.0.1:{between.port}", "proxy")
            target = target_of(relay.url, proxy=secret, ca_file=str(authority.certificate))
            return await send(relay.url, target=target, stream=True, timeouts=replace(PATIENT, first_token_s=1.0))

    assert failure_of(run(scenario())) is None


@pytest.mark.parametrize("status", [b"403 Forbidden", b"407 Proxy Authentication Required", b"502 Bad Gateway"])
def test_a_proxy_that_refuses_the_tunnel_is_connect(status: bytes) -> None:
    async def scenario() -> Exchange:
        async with speaking(saying(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")) as between:
            return await through(f"http://127.0.0.1:{between.port}", "https://127.0.0.1:1/v1")

    exchange = run(scenario())
    assert exchange.failure is not None
    assert (exchange.failure.kind.value, status[:3].decode() in str(exchange.failure.detail)) == ("connect", True)


def test_name_and_password_of_the_proxy_are_sent_to_it() -> None:
    async def scenario() -> list[str]:
        async with proxy() as between:
            await through(f"http://user:pass-of-twelve@127.0.0.1:{between.port}", "http://relay.invalid/v1")
            return between.header("proxy-authorization")

    assert run(scenario()) == [f"Basic {base64.b64encode(b'user:pass-of-twelve').decode()}"]


BESIDE_A_CHILD = asyncio.new_event_loop
"""Another process is waited for in real time, and only its answer counts."""

ASK_ONCE = """
import asyncio, sys
from transport_samples import send
exchange = asyncio.run(send(sys.argv[1]))
print(exchange.failure or exchange.status)
"""


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_proxies_of_the_environment_are_ignored(name: str) -> None:
    async def scenario() -> tuple[str, int, int]:
        async with speaking(saying(OK)) as relay, proxy() as between:
            env = {**os.environ, name: f"http://127.0.0.1:{between.port}", "PYTHONPATH": str(Path(__file__).parent)}
            order = [sys.executable, "-c", ASK_ONCE, relay.url]
            child = await asyncio.create_subprocess_exec(*order, env=env, stdout=subprocess.PIPE)
            said, _ = await child.communicate()
            return said.decode().strip(), relay.accepted, between.accepted

    assert run(scenario(), BESIDE_A_CHILD) == ("200", 1, 0)


def test_a_ca_file_of_the_environment_is_ignored(good: Papers, authority: Papers) -> None:
    async def scenario() -> str:
        async with speaking(saying(OK), tls=good.server()) as relay:
            env = {
                **os.environ,
                "SSL_CERT_FILE": str(authority.certificate),
                "PYTHONPATH": str(Path(__file__).parent),
            }
            order = [sys.executable, "-c", ASK_ONCE, relay.url]
            child = await asyncio.create_subprocess_exec(*order, env=env, stdout=subprocess.PIPE)
            said, _ = await child.communicate()
            return said.decode()

    assert "tls" in run(scenario(), BESIDE_A_CHILD)

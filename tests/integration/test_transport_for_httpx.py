"""The sensor under httpx's own client: what comes is the same, with the sensor's stamps beside it."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx
import pytest
from transport_samples import (
    CHUNKED,
    END,
    JSON_HEAD,
    OK,
    STREAM_HEAD,
    TOKEN,
    Heard,
    Speech,
    chunked,
    run,
    saying,
    silence,
    speaking,
)

from wnmon.transport.for_httpx import SensorTransport

T = TypeVar("T")


def with_client(speech: Speech, talk: Callable[[httpx.AsyncClient, Heard], Awaitable[T]]) -> T:
    """Run one conversation of a client with a server that answers so."""

    async def scenario() -> T:
        async with speaking(speech) as heard, httpx.AsyncClient(transport=SensorTransport(), trust_env=False) as client:
            return await talk(client, heard)

    return run(scenario(), asyncio.new_event_loop)


async def post(client: httpx.AsyncClient, heard: Heard) -> httpx.Response:
    return await client.post(heard.url, json={"a": 1}, headers={"X-One": "1"})


def test_an_answer_is_what_the_server_said() -> None:
    response = with_client(saying(OK), post)

    assert (response.status_code, response.json(), response.http_version) == (200, {}, "HTTP/1.1")


def test_the_server_hears_what_the_client_asked() -> None:
    async def talk(client: httpx.AsyncClient, heard: Heard) -> tuple[list[bytes], list[str]]:
        await post(client, heard)
        return heard.bodies, heard.header("x-one")

    assert with_client(saying(OK), talk) == ([b'{"a":1}'], ["1"])


def test_a_stream_comes_piece_by_piece_each_with_its_stamp() -> None:
    speech = saying(STREAM_HEAD + CHUNKED, *[chunked(TOKEN)] * 3, END, pause_s=0.02)

    async def talk(client: httpx.AsyncClient, heard: Heard) -> tuple[list[bytes], list[int]]:
        async with client.stream("POST", heard.url, content=b"{}") as response:
            return [piece async for piece in response.aiter_raw()], response.extensions["stamps"]

    pieces, stamps = with_client(speech, talk)
    assert (pieces, len(set(stamps))) == ([TOKEN] * 3, 3)


def test_the_marks_of_the_phases_are_beside_it() -> None:
    marks = with_client(saying(OK), post).extensions["marks"]

    assert marks["started_ns"] <= marks["connected_ns"] <= marks["sent_ns"] <= marks["headers_ns"] <= marks["end_ns"]


def test_the_client_decodes_what_is_coded() -> None:
    coded = gzip.compress(b'{"a": 1}')
    head = JSON_HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(coded)

    assert with_client(saying(head + coded), post).json() == {"a": 1}


@pytest.mark.parametrize(
    ("speech", "error"),
    [
        (saying(b"SSH-2.0\r\n\r\n"), httpx.RemoteProtocolError),
        (saying(JSON_HEAD + b"Content-Length: 9\r\n\r\n{"), httpx.RemoteProtocolError),
        (silence, httpx.ReadTimeout),
    ],
    ids=["no http", "cut short", "silence"],
)
def test_what_goes_wrong_is_raised_as_httpx_does(speech: Speech, error: type[Exception]) -> None:
    async def talk(client: httpx.AsyncClient, heard: Heard) -> None:
        await client.post(heard.url, content=b"{}", timeout=0.3)

    with pytest.raises(error):
        with_client(speech, talk)


def test_a_refused_connection_is_raised_as_httpx_does() -> None:
    async def scenario() -> None:
        with socket.socket() as unheard:
            unheard.bind(("127.0.0.1", 0))
            async with httpx.AsyncClient(transport=SensorTransport(), trust_env=False) as client:
                await client.get(f"http://127.0.0.1:{unheard.getsockname()[1]}/")

    with pytest.raises(httpx.ConnectError):
        asyncio.run(scenario())

"""A late loop: what came in time is an answer, though its limit was due before the loop came to it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from transport_samples import (
    CHUNKED,
    END,
    JSON_HEAD,
    OK,
    STREAM_HEAD,
    TOKEN,
    IdleTimeLoop,
    Speech,
    ask,
    ask_and_hear,
    chunked,
    failure_of,
    repeating,
    saying,
    silence,
)

from wnmon.model.check import Timeouts

pytestmark = pytest.mark.usefixtures("each_way")

LATE_S = 25.0
LIMITS = Timeouts(connect_s=5, headers_s=5, first_token_s=10, stall_s=15, total_s=20)


def hold_up() -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, IdleTimeLoop)
    loop.hold_up(LATE_S)


def saying_before_a_stall(before: bytes, then: bytes, after: Speech | None = None) -> Speech:
    """Say something; say the rest some time later, and hold up the loop before anybody has read it."""

    async def speech(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(before)
        await asyncio.sleep(1)
        writer.write(then)
        hold_up()
        if after is not None:
            await after(reader, writer)

    return speech


TOKENS = chunked(TOKEN) + END


@pytest.mark.parametrize(
    ("before", "then", "stream"),
    [
        (b"", OK, False),
        (JSON_HEAD + b"Content-Length: 2\r\n\r\n", b"{}", False),
        (STREAM_HEAD + CHUNKED, TOKENS, True),
        (STREAM_HEAD + CHUNKED + chunked(TOKEN), TOKENS, True),
    ],
    ids=["the head", "the body", "the first token", "the end"],
)
def test_what_came_before_its_limit_is_taken_however_late_the_loop_comes(
    before: bytes, then: bytes, stream: bool
) -> None:
    assert failure_of(ask(saying_before_a_stall(before, then), stream=stream, timeouts=LIMITS)) is None


@pytest.mark.parametrize(
    ("before", "kind"),
    [
        (b"", "timeout_headers"),
        (STREAM_HEAD + CHUNKED + chunked(b": ping\n\n"), "timeout_first_token"),
        (STREAM_HEAD + CHUNKED + chunked(TOKEN), "stall"),
    ],
)
def test_what_has_not_come_then_is_over_its_limit(before: bytes, kind: str) -> None:
    assert failure_of(ask(saying_before_a_stall(before, b"", silence), stream=True, timeouts=LIMITS)) == kind


def test_a_stream_without_a_pause_does_not_put_off_the_end_of_its_time() -> None:
    endless = repeating(chunked(TOKEN))
    speech = saying_before_a_stall(STREAM_HEAD + CHUNKED + chunked(TOKEN), b"", endless)
    assert failure_of(ask(speech, stream=True, timeouts=LIMITS)) == "timeout_total"


class _HeldUpConnecting(IdleTimeLoop):
    async def sock_connect(self, sock: Any, address: Any) -> None:
        self.hold_up(LATE_S)
        await super().sock_connect(sock, address)


def test_a_connection_that_stands_before_its_limit_is_taken_however_late_the_loop_comes() -> None:
    exchange, _ = ask_and_hear(saying(OK), loop=_HeldUpConnecting, timeouts=LIMITS)
    assert failure_of(exchange) is None

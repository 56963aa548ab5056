"""Answers made of noise and of broken pieces of right ones, over a real socket, through everything that reads them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from random import Random

import pytest
from transport_samples import (
    CHUNKED,
    JSON_HEAD,
    KEY,
    PATIENT,
    STREAM_HEAD,
    TOKEN,
    WAYS,
    chunked,
    going,
    request_to,
    run,
    sensor,
    target_of,
)

from wnmon.config import load_suites
from wnmon.judge.verdict import judge
from wnmon.model.check import Caps, Plan
from wnmon.model.exchange import Exchange, FailureKind
from wnmon.model.result import Evidence, Result
from wnmon.model.target import Secret
from wnmon.redact.exchange import redact_exchange
from wnmon.redact.redactor import Redactor
from wnmon.wire.answer import read_answer

ROUNDS = 150
COMPLETION = json.dumps(
    {
        "id": "x",
        "model": "m",
        "object": "chat.completion",
        "created": 1,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        "system_fingerprint": "fp",
    }
).encode()
PIECES = (
    *(b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 204 \r\n", b"HTTP/1.1 101 Up\r\n\r\n", b"HTTP/1.1 100 Go on\r\n\r\n"),
    *(
        b"Content-Type: text/event-stream\r\n",
        b"Content-Encoding: gzip\r\n",
        b"Content-Length: 5\r\n",
        b"\r\n",
        CHUNKED,
    ),
    *(
        b"Retry-After: 1e9\r\n",
        b"Transfer-Encoding: gzip\r\n",
        b"HTTP/1.1 429 \xff\r\n",
        b"HTTP/1.1 500 X\r\n",
        b"0\r\n\r\n",
    ),
    *(
        TOKEN,
        b"data: [DONE]\n\n",
        b"data:",
        b": ping\n",
        b'event: error\ndata: {"error": 1}\n\n',
        b"\xef\xbb\xbf",
        b"\r",
    ),
    *(
        COMPLETION,
        b'{"error": {"message": null, "code": []}}',
        b'{"choices": {}}',
        b"[[[[",
        b"\x00\x1b[2J",
        b"1e999",
        b"\\ud800",
    ),
    *(
        b"5\r\nhello\r\n",
        b"ffffffff\r\n",
        b"\x1f\x8b\x08\x00",
        KEY.encode(),
        KEY.encode()[:9],
        b"<html><title>",
        b"\xff" * 40,
    ),
)


def noise(random: Random) -> bytes:
    """Return bytes that mean nothing."""
    return random.randbytes(random.randrange(400))


def pieces(random: Random) -> bytes:
    """Return a right head, mostly, and pieces in any order."""
    head = random.choice((JSON_HEAD + b"\r\n", STREAM_HEAD + b"\r\n", STREAM_HEAD + CHUNKED, JSON_HEAD + CHUNKED, b""))
    body = [random.choice(PIECES) for _ in range(random.randrange(12))]
    return head + (chunked(*body) if head.endswith(CHUNKED) and random.random() < 0.7 else b"".join(body))


def wounded(random: Random) -> bytes:
    """Return a right answer with some bytes replaced, lost or doubled."""
    body = random.choice((COMPLETION, TOKEN * 5 + b"data: [DONE]\n\n"))
    head = JSON_HEAD if body is COMPLETION else STREAM_HEAD
    data = bytearray(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    for _ in range(random.randrange(1, 6)):
        at = random.randrange(len(data))
        data[at : at + random.randrange(4)] = random.choice((b"", random.randbytes(1), bytes(data[at : at + 30])))
    return bytes(data)


@pytest.fixture(scope="module")
def plans() -> tuple[Plan, ...]:
    return load_suites(("builtin:documented", "builtin:stream", "builtin:semantics"), Path())


def ask_all(answers: list[bytes], *, stream: bool) -> list[Exchange]:
    """Return the exchange with a relay for each of the answers."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(waiting.pop(0))
        writer.close()

    async def scenario() -> list[Exchange]:
        transport = sensor()
        async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
            request, target = request_to(url, stream=stream), target_of(url)
            exchanges = [await transport.send(request, target, timeouts=PATIENT, caps=Caps()) for _ in answers]
        await transport.close()
        return exchanges

    waiting = list(answers)
    return run(scenario())


@pytest.fixture(
    scope="module", params=product((noise, pieces, wounded), WAYS), ids=lambda one: f"{one[0].__name__} {one[1]}"
)
def exchanges(request: pytest.FixtureRequest) -> list[Exchange]:
    """Return the exchanges with a relay that answers so, both for JSON and for streams."""
    make, way = request.param
    random = Random(make.__name__)
    with going(WAYS[way]):
        return [
            exchange
            for stream in (False, True)
            for exchange in ask_all([make(random) for _ in range(ROUNDS)], stream=stream)
        ]


@pytest.mark.parametrize("make", [noise, pieces, wounded], ids=lambda make: make.__name__)
@pytest.mark.parametrize("other", ["httptools", "httpx"])
def test_each_way_finds_the_same_in_it(make: Callable[[Random], bytes], other: str) -> None:
    random = Random(f"{make.__name__} each way")
    answers = [make(random) for _ in range(ROUNDS)]
    with going(WAYS["h11"]):
        by_own = ask_all(answers, stream=True)
    with going(WAYS[other]):
        by_other = ask_all(answers, stream=True)

    assert [found(one) for one in by_other] == [found(one) for one in by_own]


def found(exchange: Exchange) -> tuple[object, ...]:
    """Return what an exchange says, but for when and in which words."""
    kind = exchange.failure.kind if exchange.failure else None
    return exchange.status, exchange.http_version, exchange.headers, exchange.body, kind


def test_whatever_a_relay_sends_is_never_our_own_fault(exchanges: list[Exchange]) -> None:
    kinds = {exchange.failure.kind for exchange in exchanges if exchange.failure is not None}

    assert FailureKind.CLIENT not in kinds


def test_no_answer_breaks_what_reads_it(exchanges: list[Exchange], plans: tuple[Plan, ...]) -> None:
    redactor = Redactor([Secret(KEY, "api_key")])
    for exchange in exchanges:
        redacted = redact_exchange(exchange, redactor)
        assert KEY.encode() not in redacted.body
        for plan in plans:
            assert judge_step(plan, redacted).verdicts != ()


def judge_step(plan: Plan, exchange: Exchange) -> Result:
    """Judge the exchange as the answer to the first request of the plan that is of its kind."""
    step = next((step for step in plan.steps if step.stream == exchange.request.stream), plan.steps[0])
    answered = replace(exchange, request=replace(exchange.request, step=step.name))
    return judge(plan, Evidence(model="m", nonce="n", exchanges=(answered,)), [read_answer(answered)])

"""A relay that counts what it is asked and what it answers, and keeps to neither `max_tokens` nor usage, at random."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from service_process import beside

MOST_TOKENS = 60
"""The longest answer, whatever the request allows."""
WORD = "abc "
"""A token, by its bytes too: what wnmon makes of an answer without usage is then the truth."""
SLOWEST_S = 0.4


@dataclass(slots=True)
class Account:
    """What was asked and answered by one path: `tokens` in all, of which the requests themselves `allowed` so many."""

    requests: int = 0
    tokens: int = 0
    allowed: int = 0
    models: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class CountingRelay:
    """The accounts by the first part of the path; of models in `refused` it answers 500 alone."""

    port: int = 0
    accounts: dict[str, Account] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()

    def url(self, account: str) -> str:
        """Return the base URL of an account, which is opened with it."""
        self.accounts.setdefault(account, Account())
        return f"http://127.0.0.1:{self.port}/{account}"


def counting_relay(seed: int, *, wild: bool = True) -> AbstractContextManager[CountingRelay]:
    """Run one beside the test. `wild`: it ignores max_tokens, leaves out usage, fails and hangs up, each at random."""
    return beside(lambda: _serve(random.Random(seed), wild=wild))


@asynccontextmanager
async def _serve(chance: random.Random, *, wild: bool) -> AsyncIterator[CountingRelay]:
    relay = CountingRelay()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while await _answer(relay, chance, reader, writer, wild=wild):
                pass
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    relay.port = server.sockets[0].getsockname()[1]
    async with server:
        yield relay


async def _answer(
    relay: CountingRelay,
    chance: random.Random,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    *,
    wild: bool,
) -> bool:
    """Answer one request; False where the connection is to end."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    asked = await _body(head, reader)
    account = relay.accounts[head.split("/")[1]]
    account.requests += 1
    model = str(asked.get("model"))
    account.models[model] += 1
    await asyncio.sleep(chance.uniform(0, SLOWEST_S) if wild else 0)
    if wild and chance.random() < 0.05:
        return False
    if model in relay.refused or (wild and chance.random() < 0.05):
        writer.write(_said(500, {"error": {"message": "no"}}))
        return True
    allowed = int(asked.get("max_tokens") or asked.get("max_completion_tokens") or MOST_TOKENS)
    tokens = chance.randint(1, MOST_TOKENS) if wild else min(allowed, MOST_TOKENS)
    account.tokens += 1 + tokens
    account.allowed += 1 + min(tokens, allowed)
    writer.write(_said(200, _completion(model, tokens, told=not wild or chance.random() < 0.5)))
    await writer.drain()
    return True


async def _body(head: str, reader: asyncio.StreamReader) -> dict[str, Any]:
    lines = (line.partition(":") for line in head.splitlines()[1:])
    length = next((int(value) for name, _, value in lines if name.lower() == "content-length"), 0)
    told = json.loads(await reader.readexactly(length) or b"{}")
    return told if isinstance(told, dict) else {}


def _completion(model: str, tokens: int, *, told: bool) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": WORD * tokens}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 1, "completion_tokens": tokens, "total_tokens": 1 + tokens}
    said = {"id": "x", "object": "chat.completion", "created": 1, "model": model, "choices": [choice]}
    return {**said, **({"usage": usage} if told else {})}


def _said(status: int, body: dict[str, object]) -> bytes:
    content = json.dumps(body).encode()
    lines = (f"HTTP/1.1 {status} x", "Content-Type: application/json", f"Content-Length: {len(content)}", "", "")
    return "\r\n".join(lines).encode() + content

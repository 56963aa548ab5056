"""What redaction costs: by bytes and number of secrets, for a streamed answer of 64 tokens, and to get ready.

CPU time, the least of several goes. Only the ratios mean something on another machine.

    python tests/bench/redact_bench.py
"""

from __future__ import annotations

import json
import random
import string
import time
from collections.abc import Callable, Iterator
from functools import partial

from wnmon.model.check import Auth
from wnmon.model.exchange import Chunk, Exchange, Marks, Request
from wnmon.model.json import JsonObject
from wnmon.model.target import Secret
from wnmon.redact.exchange import redact_exchange
from wnmon.redact.redactor import Redactor

SECRETS = (1, 10, 100, 1000)
BYTES = (1_000, 14_000, 200_000)
TOKENS = 64
HEADERS = (
    ("date", "Sat, 28 Nov 2026 01:16:22 GMT"),
    ("content-type", "text/event-stream"),
    ("cache-control", "no-cache"),
    ("x-request-id", "req_eadb8c685a2d4168850c7d826b1aead9"),
)


def cpu_ms(work: Callable[[], object], goes: int = 20) -> float:
    """Return the least CPU time of several goes."""
    times = []
    for _ in range(goes):
        started = time.process_time_ns()
        work()
        times.append(time.process_time_ns() - started)
    return min(times) / 1e6


def secrets(count: int) -> list[Secret]:
    """Make keys as providers hand them out."""
    drawn = random.Random(count)
    signs = string.ascii_letters + string.digits
    return [Secret("sk-" + "".join(drawn.choices(signs, k=45)), f"key {k}") for k in range(count)]


def events() -> Iterator[bytes]:
    """Yield the events of a streamed answer, as `wnmon mock` sends them."""
    head: JsonObject = {"id": "chatcmpl-eadb8c685a2d4168850c7d826b1aead9", "object": "chat.completion.chunk"}
    head |= {"created": 1795828582, "model": "gpt-4o", "system_fingerprint": "fp_a2a69af70d"}
    drawn = random.Random(TOKENS)
    words = ["".join(drawn.choices(string.ascii_lowercase, k=drawn.randint(2, 8))) for _ in range(TOKENS)]
    deltas = [{"role": "assistant", "content": ""}, *({"content": f" {word}"} for word in words), {}]
    for number, delta in enumerate(deltas):
        choice = {"index": 0, "delta": delta, "finish_reason": None if number <= TOKENS else "stop"}
        yield _event({**head, "usage": None, "choices": [choice]})
    usage = {"prompt_tokens": 9, "completion_tokens": TOKENS, "total_tokens": 9 + TOKENS}
    yield _event({**head, "usage": usage, "choices": []})
    yield b"data: [DONE]\n\n"


def _event(value: object) -> bytes:
    return b"data: " + json.dumps(value, separators=(",", ":")).encode() + b"\n\n"


def stream() -> Exchange:
    """Return an exchange of one event a chunk."""
    request = Request(
        step="ask", method="POST", url="http://127.0.0.1/v1", headers=(), body=b"{}", auth=Auth.NORMAL, stream=True
    )
    chunks = tuple(Chunk(1_000_000 * k, data) for k, data in enumerate(events()))
    marks = Marks(started_ns=0, end_ns=10**9)
    return Exchange(request=request, started_at_s=1.0, marks=marks, status=200, headers=HEADERS, chunks=chunks)


def main() -> None:
    """Print the tables."""
    redactors = [Redactor(secrets(count)) for count in SECRETS]
    whole = stream()
    text = whole.body * (1 + max(BYTES) // len(whole.body))
    print(
        f"{'ms of CPU, by number of secrets':<36}" + "".join(f"{count:>10,}" for count in SECRETS) + "   last : first"
    )
    for size in BYTES:
        _row(f"bytes: {size:,}", [cpu_ms(partial(redactor.data, text[:size])) for redactor in redactors])
    _row(f"stream: {TOKENS} tokens", [cpu_ms(partial(redact_exchange, whole, redactor)) for redactor in redactors])
    _row("getting ready", [cpu_ms(partial(Redactor, secrets(count)), goes=3) for count in SECRETS])


def _row(name: str, times: list[float]) -> None:
    print(f"{name:<36}" + "".join(f"{each:>10.3f}" for each in times) + f"{times[-1] / times[0]:>15.2f}")


if __name__ == "__main__":
    main()

"""What the worst 8 MiB of each kind cost: CPU by stage and memory over idle, each kind in a process of its own.

python tests/bench/hostile_bench.py [KIND ...]
"""

from __future__ import annotations

import base64
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from wnmon.config import load_suites
from wnmon.engine.reading import read_redacted
from wnmon.judge.preflight import stops_a_suite
from wnmon.judge.verdict import judge
from wnmon.model.check import Caps, Plan
from wnmon.model.exchange import Chunk, Exchange
from wnmon.model.result import Evidence
from wnmon.model.target import Secret
from wnmon.redact.redactor import Redactor
from wnmon.transport.recording import Recording
from wnmon.wire import spending
from wnmon.wire.answer import Answer
from wnmon.wire.bounds import BOUNDS
from wnmon.wire.request import build, read_request

MIB = 2**20
SIZE = 8 * MIB - 200
PIECE = 65_536
SECRETS = (Secret("sk-relay-0123456789abcdef0123456789", "key"), Secret("proxy-user:secret%41\\word", "proxy"))
MESSAGE = (
    b'{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop",'
    b'"message":{"role":"assistant","content":"%b"}}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}'
)
EVENT = b'data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[%b]}\n\n'
DELTA = b'{"index":0,"delta":{"content":"a"},"finish_reason":null}'
SMALL = b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
TOOL = b'{"index":0,"delta":{"tool_calls":[{"index":%d,"id":"a","function":{"name":"f","arguments":"a"}}]}}'


def filled(piece: bytes, size: int = SIZE) -> bytes:
    """Return the piece over and over, up to a size or until a bound is nearly reached."""
    return piece * count_of(piece, size)


def numbered(piece: bytes, size: int = SIZE) -> bytes:
    """Return pieces with a number each, up to a size or until a bound is nearly reached."""
    return b"".join(piece % k for k in range(count_of(piece % 100_000, size)))


def count_of(piece: bytes, size: int) -> int:
    """Return how many pieces fit into a size and all bounds."""
    counts = ((one.most - 2_000, one.count(piece)) for one in BOUNDS)
    return min([size // len(piece), *(most // count for most, count in counts if count)])


def said(content: bytes) -> bytes:
    """Return a completion that says this."""
    return MESSAGE % content


def words(size: int) -> bytes:
    """Return base64-like text."""
    return base64.b64encode(random.Random(1).randbytes(size * 3 // 4))


KINDS: Mapping[str, Callable[[], bytes]] = {
    "letters": lambda: said(filled(b"a")),
    "base64": lambda: said(words(SIZE - 400)),
    "hex": lambda: said(random.Random(1).randbytes(SIZE // 2 - 200).hex().encode()),
    "u0000": lambda: said(filled(b"\\u0000")),
    "u0041": lambda: said(filled(b"\\u0041")),
    "newlines": lambda: said(filled(b"\\n")),
    "backslashes": lambda: said(filled(b"\\\\")),
    "quotes": lambda: said(filled(b'\\"')),
    "surrogates": lambda: said(filled(b"\\ud800")),
    "pairs": lambda: said(filled(b"\\ud83d\\ude00")),
    "percents": lambda: said(filled(b"%41")),
    "nested percents": lambda: said(filled(b"%252525252541")),
    "entities": lambda: said(filled(b"&#65;")),
    "named entities": lambda: said(filled(b"&amp;")),
    "all escapes": lambda: said(filled(b"\\u0025%5Cu0041&#37;")),
    "nested backslashes": lambda: said(filled(b"\\\\\\\\u0041")),
    "emoji": lambda: said(filled("😀".encode())),
    "secrets": lambda: said(filled(b"sk-relay-0123456789abcdef0123456789 ")),
    "near secrets": lambda: said(filled(b"sk-relay ")),
    "hex secrets": lambda: said(filled(b"sk-relay-0123456789abcdef0123456789".hex().encode() + b" ")),
    "escaped secrets": lambda: said(filled(b"\\u0073k-relay-0123456789abcdef0123456789 ")),
    "zeros": lambda: b"[" + filled(b"0,") + b"0]",
    "spaces": lambda: filled(b" "),
    "strings": lambda: b"[" + filled(b'"",') + b'""]',
    "quotes only": lambda: b"[" + filled(b'"'),
    "odd numbers in events": lambda: filled(b"data: [" + b"1.0," * 1000 + b"1]\n\n"),
    "near secrets in events": lambda: numbered(b'data: {"%d":"' + b"sk-relay " * 40 + b'"}\n\n', SIZE // 2) * 2,
    "everything": lambda: b"".join(
        (b"[", b"1.0," * 130_000, b'"', b"\\u0041" * 280_000, b'","', words(4 * MIB), b'"]')
    ),
    "every mark in events": lambda: filled(EVENT % DELTA.replace(b'"a"', b'"' + b"\\u0041" * 17 + b"a" * 150 + b'"')),
    "key strings": lambda: b"[" + filled(b'"a",') + b'""]',
    "objects": lambda: b"[" + filled(b"{},") + b"{}]",
    "lists": lambda: b"[" + filled(b"[],") + b"[]]",
    "members": lambda: b"{" + numbered(b'"%d":0,') + b'"x":0}',
    "odd numbers": lambda: b"[" + filled(b"1.0,") + b"0]",
    "long numbers": lambda: b"[" + filled(b"1" * 250 + b",") + b"0]",
    "one number": lambda: b"[" + filled(b"1") + b"]",
    "same member": lambda: b"{" + filled(b'"a":1,') + b'"a":1}',
    "deep": lambda: b"[" + filled(b"[" * 90 + b"]" * 90 + b",") + b"0]",
    "too deep": lambda: b'{"id":' + filled(b"["),
    "deep objects": lambda: b"[" + filled(b'{"a":' * 90 + b"1" + b"}" * 90 + b",") + b"0]",
    "content parts": lambda: MESSAGE.replace(b'"%b"', b"[" + filled(b'{"type":"text","text":"a"},', 4 * MIB) + b"{}]"),
    "choices": lambda: b'{"choices":[' + filled(b'{"index":0,"message":{"content":"a"}},') + b"{}]}",
    "tool calls": lambda: MESSAGE.replace(
        b'"content":"%b"', b'"tool_calls":[' + filled(b'{"id":"a","function":{"name":"f","arguments":"{}"}},') + b"{}]"
    ),
    "error text": lambda: b'{"error":{"message":"' + filled(b"\\u001b[2J") + b'"}}',
    "error object": lambda: b'{"error":{' + numbered(b'"%d":"a",') + b'"a":1}}',
    "error arrays": lambda: b'{"error":' + b"[" + filled(b"[0],") + b"0]}",
    "page": lambda: b"<html>" + filled(b"<title>"),
    "binary": lambda: random.Random(1).randbytes(SIZE),
    "ff": lambda: filled(b"\xff"),
    "events": lambda: filled(EVENT % DELTA),
    "small events": lambda: filled(SMALL),
    "tiny events": lambda: filled(b"data:1\n\n"),
    "tiny objects": lambda: filled(b"data:{}\n\n"),
    "tiny broken": lambda: filled(b"data:{\n\n"),
    "tiny strings": lambda: filled(b'data:"a"\n\n'),
    "empty events": lambda: filled(b"data\n\n"),
    "dones": lambda: filled(b"data: [DONE]\n\n"),
    "wide events": lambda: filled(b"data: " + b"[" + b"[]," * 300 + b"0]\n\n"),
    "shapes": lambda: numbered(b'data: {"%d":"a"}\n\n'),
    "deep events": lambda: filled(b"data: " + b"[" * 90 + b"]" * 90 + b"\n\n"),
    "long events": lambda: filled(EVENT % DELTA.replace(b'"a"', b'"' + b"a" * 2000 + b'"')),
    "escaped events": lambda: filled(EVENT % DELTA.replace(b'"a"', b'"' + b"\\u0000" * 300 + b'"')),
    "one event": lambda: b"data: " + said(filled(b"\\u0000")) + b"\n\n",
    "one event, lines": lambda: filled(b"data:\n"),
    "one event, bytes": lambda: filled(b"data:a\n"),
    "one event, spread": lambda: b"data: {\n" + filled(b"data: \n") + b"data: }\n\n",
    "choice per event": lambda: numbered(EVENT % DELTA.replace(b"0", b"%d")),
    "choices in events": lambda: filled(EVENT % b",".join(DELTA.replace(b"0", b"%d" % k) for k in range(128))),
    "tools": lambda: b"".join(EVENT % (TOOL % (k % 128)) for k in range(count_of(EVENT % TOOL, SIZE))),
    "new tools": lambda: numbered(EVENT % TOOL),
    "reasoning": lambda: filled(
        EVENT % DELTA.replace(b'"content":"a"', b'"content":"a","reasoning_content":"b","refusal":"c"')
    ),
    "usages": lambda: filled(
        b'data: {"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2},"choices":[]}\n\n'
    ),
    "errors": lambda: filled(b'data: {"error":{"message":"a","code":1}}\n\n'),
    "error events": lambda: filled(b"event: error\ndata: x\n\n"),
    "comments": lambda: filled(b": ping\n\n"),
    "bare comments": lambda: filled(b":\n"),
    "lf": lambda: b"data: x\n" + filled(b"\n"),
    "cr": lambda: b"data: x\r" + filled(b"\r"),
    "crlf": lambda: b"data: x\r\n" + filled(b"\r\n"),
    "one line": lambda: filled(b"x"),
    "one comment": lambda: b":" + filled(b"x"),
    "bad comments": lambda: filled(b":\xff\n"),
    "fields": lambda: b"data: x\n\n" + filled(b"x: y\n"),
    "json fields": lambda: b"data: x\n\n" + filled(b'error: {"a":1}\n'),
    "many fields": lambda: b"data: x\n\n" + numbered(b"%d: sk-rel\n"),
    "ids": lambda: filled(b"id: \0\n\n"),
    "retries": lambda: filled(b"retry: x\n\n"),
    "mixed doubts": lambda: filled(
        b'data: {"a":"b"\n\ndata: {"a":"x","a":"y"}\n\ndata: {"a":"\xff"}\n\ndata: {"a":"z"}\n\n'
    ),
}


@contextmanager
def spent(name: str, times: dict[str, float]) -> Iterator[None]:
    """Note the CPU time of a stage."""
    before = time.process_time()
    yield
    times[name] = time.process_time() - before


def exchange(plan: Plan, body: bytes) -> Exchange:
    """Return what the sensor leaves of a body that came in pieces."""
    step = next(step for step in plan.steps if not step.burst > 1)
    request = build(step, "http://127.0.0.1/v1", "m", "nonce")
    recording = Recording(
        request=request, started_at_s=1.0, now_ns=lambda: 10**9, marks={"started_ns": 0, "sent_ns": 1}
    )
    recording.status = 200
    recording.headers = (("Content-Type", "text/event-stream" if step.stream else "application/json"),)
    recording.chunks = [Chunk(k, body[k : k + PIECE]) for k in range(0, len(body), PIECE)]
    recording.wire_bytes = len(body)
    recording.end()
    return recording.freeze(None, Caps().decoded_bytes)


def measured(kind: str) -> None:
    """Print what one kind costs."""
    body = KINDS[kind]()
    is_stream = body.lstrip()[:1] not in {b"{", b"["}
    plans = load_suites(["builtin:stream" if is_stream else "builtin:documented"], Path())
    redactor = Redactor(SECRETS)
    times: dict[str, float] = {}
    idle_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    made = exchange(plans[0], body)
    asked = read_request(made.request.body)
    with spent("read", times):
        answer: Answer = read_redacted(made, redactor, asked)
    with spent("judge", times):
        spending.spent(answer, (1, 1))
        stops_a_suite(plans[0], [answer])
        result = judge(plans[0], Evidence(model="m", nonce="nonce", exchanges=(answer.exchange,)), [answer])
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    whole = sum(times.values())
    stages = "".join(f"{times[name]:>8.2f}" for name in ("read", "judge"))
    print(
        f"{kind:<24}{len(body) / MIB:>6.1f}{stages}{whole:>8.2f} s{(peak_kib - idle_kib) / 1024:>8.0f} MiB"
        f"  {result.reason.value}: {answer.fault.message if answer.fault else ''}"[:190],
        flush=True,
    )


def main() -> None:
    """Measure each kind in a process of its own."""
    if sys.argv[1:2] == ["--one"]:
        return measured(sys.argv[2])
    print(f"{'kind':<24}{'MiB':>6}{'read':>8}{'judge':>8}{'CPU':>8}{'memory':>14}")
    for kind in sys.argv[1:] or KINDS:
        subprocess.run([sys.executable, __file__, "--one", kind], check=False, timeout=600)
    return None


if __name__ == "__main__":
    main()

"""A hostile relay, and proxy, that shows a request everything it sent: in bodies, headers, errors and broken HTTP."""

from __future__ import annotations

import asyncio
import base64
import html
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event, Thread
from urllib.parse import quote

SESSION = secrets.token_hex(16)
"""What the relay of the mode `session` hands out by itself."""

Mode = Callable[[str], bytes]
"""From a request's head, as text, to all bytes of an answer."""


def _answer(status: str, media: str, body: str, *headers: str) -> bytes:
    data = body.encode()
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Type: {media}",
        f"Content-Length: {len(data)}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + data


def _completion(text: str, **members: object) -> str:
    message = {"role": "assistant", "content": text, "refusal": text, "reasoning_content": text}
    choices = [{"index": 0, "message": message, "finish_reason": text, "logprobs": text}]
    body = {"id": text, "object": text, "created": text, "model": text, "choices": choices, "system_fingerprint": text}
    return json.dumps({**body, "usage": {"total_tokens": text}, text: text, **members})


def _json(text: str, **members: object) -> bytes:
    return _answer("200 OK", "application/json", _completion(text, **members))


def _error(status: str) -> Mode:
    return lambda text: _answer(
        status, "application/json", json.dumps({"error": {"message": text, "type": text, "code": text, "param": text}})
    )


def _events(*events: str) -> bytes:
    return _answer("200 OK", "text/event-stream", "".join(f"{event}\n\n" for event in events))


def _delta(finish: str | None = None, **delta: str) -> str:
    choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
    return "data: " + json.dumps({"id": "x", "object": "chat.completion.chunk", "choices": choices})


_END = (_delta(finish="stop"), "data: [DONE]")


def _flat(text: str) -> str:
    return " ".join(text.splitlines())


def _points(text: str) -> str:
    return "".join(f"\\u{ord(letter):04x}" for letter in text)


def _halves(text: str) -> bytes:
    """Cut every line of the head in the middle, as two deltas."""
    pieces = [piece for line in text.splitlines() for piece in (line[: len(line) // 2], line[len(line) // 2 :])]
    return _events(*(_delta(content=piece) for piece in pieces), *_END)


MODES: dict[str, Mode] = {
    "json": _json,
    "base64": lambda text: _json(base64.b64encode(text.encode()).decode()),
    "urlsafe": lambda text: _json("=" + base64.urlsafe_b64encode(b"x" + text.encode()).decode()),
    "percent": lambda text: _json(quote(text, safe="")),
    "entities": lambda text: _json(html.escape(text)),
    "nested": lambda text: _json(json.dumps({"sent": text})),
    "points": lambda text: _json("@").replace(b'"@"', f'"{_points(text)}"'.encode()),
    "hex": lambda text: _json(text.encode().hex()),
    "400": _error("400 Bad Request"),
    "401": _error("401 Unauthorized"),
    "429": _error("429 Too Many Requests"),
    "500": _error("500 Internal Server Error"),
    "html": lambda text: _answer(
        "502 Bad Gateway", "text/html", f"<title>{html.escape(text)}</title>{html.escape(text)}"
    ),
    "text": lambda text: _answer("403 Forbidden", "text/plain", text),
    "broken-json": lambda text: _answer("200 OK", "application/json", _completion(text)[:-40]),
    "duplicate-names": lambda text: _answer(
        "200 OK", "application/json", f"{{{json.dumps(text)}: 1, {json.dumps(text)}: 2}}"
    ),
    "headers": lambda text: _answer(
        "200 OK", _flat(text), _completion("a"), *(f"X-Echo-{n}: {line}" for n, line in enumerate(text.splitlines()))
    ),
    "retry-after": lambda text: _answer("429 Too Many", "text/plain", "", f"Retry-After: {_flat(text)}"),
    "location": lambda text: _answer("302 Found", "text/plain", "", f"Location: http://127.0.0.1:9/?{quote(text)}"),
    "phrase": lambda text: _answer(f"500 {_flat(text)}", "text/plain", ""),
    "status-line": lambda text: f"HTTP/1.1 {_flat(text)}\r\n\r\n".encode(),
    "not-http": lambda text: text.encode(),
    "header-line": lambda text: f"HTTP/1.1 200 OK\r\n {_flat(text)}\r\n\r\n".encode(),
    "header-name": lambda text: f"HTTP/1.1 200 OK\r\n{_flat(text)}@: 1\r\n\r\n".encode(),
    "content-length": lambda text: f"HTTP/1.1 200 OK\r\nContent-Length: {_flat(text)}\r\n\r\n".encode(),
    "chunk-size": lambda text: f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{_flat(text)}\r\n".encode(),
    "coding": lambda text: _answer("200 OK", "application/json", _completion(text), f"Content-Encoding: {_flat(text)}"),
    "coding-lower": lambda text: _answer(
        "200 OK", "application/json", _completion("a"), f"Content-Encoding: {_flat(text).lower()}"
    ),
    "lower": lambda text: _json(text.lower()),
    "upper": lambda text: _json(text.upper()),
    "swapped": lambda text: _error("400 Bad Request")(text.swapcase()),
    "base64-lower": lambda text: _json(base64.b64encode(text.lower().encode()).decode()),
    "status-line-upper": lambda text: f"HTTP/1.1 {_flat(text).upper()}\r\n\r\n".encode(),
    "session": lambda _: _answer(
        "200 OK",
        "text/html",
        "a",
        f"Set-Cookie: sid={SESSION}; Path=/",
        f"X-Session-Id: {SESSION}",
        f"X-Relay-Auth: {SESSION}",
    ),
    "stream": lambda text: _events(_delta(content=text), *_END),
    "stream-halves": _halves,
    "stream-letters": lambda text: _events(*(_delta(content=letter) for letter in text), *_END),
    "stream-channels": lambda text: _events(_delta(reasoning_content=text, refusal=text), *_END),
    "stream-error": lambda text: _events(_delta(content="a"), "data: " + json.dumps({"error": {"message": text}})),
    "stream-fields": lambda text: _events(
        *(f"event: {line}\nid: {line}\n{line}: {line}\n: {line}\ndata: {line}" for line in text.splitlines() if line)
    ),
    "stream-cut": lambda text: _events(_delta(content=text))[:-30],
}
"""How it answers, by the first part of the path (`/json/v1/chat/completions`).

Outputs cut long texts, so the header that is to reach them comes first: `/json+x-some-header/v1/chat/completions`.
`/told-json/...` shows what the mirror was told, not what was sent.
"""


@contextmanager
def mirror(told: str = "") -> Iterator[str]:
    """Yield the origin of a mirror on a thread and an event loop of its own; it is also an HTTP proxy."""
    ready, done = Event(), Event()
    ports: list[int] = []

    async def run() -> None:
        async with await asyncio.start_server(partial(_reflect, told), "127.0.0.1", 0) as server:
            ports.append(server.sockets[0].getsockname()[1])
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield f"http://127.0.0.1:{ports[0]}"
    finally:
        done.set()
        thread.join(10)


def _sorted(head: str, first: str) -> str:
    return "\r\n".join(
        sorted(head.splitlines(), key=lambda line: not line.lower().startswith(first or "authorization"))
    )


async def _reflect(told: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request and hang up."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = next((line for line in head.splitlines() if line.lower().startswith("content-length:")), ": 0")
        await reader.readexactly(int(length.partition(":")[2]))
        path = head.split(" ", 2)[1].partition("://")[2].partition("/")[2] or head.split(" ", 2)[1].lstrip("/")
        mode, _, first = path.partition("/")[0].partition("+")
        shown = told if mode.startswith("told-") else _sorted(head, first)
        writer.write(MODES[mode.removeprefix("told-")](shown))
        await writer.drain()
    except (OSError, EOFError):
        pass
    finally:
        writer.close()

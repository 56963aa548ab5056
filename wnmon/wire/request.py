"""The bytes a step sends."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit, urlunsplit

from wnmon import __version__
from wnmon.model.check import WRONG_KEY, Auth, Step
from wnmon.model.exchange import Request
from wnmon.model.json import Json

NONCE_CHARS = 8
"""Length of the word drawn for `{{nonce}}`: what a request costs at worst depends on it."""

_PLACEHOLDER = re.compile(r"\{\{(model|nonce)\}\}")


def build(step: Step, target_url: str, model: str, nonce: str) -> Request:
    """Return the request of a step. The target's own headers and Authorization are the transport's to add.

    Compression is declined: a coding that buffers would hide when tokens arrive. A step's own header replaces one of
    the same name.
    """
    return Request(
        step=step.name,
        method=step.method,
        url=_url(step, target_url),
        headers=_headers(step),
        body=_body(step, model, nonce),
        auth=step.auth,
        stream=step.stream,
        close_after=step.close_after,
    )


def _url(step: Step, target_url: str) -> str:
    parts = urlsplit(target_url)
    query = f"api_key={WRONG_KEY}" if step.auth is Auth.QUERY else parts.query
    return urlunsplit((parts.scheme, parts.netloc, step.path or parts.path, query, ""))


def fill(value: Json, model: str, nonce: str) -> Json:
    """Return the value with `{{model}}` and `{{nonce}}` filled in its strings, in one pass; member names stay.

    Every other brace and every `$` is itself: the API page's own example holds `$$e=mc^2$$`.
    """
    if isinstance(value, str):
        return _fill_text(value, model, nonce)
    if isinstance(value, list):
        return [fill(item, model, nonce) for item in value]
    if isinstance(value, dict):
        return {name: fill(item, model, nonce) for name, item in value.items()}
    return value


def _fill_text(text: str, model: str, nonce: str) -> str:
    return _PLACEHOLDER.sub(lambda match: model if match.group(1) == "model" else nonce, text)


def _body(step: Step, model: str, nonce: str) -> bytes:
    """Return UTF-8. A lone surrogate becomes its JSON escape, which is what `backslashreplace` writes."""
    text = (
        json.dumps(fill(dict(step.body), model, nonce), ensure_ascii=False, separators=(",", ":"))
        if step.raw_body is None
        else _fill_text(step.raw_body, model, nonce)
    )
    return text.encode(errors="backslashreplace")


def _headers(step: Step) -> tuple[tuple[str, str], ...]:
    own = {name.lower() for name, _ in step.headers}
    base = (
        ("Content-Type", "application/json"),
        ("Accept", "text/event-stream" if step.stream else "application/json"),
        ("Accept-Encoding", "identity"),
        ("User-Agent", f"wnmon/{__version__}"),
    )
    return (*((name, value) for name, value in base if name.lower() not in own), *step.headers)

"""The bytes a step sends."""

from __future__ import annotations

import hashlib
import json
import re
from itertools import cycle, islice
from urllib.parse import urlsplit, urlunsplit

from wnmon import __version__
from wnmon.model.check import WRONG_KEY, Auth, Step
from wnmon.model.exchange import Request
from wnmon.model.json import Json, JsonObject
from wnmon.model.parameters import AS_WRITTEN, Parameters
from wnmon.wire.document import read_document
from wnmon.wire.message import MAX_CHOICES

NONCE_CHARS = 8
"""Length of the word drawn for `{{nonce}}`: what a request costs at worst depends on it."""

_PLACEHOLDER = re.compile(r"\{\{(model|nonce2?|filler)\}\}")
_WORDS = ("the", "river", "was", "calm", "and", "the", "light", "fell", "on", "every", "stone", "near", "the", "old")


def build(
    step: Step,
    target_url: str,
    model: str,
    nonce: str,
    parameters: Parameters = AS_WRITTEN,
    *,
    auth_header: str | None = None,
    http2: bool = False,
) -> Request:
    """Return the request of a step. The target's own headers and the key are the transport's to add.

    `parameters` say how the model wants it; a raw body stays as it is.
    Compression is declined: a coding that buffers would hide when tokens arrive. A step's own header replaces one of
    the same name.
    """
    return Request(
        step=step.name,
        method=step.method,
        url=_url(step, target_url),
        headers=_headers(step),
        body=_body(step, model, nonce, parameters),
        auth=step.auth,
        stream=step.stream,
        close_after=step.close_after,
        auth_header=auth_header,
        http2=http2,
    )


def _url(step: Step, target_url: str) -> str:
    """Return the URL. Over plain http a port that was written stays: no other is known to be the relay's.

    The query of the target goes with every request; a parameter of the step's own path replaces its namesake.
    """
    parts = urlsplit(target_url)
    scheme = "http" if step.plain_http else parts.scheme
    path, _, own = (step.path or "").partition("?")
    wrong = f"api_key={WRONG_KEY}" if step.auth is Auth.QUERY else ""
    query = _joined(parts.query, _joined(own, wrong))
    return urlunsplit((scheme, parts.netloc, _path(path or None, parts.path), query, ""))


def _joined(query: str, own: str) -> str:
    """Return two queries as one: of a name that both have the second's values count."""
    named = {one.partition("=")[0] for one in own.split("&")}
    kept = [one for one in query.split("&") if one and one.partition("=")[0] not in named]
    return "&".join([*kept, *([own] if own else [])])


def _path(path: str | None, of_chat: str) -> str:
    """Return the path of a request: that of chat completions, another, or one that stands beside it."""
    if path is None or path.startswith("/"):
        return path or of_chat
    folder = of_chat.removesuffix("/chat/completions")
    folders = folder.partition("/deployments/")[0].split("/")  # Azure's deployments are of one model each
    while path.startswith("../"):
        path, folders = path.removeprefix("../"), folders[: max(1, len(folders) - 1)]
    return "/".join([*folders, path])


def fill(value: Json, model: str, nonce: str, filler: int = 0) -> Json:
    """Return the value with its placeholders filled, in one pass; member names stay.

    `{{model}}`, `{{nonce}}`, `{{nonce2}}` (another word, made from the nonce) and `{{filler}}` (so many characters).
    Every other brace and every `$` is itself: the API page's own example holds `$$e=mc^2$$`.
    """
    if isinstance(value, str):
        return _fill_text(value, model, nonce, filler)
    if isinstance(value, list):
        return [fill(item, model, nonce, filler) for item in value]
    if isinstance(value, dict):
        return {name: fill(item, model, nonce, filler) for name, item in value.items()}
    return value


def _fill_text(text: str, model: str, nonce: str, filler: int) -> str:
    words = {"model": lambda: model, "nonce": lambda: nonce, "nonce2": lambda: second_nonce(nonce)}
    return _PLACEHOLDER.sub(lambda match: words.get(match.group(1), lambda: filler_text(filler))(), text)


def second_nonce(nonce: str) -> str:
    """Return a word of the same length that nobody can guess who has seen none of both."""
    return hashlib.sha256(nonce.encode()).hexdigest()[:NONCE_CHARS]


def filler_text(chars: int) -> str:
    """Return plain words of this many characters, which most vocabularies hold as one token each."""
    words = " ".join(islice(cycle(_WORDS), chars // 3 + 1))
    return words[:chars].rstrip()


def read_request(body: bytes) -> JsonObject | None:
    """Return the JSON object of a request body, None where it is none. Never raises."""
    value = read_document(body).value
    return value if isinstance(value, dict) else None


def choices_asked(asked: JsonObject | None) -> int:
    """Return the `n` of a request, at most MAX_CHOICES; 1 where it names none that is a whole number above 0."""
    number = asked.get("n") if asked else None
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        return 1
    return min(number, MAX_CHOICES)


def _body(step: Step, model: str, nonce: str, parameters: Parameters) -> bytes:
    """Return UTF-8. A lone surrogate becomes its JSON escape, which is what `backslashreplace` writes."""
    if step.raw_body is not None:
        text = _fill_text(step.raw_body, model, nonce, step.filler)
    else:
        filled = fill(parameters.written(step.body), model, nonce, step.filler)
        text = json.dumps(filled, ensure_ascii=False, separators=(",", ":"))
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

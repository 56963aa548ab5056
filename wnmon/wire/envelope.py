"""Finds the error a relay reports, in whichever dialect it speaks."""

from __future__ import annotations

import json

from wnmon.model.json import Json, JsonObject
from wnmon.model.text import one_line
from wnmon.wire.reply import ErrorEnvelope

MAX_MESSAGE_CHARS = 2_000
_MAX_WORD_CHARS = 200


def error_in(value: Json, place: str = "body") -> ErrorEnvelope | None:
    """Return the error of an object with a truthy `error` member, or of one that calls itself an error.

    OpenAI, Azure, one-api, OpenRouter, Google: `{"error": {...}}`, the code a string or an integer; also
    `{"error": "text"}`. Anthropic: `{"type": "error", "error": {...}}`. Mistral, vLLM: `{"object": "error", ...}`.
    """
    if not isinstance(value, dict):
        return None
    error = value.get("error")
    if isinstance(error, dict) and error:
        return envelope(error, place)
    if error:
        return envelope({**value, "message": error}, place)
    return envelope(value, place) if "error" in (value.get("object"), value.get("type")) else None


def refusal_in(value: Json, place: str = "body") -> ErrorEnvelope | None:
    """Return the error of a body that is no completion, beside `error_in` also where the message stands at the top.

    Mistral and FastAPI: `{"detail": ...}`. RFC 9457: `{"title", "detail"}`. DashScope, one-api's own pages and others:
    `{"message", "code"}`, `{"msg"}`. Google's compatible route wraps the error in an array.
    """
    if isinstance(value, list):
        return error_in(value[0], place) if value else None
    found = error_in(value, place)
    if found is not None or not isinstance(value, dict) or isinstance(value.get("choices"), list):
        return found
    return envelope(value, place) if _message(value) else None


def text_error(text: str, place: str = "body") -> ErrorEnvelope | None:
    """Return an error that is told in plain text."""
    message = one_line(text, MAX_MESSAGE_CHARS)
    return ErrorEnvelope(message=message, place=place) if message else None


def envelope(error: JsonObject, place: str) -> ErrorEnvelope:
    """Return the envelope of an object known to be an error, whatever its members."""
    return ErrorEnvelope(
        message=_message(error) or one_line(json.dumps(error, ensure_ascii=False), MAX_MESSAGE_CHARS),
        type=_word(error.get("type")) or _word(error.get("status")),
        code=_word(error.get("code")),
        param=_word(error.get("param")),
        place=place,
    )


def _message(error: JsonObject) -> str:
    """Return the first member that holds a message; FastAPI lists several under `detail`."""
    for name in ("message", "msg", "detail", "error_msg", "error", "title"):
        value = error.get(name)
        if isinstance(value, str) and value.strip():
            return one_line(value, MAX_MESSAGE_CHARS)
        if isinstance(value, list | dict) and value:
            return one_line(json.dumps(value, ensure_ascii=False), MAX_MESSAGE_CHARS)
    return ""


def _word(value: Json) -> str | None:
    """Return a code or a type as a word: OpenRouter and Google write codes as integers."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return one_line(value, _MAX_WORD_CHARS) or None if isinstance(value, str) else None

"""Finds the error a relay reports, in whichever dialect it speaks, and what tells its cause, however it is wrapped.

dialect                                           written as
------------------------------------------------  ----------------------------------------------------------------
OpenAI, Azure, one-api, OpenRouter, Google        {"error": {...}}, codes a string or an integer; {"error": "text"}
Anthropic; Mistral, vLLM                          {"type": "error", ...}; {"object": "error", ...}
Cloudflare; one-api's own pages                   {"success": false, "errors": [{...}]}; {"success": false, ...}
MiniMax                                           {"base_resp": {"status_code": 1008, "status_msg": ...}}
Tencent                                           {"Response": {"Error": {"Code", "Message"}}}
FastAPI; RFC 9457; DashScope and many             {"detail"}; {"title", "detail"}; {"code", "message"}; {"msg"}
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from wnmon.model.json import Json, JsonObject
from wnmon.model.text import one_line
from wnmon.wire.document import read_document
from wnmon.wire.reply import Clues, ErrorEnvelope

MAX_MESSAGE_CHARS = 2_000
_MAX_WORD_CHARS = 200
_MAX_WRAPPED = 24
_MAX_OPENED_CHARS = 16_384

_QUOTED_CODE = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[_.][A-Za-z0-9]+)+|[A-Z][a-z]+(?:[A-Z][a-z]+)+")
_MAX_QUOTED = 40
_MESSAGES = ("message", "msg", "detail", "error_msg", "status_msg", "Message", "errmsg", "error", "title")
_MORE_WORDS = ("error_description", "description", "raw", "reason", "code")
_CODES = ("code", "reason", "error_code", "errcode", "err_code", "Code", "__type")
_TYPES = ("type", "status", "error_type")
_WRAPS = (*_MESSAGES, "errors", "Error", "Response", "base_resp", "details", "innererror", "metadata", "raw", "cause")
# Members without which only `object` or `type` make an error of an object.
_MAY_BE_ERROR = frozenset({"error", "base_resp", "Response", "success"})
# What a member `code` holds where nothing is wrong.
_FINE = frozenset({"0", "200", "success", "ok"})


def error_in(value: Json, place: str = "body") -> ErrorEnvelope | None:
    """Return the error of an object that has one, or that calls itself one; None where it is something else."""
    if not isinstance(value, dict):
        return None
    error = _error_of(value)
    return None if error is None else envelope(error, place, value)


def refusal_in(value: Json, place: str = "body", *, refused: bool = True) -> ErrorEnvelope | None:
    """Return the error of a body that is no completion, beside `error_in` also where the message stands at the top.

    Google's compatible route wraps the error in an array. In a success, which `refused` is not, a message beside a code
    that says that all is well is none.
    """
    if isinstance(value, list):
        return error_in(value[0], place) if value else None
    if isinstance(value, str) and refused:
        return text_error(value, place)
    found = error_in(value, place)
    if found is not None or not isinstance(value, dict) or isinstance(value.get("choices"), list):
        return found
    is_fine = not refused and (value.get("code") is True or (_word(value.get("code")) or "").lower() in _FINE)
    return envelope(value, place) if _message(value) and not is_fine else None


def text_error(text: str, place: str = "body") -> ErrorEnvelope | None:
    """Return an error that is told in plain text."""
    message = one_line(text, MAX_MESSAGE_CHARS)
    return envelope({"message": text}, place) if message else None


def envelope(error: JsonObject, place: str, whole: JsonObject | None = None) -> ErrorEnvelope:
    """Return the envelope of an object known to be an error, whatever its members. `whole` is what it stands in."""
    return ErrorEnvelope(
        message=_message(error) or one_line(json.dumps(error, ensure_ascii=False), MAX_MESSAGE_CHARS),
        type=_word(error.get("type")) or _word(error.get("status")),
        code=_word(error.get("code")) or _word(error.get("status_code")) or _word(error.get("Code")),
        param=_word(error.get("param")),
        place=place,
        clues=_clues(error if whole is None else whole),
    )


def _error_of(value: JsonObject) -> JsonObject | None:
    if _MAY_BE_ERROR.isdisjoint(value) and "error" not in (value.get("object"), value.get("type")):
        return None
    error, errors, base = value.get("error"), value.get("errors"), value.get("base_resp")
    if isinstance(error, dict) and error:
        return error
    if error:
        return {**value, "message": error}
    if isinstance(base, dict) and base.get("status_code") not in {None, 0}:
        return base
    response = value.get("Response")
    inner = response.get("Error") if isinstance(response, dict) else None
    if isinstance(inner, dict):
        return inner
    if value.get("success") is False:
        first = errors[0] if isinstance(errors, list) and errors else None
        return first if isinstance(first, dict) else value
    return value if "error" in (value.get("object"), value.get("type")) else None


def _message(error: JsonObject) -> str:
    """Return the first member that holds a message; FastAPI lists several under `detail`."""
    for name in _MESSAGES:
        value = error.get(name)
        if isinstance(value, str) and value.strip():
            return one_line(value, MAX_MESSAGE_CHARS)
        if isinstance(value, list | dict) and value:
            return one_line(json.dumps(value, ensure_ascii=False), MAX_MESSAGE_CHARS)
    return ""


def _clues(value: JsonObject) -> Clues:
    """Gather the codes, types and words of an error and of all that is wrapped in it, the outermost first."""
    opened = list(_unwrapped(value))
    words = [one_line(text, MAX_MESSAGE_CHARS) for one in opened for text in _words(one)]
    return Clues(
        codes=tuple(word for one in opened for name in _CODES if (word := _word(one.get(name)))),
        types=tuple(word for one in opened for name in _TYPES if (word := _word(one.get(name)))),
        base_codes=tuple(word for one in opened if "status_msg" in one and (word := _word(one.get("status_code")))),
        wording="\n".join(dict.fromkeys(words)).lower(),
        quoted=tuple(dict.fromkeys(code for text in words for code in _QUOTED_CODE.findall(text)))[:_MAX_QUOTED],
    )


def _unwrapped(value: JsonObject) -> Iterator[JsonObject]:
    """Yield an object and those wrapped in it, also as JSON inside of text, breadth first, so many at most."""
    level: list[Json] = [value]
    left = _MAX_WRAPPED
    while level and left > 0:
        inner: list[Json] = []
        for one in level[:left]:
            left -= 1
            opened = _opened(one) if isinstance(one, str) else one
            if isinstance(opened, dict):
                yield opened
                inner.extend(opened[name] for name in _WRAPS if opened.get(name))
            elif isinstance(opened, list):
                inner.extend(opened)
        level = inner


def _opened(text: str) -> Json:
    """Return the JSON object that text holds: relays pass on what their upstream said behind a few words of theirs."""
    members, closed, _ = text[:_MAX_OPENED_CHARS].partition("{")[2].rpartition("}")
    return read_document(f"{{{members}}}".encode(errors="replace")).value if closed else None


def _words(error: JsonObject) -> Iterator[str]:
    for name in (*_MESSAGES, *_MORE_WORDS):
        text = error.get(name)
        if isinstance(text, str) and (name in _MESSAGES or " " in text):
            yield text


def _word(value: Json) -> str | None:
    """Return a code or a type as a word: OpenRouter and Google write codes as integers."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return one_line(value, _MAX_WORD_CHARS) or None if isinstance(value, str) else None

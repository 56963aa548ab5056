"""The normalised answer of an exchange: the same type whether it came as JSON or as a stream."""

from __future__ import annotations

from wnmon.model.exchange import Exchange
from wnmon.model.json import JsonObject
from wnmon.wire.document import read_document, read_text
from wnmon.wire.envelope import refusal_in, text_error
from wnmon.wire.media import form_of, media_type, text_of
from wnmon.wire.message import choices_of, object_at, string_at, texts_of, tool_calls_of, usage_of
from wnmon.wire.reply import Channel, Choice, Document, ErrorEnvelope, Form, Reply
from wnmon.wire.sse import parse
from wnmon.wire.stream import fold


def read(exchange: Exchange) -> Reply:
    """Return what the relay said. Never raises: what cannot be read stays None and `document.problem` says why."""
    body = exchange.body
    form, media = form_of(exchange, body), media_type(exchange)
    refused = (exchange.status or 0) >= 400
    match form:
        case Form.STREAM:
            return fold(parse(exchange.chunks), media)
        case Form.JSON:
            return _from_json(exchange, body, media, refused=refused)
        case Form.OTHER if refused:
            return Reply(form=form, media_type=media, error=text_error(text_of(exchange, body)))
        case _:
            return Reply(form=form, media_type=media)


def _from_json(exchange: Exchange, body: bytes, media: str | None, *, refused: bool) -> Reply:
    document = read_document(body)
    value = document.value if isinstance(document.value, dict) else {}
    return Reply(
        form=Form.JSON,
        media_type=media,
        document=document,
        choices=tuple(_choice(index, choice) for index, choice in choices_of(value.get("choices"))),
        usage=usage_of(value.get("usage")),
        model=string_at(value, "model") or None,
        error=_error_in(exchange, body, document, refused=refused),
    )


def _error_in(exchange: Exchange, body: bytes, document: Document, *, refused: bool) -> ErrorEnvelope | None:
    """Return the error of a body, whatever is wrong with its JSON: then a refusal is told as the text it is."""
    if document.problem is None:
        return refusal_in(document.value, refused=refused)
    text = text_of(exchange, body).removeprefix("\ufeff")
    is_legible = document.problem.kind in {"bom", "invalid_utf8"}
    said = refusal_in(read_text(text).value, refused=refused) if is_legible else None
    return said or (text_error(text) if refused else None)


def _choice(index: int, choice: JsonObject) -> Choice:
    message = object_at(choice, "message")
    reason = string_at(choice, "finish_reason")
    texts = texts_of(message)
    return Choice(
        index=index,
        role=string_at(message, "role") or None,
        content=texts.get(Channel.CONTENT),
        reasoning=texts.get(Channel.REASONING, ""),
        refusal=texts.get(Channel.REFUSAL, ""),
        transcript=texts.get(Channel.AUDIO, ""),
        tool_calls=tuple(tool_calls_of(message)),
        finish_reasons=(reason,) if reason else (),
    )

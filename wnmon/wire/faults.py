"""What went wrong with an exchange as a whole, and whom to blame. The most telling fact comes first:

    fact                                               reason                                   layer
    -------------------------------------------------  ---------------------------------------  ----------------------
    a failure of our own                               client, shutdown                         client
    a status of 1xx or 3xx                             protocol                                 relay
    a status of 4xx or 5xx                             `causes`, by status and words            cdn, upstream or relay
    an error in a 2xx                                  `causes`, by words, before any token;    upstream or relay
                                                       else stream, or schema in JSON
    a failure of the network                           the same                                 network, tls or relay
    a 2xx that is empty, a page, or neither JSON nor   empty, content_type, bad_json            relay, cdn
        events, or JSON that cannot be read
    a stream without any choice                        bad_json where nothing in it is, empty   relay
    a stream without a finish_reason for each choice   truncated                                relay

cdn: a page, or a status only a CDN writes. upstream: the error says so (`blames_upstream`).
"""

from __future__ import annotations

import re
from dataclasses import replace

from wnmon.model.exchange import Exchange, FailureKind, TransportFailure
from wnmon.model.result import Fault, Layer, Reason, Scope
from wnmon.model.said import Said, Text, fitted, mapped
from wnmon.model.text import one_line
from wnmon.wire.causes import Cause, blames_upstream, cause_of, known_cause, status_in
from wnmon.wire.media import text_of
from wnmon.wire.reply import ErrorEnvelope, Form, Reply
from wnmon.wire.retry import key_is_used_up, retry_after_s

MAX_MESSAGE_CHARS = 200
_LOOK_BYTES = 65_536
_TITLE = re.compile(rb"<title[^>]{0,200}>([^<]{1,400})", re.IGNORECASE)

# Statuses only a CDN writes: it could not reach or understand the relay (Cloudflare, "5xx errors").
_CDN_STATUSES = frozenset({*range(520, 528), 530})
_OWN_FAULTS = frozenset({FailureKind.CLIENT, FailureKind.INTERNAL, FailureKind.SHUTDOWN})
_LAYER_OF_FAILURE = {
    FailureKind.DNS: Layer.NETWORK,
    FailureKind.CONNECT: Layer.NETWORK,
    FailureKind.TIMEOUT_CONNECT: Layer.NETWORK,
    FailureKind.TLS: Layer.TLS,
    FailureKind.CLIENT: Layer.CLIENT,
    FailureKind.INTERNAL: Layer.CLIENT,
    FailureKind.SHUTDOWN: Layer.CLIENT,
}


def diagnose(exchange: Exchange, reply: Reply, choices_asked: int) -> Fault | None:
    """Return the fault of an exchange, None when there is an answer to judge. Never raises.

    `choices_asked` is how many choices a stream must end.
    """
    failure = exchange.failure
    if failure is not None and failure.kind in _OWN_FAULTS:
        return _failed(failure)
    if exchange.status is not None and not 200 <= exchange.status < 300:
        return _refused(exchange, reply, exchange.status)
    if reply.error is not None:
        return _error_in_success(exchange, reply, reply.error)
    if failure is not None:
        return _failed(failure)
    return _unreadable(exchange, reply, choices_asked)


def _fault(reason: Reason, layer: Layer, message: Text, retry_s: float | None = None) -> Fault:
    line = mapped(message, lambda said: one_line(said, MAX_MESSAGE_CHARS))
    return Fault(reason=reason, layer=layer, message=fitted(line, MAX_MESSAGE_CHARS), retry_after_s=retry_s)


def _failed(failure: TransportFailure) -> Fault:
    layer = _LAYER_OF_FAILURE.get(failure.kind, Layer.RELAY)
    return _fault(Reason(failure.kind.value), layer, failure.detail or failure.kind.value.replace("_", " "))


def _refused(exchange: Exchange, reply: Reply, status: int) -> Fault:
    """Name the reason of a status outside 2xx."""
    if status < 400:
        return _fault(Reason.PROTOCOL, Layer.RELAY, Said("status_redirect", n=status))
    page = reply.form is Form.HTML
    cause = cause_of(status, reply.error)
    message = Said("status_said", n=status, text=_page_title(exchange) if page else _said(reply.error))
    return _caused(cause, exchange, reply, message)


def _caused(cause: Cause, exchange: Exchange, reply: Reply, message: Text) -> Fault:
    """Return the fault of a cause. What a header says of the key holds whatever the error says."""
    retry_s = retry_after_s(exchange, reply.error)
    fault = _fault(cause.reason, cause.layer or _layer(exchange.status, reply), message, retry_s)
    return replace(fault, scope=Scope.KEY if key_is_used_up(exchange) else cause.scope)


def _page_title(exchange: Exchange) -> Said:
    """Return a page's title and nothing else of it: such pages print the client's address."""
    match = _TITLE.search(exchange.body[:_LOOK_BYTES])
    if match is None:
        return Said("html_page")
    return Said("html_page_titled", text=one_line(text_of(exchange, match.group(1)), MAX_MESSAGE_CHARS))


def _said(error: ErrorEnvelope | None) -> Text:
    if error is None:
        return Said("without_message")
    kind = error.code or error.type
    return f"{kind}: {error.message}" if kind else error.message


def _layer(status: int | None, reply: Reply) -> Layer:
    if reply.form is Form.HTML or status in _CDN_STATUSES:
        return Layer.CDN
    return Layer.UPSTREAM if blames_upstream(reply.error) else Layer.RELAY


def _error_in_success(exchange: Exchange, reply: Reply, error: ErrorEnvelope) -> Fault:
    """Name the reason of an error inside a 2xx.

    One that stands where the answer should be is read by its words; one that breaks off a running stream is `stream`.
    """
    if reply.form is Form.STREAM:
        reason, message = Reason.STREAM, Said("stream_error", text=error.place, said=_said(error))
    else:
        reason, message = Reason.SCHEMA, Said("success_error", n=str(exchange.status), said=_said(error))
    cause = None if reply.tokens else known_cause(status_in(error), error)
    # A cause that says nothing of key, model or money leaves that the status was a success.
    if cause is None or cause.reason is Reason.HTTP_4XX:
        cause = Cause(reason=reason)
    return _caused(cause, exchange, reply, message)


def is_challenge(exchange: Exchange) -> bool:
    """Tell whether a firewall in front of the relay wants a browser to prove itself (Cloudflare, AWS WAF)."""
    return any(exchange.header(name) is not None for name in ("cf-mitigated", "x-amzn-waf-action"))


def _unreadable(exchange: Exchange, reply: Reply, asked: int) -> Fault | None:
    """Name what is wrong with a success that carries no error."""
    layer = Layer.CDN if is_challenge(exchange) else Layer.RELAY
    match reply.form:
        case Form.EMPTY:
            return _fault(Reason.EMPTY, layer, Said("status_empty_body", n=str(exchange.status)))
        case Form.HTML:
            page = Said("status_with", n=str(exchange.status), said=_page_title(exchange))
            return _fault(Reason.CONTENT_TYPE, layer, page)
        case Form.OTHER:
            media = reply.media_type or Said("no_media_type")
            return _fault(Reason.CONTENT_TYPE, Layer.RELAY, Said("neither_json_nor_events", said=media))
        case Form.JSON:
            return _bad_json(reply)
        case _:
            return _incomplete(reply, asked)


def _bad_json(reply: Reply) -> Fault | None:
    problem = reply.document.problem if reply.document is not None else None
    if problem is None:
        return None
    return _fault(Reason.BAD_JSON, Layer.RELAY, Said("bad_json_at", n=problem.offset, said=problem.message))


def _incomplete(reply: Reply, asked: int) -> Fault | None:
    """Name what is wrong with a stream that does not end in a finish_reason for each choice that was asked for.

    [DONE] proves nothing: relays of the one-api family write it after an upstream that timed out.
    """
    done = Said("with_done") if reply.done_ns is not None else Said("without_done")
    if not reply.choices:
        documents = [frame.document for frame in reply.frames if frame.document is not None]
        if documents and not any(isinstance(document.value, dict) for document in documents):
            return _fault(Reason.BAD_JSON, Layer.RELAY, Said("stream_without_json"))
        return _fault(Reason.EMPTY, Layer.RELAY, Said("stream_without_choice", said=done))
    if all(choice.finish_reasons for choice in reply.choices):
        begun = len(reply.choices)
        what = Said("choices_began", n=begun, n2=asked, said=done)
        return _fault(Reason.TRUNCATED, Layer.RELAY, what) if begun < asked else None
    events = len({token.event for token in reply.tokens})
    return _fault(Reason.TRUNCATED, Layer.RELAY, Said("no_finish_after", n=events, said=done))

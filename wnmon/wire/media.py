"""What form an answer has: by a look at its first bytes, and by its media type where those tell nothing.

Bytes come first because relays mislabel both ways: streams as text/plain, JSON errors as text/event-stream. That the
label is wrong is a rule's business; here it must only not hide the answer.
"""

from __future__ import annotations

import re

from wnmon.model.exchange import Exchange
from wnmon.wire.reply import Form

_LOOK_BYTES = 1024
_LEADING = b"\xef\xbb\xbf \t\r\n"
_FIRST_LINE = re.compile(rb"(?:data|event|id|retry)?:|data[\r\n]")
_CHINESE = "gb18030"
_CHARSETS = {
    **dict.fromkeys(("big5", "big5-hkscs"), "big5hkscs"),
    **dict.fromkeys(("iso-8859-1", "windows-1252"), "latin-1"),
    **{name: name for name in ("windows-1251", "shift_jis", "euc-jp", "euc-kr")},
}
_FIRST_TAG = re.compile(rb"<(?:!doctype html|!--|html|head|title|body|h1|center)", re.IGNORECASE)


def media_type(exchange: Exchange) -> str | None:
    """Return the media type an answer declares, bare; None without any."""
    return bare_media_type(exchange.header("content-type") or "") or None


def bare_media_type(content_type: str) -> str:
    """Return `type/subtype` of a Content-Type value: case and parameters do not count (RFC 9110 §8.3.1)."""
    return content_type.partition(";")[0].strip().lower()


def text_of(exchange: Exchange, body: bytes) -> str:
    """Return a body as text for people, in UTF-8 or, as many pages of gateways are, in another character set.

    One that is declared is believed; else what is no UTF-8 is taken for Chinese if it can be. No JSON may be either.
    """
    declared = (exchange.header("content-type") or "").lower().partition("charset=")[2]
    charset = _CHARSETS.get(declared.partition(";")[0].strip(" \t\"'"), _CHINESE)
    for name in ("utf-8", charset):
        try:
            return body.decode(name)
        except UnicodeDecodeError:
            continue
    return body.decode(errors="replace")


def form_of(exchange: Exchange, body: bytes) -> Form:
    """Decide what an answer is. A body of nothing but white space is EMPTY."""
    start = body.lstrip(_LEADING)[:_LOOK_BYTES]
    if not start:
        return Form.EMPTY
    return _seen(start) or form_declared(media_type(exchange) or "")


def _seen(start: bytes) -> Form | None:
    if start[:1] in {b"{", b"["}:
        return Form.JSON
    if _FIRST_LINE.match(start):
        return Form.STREAM
    return Form.HTML if _FIRST_TAG.match(start) else None


def form_declared(media: str) -> Form:
    """Return what a bare media type says an answer is."""
    if media == "text/event-stream":
        return Form.STREAM
    if media in {"application/json", "text/json"} or media.endswith("+json"):
        return Form.JSON
    return Form.HTML if media in {"text/html", "application/xhtml+xml"} else Form.OTHER

"""What form an answer has."""

from __future__ import annotations

import pytest
from wire_samples import exchange

from wnmon.wire.media import text_of
from wnmon.wire.read import read
from wnmon.wire.reply import Form


@pytest.mark.parametrize(
    ("media", "body", "form"),
    [
        ("application/json", b"{}", Form.JSON),
        ("Application/JSON ; charset=UTF-8", b"nonsense", Form.JSON),
        ("application/problem+json", b'"x"', Form.JSON),
        ("text/json", b'"x"', Form.JSON),
        ("text/event-stream;charset=UTF-8", b": ping\n\n", Form.STREAM),
        ("TEXT/EVENT-STREAM", b"error: {}\n\n", Form.STREAM),
        ("text/plain", b"data: {}\n\n", Form.STREAM),
        ("application/json", b"\ndata:{}\n\n", Form.STREAM),
        ("application/json", b"\xef\xbb\xbfdata: {}\n\n", Form.STREAM),
        (None, b"event: error\ndata: {}\n\n", Form.STREAM),
        (None, b"data\n\n", Form.STREAM),
        ("text/event-stream", b' {"error":{}}', Form.JSON),
        ("application/octet-stream", b'{"error":{}}', Form.JSON),
        ("text/html", b'{"id":"x"}', Form.JSON),
        (None, b"[1]", Form.JSON),
        ("application/json", b"<!DOCTYPE html><p>", Form.HTML),
        ("text/event-stream", b"<HTML>", Form.HTML),
        ("text/html; charset=utf-8", b"Bad gateway", Form.HTML),
        ("application/xhtml+xml", b"Bad gateway", Form.HTML),
        ("text/plain", b"Bad gateway", Form.OTHER),
        ("image/png", b"\x89PNG", Form.OTHER),
        (None, b"database error: x", Form.OTHER),
        ("", b"oops", Form.OTHER),
        ("application/json", b"", Form.EMPTY),
        ("text/event-stream", b" \r\n", Form.EMPTY),
    ],
)
def test_form_follows_the_bytes_then_the_media_type(media: str | None, body: bytes, form: Form) -> None:
    assert read(exchange(body, media=media)).form is form


@pytest.mark.parametrize(
    ("media", "expected"),
    [("Application/JSON ;charset=utf-8", "application/json"), (" text/html", "text/html"), ("", None), (None, None)],
)
def test_media_type_is_lower_case_without_parameters(media: str | None, expected: str | None) -> None:
    assert read(exchange(b"{}", media=media)).media_type == expected


@pytest.mark.parametrize(
    ("media", "charset"),
    [
        ("text/html; charset=windows-1251", "windows-1251"),
        ('text/html; charset="Windows-1251" ; level=1', "windows-1251"),
        ("text/html; charset=windows-1251; charset=big5", "windows-1251"),
        ("text/html; charset=unknown", "gb18030"),
        ("text/html", "gb18030"),
        (None, "gb18030"),
    ],
)
def test_what_is_no_utf8_is_read_as_its_first_declared_charset_or_as_chinese(media: str | None, charset: str) -> None:
    body = "Ж中".encode(charset, "ignore")

    assert text_of(exchange(body, media=media), body) == body.decode(charset)

"""Request heads are read strictly, response bodies are framed rightly."""

from __future__ import annotations

import pytest

from wnmon.mock.http import HttpError, ResponseHead, chunked, parse_head
from wnmon.mock.pieces import Send, Silence


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"hello", 400),
        (b"GET /", 400),
        (b"GET / SPDY/3", 400),
        (b"GET / HTTP/2.0\r\nHost: x", 505),
        (b"GET / HTTP/1.1", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\n folded", 400),
        (b"GET / HTTP/1.1\r\nHost : x", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-A: a\nb", 400),
    ],
)
def test_a_malformed_head_is_refused(head: bytes, status: int) -> None:
    with pytest.raises(HttpError) as caught:
        parse_head(head)

    assert caught.value.status == status


@pytest.mark.parametrize("target", [b"/v1/models", b"/v1/models?x=1", b"http://relay.example/v1/models?u=http://x"])
def test_the_path_is_found_in_every_form_of_target(target: bytes) -> None:
    assert parse_head(b"GET " + target + b" HTTP/1.1\r\nHost: x").path == "/v1/models"


@pytest.mark.parametrize(
    ("head", "kept"),
    [
        (b"GET / HTTP/1.1\r\nHost: x", True),
        (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: TE, Close", False),
        (b"GET / HTTP/1.0", False),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive", True),
    ],
)
def test_keep_alive_follows_version_and_connection_header(head: bytes, kept: bool) -> None:
    assert parse_head(head).keep_alive is kept


def test_length_and_transfer_coding_together_are_refused() -> None:
    head = parse_head(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked")

    with pytest.raises(HttpError):
        _ = head.chunked


@pytest.mark.parametrize("length", [b"-1", b"1, 1", b"0x10", "²".encode("latin-1")])
def test_a_length_that_is_no_number_is_refused(length: bytes) -> None:
    with pytest.raises(HttpError):
        _ = parse_head(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + length).content_length


def test_repeated_fields_are_joined() -> None:
    assert parse_head(b"GET / HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nx-a: 2").headers["x-a"] == "1, 2"


def test_every_send_becomes_one_chunk_and_the_last_is_empty() -> None:
    pieces = chunked(iter([Send(b"a" * 16), Silence(), Send(b""), Send(b"b")]))

    assert list(pieces) == [
        Send(b"10\r\n" + b"a" * 16 + b"\r\n"),
        Silence(),
        Send(b"1\r\nb\r\n"),
        Send(b"0\r\n\r\n"),
    ]


def test_an_unregistered_status_still_has_a_phrase() -> None:
    assert ResponseHead(status=524, headers=()).encode() == b"HTTP/1.1 524 Unassigned\r\n\r\n"

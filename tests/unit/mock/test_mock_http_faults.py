"""The reference relay's own word on gzip and on its context, and what its broken twins make of HTTP."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import Any

import pytest

from wnmon.mock import broken_honesty
from wnmon.mock.changes import counting
from wnmon.mock.fault import ApiCall
from wnmon.mock.faults import find_faults
from wnmon.mock.http import RequestHead
from wnmon.mock.pieces import Close, Send
from wnmon.mock.script import script
from wnmon.mock.settings import MockSettings
from wnmon.model.json import JsonObject

KEY = "sk-0123456789abcdef"
PONG = "Reply with the single word: pong"


def call(
    text: str = PONG, *, method: str = "POST", path: str = "/v1/chat/completions", coding: str = "", **more: Any
) -> ApiCall:
    headers = {"host": "x", "content-type": "application/json", "authorization": f"Bearer {KEY}"}
    if coding:
        headers["accept-encoding"] = coding
    body = json.dumps({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}], **more}).encode()
    head = RequestHead(method=method, path=path, minor=1, headers=headers)
    return ApiCall(head=head, body=body, settings=MockSettings(), read_ns=1, wall_s=1_700_000_000.0, id="chatcmpl-1")


def answered(one: ApiCall, *faults: str) -> tuple[str, bytes]:
    """Return the head and the body as written."""
    head, *rest = [piece.data for piece in script(one, find_faults(faults)) if isinstance(piece, Send)]
    return head.decode().lower(), b"".join(rest)


@pytest.mark.parametrize("coding", ["gzip", "br, gzip;q=0.5", "GZIP"])
def test_a_document_is_compressed_for_who_takes_gzip(coding: str) -> None:
    head, body = answered(call(coding=coding))
    assert ("content-encoding: gzip" in head, "pong" in gzip.decompress(body).decode()) == (True, True)


@pytest.mark.parametrize("coding", ["", "identity", "br", "gzip;q=0", "gzip; q=0.000", "*"])
def test_a_document_is_sent_as_it_is_to_anybody_else(coding: str) -> None:
    head, body = answered(call(coding=coding))
    assert ("content-encoding" in head, b"pong" in body) == (False, True)


def test_a_stream_is_never_compressed() -> None:
    assert "content-encoding" not in answered(call(coding="gzip", stream=True))[0]


def test_what_is_longer_than_the_context_is_refused_aloud() -> None:
    small = replace(call("word " * 500), settings=MockSettings(context_tokens=400))
    head, body = answered(small)
    assert (head[:12], json.loads(body)["error"]["code"]) == ("http/1.1 400", "context_length_exceeded")


def test_a_long_body_that_fits_the_context_is_answered() -> None:
    assert answered(replace(call("word " * 500), settings=MockSettings(context_tokens=600)))[0][:12] == "http/1.1 200"


def test_the_fifth_like_request_of_a_moment_is_refused_by_a_relay_that_limits() -> None:
    heads = [answered(replace(call(), alike=alike), "rate-limited")[0][9:12] for alike in (1, 4, 5, 9)]
    assert heads == ["200", "200", "429", "429"]


def test_a_stream_without_its_last_chunk_ends_with_the_connection() -> None:
    pieces = list(script(call(stream=True), find_faults(["no-last-chunk"])))
    assert isinstance(pieces[-1], Close)


@pytest.mark.parametrize(
    ("fault", "one"),
    [
        ("dashboard", call()),
        ("get-200", call()),
        ("wrong-length", call()),
        ("gzip-lie", call()),
        ("gzip-unasked", call(coding="gzip")),
        ("gzip-held", call(stream=True)),
        ("no-last-chunk", call()),
        ("context-500", call("", temperature=3)),
        ("canned-error", call("", temperature=3)),
    ],
)
def test_a_fault_leaves_alone_what_it_is_not_about(fault: str, one: ApiCall) -> None:
    assert answered(one, fault)[1] == answered(one)[1]


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"messages": 1}', b'{"messages": ["x"]}' + b" " * 9_000], ids=repr)
def test_a_body_without_long_texts_is_not_cut(body: bytes) -> None:
    cut = broken_honesty.keep_the_end(call(), body)
    assert cut.strip() == body.strip()


def test_counts_that_are_not_there_stay_away() -> None:
    value: JsonObject = {"choices": [], "usage": None}
    assert counting(lambda _, prompt, completion: (prompt, completion))(call(), value) == value

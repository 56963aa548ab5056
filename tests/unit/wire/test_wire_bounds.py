"""An answer is read as long as no bound is exceeded; beyond, it failed as too large, and only its beginning is kept."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from wnmon.model.check import Auth
from wnmon.model.exchange import Chunk, Exchange, FailureKind, Marks, Request, TransportFailure
from wnmon.model.said import Said
from wnmon.wire.bounds import BOUNDS, BRIEF_BYTES, KEPT_BYTES, Bound, beginning, bounded, is_brief

EACH = pytest.mark.parametrize(
    ("bound", "mark"),
    [pytest.param(bound, mark, id=f"{bound.said} {mark!r}") for bound in BOUNDS for mark in bound.marks],
)
SENT = Request(step="s", method="POST", url="http://r/v1", headers=(), body=b"{}", auth=Auth.NORMAL, stream=True)


def answered(*pieces: bytes, failure: FailureKind | None = None) -> Exchange:
    """Return an exchange whose body came in these pieces."""
    return Exchange(
        request=SENT,
        started_at_s=1.0,
        marks=Marks(started_ns=0, end_ns=1),
        status=200,
        chunks=tuple(Chunk(k, piece) for k, piece in enumerate(pieces)),
        wire_bytes=sum(map(len, pieces)),
        failure=TransportFailure(kind=failure, detail="why") if failure else None,
    )


@EACH
def test_as_many_as_the_bound_are_read(bound: Bound, mark: bytes) -> None:
    exchange = answered(mark * bound.most)

    assert bounded(exchange) is exchange


@EACH
def test_one_more_is_too_large_and_says_how_many_there_were(bound: Bound, mark: bytes) -> None:
    failure = bounded(answered(mark * bound.most, mark)).failure

    assert failure == TransportFailure(
        kind=FailureKind.TOO_LARGE, detail=Said(bound.said, n=bound.most + 1, n2=bound.most)
    )


def test_marks_of_one_bound_count_together() -> None:
    (values,) = (bound for bound in BOUNDS if bound.said == "bound_values")
    half = values.most // 2 + 1

    assert bounded(answered(b"[" * half, b"," * half)).failure is not None


def test_of_what_is_too_large_the_beginning_is_kept_with_its_stamps() -> None:
    exchange = bounded(answered(b"a" * (KEPT_BYTES - 1), b"bc", b"\n" * 100_000))

    assert exchange.chunks == (Chunk(0, b"a" * (KEPT_BYTES - 1)), Chunk(1, b"b"))


def test_of_what_was_cut_off_as_too_large_before_no_more_is_kept() -> None:
    exchange = bounded(answered(b"a" * 2 * KEPT_BYTES, failure=FailureKind.TOO_LARGE))

    assert (len(exchange.body), exchange.failure and exchange.failure.detail) == (KEPT_BYTES, "why")


def test_what_came_is_still_told_of_what_is_too_large() -> None:
    assert bounded(answered(b"\n" * 100_000)).wire_bytes == 100_000


def test_what_is_too_large_is_so_also_where_it_was_cut_off() -> None:
    failure = bounded(answered(b"\n" * 100_000, failure=FailureKind.TRUNCATED)).failure

    assert failure is not None
    assert failure.kind is FailureKind.TOO_LARGE


def test_bounding_again_changes_nothing() -> None:
    once = bounded(answered(b"\n" * 100_000))

    assert bounded(once) == once


@pytest.mark.parametrize("size", [0, 1, 3, 4, 9])
def test_a_beginning_has_as_many_bytes_as_asked(size: int) -> None:
    chunks = answered(b"abc", b"", b"def").chunks

    assert b"".join(chunk.data for chunk in beginning(chunks, size)) == b"abcdef"[:size]


def test_a_beginning_has_no_chunk_after_its_last_byte() -> None:
    assert beginning(answered(b"abc", b"def").chunks, 3) == (Chunk(0, b"abc"),)


def test_a_long_honest_stream_is_within_all_bounds() -> None:
    choice = {"index": 0, "delta": {"content": "\u8bcd\n"}, "logprobs": None, "finish_reason": None}
    event = {
        "id": "chatcmpl-eadb8c685a2d4168850c7d826b1aead9",
        "object": "chat.completion.chunk",
        "created": 1795828582,
        "model": "gpt-4o",
        "system_fingerprint": "fp_a2a69af70d",
        "choices": [choice],
        "usage": None,
    }
    exchange = answered(*[b"data: " + json.dumps(event).encode() + b"\r\n\r\n"] * 10_000)

    assert bounded(exchange) is exchange


# --- what is read where it is

BRIEF = b'{"a":' + b'"b",' * 20 + b'"c"}'


def sized(size: int) -> bytes:
    """Return a JSON object of so many bytes."""
    return b'{"a":"' + b"b" * (size - 8) + b'"}'


@pytest.mark.parametrize("body", [BRIEF, b"{}", sized(BRIEF_BYTES), b"{" + b"," * 63 + b"}", b"{" + b'"' * 160 + b"}"])
def test_an_answer_of_few_words_is_brief(body: bytes) -> None:
    assert is_brief(answered(body[:2], body[2:]))


@pytest.mark.parametrize(
    "body",
    [
        sized(BRIEF_BYTES + 1),
        b"{" + b"," * 64 + b"}",
        b"{" + b'"' * 161 + b"}",
        b"{" + b"\n" * 65 + b"}",
        b"{" + b"\\" * 17 + b"}",
        b"[]",
        b"data: {}",
        b'{"error":null}',
        b"",
    ],
)
def test_an_answer_that_may_take_long_is_not_brief(body: bytes) -> None:
    assert not is_brief(answered(body))


def test_an_answer_in_many_pieces_is_not_brief() -> None:
    assert not is_brief(answered(b"{", b'"a":1', b"}"))


def test_a_refusal_is_not_brief() -> None:
    assert not is_brief(replace(answered(BRIEF), status=400))


def test_an_answer_that_broke_off_is_not_brief() -> None:
    assert not is_brief(answered(BRIEF, failure=FailureKind.TRUNCATED))

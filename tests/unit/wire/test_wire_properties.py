"""What holds for every input: the cuts of the network mean nothing, and nothing a relay sends raises."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_samples import COMPLETION, DONE, MS, ROLE, STOP, USAGE, data, exchange, frame, text

from wnmon.model.exchange import Chunk, Exchange, FailureKind, Marks, TransportFailure
from wnmon.model.result import Reason
from wnmon.wire.answer import read_answer
from wnmon.wire.cost import worst_case_tokens
from wnmon.wire.document import read_document
from wnmon.wire.request import read_request
from wnmon.wire.sse import parse

QUICK = settings(max_examples=80, deadline=None)

RECORDED = {
    "plain": ROLE + text("po") + text("ng") + STOP + USAGE + DONE,
    "crlf": (ROLE + text("po\u2028ng") + STOP + DONE).replace("\n", "\r\n"),
    "cr": (ROLE + text("你好👨‍👩‍👧") + STOP + DONE).replace("\n", "\r"),
    "odd": "\ufeff: ping\n\nid: 1\nretry: x\n" + text("a") + 'error: {"code":500}\n\n' + frame({"reasoning": "h"}),
    "cut": ROLE + text("a") + data({"error": {"message": "余额不足"}}) + "data: {",
}


def everything(sent: Exchange) -> tuple[object, ...]:
    answer = read_answer(sent)
    return parse(sent.chunks), answer.reply, answer.timing, answer.fault


def pieces(chunks: Sequence[Chunk], cuts: Sequence[int]) -> tuple[Chunk, ...]:
    """Cut chunks at these offsets of the body; each piece keeps the stamp its bytes came with."""
    out: list[Chunk] = []
    start = 0
    for chunk in chunks:
        inside = sorted({cut - start for cut in cuts if 0 <= cut - start <= len(chunk.data)} | {0, len(chunk.data)})
        out += [Chunk(chunk.at_ns, chunk.data[a:b]) for a, b in zip(inside, [*inside[1:], inside[-1]], strict=True)]
        start += len(chunk.data)
    return tuple(out)


def recorded(name: str) -> Exchange:
    """A recorded stream that came in chunks of 37 bytes, one each millisecond."""
    body = RECORDED[name].encode()
    chunks = [Chunk((200 + i) * MS, body[i * 37 : (i + 1) * 37]) for i in range(len(body) // 37 + 1)]
    return exchange(chunks, media="text/event-stream")


@QUICK
@given(name=st.sampled_from(list(RECORDED)), cuts=st.lists(st.integers(0, 700), max_size=40))
def test_any_cut_of_a_stream_gives_the_same_events_reply_and_timing(name: str, cuts: list[int]) -> None:
    sent = recorded(name)
    cut = replace(sent, chunks=pieces(sent.chunks, cuts))

    assert everything(cut) == everything(sent)


@pytest.mark.parametrize("name", list(RECORDED))
def test_single_bytes_give_the_same_events_reply_and_timing(name: str) -> None:
    sent = recorded(name)
    cut = replace(sent, chunks=pieces(sent.chunks, range(2_000)))

    assert everything(cut) == everything(sent)


@pytest.mark.parametrize("name", list(RECORDED))
def test_one_chunk_gives_the_same_events_but_for_their_stamps(name: str) -> None:
    sent = recorded(name)
    whole = parse([Chunk(5, sent.body)])

    assert whole.events == tuple(replace(event, at_ns=5) for event in parse(sent.chunks).events)


def test_no_cut_of_a_stream_before_its_finish_passes_as_an_answer() -> None:
    body = RECORDED["plain"].encode()
    finish = body.index(b'"stop"') + len(b'"stop"')
    cuts = [exchange(body[:length], media="text/event-stream") for length in range(finish)]

    assert all(read_answer(sent).fault is not None for sent in cuts)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8) | st.sampled_from(["stop", "text", "error", "[DONE]", "assistant"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.text(max_size=3)
        | st.sampled_from([
            "choices", "delta", "message", "content", "usage", "error", "index", "finish_reason", "tool_calls",
            "function", "name", "arguments", "id", "model", "created", "detail", "code", "type", "completion_tokens",
        ]),
        inner, max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip
statuses = st.none() | st.integers(100, 999)
medias = st.none() | st.sampled_from(["text/event-stream", "application/json", "text/html"]) | st.text(max_size=12)
failures = st.none() | st.builds(TransportFailure, kind=st.sampled_from(FailureKind), detail=st.text(max_size=300))
instants = st.none() | st.integers(0, 2**62)
marks = st.builds(
    Marks, started_ns=st.integers(0, 2**62), sent_ns=instants, headers_ns=instants, resolve_ns=instants,
    resolved_ns=instants, end_ns=st.integers(0, 2**62),
)  # fmt: skip
headers = st.lists(
    st.tuples(st.sampled_from(["Retry-After", "retry-after-ms", "X", "cf-mitigated"]), st.text(max_size=30)), max_size=3
).map(tuple)
answers = st.builds(
    exchange,
    body=st.lists(st.builds(Chunk, st.integers(0, 2**62), st.binary(max_size=60)), max_size=6),
    status=statuses, media=medias, headers=headers, failure=failures, marks=marks, late_ns=st.integers(0, 2**40),
)  # fmt: skip


@QUICK
@given(sent=answers)
def test_arbitrary_bytes_raise_nothing(sent: Exchange) -> None:
    assert everything(sent)


@QUICK
@given(sent=answers, body=json_values)
def test_arbitrary_json_raises_nothing(sent: Exchange, body: Any) -> None:
    encoded = json.dumps(body, ensure_ascii=True).encode()

    assert everything(replace(sent, chunks=(Chunk(1, encoded),)))


@QUICK
@given(values=st.lists(json_values, max_size=5), event=st.sampled_from(["", "event: error\n", "error: {}\n"]))
def test_arbitrary_json_in_frames_raises_nothing(values: list[Any], event: str) -> None:
    body = "".join(event + data(value) for value in values).encode(errors="backslashreplace")

    assert everything(exchange(body, media="text/event-stream"))


@QUICK
@given(
    place=st.sampled_from(["id", "object", "created", "model", "choices", "usage", "system_fingerprint", "error"]),
    value=json_values,
    streamed=st.booleans(),
)
def test_arbitrary_value_in_any_place_raises_nothing(place: str, value: Any, streamed: bool) -> None:
    body = json.dumps(COMPLETION | {place: value})

    assert everything(exchange((f"data: {body}\n\n" if streamed else body).encode(), media=None))


@QUICK
@given(
    name=st.sampled_from(list(RECORDED)),
    edits=st.lists(st.tuples(st.integers(0, 700), st.binary(max_size=3)), max_size=6),
)
def test_mutated_streams_raise_nothing(name: str, edits: list[tuple[int, bytes]]) -> None:
    body = bytearray(RECORDED[name].encode())
    for at, new in edits:
        body[at : at + len(new)] = new

    assert everything(exchange(bytes(body), media="text/event-stream"))


@QUICK
@given(sent=answers)
def test_no_duration_is_negative(sent: Exchange) -> None:
    timing = read_answer(sent).timing

    assert all(value is None or value >= 0 for value in (timing.total_s, timing.dns_s, timing.ttft_s, timing.max_gap_s))


def one_short_line(message: str) -> bool:
    return len(message) <= 200 and not {unicodedata.category(char) for char in message} & {"Cc", "Zl", "Zp", "Cs"}


@QUICK
@given(sent=answers)
def test_every_fault_is_one_short_line_with_a_reason(sent: Exchange) -> None:
    found = read_answer(sent).fault

    assert found is None or (one_short_line(str(found.message)) and found.reason is not Reason.OK)


@QUICK
@given(body=st.binary(max_size=80) | json_values.map(lambda value: json.dumps(value).encode()))
def test_no_request_body_raises_or_costs_less_than_nothing(body: bytes) -> None:
    assert min(worst_case_tokens(body, read_request(body))) >= 0


def strict(text_: str) -> bool:
    """The standard library with duplicate names, constants and the rest refused: the second opinion."""

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise ValueError
        return dict(pairs)

    def constant(_: str) -> None:
        raise ValueError

    try:
        json.loads(text_, object_pairs_hook=members, parse_constant=constant)
    except ValueError:
        return False
    return True


json_like = st.text(alphabet='{}[]:,"\\u0019.eE+-truefalsn \n\tNIy', max_size=14) | st.builds(
    lambda value, at, new: json.dumps(value)[:at] + new + json.dumps(value)[at:],
    json_values, st.integers(0, 40), st.text(alphabet='{}[]:,"\\ 01a', max_size=2),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(body=json_like)
def test_a_problem_is_found_exactly_when_the_text_is_not_strict_json(body: str) -> None:
    assert (read_document(body.encode()).problem is None) is strict(body)


@QUICK
@given(value=json_values)
def test_every_good_document_reads_to_its_value(value: Any) -> None:
    document = read_document(json.dumps(value).encode())

    assert document.value == json.loads(json.dumps(value))

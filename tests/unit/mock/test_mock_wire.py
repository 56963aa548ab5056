"""Faults and personas of a stream, each seen at the bytes it is about, and the signs of life of a slow relay."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from wnmon.mock.chat import Chat
from wnmon.mock.fault import ApiCall
from wnmon.mock.faults import FAULTS, find_faults
from wnmon.mock.http import RequestHead
from wnmon.mock.pieces import Send, Wait
from wnmon.mock.script import script
from wnmon.mock.settings import MockSettings
from wnmon.mock.stream import SentEvent, keep_alive

SETTINGS = MockSettings(ttft_s=0.0, gap_s=0.0)
SAY = [{"role": "user", "content": "Reply with the single word: pong"}]


def call(settings: MockSettings = SETTINGS, **members: Any) -> ApiCall:
    headers = {"host": "x", "content-type": "application/json", "authorization": "Bearer sk-0123456789abcdef"}
    body = json.dumps({"model": "gpt-4o-mini", "messages": SAY, "stream": True, **members}).encode()
    head = RequestHead(method="POST", path="/v1/chat/completions", minor=0, headers=headers)
    return ApiCall(head=head, body=body, settings=settings, read_ns=1, wall_s=1_700_000_000.0, id="chatcmpl-1")


def said(fault: str, asked: ApiCall | None = None) -> tuple[bytes, bytes]:
    """Return head and body; HTTP/1.0 keeps them free of chunks."""
    head, *body = [p.data for p in script(asked or call(), find_faults([fault])) if isinstance(p, Send)]
    return head, b"".join(body)


def chunks(fault: str, **members: Any) -> list[Any]:
    lines = said(fault, call(**members))[1].decode().split("\n")
    return [json.loads(line[6:]) for line in lines if line.startswith("data: {")]


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ("glued-done", b'"finish_reason":"stop"}]}[DONE]\n\n'),
        ("double-done", b"data: [DONE]\n\ndata: [DONE]\n\n"),
        ("comment-as-data", b"data: : keep-alive\n\n"),
        ("latin1-comment", b": caf\xe9\n\n"),
        ("bom", b"\xef\xbb\xbfdata: {"),
        ("error-field", b'\n\nerror: {"code":500'),
        ("two-on-a-line", b"}data: {"),
        ("retry", b"id: 1\nretry: 3000\n\nid: 1\ndata: {"),
        ("padded", b'"obfuscation":'),
        ("null-content", b'"delta":{"content":null,"refusal":null,"tool_calls":null,'),
        ("role-with-text", b'{"content":"pong","role":"assistant"}'),
    ],
)
def test_a_fault_shows_in_the_bytes(fault: str, seen: bytes) -> None:
    assert seen in said(fault)[1]


@pytest.mark.parametrize("fault", ["glued-done", "error-field", "laundered-timeout", "truncated-stream", "no-done"])
def test_no_fault_of_the_end_begins_otherwise(fault: str) -> None:
    assert said(fault)[1].startswith(b'data: {"id":"chatcmpl-1"')


def test_an_open_end_is_one_line_end() -> None:
    assert said("open-end")[1].endswith(b"}\n\ndata: [DONE]\n")


def test_unseparated_events_have_no_blank_line() -> None:
    assert b"\n\n" not in said("unseparated-events")[1]


def test_a_bare_cr_is_the_only_line_end() -> None:
    assert b"\n" not in said("cr")[1]


def test_a_laundered_timeout_has_usage_where_it_was_asked_for() -> None:
    parts = chunks("laundered-timeout", stream_options={"include_usage": True})

    assert [choice["finish_reason"] for part in parts for choice in part["choices"]] == [None, None]
    assert parts[-1]["usage"]["completion_tokens"] == 1


def test_usage_so_far_grows() -> None:
    assert [part["usage"]["completion_tokens"] for part in chunks("usage-so-far")] == [0, 1, 1]


def test_usage_unasked_is_left_alone_where_it_was_asked_for() -> None:
    right, wrong = (said(name, call(stream_options={"include_usage": True})) for name in ("usage-unasked", "crlf"))

    assert right[1] == wrong[1].replace(b"\r\n", b"\n")


def test_held_back_events_come_with_the_next_one() -> None:
    slow = call(MockSettings(ttft_s=0.2, gap_s=0.1, tokens=2))
    pieces = list(script(slow, find_faults(["held-back"])))

    assert isinstance(pieces[1], Wait)
    assert pieces[1].until_s == pytest.approx(0.2)  # the role, which the right relay sends at once


def test_every_choice_says_its_role_beside_its_text() -> None:
    choices = [part["choices"][0] for part in chunks("role-with-text", n=2)]

    assert [(c["index"], c["delta"]["content"]) for c in choices if "role" in c["delta"]] == [(0, "pong"), (1, "pong")]


def test_a_torn_body_is_the_same_body() -> None:
    asked = call(messages=[{"role": "user", "content": "Reply with only: 你好，世界"}])
    right = b"".join([p.data for p in script(asked, ()) if isinstance(p, Send)][1:])

    assert said("torn", asked)[1] == right


@pytest.mark.parametrize("fault", ["refusable-stream", "refused-as-stream"])
def test_an_invalid_request_for_a_stream_gets_one(fault: str) -> None:
    head, body = said(fault, call(messages=[]))

    assert (b"text/event-stream" in head, body.startswith(b"data: {")) == (True, True)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"stream": false}'], ids=repr)
@pytest.mark.parametrize("fault", ["refusable-stream", "refused-as-stream"])
def test_an_invalid_request_for_no_stream_is_refused_as_ever(fault: str, body: bytes) -> None:
    head, _ = said(fault, replace(call(), body=body))

    assert (head.split(b"\r\n")[0][:12], b"application/json" in head) == (b"HTTP/1.1 400", True)


@pytest.mark.parametrize(("left", "status"), [(False, b"HTTP/1.1 200"), (True, b"HTTP/1.1 500")])
def test_a_busy_relay_refuses_only_after_a_hang_up(left: bool, status: bytes) -> None:
    head, _ = said("busy-after-hang-up", replace(call(), after_hang_up=left))

    assert head.startswith(status)


def test_a_fault_of_usage_needs_no_chat() -> None:
    usage = FAULTS["usage-unasked"].events
    assert usage is not None

    assert list(usage(call(), iter([SentEvent(data="[DONE]")]))) == [SentEvent(data="[DONE]")]


def test_a_chat_without_text_costs_its_frame() -> None:
    asked = replace(call(), chat=Chat(model="m", messages=(), stream=True))
    usage = FAULTS["usage-unasked"].events
    assert usage is not None

    first = next(usage(asked, iter([SentEvent(data="[DONE]")])))

    assert first.chunk is not None
    assert first.chunk["choices"] == []


# --- signs of life


def test_a_comment_comes_in_each_span_of_silence() -> None:
    events = list(keep_alive(iter([SentEvent(data="a"), SentEvent(data="b", at_s=35.0)]), 15.0))

    assert [(event.raw is None, event.at_s) for event in events] == [(True, None), (False, 15), (False, 30), (True, 35)]


def test_no_comment_comes_between_quick_events() -> None:
    events = [SentEvent(data=str(second), at_s=second * 10.0) for second in range(5)]

    assert list(keep_alive(iter(events), 15.0)) == events


def test_a_slow_relay_shows_signs_of_life() -> None:
    slow = call(MockSettings(ttft_s=1.0, keep_alive_s=0.3))

    assert said("torn", slow)[1].count(b": keep-alive\n\n") == 3


def test_a_silent_relay_shows_none_and_takes_its_time() -> None:
    slow = call(MockSettings(ttft_s=1.0, keep_alive_s=0.3))
    pieces = list(script(slow, find_faults(["silent-thinking"])))
    waits = [piece.until_s for piece in pieces if isinstance(piece, Wait)]

    assert waits[0] == pytest.approx(2.26)
    assert not any(b"keep-alive\n\n" in piece.data for piece in pieces if isinstance(piece, Send))

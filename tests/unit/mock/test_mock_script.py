"""What one call comes to on the wire, faults included. No socket, no loop, no clock."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

import pytest

from wnmon.errors import UsageError
from wnmon.mock.fault import ApiCall, FaultKind
from wnmon.mock.faults import FAULTS, find_faults
from wnmon.mock.http import RequestHead
from wnmon.mock.pieces import Close, Pause, Piece, Reset, Send, Silence, Wait
from wnmon.mock.script import script
from wnmon.mock.settings import MockSettings
from wnmon.mock.stream import stamp
from wnmon.model.said import Said, in_language

KEY = "sk-0123456789abcdef"
COUNT = [{"role": "user", "content": "Count from 1 to 10"}]


def call(settings: MockSettings = MockSettings(), **members: Any) -> ApiCall:  # noqa: B008 - frozen
    """Return a right call; `members` go into its body."""
    headers = {"host": "x", "content-type": "application/json", "authorization": f"Bearer {KEY}"}
    body = json.dumps({"model": "gpt-4o-mini", "messages": COUNT, **members}).encode()
    head = RequestHead(method="POST", path="/v1/chat/completions", minor=1, headers=headers)
    return ApiCall(head=head, body=body, settings=settings, read_ns=1, wall_s=1_700_000_000.0, id="chatcmpl-1")


def pieces(*faults: str, settings: MockSettings = MockSettings(), **members: Any) -> list[Piece]:  # noqa: B008
    return list(islice(script(call(settings, **members), find_faults(faults)), 1000))


def sent(*faults: str, **members: Any) -> tuple[str, bytes]:
    """Return the head and the body as written, chunks undone."""
    head, *rest = [piece.data for piece in pieces(*faults, **members) if isinstance(piece, Send)]
    if b"Transfer-Encoding" in head:
        rest = [data.split(b"\r\n", 1)[1][:-2] for data in rest]
    return head.decode(), b"".join(rest)


def document(*faults: str, **members: Any) -> Any:
    return json.loads(sent(*faults, **members)[1])


def data_lines(*faults: str, **members: Any) -> list[str]:
    body = sent(*faults, stream=True, **members)[1].decode()
    return [line.removeprefix("data:").strip() for line in body.splitlines() if line.startswith("data:")]


def chunks(*faults: str, **members: Any) -> list[Any]:
    return [json.loads(line) for line in data_lines(*faults, **members) if line != "[DONE]"]


def content(parts: list[Any]) -> str:
    return "".join(choice["delta"].get("content") or "" for part in parts for choice in part["choices"])


# The right relay.


def test_stream_and_document_say_the_same() -> None:
    assert content(chunks()) == document()["choices"][0]["message"]["content"]


def test_stream_and_document_cost_the_same() -> None:
    assert chunks(stream_options={"include_usage": True})[-1]["usage"] == document()["usage"]


def test_the_first_chunk_has_the_role_and_no_token() -> None:
    assert chunks()[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}


def test_include_usage_makes_usage_null_on_all_chunks_but_the_last() -> None:
    usages = [chunk["usage"] for chunk in chunks(stream_options={"include_usage": True})]

    assert usages[:-1] == [None] * (len(usages) - 1)


def test_the_usage_chunk_has_no_choices() -> None:
    assert chunks(stream_options={"include_usage": True})[-1]["choices"] == []


def test_without_include_usage_no_chunk_speaks_of_usage() -> None:
    assert not any("usage" in chunk for chunk in chunks())


def test_the_sentinel_is_the_last_and_the_only_one() -> None:
    lines = data_lines()

    assert (lines.count("[DONE]"), lines[-1]) == (1, "[DONE]")


def test_every_choice_of_a_stream_finishes_once() -> None:
    finished = [c["index"] for part in chunks(n=3) for c in part["choices"] if c["finish_reason"]]

    assert sorted(finished) == [0, 1, 2]


def test_an_answer_stopped_at_once_still_finishes() -> None:
    assert chunks(stop="1")[-1]["choices"][0]["finish_reason"] == "stop"


def test_tokens_are_due_at_absolute_instants() -> None:
    settings = MockSettings(ttft_s=0.2, gap_s=0.03, tokens=4)
    waits = [piece.until_s for piece in pieces(settings=settings, stream=True) if isinstance(piece, Wait)]

    assert sorted(set(waits)) == pytest.approx([settings.token_s(place) for place in range(4)])


def test_a_gap_is_as_long_as_scripted_on_the_average() -> None:
    settings = MockSettings(ttft_s=0.2, gap_s=0.03)

    assert (settings.token_s(0), settings.token_s(16)) == pytest.approx((0.2, 0.2 + 16 * 0.03))


def test_the_relay_speaks_by_no_clock() -> None:
    settings = MockSettings(ttft_s=0.2, gap_s=0.03)
    gaps = [settings.token_s(place + 1) - settings.token_s(place) for place in range(40)]

    assert 0.015 < min(gaps) < 0.02 < 0.04 < max(gaps) < 0.05


def test_a_document_comes_when_its_last_token_would() -> None:
    settings = MockSettings(ttft_s=0.2, gap_s=0.1, tokens=3)

    first = pieces(settings=settings)[0]
    assert isinstance(first, Wait)
    assert first.until_s == pytest.approx(settings.token_s(2))


def test_content_length_is_the_length() -> None:
    head, body = sent()

    assert f"Content-Length: {len(body)}\r\n" in head


def test_stamps_do_not_change_the_length_of_a_frame() -> None:
    frame = [p.data for p in pieces(settings=MockSettings(stamps=True), stream=True) if isinstance(p, Send)][1]

    assert len(stamp(frame, 2**63 - 1)) == len(frame)


def test_a_stamped_frame_is_json_with_the_instant() -> None:
    frame = [p.data for p in pieces(settings=MockSettings(stamps=True), stream=True) if isinstance(p, Send)][1]
    chunk = json.loads(stamp(frame, 1234).split(b"data: ")[1])

    assert (chunk["x_wnmon_sent_ns"], chunk["x_wnmon_read_ns"]) == (1234, 1)


def test_a_stamp_quoted_in_the_content_is_left_alone() -> None:
    quoted = [{"role": "user", "content": 'Reply with only: "x_wnmon_sent_ns":                    0'}]
    frame = next(p.data for p in pieces(messages=quoted) if isinstance(p, Send) and b"choices" in p.data)

    assert stamp(frame, 1234) == frame


# Faults, in the order of the catalogue.


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_described_in_one_line(name: str) -> None:
    assert 10 <= len(FAULTS[name].says) <= 100
    assert "\n" not in FAULTS[name].says


def proves_no_rule(name: str) -> bool:
    """Tell whether no rule complains of a fault; of the others the matrix shows that they change something."""
    return FAULTS[name].kind is FaultKind.FAULT and not FAULTS[name].kills


@pytest.mark.parametrize("name", [name for name in FAULTS if proves_no_rule(name)])
def test_every_fault_changes_what_is_sent(name: str) -> None:
    right = [pieces(), pieces(stream=True, stream_options={"include_usage": True})]

    assert [pieces(name), pieces(name, stream=True, stream_options={"include_usage": True})] != right


@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if fault.kind is FaultKind.PERSONA])
def test_a_persona_says_the_same_words(name: str) -> None:
    assert content(chunks(name, stream_options={"include_usage": True})) == content(chunks())


def test_an_unknown_fault_is_an_error_with_a_suggestion() -> None:
    with pytest.raises(UsageError) as caught:
        find_faults(["no-don"])

    assert caught.value.hint == Said("did_you_mean", text="no-done")


def test_an_unknown_fault_is_told_in_the_language_of_its_reader() -> None:
    with pytest.raises(UsageError) as caught:
        find_faults(["{n}"])

    told = [in_language(text, "zh") for text in (caught.value.message, caught.value.hint or "")]
    assert told == ['没有名为 "{n}" 的故障', "见 wnmon mock --list"]


def test_no_fingerprint_drops_the_member() -> None:
    assert "system_fingerprint" not in document("no-fingerprint")


def test_null_fingerprint_keeps_the_member() -> None:
    assert document("null-fingerprint")["system_fingerprint"] is None


def test_no_usage_drops_the_member() -> None:
    assert "usage" not in document("no-usage")


def test_no_usage_drops_the_usage_chunk() -> None:
    assert all(chunk["choices"] for chunk in chunks("no-usage", stream_options={"include_usage": True}))


def test_bad_json_announces_its_true_length() -> None:
    head, body = sent("bad-json")

    assert f"Content-Length: {len(body)}\r\n" in head


@pytest.mark.parametrize("broken", [lambda: document("bad-json"), lambda: chunks("bad-json")])
def test_bad_json_cannot_be_parsed(broken: Any) -> None:
    with pytest.raises(json.JSONDecodeError):
        broken()


@pytest.mark.parametrize(
    ("name", "start", "part"),
    [
        ("html-200", "HTTP/1.1 200 OK", b"<html"),
        ("error-in-200", "HTTP/1.1 200 OK", b'{"error":{"message":'),
        ("500", "HTTP/1.1 500 Internal", b'"server_error"'),
        ("401", "HTTP/1.1 401 Unauth", b'"invalid_token"'),
        ("balance", "HTTP/1.1 403 Forb", b'"insufficient_user_quota"'),
        ("model-unavailable", "HTTP/1.1 503 Serv", "无可用渠道".encode()),
        ("429", "HTTP/1.1 429 Too", b'"rate_limit_exceeded"'),
        ("429-empty", "HTTP/1.1 429 Too", b""),
        ("html-524", "HTTP/1.1 524 ", b"Error code 524"),
        ("empty-200", "HTTP/1.1 200 OK", b""),
        ("redirect", "HTTP/1.1 302 Found", b""),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_whole_other_answer(name: str, start: str, part: bytes, stream: bool) -> None:
    head, body = sent(name, stream=stream)

    assert head.startswith(start)
    assert part in body


def test_429_says_when_to_come_back() -> None:
    assert "Retry-After: 2\r\n" in sent("429")[0]


def test_429_empty_says_nothing() -> None:
    head, body = sent("429-empty")

    assert ("Retry-After" in head, body) == (False, b"")


def test_no_done_keeps_the_finish() -> None:
    lines = data_lines("no-done")

    assert json.loads(lines[-1])["choices"][0]["finish_reason"] == "stop"


def test_truncated_stream_has_neither_finish_nor_sentinel_but_ends_its_body() -> None:
    wire = pieces("truncated-stream", stream=True)

    assert wire[-1] == Send(b"0\r\n\r\n")
    assert not any(b"[DONE]" in p.data or b'"stop"' in p.data for p in wire if isinstance(p, Send))


def test_truncated_stream_hides_the_finish_of_a_short_answer_too() -> None:
    parts = chunks("truncated-stream", messages=[{"role": "user", "content": "Reply with only: pong"}])

    assert [choice["finish_reason"] for part in parts for choice in part["choices"]] == [None, None]


def test_stream_error_comes_after_tokens_and_before_the_sentinel() -> None:
    lines = data_lines("stream-error")

    assert "error" in json.loads(lines[-2])
    assert lines[-1] == "[DONE]"


def test_wrong_total_is_no_sum() -> None:
    usage = document("wrong-total")["usage"]

    assert usage["total_tokens"] != usage["prompt_tokens"] + usage["completion_tokens"]


def test_model_swap_names_another_model() -> None:
    assert document("model-swap")["model"] != "gpt-4o-mini"


def test_buffered_stream_has_one_instant() -> None:
    waits = {piece.until_s for piece in pieces("buffered-stream", stream=True) if isinstance(piece, Wait)}

    assert len(waits) == 1


def test_buffering_an_endless_stream_ends() -> None:
    assert pieces("endless-stream", "buffered-stream", stream=True)


def test_same_id_is_the_same() -> None:
    assert document("same-id")["id"] == chunks("same-id")[0]["id"]


def test_cookie_is_set() -> None:
    assert "Set-Cookie: " in sent("cookie")[0]


def test_echo_key_reaches_content_and_headers() -> None:
    head, body = sent("echo-key")

    assert KEY in head
    assert KEY.encode() in body


def test_echo_key_reaches_error_texts() -> None:
    assert KEY in document("echo-key", "500")["error"]["message"]


def test_echo_key_split_has_the_key_only_across_deltas() -> None:
    body = sent("echo-key-split", stream=True)[1]

    assert KEY.encode() not in body
    assert KEY in content(chunks("echo-key-split"))


def test_stall_sends_half_and_then_keeps_silent() -> None:
    whole = sent()[1]

    *_, half, end = pieces("stall")
    assert (half, end) == (Send(whole[: len(whole) // 2]), Silence())


def test_stall_of_a_stream_keeps_the_body_open() -> None:
    wire = pieces("stall", stream=True)

    assert Silence() in wire
    assert not any(isinstance(piece, Send) and b"[DONE]" in piece.data for piece in wire)


def test_stall_of_an_endless_stream_stalls() -> None:
    assert Silence() in list(islice(script(call(stream=True), find_faults(["endless-stream", "stall"])), 20_000))


def test_reset_lets_the_half_be_read_first() -> None:
    *_, pause, end = pieces("reset")

    assert isinstance(pause, Pause)
    assert end == Reset()


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("slow-headers", [Silence()]),
        ("close-at-once", [Close()]),
    ],
)
def test_a_script_without_any_byte(name: str, wire: list[Piece]) -> None:
    assert pieces(name) == wire


def test_not_http_does_not_begin_like_http() -> None:
    first = pieces("not-http")[0]

    assert isinstance(first, Send)
    assert not first.data.startswith(b"HTTP/")


def test_endless_headers_never_reach_the_blank_line() -> None:
    assert not any(b"\r\n\r\n" in piece.data for piece in pieces("endless-headers") if isinstance(piece, Send))


def test_azure_begins_without_choices() -> None:
    assert chunks("azure")[0]["choices"] == []


def test_openrouter_comments_stand_between_events() -> None:
    assert b": OPENROUTER PROCESSING\n\n" in sent("openrouter-comments", stream=True)[1]


def test_crlf_ends_every_line() -> None:
    body = sent("crlf", stream=True)[1]

    assert body.count(b"\n") == body.count(b"\r\n")


def test_no_space_follows_the_colon() -> None:
    assert b"data: " not in sent("no-space", stream=True)[1]


def test_reasoning_comes_before_content() -> None:
    deltas = [part["choices"][0]["delta"] for part in chunks("reasoning")]

    assert [delta["reasoning_content"] for delta in deltas[1:4]] == ["Let me", " think", " briefly."]


def test_finish_usage_puts_both_on_the_last_chunk() -> None:
    last = chunks("finish-usage", stream_options={"include_usage": True})[-1]

    assert last["choices"][0]["finish_reason"] == "stop"
    assert last["usage"]["total_tokens"] > 0

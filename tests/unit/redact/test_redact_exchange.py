"""Redacting an exchange: no 8 bytes of a secret survive anywhere in it, joined or not; timing and shape stay."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wnmon.model.check import Auth
from wnmon.model.exchange import (
    Certificate,
    Chunk,
    Exchange,
    FailureKind,
    Marks,
    Request,
    Tls,
    TransportFailure,
)
from wnmon.model.placeholders import is_placeholder
from wnmon.model.said import Said
from wnmon.model.target import Secret
from wnmon.redact.exchange import KEPT_OUT, MAX_SUBJECT_CHARS, redact_exchange
from wnmon.redact.redactor import Redactor

# Each half is too short to be found by itself.
KEY = "sk-Ab3dEf6hIj9"
MARK = "[redacted:api_key]"
REDACTOR = Redactor([Secret(KEY, "api_key")])
HALF = len(KEY) // 2


def leaks(text: str, secret: str = KEY) -> bool:
    """Tell whether 8 bytes of the secret stand in the text."""
    return any(secret[i : i + 8] in text for i in range(len(secret) - 7))


def exchange(*pieces: bytes, **changes: Any) -> Exchange:
    """Make an exchange whose chunks arrive 1 ms apart."""
    request = Request(
        step="ask", method="POST", url="http://127.0.0.1/v1", headers=(), body=b"{}", auth=Auth.NORMAL, stream=True
    )
    chunks = tuple(Chunk(1_000_000 * k, data) for k, data in enumerate(pieces, start=1))
    whole = Exchange(
        request=request,
        started_at_s=1.0,
        marks=Marks(started_ns=0, end_ns=9),
        status=200,
        headers=(("content-type", "text/event-stream"),),
        chunks=chunks,
    )
    return replace(whole, **changes)


def chunk_json(delta: object, index: int | None = 0) -> str:
    """Write one completion chunk."""
    choice = {"delta": delta} if index is None else {"index": index, "delta": delta}
    return json.dumps({"id": "c1", "object": "chat.completion.chunk", "choices": [choice]})


def event(delta: object, index: int | None = 0) -> bytes:
    """Write one event with one delta."""
    return f"data: {chunk_json(delta, index)}\n\n".encode()


def contents(pieces: Iterable[str]) -> list[bytes]:
    """Write one event for each piece of content."""
    return [event({"content": piece}) for piece in pieces]


def payloads(result: Exchange) -> list[Any]:
    """Read the data of each event the simple way."""
    lines = result.body.replace(b"\r\n", b"\n").split(b"\n")
    return [json.loads(line[5:]) for line in lines if line.startswith(b"data:") and b"DONE" not in line]


def joined(result: Exchange, *path: str | int) -> str:
    """Join what stands at a path under the delta of the first choice of each event."""
    text = ""
    for payload in payloads(result):
        value = payload["choices"][0]["delta"]
        for key in path:
            value = value.get(key) if isinstance(value, dict) else value[key] if value else None
        text += value or ""
    return text


def redact(*pieces: bytes, **changes: Any) -> Exchange:
    """Redact an exchange of these chunks."""
    return redact_exchange(exchange(*pieces, **changes), REDACTOR)


# One place after another.


def test_an_exchange_without_a_secret_is_the_same_object() -> None:
    whole = exchange(*contents(["one ", "two"]), b"data: [DONE]\n\n")

    assert redact_exchange(whole, REDACTOR) is whole


def test_without_secrets_the_exchange_is_the_same_object() -> None:
    whole = exchange(KEY.encode())

    assert redact_exchange(whole, Redactor([])) is whole


def test_header_values_are_redacted() -> None:
    assert redact(headers=(("x-echo", KEY),)).headers == (("x-echo", MARK),)


@pytest.mark.parametrize("name", ["Set-Cookie", "x-relay-auth", "X-API-KEY"])
def test_no_value_is_left_of_a_header_of_an_answer_that_speaks_of_a_credential(name: str) -> None:
    assert redact(headers=((name, "id=abc"), ("date", "now"))).headers == ((name, KEPT_OUT), ("date", "now"))


def test_no_value_is_left_of_a_header_of_a_request_that_speaks_of_a_credential() -> None:
    request = replace(exchange().request, headers=(("X-Relay-Auth", "short"), ("Accept", "*/*")))

    assert redact(request=request).request.headers == (("X-Relay-Auth", KEPT_OUT), ("Accept", "*/*"))


def test_a_header_that_counts_tokens_keeps_its_value() -> None:
    headers = (("x-ratelimit-remaining-tokens", "149984"),)

    assert redact(headers=headers).headers == headers


def test_redacting_headers_twice_changes_nothing_more() -> None:
    once = redact(headers=((KEY, "1"), ("Set-Cookie", "id=abc")))

    assert redact_exchange(once, REDACTOR) is once


def test_header_names_are_redacted() -> None:
    assert redact(headers=((KEY, "1"),)).headers == ((MARK, "1"),)


def test_a_secret_across_header_name_and_value_is_redacted() -> None:
    whole = exchange(headers=(("abcdef", "ghijkl"),))

    assert redact_exchange(whole, Redactor([Secret("abcdef: ghijkl", "p")])).headers == (
        ("[redacted:p]", "[redacted:p]"),
    )


def test_a_secret_split_over_values_of_one_header_is_redacted() -> None:
    headers = (("x-a", KEY[:7]), ("x-b", "0"), ("X-A", KEY[7:14]))

    assert [value for _, value in redact(headers=headers).headers] == [MARK, "0", MARK]


def test_an_empty_value_between_hides_nothing() -> None:
    headers = (("x-a", KEY[:7]), ("x-a", ""), ("x-a", KEY[7:14]))

    assert [value for _, value in redact(headers=headers).headers] == [MARK, "", MARK]


def test_the_request_is_redacted() -> None:
    request = replace(exchange().request, url=f"http://h/{KEY}", headers=(("k", KEY),), body=KEY.encode())
    result = redact(request=request).request

    assert (result.url, result.headers, result.body) == (f"http://h/{MARK}", (("k", MARK),), MARK.encode())


def test_the_failure_detail_is_redacted() -> None:
    failure = TransportFailure(kind=FailureKind.CONNECT, detail=f"proxy {KEY}")

    assert redact(failure=failure).failure == replace(failure, detail=f"proxy {MARK}")


def test_the_failure_detail_is_cut_only_once_it_holds_no_secret() -> None:
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in KEY)
    detail = Said("while_doing", text="x" * 190 + escaped + "y" * 100, stage=Said("stage_body"))
    redacted = redact(failure=TransportFailure(kind=FailureKind.PROTOCOL, detail=detail)).failure

    assert redacted is not None
    assert (len(str(redacted.detail)), "\\u00" in str(redacted.detail)) == (200, False)


def test_the_peer_and_the_version_are_redacted() -> None:
    result = redact(peer=KEY, http_version=KEY)

    assert (result.peer, result.http_version) == (MARK, MARK)


def test_the_certificate_is_redacted() -> None:
    certificate = Certificate(subject=f"CN={KEY}", issuer=KEY, not_after_s=1.0, chain=(KEY,))

    assert redact(tls=Tls(version=KEY, cipher=KEY, certificate=certificate)).tls == Tls(
        version=MARK,
        cipher=MARK,
        certificate=Certificate(subject=f"CN={MARK}", issuer=MARK, not_after_s=1.0, chain=(MARK,)),
    )


def leaf(**names: Any) -> Tls:
    """Return what a handshake said, with these of the certificate."""
    certificate = Certificate(**{"subject": "CN=a", "issuer": "CN=b", "not_after_s": 1.0, **names})
    return Tls(version="TLSv1.3", cipher="c", certificate=certificate)


HALVES = (("a", KEY[: len(KEY) // 2]), ("A", KEY[len(KEY) // 2 :]))


@pytest.mark.parametrize(
    "whole",
    [
        exchange(http_version=KEY),
        exchange(peer=KEY),
        exchange(headers=((KEY, "a"),)),
        exchange(headers=(("a", KEY),)),
        exchange(headers=HALVES),
        exchange(tls=Tls(version=KEY, cipher="c")),
        exchange(tls=Tls(version="1", cipher=KEY)),
        exchange(tls=leaf(subject=KEY)),
        exchange(tls=leaf(issuer=KEY)),
        exchange(tls=leaf(chain=("a", KEY))),
        exchange(b"data: {}\n\n", KEY.encode()),
        replace(exchange(), request=replace(exchange().request, url=f"http://r/{KEY}")),
        replace(exchange(), request=replace(exchange().request, headers=(("a", KEY),))),
        replace(exchange(), request=replace(exchange().request, headers=HALVES)),
        replace(exchange(), request=replace(exchange().request, body=KEY.encode())),
        exchange(*(b'data: {"a":"%b"}\n\n' % half.encode() for _, half in HALVES)),
        exchange(*(b'data: {"a":"%c"}\n\n' % letter for letter in KEY.encode())),
        exchange(*(b'data: {"a":"x","b":"%c"}\n\n' % letter for letter in KEY.encode())),
        exchange(b'{"a":[{"b":[{"text":"%b"},{"text":"%b"}]}]}' % tuple(half.encode() for _, half in HALVES)),
    ],
)
def test_a_secret_in_no_other_place_is_redacted(whole: Exchange) -> None:
    redacted = redact_exchange(whole, REDACTOR)
    assert "[redacted:api_key]" in repr(redacted)
    assert KEY not in repr(redacted)


@pytest.mark.parametrize("short", ["42", "ab1"])
@pytest.mark.parametrize("place", ["peer", "http_version"])
def test_a_short_secret_beside_other_texts_is_a_word_of_its_own(short: str, place: str) -> None:
    redacted = redact_exchange(exchange(b"[1,", **{place: short}), Redactor([Secret(short, "k")]))
    assert getattr(redacted, place) == "[redacted:k]"


@pytest.mark.parametrize("name", ["subject", "issuer"])
def test_a_long_name_in_a_certificate_is_cut_where_there_is_no_secret_too(name: str) -> None:
    names: dict[str, Any] = {"subject": "CN=a", "issuer": "CN=b", name: "x" * (MAX_SUBJECT_CHARS + 1)}
    tls = Tls(version="TLSv1.3", cipher="c", certificate=Certificate(**names, not_after_s=1.0))
    redacted = redact_exchange(exchange(tls=tls), REDACTOR).tls

    assert redacted is not None
    assert redacted.certificate is not None
    assert len(getattr(redacted.certificate, name)) == MAX_SUBJECT_CHARS


def test_tls_without_a_certificate_is_redacted() -> None:
    assert redact(tls=Tls(version="1.3", cipher=KEY)).tls == Tls(version="1.3", cipher=MARK)


# The body, chunk by chunk.


def test_a_secret_within_a_chunk_is_redacted_there() -> None:
    assert [c.data for c in redact(b"a", b"<" + KEY.encode() + b">", b"b").chunks] == [b"a", f"<{MARK}>".encode(), b"b"]


def test_a_secret_across_chunks_goes_to_the_chunk_of_its_last_byte() -> None:
    result = redact(b"a" + KEY[:5].encode(), KEY[5:9].encode(), KEY[9:].encode() + b"b")

    assert [c.data for c in result.chunks] == [b"a", b"", f"{MARK}b".encode()]


def test_a_secret_that_ends_with_its_chunk_goes_to_that_chunk() -> None:
    assert [c.data for c in redact(KEY.encode(), b"b").chunks] == [MARK.encode(), b"b"]


def test_chunks_keep_their_number_and_stamps() -> None:
    whole = exchange(b"a", KEY[:5].encode(), KEY[5:].encode(), b"")

    assert [c.at_ns for c in redact_exchange(whole, REDACTOR).chunks] == [c.at_ns for c in whole.chunks]


def test_an_untouched_chunk_is_the_same_object() -> None:
    whole = exchange(b"a", KEY.encode(), b"b")

    assert redact_exchange(whole, REDACTOR).chunks[0] is whole.chunks[0]


# Across deltas.


def test_a_secret_split_over_two_deltas_becomes_a_marker_in_each() -> None:
    result = redact(*contents(["key " + KEY[:HALF], KEY[HALF:] + " end"]))

    assert [p["choices"][0]["delta"]["content"] for p in payloads(result)] == [f"key {MARK}", f"{MARK} end"]


def test_a_secret_in_deltas_of_one_character_is_redacted() -> None:
    assert joined(redact(*contents(KEY)), "content") == MARK * len(KEY)


def test_bytes_beside_an_affected_delta_stay_as_they_were() -> None:
    odd = '{ "choices":[{"delta" :{"content":"%s"},"index":0 ,"x":1.0e1}] , "t":"\\u0041"}'
    pieces = [f"data:{odd % KEY[:HALF]}\r\n\r\n".encode(), f"data: {odd % KEY[HALF:]}\r\r: c\r\r".encode()]

    assert [c.data.decode() for c in redact(*pieces).chunks] == [
        f"data:{odd % MARK}\r\n\r\n",
        f"data: {odd % MARK}\r\r: c\r\r",
    ]


def test_events_between_do_not_hide_a_split() -> None:
    between = [b": ping\n\n", event({}), event({"content": ""}), event({"content": None}), b"data: [DONE]\n\n"]

    assert not leaks(joined(redact(*contents([KEY[:HALF]]), *between, *contents([KEY[HALF:]])), "content"))


def test_an_unreadable_event_between_does_not_hide_a_split() -> None:
    between = [b'data: {"choices": [{"index": 0, "delta": {"content": "XXX"}}]\n\n']
    result = redact(*contents([KEY[:HALF]]), *between, *contents([KEY[HALF:]]))

    assert KEY[HALF:].encode() not in result.body


def test_another_choice_between_does_not_hide_a_split() -> None:
    result = redact(event({"content": KEY[:HALF]}), event({"content": "XX"}, 1), event({"content": KEY[HALF:]}))

    assert [p["choices"][0]["delta"]["content"] for p in payloads(result)] == [MARK, "XX", MARK]


def test_choices_are_told_apart_by_index_written_last() -> None:
    pieces = [
        f'data: {{"choices":[{{"delta":{{"content":"{text}"}},"index":{index}}}]}}\n\n'.encode()
        for text, index in [(KEY[:HALF], 0), ("XX", 1), (KEY[HALF:], 0)]
    ]

    assert [c.data.count(MARK.encode()) for c in redact(*pieces).chunks] == [1, 0, 1]


def test_choices_without_index_are_told_apart_by_place() -> None:
    assert not leaks(
        joined(redact(event({"content": KEY[:HALF]}, None), event({"content": KEY[HALF:]}, None)), "content")
    )


def test_a_second_choice_is_redacted_too() -> None:
    result = redact(event({"content": KEY[:HALF]}, 1), event({"content": "a"}), event({"content": KEY[HALF:]}, 1))

    assert [p["choices"][0]["delta"]["content"] for p in payloads(result)] == [MARK, "a", MARK]


@pytest.mark.parametrize("channel", ["content", "reasoning_content", "reasoning", "refusal", "thinking"])
def test_every_channel_is_redacted(channel: str) -> None:
    assert not leaks(joined(redact(*(event({channel: piece}) for piece in (KEY[:4], KEY[4:9], KEY[9:]))), channel))


def test_reasoning_under_two_names_is_one_text() -> None:
    result = redact(event({"reasoning_content": KEY[:HALF]}), event({"reasoning": KEY[HALF:]}))

    assert joined(result, "reasoning_content") + joined(result, "reasoning") == MARK * 2


def test_tool_call_arguments_are_redacted() -> None:
    pieces = [
        event({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}) for piece in (KEY[:HALF], KEY[HALF:])
    ]

    assert joined(redact(*pieces), "tool_calls", 0, "function", "arguments") == MARK * 2


def test_tool_calls_are_told_apart_by_index() -> None:
    deltas = [(0, KEY[:HALF]), (1, "X"), (0, KEY[HALF:])]
    pieces = [event({"tool_calls": [{"index": k, "function": {"arguments": text}}]}) for k, text in deltas]

    assert joined(redact(*pieces), "tool_calls", 0, "function", "arguments") == f"{MARK}X{MARK}"


def test_content_parts_of_one_event_are_one_text() -> None:
    parts = [{"type": "text", "text": KEY[:HALF]}, {"type": "text", "text": KEY[HALF:]}]
    delta = payloads(redact(event({"content": parts})))[0]["choices"][0]["delta"]

    assert [part["text"] for part in delta["content"]] == [MARK, MARK]


def test_content_parts_of_a_json_answer_are_one_text() -> None:
    parts = [{"text": KEY[:HALF]}, {"text": KEY[HALF:]}]
    body = json.dumps({"choices": [{"index": 0, "message": {"content": parts}}]}).encode()
    content = json.loads(redact(body).body)["choices"][0]["message"]["content"]

    assert [part["text"] for part in content] == [MARK, MARK]


def test_content_as_text_and_as_parts_is_one_text() -> None:
    result = redact(event({"content": KEY[:4]}), event({"content": [{"text": KEY[4:9]}, KEY[9:]]}))

    assert result.body.count(MARK.encode()) == 3


def test_reasoning_said_twice_in_each_event_is_redacted() -> None:
    deltas = [{"reasoning": piece, "reasoning_details": [{"text": piece}]} for piece in (KEY[:HALF], KEY[HALF:])]

    assert redact(*map(event, deltas)).body.count(MARK.encode()) == 4


@pytest.mark.parametrize(
    "other",
    [
        {"thinking": KEY[HALF:]},
        {"thinking_blocks": [{"thinking": KEY[HALF:]}]},
        {"reasoning_details": [{"summary": KEY[HALF:]}]},
        {"content": [{"thinking": KEY[HALF:]}]},
        {"content": [{"text": ""}, {"thinking": [{"text": KEY[HALF:]}]}]},
    ],
    ids=json.dumps,
)
def test_reasoning_is_one_text_in_every_dialect(other: dict[str, object]) -> None:
    result = redact(event({"reasoning_content": KEY[:HALF]}), event({"content": "X"}), event(other))

    assert result.body.count(MARK.encode()) == 2


def test_a_refusal_as_a_part_and_as_a_member_is_one_text() -> None:
    result = redact(event({"refusal": KEY[:HALF]}), event({"content": [{"refusal": KEY[HALF:]}]}))

    assert result.body.count(MARK.encode()) == 2


def test_a_function_call_of_the_older_form_is_a_tool_call() -> None:
    result = redact(
        event({"function_call": {"arguments": KEY[:HALF]}}),
        event({"tool_calls": [{"index": 0, "function": {"arguments": KEY[HALF:]}}]}),
    )

    assert result.body.count(MARK.encode()) == 2


@pytest.mark.parametrize("index", ["1.5", "-1", '"1"', "9999999999999999999999999", "true"])
def test_an_odd_index_does_no_harm(index: str) -> None:
    pieces = [
        event({"content": text}).replace(b'"index": 0', f'"index": {index}'.encode())
        for text in (KEY[:HALF], KEY[HALF:])
    ]

    assert redact(*pieces).body.count(MARK.encode()) == 2


def test_a_stream_that_changes_from_delta_to_message_is_one_text() -> None:
    second = f'data: {{"choices": [{{"index": 0, "message": {{"content": "{KEY[HALF:]}"}}}}]}}\n\n'.encode()

    assert KEY[HALF:].encode() not in redact(event({"content": KEY[:HALF]}), second).body


def test_escapes_inside_a_delta_are_taken_whole() -> None:
    first = "".join(f"\\u{ord(c):04x}" for c in KEY[:HALF])
    pieces = [event({"content": "@"}).replace(b"@", text.encode()) for text in (first, KEY[HALF:])]

    assert joined(redact(*pieces), "content") == MARK * 2


def test_data_over_several_lines_is_read() -> None:
    pieces = [
        event({"content": text}).replace(b', "choices"', b',\r\n: note\r\nid: 7\r\ndata:"choices"')
        for text in (KEY[:HALF], KEY[HALF:])
    ]

    assert [c.data.count(MARK.encode()) for c in redact(*pieces).chunks] == [1, 1]


def test_an_event_split_over_chunks_keeps_its_stamps() -> None:
    body = b"".join(contents([KEY[:HALF], KEY[HALF:]]))
    result = redact(*(body[k : k + 1] for k in range(len(body))))

    assert [c.at_ns for c in result.chunks] == [1_000_000 * k for k in range(1, len(body) + 1)]


def test_an_unterminated_last_event_is_redacted() -> None:
    assert not leaks(joined(redact(*contents([KEY[:HALF]]), contents([KEY[HALF:]])[0].rstrip()), "content"))


def test_a_byte_order_mark_hides_nothing() -> None:
    result = redact(b"\xef\xbb\xbf", *contents([KEY[:HALF], KEY[HALF:]]))

    assert result.body.count(MARK.encode()) == 2


def test_plain_text_events_are_one_text() -> None:
    result = redact(f"data: {KEY[:HALF]}\n\n".encode(), f"data: {KEY[HALF:]}\n\n".encode())

    assert result.body.decode() == f"data: {MARK}\n\ndata: {MARK}\n\n"


def test_comments_are_one_text() -> None:
    result = redact(f": {KEY[:HALF]}\n\n: {KEY[HALF:]}\n\n".encode(), *contents(["a"]))

    assert result.body.startswith(f": {MARK}\n\n: {MARK}\n\n".encode())


def test_base64_split_over_deltas_is_redacted() -> None:
    encoded = base64.b64encode(KEY.encode()).decode()

    assert encoded[:8] not in joined(redact(*contents([encoded[:5], encoded[5:20], encoded[20:]])), "content")


def test_nesting_beyond_reason_is_left_to_the_search_of_the_raw_body() -> None:
    deep = b"data: " + b'{"a":' * 200 + f'"{KEY}"'.encode() + b"}" * 200 + b"\n\n"

    assert not leaks(redact(deep).body.decode())


@pytest.mark.parametrize(
    "body", [b'data: {"a', b"data: ]]}}", b'data: "\\', b"data: {:,:}", b"data", b"data:{1:2,\n", b"retry\ndata:1"]
)
def test_broken_events_do_no_harm(body: bytes) -> None:
    whole = exchange(body, b"\n\n", *contents(["a"]))

    assert redact_exchange(whole, REDACTOR) is whole


SECRETS = st.one_of(
    st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='"\\'), min_size=12, max_size=40),
    st.text("ab", min_size=12, max_size=20),
).filter(lambda text: not is_placeholder(text))


def pieces_of(text: str, cuts: Sequence[int]) -> list[str]:
    """Cut a text at these places."""
    places = [0, *sorted({cut % (len(text) + 1) for cut in cuts}), len(text)]
    return [text[a:b] for a, b in pairwise(places)]


def in_code_points(text: str) -> str:
    """Write a JSON string with every character escaped."""
    return '"' + "".join(f"\\u{ord(c):04x}" for c in text) + '"'


@st.composite
def split_streams(draw: st.DrawFn) -> tuple[str, list[bytes]]:
    """Draw a secret and a stream that says it in pieces, with noise between, cut into chunks anywhere."""
    secret = draw(SECRETS)
    noise = st.sampled_from([b"", b": ping\n\n", event({}), event({"content": "zz"}, 1), b"event: x\ndata: [DONE]\n\n"])
    escapes: list[Callable[[str], str]] = [json.dumps, in_code_points]
    escape = draw(st.sampled_from(escapes))
    body = b""
    for piece in pieces_of(f"Your key is {secret}!", draw(st.lists(st.integers(0, 60), max_size=50))):
        body += event({"content": "@"}).replace(b'"@"', escape(piece).encode()) + draw(noise)
    newline = draw(st.sampled_from([b"\n", b"\r\n", b"\r"]))
    body = body.replace(b"\n", newline)
    cuts = [0, *sorted({cut % (len(body) + 1) for cut in draw(st.lists(st.integers(0, 5000), max_size=8))}), len(body)]
    return secret, [body[a:b] for a, b in pairwise(cuts)]


def said(body: bytes) -> str:
    """Join the content of choice 0, read with the standard library."""
    lines = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    choices = [json.loads(line[5:])["choices"][0] for line in lines if line.startswith(b"data: {")]
    return "".join(choice["delta"].get("content", "") for choice in choices if choice["index"] == 0)


def visible(text: str) -> str:
    """Return the text with markers, which may by chance hold a short secret's letters, made one sign."""
    return text.replace("[redacted:k]", "\0")


@settings(max_examples=300, deadline=None)
@given(split_streams())
def test_no_eight_bytes_survive_in_what_a_stream_says(drawn: tuple[str, list[bytes]]) -> None:
    secret, pieces = drawn
    result = redact_exchange(exchange(*pieces), Redactor([Secret(secret, "k")]))

    assert not leaks(visible(said(result.body)), secret)


@settings(max_examples=200, deadline=None)
@given(split_streams())
def test_redacting_twice_is_redacting_once(drawn: tuple[str, list[bytes]]) -> None:
    secret, pieces = drawn
    redactor = Redactor([Secret(secret, "k")])
    once = redact_exchange(exchange(*pieces), redactor)

    assert redact_exchange(once, redactor) is once


@settings(max_examples=200, deadline=None)
@given(split_streams())
def test_every_event_with_text_keeps_some(drawn: tuple[str, list[bytes]]) -> None:
    secret, pieces = drawn
    result = redact_exchange(exchange(*pieces), Redactor([Secret(secret, "k")]))

    assert result.body.count(b'"content": ""') == b"".join(pieces).count(b'"content": ""')


@settings(max_examples=200, deadline=None)
@given(split_streams())
def test_every_chunk_keeps_its_stamp(drawn: tuple[str, list[bytes]]) -> None:
    secret, pieces = drawn
    whole = exchange(*pieces)

    assert [c.at_ns for c in redact_exchange(whole, Redactor([Secret(secret, "k")])).chunks] == [
        c.at_ns for c in whole.chunks
    ]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=30), st.text('{}[]":,\\ data\n\r0', max_size=30).map(str.encode))))
def test_no_body_raises(pieces: list[bytes]) -> None:
    whole = exchange(*pieces)

    assert redact_exchange(whole, REDACTOR) is whole


# Beyond measure


@pytest.mark.parametrize("form", [KEY, KEY[:8], KEY.encode().hex(), f"\\u{ord(KEY[0]):04x}{KEY[1:]}"])
def test_a_body_with_too_many_pieces_of_a_secret_is_left_out_whole(form: str) -> None:
    result = redact(b'{"a":"', f"{form} ".encode() * 120_000, b'"}')

    assert (result.chunks, result.failure and result.failure.kind) == ((), FailureKind.TOO_LARGE)


def test_pieces_in_many_small_strings_count_together() -> None:
    pieces = [event({str(k // 2): f"{KEY[:8]} " * 40}) for k in range(2_000)]

    assert redact(*pieces).chunks == ()


def test_what_is_left_out_does_not_leave_the_secrets_elsewhere_in() -> None:
    result = redact(f"{KEY} ".encode() * 120_000, headers=(("x-key", KEY),))

    assert not leaks(str(result))


def test_a_key_in_each_of_2000_events_is_redacted_as_ever() -> None:
    result = redact(*[event({"content": f"your key is {KEY}"})] * 2_000)

    assert (len(result.chunks), result.failure, leaks(result.body.decode())) == (2_000, None, False)

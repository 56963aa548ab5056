"""Answers that break each kind of assertion, and what is said of them, as tests/golden/complaints.json has it.

`python tests/unit/judge/complaint_samples.py` writes the file anew. Read its diff: reports show these words to people.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import test_judge_across
import test_judge_kinds
import test_judge_meaning
import test_judge_played
import test_judge_stream
from judge_samples import (
    COMPLETION,
    DONE,
    GOOD_STREAM,
    NONCE,
    answer,
    compared,
    complaints,
    completion,
    dead,
    delta,
    refusal,
    said,
    streamed,
    subject,
    unfit,
)
from test_judge_honesty import counted, priced
from test_judge_http import UNDECODED, broken, framed, named, over_http2, over_https, secured

from wnmon.judge.kinds.estimate import FEWEST_WORDS
from wnmon.judge.registry import KINDS
from wnmon.judge.subject import Unjudged
from wnmon.model.check import WRONG_KEY
from wnmon.model.exchange import Exchange, FailureKind
from wnmon.model.json import Json
from wnmon.model.result import Finding
from wnmon.wire.request import second_nonce

GOLDEN = Path(__file__).parents[2] / "golden" / "complaints.json"
LONG = "x" * 300
PROBLEM = "application/problem+json"
BOTH: Json = ["{{nonce}}", "{{nonce2}}"]
OTHER = second_nonce(NONCE)
NOTHING: Json = {"schema": {"required": ["nothing"]}}
VALID: Json = {"of": ["a", "b"], "schema": {"properties": {"id": {"type": "string"}, "model": {"type": "string"}}}}
PAIR: Json = ["a", "b"]
PRICE: Json = {"of": ["a", "b"], "most": 3}
HELD: Json = {"of": ["a", "b"], "holding": "{{nonce}}"}
ASKED: Json = {"a": "{{nonce}}", "b": "{{nonce2}}"}


SAVE = {"id": "c", "type": "function", "function": {"name": "save", "arguments": "{}"}}


BOTH_CHANNELS = delta(choices=[{"index": 0, "delta": {"content": "a" * 15, "reasoning": "b" * 15}}])


def asked_twice(exchange: Exchange) -> Exchange:
    """Return the exchange as if two choices had been asked for."""
    return replace(exchange, request=replace(exchange.request, body=b'{"n": 2}'))


def said_in(content: str, step: str, finish: str = "stop") -> Exchange:
    """Return a JSON answer of this content to a request."""
    return said(content, finish, step=step)


def spelt(step: str, tokens: int, *texts: str) -> Exchange:
    """Return an answer that counts so many tokens for a prompt of these messages."""
    exchange = completion(step, usage={"prompt_tokens": tokens, "completion_tokens": 20})
    body = json.dumps({"messages": [{"role": "user", "content": text} for text in texts]})
    return replace(exchange, request=replace(exchange.request, body=body.encode()))


def worded(tokens: int, *texts: str) -> Exchange:
    """Return an answer of plain words that counts so many tokens for a prompt of these messages."""
    asked = spelt("ask", tokens, *texts)
    return replace(counted(prompt=tokens), request=asked.request)


def counting(tens: int, loose: int) -> str:
    """Return numbers: so many steps of one, each two tens apart, and so many numbers more that are none."""
    steps = [f"{ten}0 {ten}1 {ten}5" for ten in range(1, 2 * tens, 2)]
    return " ".join([steps[0], *(f"{number}7" for number in range(900, 900 + loose)), *steps[1:]])


def calling(name: str, arguments: Any, finish: str = "tool_calls") -> Exchange:
    """Return an answer that calls a function."""
    call = {"id": "c", "type": "function", "function": {"name": name, "arguments": arguments}}
    return said(None, finish, tool_calls=[call])


def limited(text: str, tokens: Any, finish: Any = "stop", **usage: Any) -> Exchange:
    """Return an answer of a text and a count of tokens."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    return completion(choices=[choice], usage={"prompt_tokens": 1, "completion_tokens": tokens, **usage})


SINGLE: list[tuple[str, Json, Exchange]] = [
    ("status", 200, refusal(401, "no such key")),
    ("status", [200, "3xx"], answer(COMPLETION, 204)),
    ("status", 200, dead(FailureKind.DNS)),
    ("status", 200, answer(b"", None)),
    ("status", 200, answer(b"", 302)),
    *(("status", 200, refusal(code, "temperature is not supported")) for code in (400, 422, 404)),
    ("status", 400, refusal(400, "temperature is not supported")),
    ("status", 200, refusal(400, "no", code="unsupported_parameter")),
    ("status", 200, refusal(400, "no", type="unsupported_value")),
    ("status", 200, refusal(400, "does not support temperature: " + "y" * 200)),
    ("status", 200, refusal(400, "model is missing")),
    ("status", 200, answer("hello", 400, "text/html")),
    *(("header", value, test_judge_kinds.ANSWER) for value, _ in test_judge_kinds.HEADERS),
    ("header", {"name": "x-none", "media_type": "a/b"}, test_judge_kinds.ANSWER),
    ("header", {"name": "x-none", "matches": "^a"}, test_judge_kinds.ANSWER),
    ("header", {"name": "x-none", "if_sent": "^a"}, test_judge_kinds.ANSWER),
    ("header", {"name": "content-type", "if_sent": "^a$"}, test_judge_kinds.ANSWER),
    ("header", {"name": "x-long", "equals": "a"}, answer(headers=(("X-Long", LONG),))),
    ("json", {}, answer('{"a": 1,}')),
    ("json", {}, answer(b"")),
    ("json", {}, answer("<html>", media="text/html")),
    ("json", {}, broken(FailureKind.TRUNCATED, answer('{"a"'))),
    ("json", {}, replace(answer(b"", media=None), failure=UNDECODED)),
    ("json", {"at": "/nowhere", "schema": True}, completion()),
    ("json", {"schema": {"required": ["x", "y"], "properties": {"x": {"type": ["string", "null"]}}}}, completion()),
    ("json", {"schema": {"required": ["x"], "properties": {"x": {}}}}, completion()),
    ("json", {"schema": {"properties": {"id": {"type": "integer"}}}}, completion(id=LONG)),
    ("json", {"schema": {"properties": {"id": {"type": ["integer", "null"]}}}}, completion(id=[1])),
    ("json", {"schema": {"properties": {"object": {"enum": ["x", "你"]}}}}, completion()),
    ("json", {"schema": {"properties": {"object": {"const": LONG}}}}, completion()),
    ("json", {"schema": {"properties": {"id": False}}}, completion()),
    ("json", {"schema": {"properties": {"id": {"allOf": [False]}}}}, completion()),
    ("json", {"schema": {"properties": {"id": {"type": "integer"}}}}, completion(id="你")),
    ("json", {"schema": {"properties": {"id": {"not": {"type": "string"}}}}}, completion()),
    ("json", {"schema": {"properties": {"id": {"pattern": "^x"}}}}, completion()),
    ("json", {"schema": {"additionalProperties": False, "properties": {"id": True}}}, answer({"id": 1, "b": 2})),
    ("json", {"schema": {"patternProperties": {"^i": {"type": "null"}}}}, answer({"id": 1, "b": 2})),
    ("json", {"at": "/d", "schema": {"uniqueItems": True}}, completion(d=[{"a": 1.0}, 2, {"a": 1}])),
    ("json", {"at": "/d", "schema": {"uniqueItems": True}}, completion(d=[[1], [2], {"a": 1}, {"a": 2}])),
    ("json", {"schema": {"properties": {"id": {"pattern": r"^\pL+$"}}}}, completion(id="é")),
    ("json", {"schema": {"$ref": "#"}}, completion()),
    ("json", {"schema": {"properties": {"usage": {"minProperties": 9}, "id": {"maxLength": 2}}}}, completion()),
    ("chunk", {"schema": {"properties": {"object": {"const": "x"}}}}, streamed(delta("a"), delta("b"))),
    ("chunk", NOTHING, streamed(delta("a"), DONE)),
    ("chunk", NOTHING, streamed("data: 1\n\n", delta("a"))),
    ("chunk", NOTHING, streamed(delta("a", error={"message": "x"}))),
    ("chunk", NOTHING, streamed("event: error\n" + delta("a"))),
    ("chunk", NOTHING, streamed(delta(choices=[]))),
    *(("stream", fact, streamed(*parts)) for fact, parts, _, _ in test_judge_kinds.STREAMS),
    *(("stream", fact, streamed(*parts)) for fact, parts, _, _ in test_judge_stream.BROKEN),
    ("stream", "finish", asked_twice(streamed(*GOOD_STREAM))),
    ("stream", "same_id", streamed(delta("a"), delta("b", id=["x"]))),
    ("stream", "spread", streamed(*[delta("a" * 20)] * 3, first_ms=900, gap_ms=1)),
    ("stream", "spread", streamed(*[delta("a" * 19)] * 3, first_ms=900, gap_ms=1)),
    ("stream", "spread", streamed(*[BOTH_CHANNELS] * 3, first_ms=900, gap_ms=1)),
    ("stream", "spread_when_coded", streamed(*[delta("a" * 20)] * 3, first_ms=900, gap_ms=1)),
    (
        "stream",
        "spread_when_coded",
        streamed(*[delta("a" * 20)] * 3, first_ms=900, gap_ms=1, headers=(("Content-Encoding", "gzip"),)),
    ),
    ("stream", "no_error", completion()),
    ("stream", "done", completion(error={"message": "late"})),
    ("stream", "done", completion()),
    ("stream", ["done", "finish"], completion()),
    ("stream", "complete", streamed(delta("a", "stop"), DONE, delta())),
    ("stream", "complete", streamed('data: {"error": {"message": "insufficient_quota"}}\n\n')),
    ("stream", "no_error", completion(error={"message": "late"})),
    ("stream", "done", streamed(delta("a"), "data: [DONE] \n\n")),
    ("stream", "spread", streamed(*GOOD_STREAM, first_ms=900, gap_ms=1)),
    ("stream", "spread", streamed(*GOOD_STREAM, first_ms=9_100, gap_ms=500)),
    ("stream", "utf8", test_judge_stream.of_bytes(b": caf\xe9\n\n")),
    ("stream", "finish", streamed(*[delta(finish=word) for word in "abcdefg"])),
    *(("content", value, said(text)) for value, text, _ in test_judge_kinds.CONTENTS),
    *(("content", value, said(text, "length")) for value, text, _ in test_judge_kinds.CONTENTS),
    ("content", {"contains": "{{model}} {{nonce}}", "equals": LONG, "not_contains": "x"}, said(LONG)),
    ("content", {"not_empty": True, "contains": "x"}, said("")),
    ("content", {"json": True}, said("[1]")),
    ("content", "x", completion(choices=[{}, {"index": 1, "finish_reason": "length"}])),
    *test_judge_meaning.KEPT,
    *((kind, value, exchange) for kind, value, exchange, _ in test_judge_meaning.BROKEN),
    ("choices", {"indexes": list(range(60))}, test_judge_meaning.choices(*range(61))),
    ("tool_call", {"contains": "z"}, said("it is saved")),
    ("tool_call", {"name": "save"}, said("")),
    ("tool_call", {"name": "save"}, said("", "length")),
    ("tool_call", {"name": "save"}, calling("save", '{"a"', "length")),
    ("tool_call", {"name": "save"}, calling("save", "{}", "length")),
    ("tool_call", {"contains": "{{nonce}}"}, calling("save", "{}")),
    ("tool_call", {"name": "save"}, completion(choices=[{}, {"index": 1, "message": {"tool_calls": [SAVE]}}])),
    ("tool_call", {"name": "save"}, calling("save", "")),
    ("tool_call", {"name": "save", "contains": "{{model}}"}, calling("load", '{"a": "你"}')),
    ("tool_call", {"contains": "你"}, calling("load", '{"a": "\\u4f60"}')),
    ("finish_reason", "stop", said("a", "length")),
    ("finish_reason", ["stop", "tool_calls"], said("a", None)),
    ("finish_reason", "stop", said("a", LONG)),
    ("finish_reason", "stop", completion(choices=[])),
    *(("usage", value, exchange) for value, exchange, _, _ in test_judge_kinds.USAGES),
    ("usage", {"total": "sum"}, test_judge_kinds.counts(total=...)),
    ("usage", {"total": "sum"}, test_judge_kinds.counts(prompt=...)),
    ("usage", {"total": "sum"}, test_judge_kinds.counts(completion_=...)),
    ("usage", {"prompt_tokens": {"min": 5, "max": 5}}, test_judge_kinds.counts()),
    ("usage", {"prompt_tokens": {"max": 0}}, test_judge_kinds.counts(prompt=1)),
    *(("model", value, completion(model=answered)) for value, answered, _ in test_judge_kinds.MODELS),
    ("model", ["a", "b"], completion(model=LONG)),
    ("model", "same", completion(model="m-1-2024-08-06")),
    ("model", ["other"], completion(model="m-1-2024-08-06")),
    ("model", "same", completion(model=10**100)),
    ("model", "same", completion(model=[LONG])),
    ("model", "same", completion(model="")),
    ("model", "same", answer("{")),
    ("model", "same", answer(b"")),
    *((kind, value, test_judge_kinds.timed()) for kind, value, _ in test_judge_kinds.LATENCIES),
    *((kind, "1s", answer(b"", sent_ns=None)) for kind in ("ttft", "first_visible", "total", "silence")),
    ("silence", {"degraded": "100ms", "failed": "2s"}, completion()),
    ("created", {"within": "5m"}, completion(created=7)),
    ("created", {"within": "90s"}, completion(created=...)),
    ("created", {"within": "5m"}, answer(b"")),
    ("created", {"within": "5m"}, answer({**COMPLETION, "created": True})),
    ("mode", "consistent", answer(COMPLETION, media="text/event-stream")),
    ("mode", "consistent", streamed(*GOOD_STREAM, media="application/json")),
    ("mode", "consistent", answer(COMPLETION, 299, None)),
    ("mode", "consistent", answer("<html>", media="text/html")),
    ("mode", "consistent", answer(COMPLETION, 300, None)),
    ("leaks", "none", refusal(400, f"Traceback (most recent call last) {WRONG_KEY} at http://gateway/ of 10.0.0.7")),
    ("leaks", "none", refusal(400, "http://gateway/" + LONG)),
    ("problem", "valid", answer("{", 400, PROBLEM)),
    ("problem", "valid", answer({"type": 1, "title": 2, "detail": None, "instance": [], "status": 7}, 400, PROBLEM)),
    ("problem", "valid", answer({"status": True}, 400, PROBLEM)),
    ("tls", {"min": "1.3"}, secured("TLSv1.2")),
    ("tls", {"min": "1.2", "days": 14}, secured("TLSv1.1", days=3)),
    ("tls", {"min": "1.2", "days": 14}, secured(days=-2)),
    ("tls", {"min": "1.2"}, secured(days=0.5)),
    ("tls", {"min": "1.2"}, over_https(dead(FailureKind.TLS))),
    ("tls", {"min": "1.2"}, completion()),
    ("plain_http", "refused", answer(status=200)),
    ("plain_http", "refused", answer(b"", 301, None, headers=(("Location", "http://r/" + LONG),))),
    ("plain_http", "refused", answer(b"", 302, None)),
    ("plain_http", "refused", answer(b"", 300, None)),
    ("framing", "complete", broken(FailureKind.TRUNCATED, framed(content_length="9"))),
    ("framing", "complete", broken(FailureKind.PROTOCOL, framed(transfer_encoding="chunked"))),
    ("framing", "complete", broken(FailureKind.TRUNCATED, framed())),
    ("framing", "complete", framed(content_length="7" * 60)),
    ("framing", "complete", framed(content_length="5", transfer_encoding="chunked")),
    ("framing", "complete", broken(FailureKind.TIMEOUT_TOTAL, framed(content_length="7"))),
    ("estimate", {"tolerance": 0.5}, counted(90)),
    ("estimate", {"tolerance": 0.5}, counted(prompt=3)),
    ("estimate", {"tolerance": 0.5}, counted(9, text=" ".join(["river"] * FEWEST_WORDS))),
    ("estimate", {"tolerance": 0.5}, completion(usage=...)),
    ("estimate", {"tolerance": 0.5}, worded(500, "one two.", "three four")),
    ("estimate", {"tolerance": 0.5}, counted(text="pong")),
    ("estimate", {"tolerance": 0.5}, counted(prompt=300)),
    ("estimate", {"tolerance": 0.5}, counted(90, completion_tokens_details={"reasoning_tokens": 1})),
    ("short_prompt", 80, counted(prompt=81)),
    ("short_prompt", 1, counted(prompt=2)),
    ("short_prompt", 80, completion(usage=...)),
    ("recall", BOTH, said(NONCE)),
    ("recall", BOTH, said(OTHER)),
    ("recall", BOTH, said(OTHER + LONG)),
    ("recall", BOTH, said(OTHER, "length")),
    ("content", {"not_matches": "p.ng"}, said("pong")),
    ("recall", BOTH, said("no idea")),
    ("recall", ["{{nonce}}", "two", "three"], said(f"{NONCE} three")),
    ("counting", "whole", said(counting(10, 2))),
    ("counting", "whole", said(counting(10, 3))),
    ("recall", ["{{model}}", "you"], said("you")),
    ("canned", "never", said("Internal Server Error")),
    ("canned", "never", counted(0)),
    ("burst_at_end", "never", test_judge_played.timed(test_judge_played.BURST)),
    ("burst_at_end", "never", test_judge_played.timed(test_judge_played.PLAYED)),
    ("fixed_cadence", "never", test_judge_played.timed(test_judge_played.PLAYED)),
    ("fixed_cadence", "never", test_judge_played.timed(test_judge_played.PLAYED, texts=test_judge_played.EIGHT)),
    ("fixed_cadence", "never", test_judge_played.timed(test_judge_played.BURST)),
    ("date", "present", answer()),
    ("date", "present", answer(headers=(("Date", "yesterday" + LONG),))),
    ("date", "present", answer(headers=(("Date", "Sun, 06 Nov 1994 08:49:37 GMT"),))),
    ("date", "present", answer(headers=(("Date", "X Sun, 06 Nov 1994 08:49:37 GMT"),))),
    ("date", "present", answer(b"", 499)),
    ("date", "present", answer(b"", 500)),
    ("date", "present", dead(FailureKind.DNS)),
    ("limit", 5, limited("one two three", 6)),
    ("limit", 5, limited("a" * 61, 5, "length")),
    ("limit", 5, limited("a" * 60, 5, "length")),
    ("limit", 5, limited("a" * 300, 9)),
    ("limit", 5, limited("the river was", 5)),
    ("limit", 5, limited("the river was", 5, None)),
    ("limit", 5, limited("the river was", 5, LONG)),
    ("limit", 5, limited("the river was calm. ", 5)),
    ("limit", 5, limited("the river was", 4)),
    ("limit", 5, limited("", 5)),
    ("limit", 5, limited("the river was", 9, completion_tokens_details={"reasoning_tokens": 4})),
    ("limit", 5, limited("the river was", 10, completion_tokens_details={"reasoning_tokens": 4})),
    ("limit", 5, limited("the river was", 9, completion_tokens_details={"reasoning_tokens": True})),
    ("limit", 5, said("the river was", reasoning_content="hm")),
    ("limit", 1, said("the river", reasoning_content="hm")),
    ("limit", 1, completion(usage=...)),
    ("limit", 1, completion(usage={"prompt_tokens": 1})),
    ("limit", 1, completion(choices=[])),
    ("limit", 1, completion()),
    ("counting", "whole", said(" ".join(map(str, (*range(1, 12), 13))))),
    ("counting", "whole", said(" ".join(map(str, (*range(1, 12), 13, 14))))),
    ("counting", "whole", said("one two three")),
    ("premise", {"contains": "{{nonce}}"}, said("no")),
    ("premise", {"contains": "{{model}}"}, said("I am m-1")),
    ("premise", {"contains": "{{model}}"}, said("I am nobody")),
    ("premise", {"contains": "x"}, said("")),
    ("premise", {"matches": "^a"}, said("b")),
    ("premise", {"matches": "^a"}, said("a")),
    ("premise", {"lacks": "/choices/0/message"}, said("a")),
    ("premise", {"lacks": "/error", "contains": "x"}, refusal(400, "no")),
    ("premise", {"contains": "x"}, refusal(400, "no")),
    ("premise", {"contains": "x"}, answer("hello", 299, "text/plain")),
    ("premise", {"contains": "x"}, answer("hello", 300, "text/plain")),
    ("premise", {"lacks": "/nowhere"}, answer("hello", None, "text/plain")),
]

SEVERAL: list[tuple[str, Json, list[Exchange]]] = [
    *((kind, value, answers) for kind, value, answers, _ in test_judge_across.CASES),
    *((kind, value, answers) for kind, value, answers, _ in test_judge_across.UNJUDGED),
    ("same", test_judge_meaning.SAME, [completion("a"), completion("b", model="m-2")]),
    ("same", test_judge_meaning.SAME, [completion("a"), completion("b", system_fingerprint="fp_2")]),
    ("same", {"of": ["a/id", "b/id"], "where": ["a/id", "b/model"]}, [completion("a"), completion("b")]),
    ("grows_evenly", test_judge_meaning.EVENLY, test_judge_meaning.counted(10, 18, 40)),
    ("grows_evenly", test_judge_meaning.EVENLY, test_judge_meaning.counted(1, 2, 3)),
    ("as_readable", PAIR, [streamed(*GOOD_STREAM, step="a"), streamed(delta("a"), DONE, step="b")]),
    ("as_readable", PAIR, [streamed(*GOOD_STREAM, step="a"), streamed("data: {,\n\n", step="b")]),
    ("as_readable", PAIR, [streamed(*GOOD_STREAM, step="a"), streamed("data: 3\n\n", step="b")]),
    ("as_readable", PAIR, [streamed(delta("a"), step="a"), streamed(*GOOD_STREAM, step="b")]),
    ("as_readable", PAIR, [completion("a"), streamed(*GOOD_STREAM, step="b")]),
    ("as_readable", PAIR, [streamed(*GOOD_STREAM, step="a"), streamed(*GOOD_STREAM, step="b")]),
    (
        "as_readable",
        {"of": PAIR, "holding": "\u2028"},
        [streamed(*GOOD_STREAM, step="a"), streamed(*GOOD_STREAM, step="b")],
    ),
    (
        "as_readable",
        {"of": PAIR, "holding": "pong"},
        [streamed(*GOOD_STREAM, step="a"), streamed(*GOOD_STREAM, step="b")],
    ),
    ("as_recalled", HELD, [said_in(NONCE, "a"), said_in("pong", "b")]),
    ("as_recalled", HELD, [said_in("pong", "a"), said_in("pong", "b")]),
    ("as_recalled", HELD, [said_in(NONCE, "a"), said_in("", "b")]),
    ("cached", ASKED, [said_in(NONCE, "a"), said_in(NONCE, "b")]),
    ("cached", ASKED, [said_in("k7k7k7k7", "a"), said_in("k7k7k7k7", "b")]),
    ("cached", ASKED, [said_in("k7k7k7k7", "a"), said_in("k7k7k7k8", "b")]),
    ("cached", ASKED, [said_in("kakakaka", "a"), said_in("kakakaka", "b")]),
    ("cached", ASKED, [said_in("pong", "a"), said_in("pong", "b")]),
    ("cached", ASKED, [said_in(NONCE, "a"), said_in("pong", "b")]),
    ("cached", ASKED, [said_in(NONCE, "a"), said_in(NONCE + LONG, "b")]),
    ("cached", {"a": "{{model}}", "b": "{{model}}"}, [said_in("m-1", "a"), said_in("m-1", "b")]),
    ("cached", {"a": "{{model}}", "b": "{{model}}"}, [said_in("me", "a"), said_in("me", "b")]),
    ("as_valid", VALID, [completion("a"), completion("b", id=1, model=2)]),
    ("as_valid", VALID, [completion("a", id=1), completion("b", id=2, model=2)]),
    ("as_valid", VALID, [completion("a"), completion("b")]),
    ("as_valid", VALID, [answer("{", step="a"), completion("b", id=1)]),
    ("as_valid", VALID, [completion("a"), answer("{", step="b")]),
    ("as_valid", VALID, [completion("a"), answer(b"", step="b")]),
    ("request_id", PAIR, [named("a", x_request_id="1"), named("b", x_request_id="1")]),
    ("request_id", PAIR, [named("a", x_trace_id="1"), named("b", x_trace_id="2")]),
    ("request_id", PAIR, [named("a"), named("b")]),
    ("backend", PAIR, [completion("a"), completion("b", model="m-2", system_fingerprint=None)]),
    ("backend", PAIR, [answer(step="a"), answer(step="b", headers=(("X-Cache", "hit"), ("A-B", "1")))]),
    ("backend", PAIR, [completion("a"), answer("{", step="b")]),
    ("same_form", PAIR, [completion("a"), answer({"id": "1"}, step="b")]),
    ("same_form", PAIR, [completion("a"), answer("no json", step="b")]),
    ("same_form", PAIR, [completion("a"), replace(answer(b"", step="b"), failure=UNDECODED)]),
    ("same_form", PAIR, [answer("x", step="a"), completion("b")]),
    ("same_form", PAIR, [completion("a"), answer("[1]", step="b")]),
    ("same_form", PAIR, [completion("a"), completion("b")]),
    ("same_over_http2", PAIR, [completion("a"), over_http2(refusal(502, "no upstream", step="b"))]),
    ("same_over_http2", PAIR, [completion("a"), over_http2(dead(FailureKind.PROTOCOL, "b"))]),
    ("same_over_http2", PAIR, [completion("a"), over_http2(answer({"id": "1"}, step="b"))]),
    ("same_over_http2", PAIR, [completion("a"), over_http2(answer(step="b", failure=FailureKind.TRUNCATED))]),
    ("same_over_http2", PAIR, [answer("x", step="a"), over_http2()]),
    ("same_over_http2", PAIR, [completion("a"), completion("b")]),
    ("cut_told", PAIR, [said_in("the river", "a"), said_in("the river was calm.", "b")]),
    ("cut_told", PAIR, [said_in("the river", "a"), said_in("a river was calm.", "b")]),
    ("word_price", PRICE, [priced("a", 30, 1), priced("b", 49, 2)]),
    ("word_price", PRICE, [priced("a", 30, 1), priced("b", None, 2)]),
    ("word_price", PRICE, [spelt("a", 30, "one"), spelt("b", 34, "one two")]),
    ("word_price", PRICE, [spelt("a", 30, "one"), spelt("b", 34, "two")]),
    ("word_price", {"of": ["a", "b", "c"], "most": 3}, [priced("a", 30, 1), priced("b", 90, 2), priced("c", 31, 3)]),
    ("cut_told", ["a", "b", "c"], [said_in("one", "a"), said_in("one two", "b"), said_in("one two", "c")]),
    ("held_back", PAIR, [test_judge_played.timed(test_judge_played.HELD, step=step) for step in "ab"]),
    ("held_back", PAIR, [test_judge_played.timed(test_judge_played.PLAYED, step=step) for step in "ab"]),
    ("cut_told", PAIR, [said_in("one two", "a"), said_in("one two \n", "b")]),
    ("cut_told", PAIR, [said_in("one", "a", LONG), said_in("one two", "b")]),
]

_TWO_REQUESTS: list[Json] = ["a", ["a"], ["a", 1], [], 7]
UNFIT: dict[str, list[Json]] = {
    **{key: ["always"] for key in ("canned", "plain_http", "framing", "date")},
    **{key: ["always", 7] for key in ("burst_at_end", "fixed_cadence")},
    **{key: ["always", 7] for key in ("mode", "leaks", "problem")},
    **dict.fromkeys(("request_id", "backend", "same_form", "same_over_http2", "cut_told", "held_back"), _TWO_REQUESTS),
    "word_price": [
        7,
        {"of": ["a", "b"]},
        {"of": ["a"], "most": 3},
        {"of": ["a", "b"], "most": 0},
        {"of": ["a", "b"], "most": 1},
    ],
    "counting": ["always", 7],
    **{key: [[], ["a", 1], 3] for key in ("model", "finish_reason")},
    "same": [
        {"of": ["a/x"], "where": ["a/y", "b/y"]},
        {"of": ["a/x", "b/x"], "where": []},
        {"of": ["a/x", "b/x"]},
        ["/x/y", "a/b"],
    ],
    "within": [7, {"of": ["a/x", "b/x"]}, {"of": ["a/x", "b/x"], "tolerance": 0, "more": 1}],
    "as_valid": [7, {"of": ["a", "b"]}, {"of": ["a"], "schema": {}}, {"of": ["a", "b"], "schema": 3}],
    "status": [2000, 20],
    "json": [
        {"schema": {"unevaluatedItems": False}},
        {"schema": {"properties": {"a": {"$ref": "http://elsewhere"}}}},
        {"schema": {"type": LONG}},
        {"schema": {"required": ["x"], "$ref": "#/required/0"}},
    ],
    "ttft": [{"degraded": "2s", "failed": "2s"}],
    "header": [{"name": "x", "equals": "("}],
    "recall": [7, ["x"], ["x", 1], {}],
    "limit": ["always", 0, True, 1.5, None],
    "estimate": [0.5, {}, {"tolerance": 0}, {"tolerance": 1}, {"a": 1}],
    "short_prompt": [0, True, "80"],
    "tls": [7, {"max": 1}, {"min": "1.1"}, {"min": 1.2}, {"days": -1}, {"days": True}],
    "cached": [7, {"a": "x"}, {"a": "x", "b": 1}, {"a": "x", "b": "y", "c": 1}, ["a", "b"]],
    "takes": [7, [], ["x", 1], [""], "x"],
    "premise": [7, {}, {"holds": "x"}, {"contains": 1}, {"matches": "("}, {"lacks": None}],
    "as_recalled": [
        7,
        {"of": ["a", "b"]},
        {"of": ["a"], "holding": "x"},
        {"of": ["a", "b"], "holding": ""},
        {"of": ["a", "b"], "holding": 1},
    ],
    "as_readable": [
        7,
        ["a"],
        {"of": ["a", "b"]},
        {"of": ["a"], "holding": "x"},
        {"of": ["a", "b"], "holding": ""},
        {"of": ["a", "b"], "holding": 1},
    ],
}


def line(finding: Finding) -> str:
    """Return a complaint as one line."""
    step = "no step" if finding.step == "" else finding.step
    tail = f"[{finding.reason.value}, {step}{', degraded' if finding.degraded else ''}]"
    return f"{finding.place}: {finding.message}; {finding.expected} | {finding.actual} {tail}"


def cases() -> dict[str, Callable[[], list[str]]]:
    """Return every case by name, as what tells what is said of it."""
    found: dict[str, Callable[[], list[str]]] = {}
    single = ((kind, value, partial(told_of, kind, value, exchange)) for kind, value, exchange in SINGLE)
    several = ((kind, value, partial(told_of_several, kind, value, those)) for kind, value, those in SEVERAL)
    refused = ((f"unfit {kind}", value, partial(told_of_unfit, kind, value)) for kind in UNFIT for value in UNFIT[kind])
    for kind, value, tell in (*single, *several, *refused):
        name = f"{kind} {json.dumps(value, ensure_ascii=False)[:80]}"
        same = sum(known.partition(" #")[0] == name for known in found)
        found[f"{name} #{same + 1}" if same else name] = tell
    return found


def told_of(kind: str, value: Json, exchange: Exchange) -> list[str]:
    """Return what a kind says of an answer, its doubt last."""
    entry = KINDS[kind]
    doubt = entry.doubt(entry.prepare(value), subject(exchange)) if entry.doubt else None
    return [*map(line, complaints(kind, value, exchange)), *([f"doubt: {doubt}"] if doubt is not None else [])]


def told_of_several(kind: str, value: Json, exchanges: list[Exchange]) -> list[str]:
    """Return what a comparison says of answers."""
    found = compared(kind, value, *exchanges)
    return [f"unjudged: {found.why}"] if isinstance(found, Unjudged) else [line(finding) for finding in found]


def told_of_unfit(kind: str, value: Json) -> list[str]:
    """Return why a value cannot be prepared; nothing when it can."""
    pointer, message = unfit(kind, value)
    return [f"{pointer}: {message}"] if message else []


if __name__ == "__main__":
    now = {name: tell() for name, tell in cases().items()}
    GOLDEN.write_text(json.dumps(now, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

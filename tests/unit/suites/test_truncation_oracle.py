"""A stream that lost its end never passes, wherever it was cut and however the relay covered it up.

Streams of the reference relay and of other shapes are cut at every byte. Then the connection is closed in good order,
or reset, or the relay writes a synthetic end: usage and [DONE] after an upstream that fell silent, as relays do (the
one-api family appends [DONE] to whatever it got). Only the finish_reason of every choice tells a whole answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from suite_samples import judge_exchanges

from wnmon.config import load_suites, narrow
from wnmon.judge.registry import prepare
from wnmon.mock.chat import Chat, Message
from wnmon.mock.completion import complete
from wnmon.mock.settings import MockSettings
from wnmon.mock.stream import encode_event, events
from wnmon.model.check import Auth, Plan
from wnmon.model.exchange import Chunk, Exchange, FailureKind, Marks, Request, TransportFailure
from wnmon.model.result import Outcome, Result, Verdict

MS = 1_000_000
DONE = b"data: [DONE]\n\n"
HEAD: dict[str, Any] = {"id": "c-1", "object": "chat.completion.chunk", "created": 7, "model": "m-1"}
USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}


def frame(delta: Any, finish: str | None = None, index: int = 0, **members: Any) -> bytes:
    """Return one chunk as an event."""
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    return event({**HEAD, "choices": [choice], **members})


def event(value: Any) -> bytes:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


def reference(n: int) -> bytes:
    """Return what the reference relay streams, usage included."""
    chat = Chat(model="m-1", messages=(Message(role="user", text="Reply with only: 好 🙂"),), n=n)
    said = events({**HEAD}, complete(chat), MockSettings(ttft_s=0.0, gap_s=0.0), include_usage=True)
    return b"".join(encode_event(one) for one in said)


def call(arguments: str, **first: Any) -> dict[str, Any]:
    return {"tool_calls": [{"index": 0, **first, "function": {"name": "f", "arguments": arguments}}]}


PLAIN = frame({"role": "assistant", "content": "po"}) + frame({"content": "ng"}) + frame({}, "stop")
STREAMS = {
    "reference": reference(1),
    "reference, two choices": reference(2),
    "usage on the finish chunk": frame({"content": "pong"}) + frame({}, "stop", usage=USAGE) + DONE,
    "text on the finish chunk": frame({"content": "po"}) + frame({"content": "ng"}, "stop") + DONE,
    "tool call": frame(call("", id="call_1")) + frame(call('{"a":1}')) + frame({}, "tool_calls") + DONE,
    "reasoning": frame({"reasoning_content": "hm"}) + frame({"content": "pong"}) + frame({}, "length") + DONE,
    "CRLF": (PLAIN + DONE).replace(b"\n", b"\r\n"),
    "CR": (PLAIN + DONE).replace(b"\n", b"\r"),
    "no space, comments": b": wait\n\n" + (b": wait\n\n" + PLAIN + DONE).replace(b"data: ", b"data:"),
    "finish_reason empty until the last": frame({"content": "pong"}, "") + frame({}, "stop") + DONE,
    "one line break short": PLAIN + b"data: [DONE]\n",
}

SYNTHETIC_USAGE = event({**HEAD, "choices": [], "usage": USAGE})
SYNTHETIC_CHOICE = frame({"content": ""}, None, usage=USAGE)
# How the relay ends what its upstream did not: bytes after the cut.
COVERS = {
    "DONE": DONE,
    "usage and DONE": SYNTHETIC_USAGE + DONE,
    "usage beside a choice and DONE": SYNTHETIC_CHOICE + DONE,
    "finish_reason empty and DONE": frame({}, "", usage=USAGE) + DONE,
    # A relay that works on lines ends the broken one first, so that only that event is lost.
    "line end, usage and DONE": b"\n\n" + SYNTHETIC_USAGE + DONE,
    "error and DONE": b"\n\n" + event({"error": {"message": "upstream timed out", "type": "upstream_error"}}) + DONE,
}


def plan() -> Plan:
    """Return a plain check on a complete stream that also carries STR-010 and what it needs."""
    suite = narrow(load_suites(["builtin:stream"], Path())[0], only=["STR-010"])
    expect = (prepare("status", 200), prepare("stream", "complete"))
    return replace(suite, suite=None, steps=(replace(suite.steps[0], expect=expect),))


PLAN = plan()
WHOLE_SUITE = load_suites(["builtin:stream"], Path())[0]


def judged(body: bytes, failure: FailureKind | None = None, asked: bytes = b"{}", *, plan: Plan = PLAN) -> Result:
    """Judge a stream of these bytes that ended in good order, or otherwise; `asked` is the body of the request."""
    return judge_exchanges(plan, streamed(plan.steps[0].name, body, failure, asked))


def streamed(step: str, body: bytes, failure: FailureKind | None = None, asked: bytes = b"{}") -> Exchange:
    """Return a stream of these bytes as the answer to a request."""
    return Exchange(
        request=Request(
            step=step, method="POST", url="http://r", headers=(), body=asked, auth=Auth.NORMAL, stream=True
        ),
        started_at_s=1_700_000_000.0,
        marks=Marks(started_ns=0, sent_ns=MS, headers_ns=2 * MS, end_ns=9 * MS),
        status=200,
        headers=(("Content-Type", "text/event-stream"), ("Cache-Control", "no-cache")),
        chunks=(Chunk(3 * MS, body),) if body else (),
        failure=TransportFailure(kind=failure, detail="the connection was reset") if failure else None,
    )


def accusers(body: bytes, failure: FailureKind | None = None) -> list[str]:
    """Return the rules of the stream suite that a stream of these bytes breaks."""
    return [one.rule for one in judged(body, failure, plan=WHOLE_SUITE).verdicts if one.verdict is Verdict.FAILED]


def kept(result: Result) -> bool:
    """Tell whether anything in a result calls the stream whole."""
    rule = next(verdict for verdict in result.verdicts if verdict.rule == "STR-010")
    return result.outcome is Outcome.PASSED or rule.verdict is Verdict.PASSED


def payload_end(stream: bytes) -> int:
    """Return where the payload of the last event with a finish_reason ends; its line end comes after."""
    reasons = (b'"finish_reason": "', b'"finish_reason":"')
    said = max(stream.rfind(reason + first) for reason in reasons for first in (b"s", b"l", b"t"))
    return min(end for end in (stream.find(b"\n", said), stream.find(b"\r", said)) if end > 0)


def event_end(stream: bytes) -> int:
    """Return where the blank line after that event begins to end: one byte, for CRLF too."""
    end = payload_end(stream)
    return end + (3 if stream[end : end + 2] == b"\r\n" else 2)


def cuts(stream: bytes, end: int) -> Iterator[tuple[int, bytes]]:
    return ((at, stream[:at]) for at in range(end))


@pytest.mark.parametrize("shape", [shape for shape in STREAMS if shape != "one line break short"])
def test_the_whole_stream_passes(shape: str) -> None:
    result = judged(STREAMS[shape])

    assert (result.outcome, {one.rule: one.verdict for one in result.verdicts}["STR-010"]) == ("passed", "passed")


@pytest.mark.parametrize("shape", STREAMS)
def test_no_cut_that_is_closed_in_good_order_passes(shape: str) -> None:
    stream = STREAMS[shape]

    assert [at for at, rest in cuts(stream, payload_end(stream)) if kept(judged(rest))] == []


@pytest.mark.parametrize("shape", STREAMS)
def test_no_cut_passes_the_check_before_done_has_come(shape: str) -> None:
    stream = STREAMS[shape]
    done = stream.rfind(b"[DONE]") + len(b"[DONE]")

    assert [at for at, rest in cuts(stream, done) if judged(rest).outcome is Outcome.PASSED] == []


@pytest.mark.parametrize("shape", STREAMS)
def test_no_reset_passes_the_check_wherever_it_came(shape: str) -> None:
    stream = STREAMS[shape]
    resets = [(at, judged(rest, FailureKind.TRUNCATED)) for at, rest in cuts(stream, len(stream) + 1)]

    assert [at for at, result in resets if result.outcome is Outcome.PASSED] == []


@pytest.mark.parametrize("shape", STREAMS)
def test_no_reset_before_the_finish_reason_passes_the_rule(shape: str) -> None:
    stream = STREAMS[shape]

    assert [at for at, rest in cuts(stream, payload_end(stream)) if kept(judged(rest, FailureKind.TRUNCATED))] == []


@pytest.mark.parametrize("cover", COVERS)
@pytest.mark.parametrize("shape", STREAMS)
def test_no_synthetic_end_makes_a_cut_pass(shape: str, cover: str) -> None:
    stream, more = STREAMS[shape], COVERS[cover]
    end = payload_end(stream) if more.startswith(b"\n") else event_end(stream)

    assert [at for at, rest in cuts(stream, end) if kept(judged(rest + more))] == []


@pytest.mark.parametrize("end", [b"", DONE, SYNTHETIC_USAGE + DONE], ids=["closed", "DONE", "usage and DONE"])
def test_no_answer_passes_that_lacks_a_choice_that_was_asked_for(end: bytes) -> None:
    result = judged(PLAIN + end, asked=b'{"n": 2}')

    assert (kept(result), result.reason) == (False, "truncated")


@pytest.mark.parametrize("shape", STREAMS)
def test_a_cut_right_behind_the_last_finish_reason_still_keeps_the_rule(shape: str) -> None:
    """The bounds of the tests above are tight: from here on nothing of the answer is missing."""
    stream = STREAMS[shape]
    result = judged(stream[: event_end(stream)])

    assert next(one.verdict for one in result.verdicts if one.rule == "STR-010") is Verdict.PASSED


@pytest.mark.parametrize("shape", STREAMS)
def test_a_cut_between_two_events_is_called_truncated(shape: str) -> None:
    """Where nothing but whole events was lost, the reason is the loss, not the bytes beside it."""
    stream = STREAMS[shape]
    blank = next(end for end in (b"\r\n\r\n", b"\n\n", b"\r\r") if end in stream)
    first = stream.find(blank, stream.find(b'"finish_reason')) + len(blank)

    assert judged(stream[:first] + SYNTHETIC_USAGE + DONE).reason == "truncated"


ROLE = frame({"role": "assistant", "content": ""})
CUT_SHAPES = {
    "reference": reference(1),
    "comments in Chinese": b": \xe8\xaf\xb7\xe7\xa8\x8d\xe5\x80\x99\n\n" + ROLE + PLAIN + b": \xe5\xa5\xbd\n\n" + DONE,
    "CRLF": (PLAIN + DONE).replace(b"\n", b"\r\n"),
    "named events": (PLAIN + DONE).replace(b"data: ", b"event: message\ndata: "),
}
MIDDLE_ERROR = event({"error": {"message": "upstream timed out", "type": "upstream_error"}})


@pytest.mark.parametrize("failure", [None, FailureKind.TRUNCATED])
@pytest.mark.parametrize("shape", CUT_SHAPES)
def test_a_cut_stream_is_accused_once(shape: str, failure: FailureKind | None) -> None:
    """Wherever it was cut, by a close in good order, a chunk that never ended or a reset."""
    stream = CUT_SHAPES[shape]
    done = stream.rfind(b"[DONE]") + len(b"[DONE]")
    accused = {at: accusers(rest, failure) for at, rest in islice(cuts(stream, done), 0, None, 17)}

    assert {at: rules for at, rules in accused.items() if len(rules) != 1} == {}


def test_an_empty_stream_is_accused_once() -> None:
    assert accusers(b"") == ["STR-005"]


def test_a_stream_that_lost_its_finish_reason_is_accused_of_that() -> None:
    assert accusers(ROLE) == ["STR-010"]


def test_a_stream_that_lost_nothing_but_done_is_accused_of_that() -> None:
    assert accusers(PLAIN) == ["STR-006"]


@pytest.mark.parametrize("end", [b"", MIDDLE_ERROR[:-2], DONE], ids=["close", "close in the error", "DONE"])
def test_a_stream_that_an_error_ends_is_accused_of_the_error(end: bytes) -> None:
    assert accusers(ROLE + (end if end.startswith(b"data: {") else MIDDLE_ERROR + end)) == ["STR-014"]


def test_a_stream_whose_second_asking_alone_is_cut_says_so_by_the_rule_on_usage() -> None:
    plan = WHOLE_SUITE
    first, second = (streamed(plan.steps[i].name, body) for i, body in enumerate((PLAIN + DONE, ROLE)))
    verdicts = judge_exchanges(plan, first, second).verdicts

    assert [
        (one.rule, str(finding.message))
        for one in verdicts
        if one.verdict is Verdict.FAILED
        for finding in one.findings
    ] == [("STR-011", "the stream ended without a finish_reason")]

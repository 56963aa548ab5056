"""A stream that lost its end never passes, wherever it was cut and however the relay covered it up.

Streams of the reference relay and of other shapes are cut at every byte. Then the connection is closed in good order,
or reset, or the relay writes a synthetic end: usage and [DONE] after an upstream that fell silent, as relays do (the
one-api family appends [DONE] to whatever it got). Only the finish_reason of every choice tells a whole answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
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


def judged(body: bytes, failure: FailureKind | None = None, asked: bytes = b"{}") -> Result:
    """Judge a stream of these bytes that ended in good order, or otherwise; `asked` is the body of the request."""
    name = PLAN.steps[0].name
    answer = Exchange(
        request=Request(
            step=name, method="POST", url="http://r", headers=(), body=asked, auth=Auth.NORMAL, stream=True
        ),
        started_at_s=1_700_000_000.0,
        marks=Marks(started_ns=0, sent_ns=MS, headers_ns=2 * MS, end_ns=9 * MS),
        status=200,
        headers=(("Content-Type", "text/event-stream"),),
        chunks=(Chunk(3 * MS, body),) if body else (),
        failure=TransportFailure(kind=failure, detail="the connection was reset") if failure else None,
    )
    return judge_exchanges(PLAN, answer)


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

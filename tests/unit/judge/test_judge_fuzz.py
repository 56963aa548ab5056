"""Whatever a relay sends, the judge comes to a result and raises nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judge_samples import COMPLETION, DONE, GOOD_STREAM, answer, judged, rule, step, suite

from wnmon.model.check import Level, Plan
from wnmon.model.exchange import Chunk, Exchange, FailureKind
from wnmon.model.json import Json
from wnmon.model.result import Outcome, Result

EVERY_KIND: dict[str, Json] = {
    "status": [200, "4xx"],
    "header": [{"name": "content-type", "matches": "(a+)+$"}, {"name": "date", "present": True}],
    "json": [
        {"schema": {"required": ["id"], "properties": {"id": {"pattern": "^(a+)+$"}}, "additionalProperties": False}},
        {"at": "/choices/0", "schema": {"uniqueItems": True, "multipleOf": 0.1}},
    ],
    "chunk": {"schema": {"type": "object", "patternProperties": {"(.*)+x": {"type": "string"}}}},
    "stream": ["complete", "framed", "data", "done", "finish", "no_error", "same_id", "spread"],
    "content": {"contains": "{{nonce}}", "equals": "a", "matches": "^(a+)+$", "not_empty": True, "max_chars": 3},
    "finish_reason": "stop",
    "usage": {"total": "sum", "prompt_tokens": {"min": 1}},
    "model": ["gpt-*"],
    "ttft": "1ms",
    "burst_at_end": "never",
    "fixed_cadence": "never",
    "first_visible": {"degraded": "1ms"},
    "total": {"degraded": "1ms", "failed": "2ms"},
}
PLAN = Plan(steps=(step("a", **EVERY_KIND), step("b", **EVERY_KIND)))
SUITE = suite(
    replace(rule("ALL"), expect=PLAN.steps[0].expect),
    rule("NEEDS", "b", needs=("ALL",), json={}),
    rule("SAME", same=["a/id", "b/id"], differs=["a", "b"]),
    rule("GROWS", grows=["a/usage/total_tokens", "b/usage/total_tokens"]),
    rule("WITHIN", within={"of": ["a/created", "b/created"], "tolerance": 0.5}),
    requests=["a", "b"],
    gate=Level.MUST,
)

BODIES = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(lambda text: text.encode(errors="surrogatepass")),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*COMPLETION, "error", "message", "delta", "x"]), inner, max_size=4)
        ),
        max_leaves=12,
    ).map(lambda value: repr(value).replace("'", '"').replace("None", "null").replace("True", "true").encode()),
    st.lists(
        st.sampled_from([*GOOD_STREAM, DONE, "data: [\n\n", "event: error\n", "data:", "\n\n", "\ufeff"]), max_size=8
    ).map(lambda parts: "".join(parts).encode()),
)
EXCHANGES = st.builds(
    lambda body, cut, status, media, failure, stream, late_ns, sent_ns: answer(
        [Chunk(at, data) for at, data in ((1, body[:cut]), (10**9, body[cut:]))],
        status,
        media,
        failure=failure,
        stream=stream,
        late_ns=late_ns,
        sent_ns=sent_ns,
    ),
    BODIES,
    st.integers(0, 50),
    st.sampled_from([None, 100, 200, 204, 302, 401, 403, 404, 429, 500, 503, 599]),
    st.sampled_from([None, "application/json", "text/event-stream", "text/html", "x", ";", "é"]),
    st.none() | st.sampled_from(FailureKind),
    st.booleans(),
    st.sampled_from([0, 10**9]),
    st.sampled_from([None, 0, 10**9]),
)


def both(exchange: Exchange) -> list[Result]:
    """Judge the exchange as both answers of a check and of a suite."""
    pair = [replace(exchange, request=replace(exchange.request, step=name)) for name in ("a", "b")]
    return [judged(PLAN, *pair), judged(SUITE, *pair)]


@settings(max_examples=60, deadline=None)
@given(EXCHANGES)
def test_any_bytes_come_to_a_result(exchange: Exchange) -> None:
    assert all(isinstance(result.outcome, Outcome) for result in both(exchange))


@settings(max_examples=20, deadline=None)
@given(EXCHANGES)
def test_any_bytes_come_to_the_same_result_twice(exchange: Exchange) -> None:
    assert both(exchange) == both(exchange)


HOSTILE = {
    "NaN": b'{"id": NaN}',
    "infinity": b'{"created": 1e999, "usage": {"total_tokens": -1e999}}',
    "many digits": b'{"id": ' + b"9" * 100_000 + b"}",
    "deep array": b"[" * 100_000,
    "deep object, closed": b'{"a":' * 90 + b"1" + b"}" * 90,
    "too deep object, closed": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "long key": b'{"' + b"k" * 1_000_000 + b'": 1}',
    "many choices": b'{"choices": [' + b'{"index": 0},' * 100_000 + b"{}]}",
    "lone surrogate": b'{"id": "\\ud800", "choices": [{"message": {"content": "\\udfff"}}]}',
    "evil text": b'{"id": "'
    + b"a" * 100_000
    + b'!", "choices": [{"message": {"content": "'
    + b"a" * 100_000
    + b'!"}}]}',
    "not UTF-8": b'{"id": "\xff\xfe"}',
    "events without an end": b"data: {" * 100_000,
    "many broken events": b"data: {\n\n" * 20_000,
    "long line": b"data: " + b"x" * 1_000_000,
    "NUL": b"\0" * 1000,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("media", ["application/json", "text/event-stream"])
def test_a_hostile_body_comes_to_a_result_of_bounded_size(body: bytes, media: str) -> None:
    results = both(answer(body, media=media))
    assert all(len(repr(result)) < 200_000 for result in results)

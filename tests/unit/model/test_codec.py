"""The codec: what was recorded comes back equal, and what is not a record is refused with the place and the reason."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from string import Formatter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wnmon.engine.codec import decode_run, encode_run
from wnmon.engine.run import Run
from wnmon.model.catalogue import CATALOGUE
from wnmon.model.check import Auth, Level
from wnmon.model.codec import (
    FIRST_S,
    FIXED,
    LAST_S,
    MAX_NS,
    VERSION,
    decode_as,
    decode_exchange,
    decode_from,
    encode_as,
    encode_exchange,
)
from wnmon.model.credentials import is_telling
from wnmon.model.exchange import Certificate, Chunk, Exchange, FailureKind, Lag, Marks, Request, Tls, TransportFailure
from wnmon.model.json import Json
from wnmon.model.result import (
    Evidence,
    Finding,
    Layer,
    Mark,
    Outcome,
    Reason,
    Result,
    RuleVerdict,
    Timing,
    Undecided,
    Usage,
    Verdict,
)
from wnmon.model.said import Said

TEXT = st.text(st.characters(exclude_categories=()), max_size=8)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
DAY = st.floats(FIRST_S, LAST_S)
# A header that speaks of a credential has no value in a record.
PAIRS = st.lists(st.tuples(TEXT.filter(lambda name: not is_telling(name)), TEXT), max_size=2).map(tuple)
INSTANT = st.none() | st.integers(-(10**12), 10**12)


def sentences(holes: st.SearchStrategy[Any]) -> st.SearchStrategy[Said]:
    """Return any sentence that a record may hold, its holes filled from `holes`: none has one twice."""
    names = {name: [hole for _, hole, _, _ in Formatter().parse(pair[0]) if hole] for name, pair in CATALOGUE.items()}
    held = sorted(name for name, found in names.items() if len(found) == len(set(found)))
    return st.sampled_from(held).flatmap(
        lambda name: st.builds(
            lambda held: Said(name, **held), st.fixed_dictionaries(dict.fromkeys(names[name], holes))
        )
    )


WORDS = TEXT | st.sampled_from(sorted(FIXED))
LISTS = st.lists(WORDS, max_size=3).map(tuple)
TEXTS = WORDS | sentences(st.recursive(WORDS | NUMBER | st.integers() | LISTS, sentences, max_leaves=3))
REASONS = st.dictionaries(TEXT, TEXTS, max_size=2)

TLS = st.builds(
    Tls,
    version=TEXT,
    cipher=TEXT,
    certificate=st.none()
    | st.builds(Certificate, subject=TEXT, issuer=TEXT, not_after_s=DAY, chain=st.lists(TEXT, max_size=2).map(tuple)),
)
EXCHANGES = st.builds(
    Exchange,
    request=st.builds(
        Request,
        step=TEXT,
        method=TEXT,
        url=TEXT,
        headers=PAIRS,
        body=st.binary(max_size=8),
        auth=st.sampled_from(Auth),
        stream=st.booleans(),
        http2=st.booleans(),
    ),
    started_at_s=DAY,
    marks=st.builds(Marks, started_ns=st.just(0), scheduled_ns=INSTANT, sent_ns=INSTANT, end_ns=st.integers(0, 10**12)),
    status=st.none() | st.integers(100, 599),
    http_version=st.none() | TEXT,
    headers=PAIRS,
    chunks=st.lists(st.builds(Chunk, st.integers(0, 10**12), st.binary(max_size=8)), max_size=3).map(tuple),
    wire_bytes=st.integers(0, 10**9),
    failure=st.none() | st.builds(TransportFailure, kind=st.sampled_from(FailureKind), detail=TEXTS),
    tls=st.none() | TLS,
    peer=st.none() | TEXT,
    late_ns=st.integers(0, 10**9),
    lags=st.lists(st.builds(Lag, st.integers(0, 10**12), st.integers(0, 10**12)), max_size=3).map(tuple),
)
FINDINGS = st.lists(
    st.builds(Finding, message=TEXTS, expected=TEXTS, actual=TEXTS, reason=st.sampled_from(Reason)), max_size=2
).map(tuple)
RESULTS = st.builds(
    Result,
    outcome=st.sampled_from(Outcome),
    reason=st.sampled_from(Reason),
    message=TEXTS,
    layer=st.none() | st.sampled_from(Layer),
    findings=FINDINGS,
    undecided=st.lists(st.builds(Undecided, kind=TEXT, step=TEXT, why=TEXTS), max_size=2).map(tuple),
    verdicts=st.lists(
        st.builds(
            RuleVerdict,
            rule=TEXT,
            level=st.sampled_from(Level),
            verdict=st.sampled_from(Verdict),
            findings=FINDINGS,
            why=TEXTS,
            waived=st.booleans(),
        ),
        max_size=2,
    ).map(tuple),
    timing=st.builds(
        Timing,
        ttft_s=st.none() | NUMBER,
        token_events=st.integers(0, 9),
        suspect=st.booleans(),
        suspect_marks=st.lists(st.sampled_from(Mark), max_size=2).map(tuple),
    ),
    usage=st.none() | st.builds(Usage, total_tokens=st.none() | st.integers()),
    tls=st.none() | TLS,
)
RUNS = st.builds(
    Run,
    id=TEXT,
    target=TEXT,
    check=TEXT,
    model=TEXT,
    started_at_s=DAY,
    ended_at_s=DAY,
    result=RESULTS,
    evidence=st.builds(
        Evidence,
        model=TEXT,
        nonce=TEXT,
        exchanges=st.lists(EXCHANGES, max_size=2).map(tuple),
        aliases=st.dictionaries(TEXT, st.lists(TEXT, max_size=2).map(tuple), max_size=2),
        waivers=REASONS,
        expired=REASONS,
        not_sent=REASONS,
    ),
    suite=st.none() | TEXT,
)

EXCHANGE = Exchange(
    request=Request(step="ask", method="POST", url="http://h/", headers=(), body=b"", auth=Auth.NORMAL, stream=False),
    started_at_s=1.5,
    marks=Marks(started_ns=1_000, scheduled_ns=900, sent_ns=1_200, end_ns=2_000),
    chunks=(Chunk(1_500, b"\xff\x00"),),
)


@settings(max_examples=150, deadline=None)
@given(EXCHANGES)
def test_an_exchange_comes_back_equal(exchange: Exchange) -> None:
    assert decode_exchange(json.loads(json.dumps(encode_exchange(exchange)))) == exchange


@settings(max_examples=100, deadline=None)
@given(RUNS)
def test_a_run_comes_back_equal(run: Run) -> None:
    assert decode_run(json.loads(json.dumps(encode_run(run)))) == run


@settings(max_examples=100, deadline=None)
@given(RUNS)
def test_encoding_again_gives_the_same_bytes(run: Run) -> None:
    text = json.dumps(encode_run(run))

    assert json.dumps(encode_run(decode_run(json.loads(text)))) == text


def test_instants_count_from_the_start() -> None:
    marks = decode_exchange(encode_exchange(EXCHANGE)).marks

    assert marks == Marks(started_ns=0, scheduled_ns=-100, sent_ns=200, end_ns=1_000)


def test_chunks_count_from_the_start() -> None:
    assert decode_exchange(encode_exchange(EXCHANGE)).chunks == (Chunk(500, b"\xff\x00"),)


def test_the_host_clock_leaves_no_trace() -> None:
    later = replace(
        EXCHANGE,
        marks=Marks(started_ns=6_000, scheduled_ns=5_900, sent_ns=6_200, end_ns=7_000),
        chunks=(Chunk(6_500, b"\xff\x00"),),
    )

    assert encode_exchange(later) == encode_exchange(EXCHANGE)


def test_a_record_says_its_version() -> None:
    assert encode_exchange(EXCHANGE)["wnmon"] == VERSION == 1


def test_a_member_with_a_default_may_be_absent() -> None:
    document = encode_exchange(EXCHANGE)
    del inner(document)["late_ns"]

    assert decode_exchange(document).late_ns == 0


def test_a_record_of_before_each_stamp_had_a_lag_of_its_own_is_read() -> None:
    document = encode_exchange(replace(EXCHANGE, late_ns=7, lags=()))
    del inner(document)["lags"]
    read = decode_exchange(document)

    assert (read.lags, read.lag_ns(read.marks.end_ns)) == ((), 7)


def test_the_instants_of_lags_count_from_the_start_too() -> None:
    marks = replace(EXCHANGE.marks, started_ns=1_000, end_ns=5_000)
    read = decode_exchange(encode_exchange(replace(EXCHANGE, marks=marks, lags=(Lag(5_000, 30),))))

    assert read.lag_ns(read.marks.end_ns) == 30


def test_an_integer_is_read_where_a_number_is_due() -> None:
    document = encode_exchange(EXCHANGE)
    inner(document)["started_at_s"] = 2

    assert decode_exchange(document).started_at_s == 2.0


def inner(document: dict[str, Any]) -> dict[str, Any]:
    """Return the exchange inside its envelope."""
    exchange = document["exchange"]
    assert isinstance(exchange, dict)
    return exchange


def put(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    """Return a change of one member of the exchange."""
    return lambda document: inner(document).update({name: value})


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda d: d.update(wnmon=2), "version 2"),
        (lambda d: d.pop("wnmon"), "no wnmon record"),
        (lambda d: d.pop("exchange"), "exchange: "),
        (lambda d: inner(d).pop("marks"), "exchange.marks: missing"),
        (put("surprise", 1), "exchange.surprise: unknown"),
        (put("status", "200"), "exchange.status: expected"),
        (put("status", True), "exchange.status: expected"),
        (put("started_at_s", "x"), "exchange.started_at_s: expected"),
        (put("started_at_s", True), "exchange.started_at_s: expected"),
        (put("started_at_s", float("inf")), "exchange.started_at_s: expected"),
        (put("started_at_s", 10**400), "exchange.started_at_s: expected"),
        (put("started_at_s", 1e308), "exchange.started_at_s: expected an instant of a calendar"),
        (put("started_at_s", -1e12), "exchange.started_at_s: expected an instant of a calendar"),
        (put("late_ns", 10**400), "exchange.late_ns: expected an instant of a clock"),
        (put("lags", [{"at_ns": 1, "late_ns": 2**63}]), "exchange.lags[0].late_ns: expected an instant of a clock"),
        (put("lags", [{"at_ns": 1}]), "exchange.lags[0].late_ns: missing"),
        (put("lags", {}), "exchange.lags: expected an array"),
        (put("chunks", [{"at_ns": -(2**63), "data": ""}]), "exchange.chunks[0].at_ns: expected an instant of a clock"),
        (
            lambda d: inner(d)["marks"].update(sent_ns=MAX_NS + 1),
            "exchange.marks.sent_ns: expected an instant of a clock",
        ),
        (put("headers", {}), "exchange.headers: expected"),
        (put("headers", [["a"]]), "exchange.headers[0]: expected"),
        (put("headers", [["a", 1]]), "exchange.headers[0][1]: expected"),
        (put("chunks", [{"at_ns": 1, "data": "!"}]), "exchange.chunks[0].data: expected"),
        (put("chunks", [{"at_ns": 1, "data": "é"}]), "exchange.chunks[0].data: expected"),
        (put("chunks", [{"at_ns": 1, "data": 5}]), "exchange.chunks[0].data: expected"),
        (put("failure", {"kind": "gone", "detail": ""}), "exchange.failure.kind: expected"),
        (put("failure", {"kind": [], "detail": ""}), "exchange.failure.kind: expected"),
        (put("request", 5), "exchange.request: expected"),
    ],
)
def test_a_malformed_record_is_refused_with_its_place(
    change: Callable[[dict[str, Any]], object], complaint: str
) -> None:
    document = encode_exchange(EXCHANGE)
    change(document)

    with pytest.raises(ValueError, match=re.escape(complaint)) as refused:
        decode_exchange(document)

    assert str(refused.value).startswith(complaint)


def test_the_first_and_the_last_day_are_instants() -> None:
    document = encode_exchange(EXCHANGE)
    read = []
    for at_s in (FIRST_S, LAST_S):
        inner(document)["started_at_s"] = at_s
        read.append(decode_exchange(document).started_at_s)

    assert read == [FIRST_S, LAST_S]


def test_members_of_an_object_are_read_and_others_left() -> None:
    assert decode_as(Usage, {"prompt_tokens": 1, "of another kind": {}}, "usage") == Usage(prompt_tokens=1)


def test_a_malformed_member_of_an_object_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^usage\.prompt_tokens: expected an integer"):
        decode_as(Usage, {"prompt_tokens": "1"}, "usage")


@pytest.mark.parametrize("document", [None, [], "wnmon", 1])
def test_what_is_no_object_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match="no wnmon record"):
        decode_run(document)


def test_an_exchange_is_no_run() -> None:
    with pytest.raises(ValueError, match=r"^run: missing"):
        decode_run(encode_exchange(EXCHANGE))


def test_a_mapping_that_is_none_is_refused() -> None:
    run = Run(
        id="1",
        target="t",
        check="c",
        model="m",
        started_at_s=1.0,
        ended_at_s=2.0,
        result=Result(outcome=Outcome.PASSED, reason=Reason.OK),
        evidence=Evidence(model="m", nonce="n", exchanges=()),
    )
    document: Any = encode_run(run)
    document["run"]["evidence"]["waivers"] = []

    with pytest.raises(ValueError, match=r"^run\.evidence\.waivers: expected"):
        decode_run(document)


@dataclass(frozen=True)
class Left:
    least: Decimal


def test_a_decimal_comes_back_as_it_was_written() -> None:
    assert decode_from(Left, encode_as("left", Left(Decimal("0.10"))), "left") == Left(Decimal("0.10"))


@pytest.mark.parametrize(
    ("given", "wanted"),
    [(0.1, "a number"), ("much", "a number"), ("NaN", "a finite number"), ("1E999999999", "a finite number")],
)
def test_what_is_no_decimal_is_refused(given: Json, wanted: str) -> None:
    with pytest.raises(ValueError, match=f"left.least: expected {wanted}"):
        decode_as(Left, {"least": given}, "left")

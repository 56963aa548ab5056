"""Sentences in records: their ids and holes beside their words, records of before there were ids, and hostile ones."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from wnmon.model.codec import decode_as, decode_from, encode_as
from wnmon.model.exchange import FailureKind, TransportFailure
from wnmon.model.json import Json
from wnmon.model.result import Evidence, Finding
from wnmon.model.said import Said, Text, Why, either

FULL = Said(Why.NEEDS_FULL)
ABSENT: Json = {"id": "absent"}


def failure(detail: Text) -> TransportFailure:
    return TransportFailure(kind=FailureKind.TLS, detail=detail)


def evidence(**texts: Any) -> Evidence:
    return Evidence(model="m", nonce="n", exchanges=(), **texts)


def finding(**texts: Any) -> Finding:
    return Finding(**{"message": "m", "expected": "e", "actual": "a"} | texts)


def encoded(value: Any, *, words_only: bool = False) -> dict[str, Any]:
    """Return the members of a value, as a file holds them."""
    members: dict[str, Any] = json.loads(json.dumps(encode_as("it", value, words_only=words_only)))["it"]
    return members


def decoded(kind: type, members: Mapping[str, Any]) -> Any:
    return decode_from(kind, {"wnmon": 1, "it": dict(members)}, "it")


# --- what a record holds


def test_a_sentence_is_told_in_english() -> None:
    assert encoded(failure(Said("no_connection", n="5")))["detail"] == "no connection within 5 s"


def test_the_id_and_the_holes_stand_beside_the_words() -> None:
    assert encoded(failure(Said("no_connection", n="5")))["said"] == {
        "detail": {"id": "no_connection", "holes": {"n": "5"}}
    }


def test_each_sentence_of_a_mapping_is_told_by_its_key() -> None:
    assert encoded(evidence(not_sent={"a": FULL, "b": "words"}))["said"] == {"not_sent": {"a": {"id": "needs_full"}}}


def test_words_have_no_id() -> None:
    assert "said" not in encoded(failure("connection reset"))


def test_words_only_hold_no_id() -> None:
    assert "said" not in encoded(failure(FULL), words_only=True)


def test_words_only_hold_nothing_that_never_compares() -> None:
    one = Finding(message="m", expected="e", actual="a", exchange=3)

    assert ("exchange" in encoded(one), "exchange" in encoded(one, words_only=True)) == (True, False)


def test_the_exchange_of_a_finding_comes_back() -> None:
    one = Finding(message="m", expected="e", actual="a", exchange=3)

    assert decoded(Finding, encoded(one)).exchange == 3


@pytest.mark.parametrize(
    "text",
    [
        "words",
        "absent",
        Said("absent"),
        Said("n_bytes", n=3),
        Said("n_bytes", n="3"),
        Said("n_bytes", n=2.5),
        Said("reason", kind="absent", said=Said("reason", kind="tls", said=Said("absent"))),
        either(map(str, range(1_000))),
    ],
    ids=["words", "words that read like a sentence", "sentence", "integer", "text", "number", "nested", "many"],
)
def test_a_text_comes_back_as_what_it_was(text: Text) -> None:
    assert decoded(TransportFailure, encoded(failure(text))) == failure(text)


@pytest.mark.parametrize("text", ["absent", FULL])
def test_a_text_of_a_mapping_comes_back_as_what_it_was(text: Text) -> None:
    told = evidence(waivers={"R": text}, expired={"R": text}, not_sent={"a": text})

    assert decoded(Evidence, encoded(told)) == told


# --- records of before there were ids


def test_an_old_reason_for_not_sending_is_known_by_its_words() -> None:
    old = {"model": "m", "nonce": "n", "exchanges": [], "not_sent": {"a": "needs --full"}}

    assert decoded(Evidence, old).not_sent == {"a": FULL}


def test_an_old_detail_of_a_failure_is_known_by_its_words() -> None:
    assert decoded(TransportFailure, {"kind": "shutdown", "detail": "wnmon was stopped"}).detail == Said("stopped")


def test_an_old_message_is_known_by_its_words() -> None:
    old = {"message": "a required member is absent", "expected": "present", "actual": "absent"}

    assert decoded(Finding, old) == finding(
        message=Said("required_absent"), expected=Said("present"), actual=Said("absent")
    )


@pytest.mark.parametrize("words", ["no connection within 5 s", "connection reset by peer", ""])
def test_old_words_that_are_no_fixed_sentence_stay_words(words: str) -> None:
    assert decoded(TransportFailure, {"kind": "connect", "detail": words}).detail == words


def test_old_words_of_two_sentences_are_the_one_that_records_hold() -> None:
    assert decoded(Finding, {"message": "m", "expected": "e", "actual": "text"}).actual == Said("some_words")


def test_members_of_an_object_are_read_without_ids() -> None:
    assert decode_as(Finding, encoded(finding(actual="x")) | {"more": 1}, "it") == finding(actual="x")


# --- hostile ids


def nested(depth: int) -> Json:
    """Return a sentence within a sentence, so many times."""
    said: Json = ABSENT
    for _ in range(depth):
        said = {"id": "reason", "holes": {"kind": "x", "said": said}}
    return said


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ([], "it.said: expected an object, got array"),
        (None, "it.said: expected an object, got null"),
        ({"kind": ABSENT}, "it.said.kind: unknown"),
        ({"surprise": ABSENT}, "it.said.surprise: unknown"),
        ({"detail": []}, "it.said.detail: expected a sentence, got array"),
        ({"detail": 7}, "it.said.detail: expected a sentence, got integer"),
        ({"detail": True}, "it.said.detail: expected a sentence, got boolean"),
        ({"detail": {}}, "it.said.detail: expected a sentence this program knows"),
        ({"detail": {"id": "nonsense"}}, "it.said.detail: expected a sentence this program knows"),
        ({"detail": {"id": ["absent"]}}, "it.said.detail: expected a sentence this program knows"),
        ({"detail": {"id": "absent", "holes": []}}, "it.said.detail.holes: expected an object"),
        ({"detail": {"id": "absent", "holes": {"n": 1}}}, "it.said.detail: expected the holes of absent"),
        ({"detail": {"id": "n_bytes"}}, "it.said.detail: expected the holes of n_bytes"),
        ({"detail": {"id": "n_bytes", "holes": {"m": 1}}}, "it.said.detail: expected the holes of n_bytes"),
        ({"detail": {"id": "n_bytes", "holes": {"n": None}}}, "it.said.detail.n: expected a sentence, got null"),
        ({"detail": {"id": "n_bytes", "holes": {"n": True}}}, "it.said.detail.n: expected a sentence, got boolean"),
        ({"detail": {"id": "n_bytes", "holes": {"n": float("nan")}}}, "it.said.detail.n: expected a finite number"),
        ({"detail": {"id": "n_bytes", "holes": {"n": {"id": "x"}}}}, "it.said.detail.n: expected a sentence this"),
        ({"detail": {"id": "either", "holes": {"words": ["a", 1]}}}, "it.said.detail.words: expected a string"),
        ({"detail": {"id": "either", "holes": {"words": [ABSENT]}}}, "it.said.detail.words: expected a string"),
        ({"detail": nested(17)}, "it.said.detail" + ".said" * 16 + ": expected a sentence this program knows"),
    ],
    ids=str,
)
def test_a_sentence_that_is_none_is_refused_with_its_place(said: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(complaint)}"):
        decoded(TransportFailure, {"kind": "tls", "detail": "words", "said": said})


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"not_sent": "absent"}, "it.said.not_sent: expected an object"),
        ({"not_sent": {"a": {"id": "x"}}}, "it.said.not_sent.a: expected a sentence this program knows"),
        ({"not_sent": {"b": ABSENT}}, "it.said.not_sent.b: unknown"),
        ({"aliases": {"a": ABSENT}}, "it.said.aliases: unknown"),
        ({"model": ABSENT}, "it.said.model: unknown"),
    ],
    ids=str,
)
def test_a_sentence_of_a_mapping_that_is_none_is_refused_with_its_place(said: Any, complaint: str) -> None:
    members = {"model": "m", "nonce": "n", "exchanges": [], "not_sent": {"a": "words"}, "aliases": {"a": []}}

    with pytest.raises(ValueError, match=f"^{re.escape(complaint)}"):
        decoded(Evidence, members | {"said": said})


def test_a_sentence_with_one_hole_twice_is_refused_for_nested_it_would_double_each_time() -> None:
    said = {"detail": {"id": "set_variable", "holes": {"name": "x"}}}

    with pytest.raises(ValueError, match=r"expected the holes of set_variable$"):
        decoded(TransportFailure, {"kind": "tls", "detail": "words", "said": said})


def test_sentences_may_nest() -> None:
    assert decoded(TransportFailure, {"kind": "tls", "detail": "words", "said": {"detail": nested(15)}})


def test_a_sentence_counts_and_not_the_words_beside_it() -> None:
    old = {"kind": "tls", "detail": "words of an older catalogue", "said": {"detail": ABSENT}}

    assert decoded(TransportFailure, old).detail == Said("absent")

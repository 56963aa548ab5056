"""Comparisons of several answers."""

from __future__ import annotations

from typing import Any

import pytest
from judge_samples import answer, compared, completion, places, unfit

from wnmon.judge.subject import Unjudged
from wnmon.model.exchange import Exchange
from wnmon.model.json import Json
from wnmon.model.result import Finding
from wnmon.model.said import Said

IDS: Json = ["a/id", "b/id"]
TOTALS: Json = ["a/usage/total_tokens", "b/usage/total_tokens", "c/usage/total_tokens"]


def totals(*counts: Any) -> list[Any]:
    return [completion(step=name, usage={"total_tokens": count}) for name, count in zip("abc", counts, strict=False)]


CASES: list[tuple[str, Json, list[Any], bool]] = [
    ("same", IDS, [completion("a"), completion("b")], True),
    ("same", IDS, [completion("a"), completion("b", id="other")], False),
    ("same", ["a", "b"], [completion("a"), completion("b")], True),
    ("differs", IDS, [completion("a"), completion("b", id="other")], True),
    ("differs", IDS, [completion("a"), completion("b")], False),
    ("differs", TOTALS, totals(1, 2, 1), False),
    ("grows", TOTALS, totals(1, 2, 3), True),
    ("grows", TOTALS, totals(1, 2, 2), False),
    ("within", {"of": TOTALS, "tolerance": 0.1}, totals(100, 95, 90), True),
    ("within", {"of": TOTALS, "tolerance": 0.1}, totals(100, 95, 89), False),
    ("within", {"of": TOTALS, "tolerance": 0}, totals(0, 0, 0), True),
]


@pytest.mark.parametrize(("kind", "places", "answers", "holds"), CASES)
def test_a_comparison_holds_or_is_one_complaint(kind: str, places: Json, answers: list[Any], holds: bool) -> None:
    assert len(compared(kind, places, *answers)) == (0 if holds else 1)


def test_a_complaint_shows_every_place_and_value() -> None:
    (finding,) = compared("differs", IDS, completion("a"), completion("b"))
    assert (finding.place, finding.actual) == ("a/id, b/id", 'string "chatcmpl-1", string "chatcmpl-1"')


def test_a_complaint_about_tolerance_says_it_in_percent() -> None:
    (finding,) = compared("within", {"of": TOTALS, "tolerance": 0.1}, *totals(1, 2, 3))
    assert str(finding.expected) == "within 10%"


NO_NUMBER = Said("compared_no_number")
UNJUDGED: list[tuple[str, Json, list[Any], Said]] = [
    ("same", IDS, [completion("a"), completion("b", id=...)], Said("place_absent", code="b", text="/id")),
    ("differs", IDS, [answer("{", step="a"), completion("b")], Said("place_absent", code="a", text="/id")),
    ("differs", IDS, [answer(b"", step="a"), completion("b")], Said("place_absent", code="a", text="/id")),
    ("grows", TOTALS, totals(1, None, 3), NO_NUMBER),
    ("grows", TOTALS, totals(1, True, 3), NO_NUMBER),
    ("grows", IDS, [completion("a"), completion("b", id=...)], Said("place_absent", code="b", text="/id")),
    ("within", {"of": IDS, "tolerance": 0.1}, [completion("a"), completion("b")], NO_NUMBER),
]


@pytest.mark.parametrize(("kind", "places", "answers", "why"), UNJUDGED)
def test_what_cannot_be_compared_is_left_unjudged(kind: str, places: Json, answers: list[Any], why: Said) -> None:
    assert compared(kind, places, *answers) == Unjudged(why)


@pytest.mark.parametrize("kind", ["grows", "within"])
def test_huge_numbers_are_compared_without_raising(kind: str) -> None:
    huge = [answer('{"n": ' + digits + "}", step=name) for name, digits in (("a", "9" * 299), ("b", "-1.7e308"))]
    places: Json = ["a/n", "b/n"]
    said = compared(kind, places if kind == "grows" else {"of": places, "tolerance": 1}, *huge)
    assert isinstance(said[0], Finding)


# --- as_valid


AS_VALID: Json = {"of": ["plain", "odd"], "schema": {"type": "object", "required": ["id", "usage"]}}


def as_valid(plain: Exchange, odd: Exchange) -> Any:
    return compared("as_valid", AS_VALID, plain, odd)


def test_what_breaks_the_schema_in_the_second_answer_alone_is_a_complaint() -> None:
    assert places(as_valid(completion("plain"), completion("odd", usage=...))) == ["/usage"]


def test_what_breaks_the_schema_in_both_answers_is_another_rules_matter() -> None:
    assert as_valid(completion("plain", usage=...), completion("odd", usage=...)) == []


def test_two_answers_that_satisfy_the_schema_are_no_complaint() -> None:
    assert as_valid(completion("plain"), completion("odd")) == []


@pytest.mark.parametrize("broken", ["plain", "odd"])
def test_an_answer_that_is_no_json_leaves_its_validity_open(broken: str) -> None:
    answers = {name: answer(b"{", step=name) if name == broken else completion(name) for name in ("plain", "odd")}

    assert as_valid(*answers.values()) == Unjudged(Said("not_all_json"))


@pytest.mark.parametrize("value", [["plain", "odd"], {"of": ["plain", "odd"]}, {"of": ["plain"], "schema": {}}])
def test_validity_is_compared_by_places_and_a_schema(value: Any) -> None:
    assert unfit("as_valid", value)[1]

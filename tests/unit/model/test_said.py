"""Sentences as values: one id, some holes, two languages."""

from __future__ import annotations

import pytest

from wnmon.model.said import Said, Text, Why, either, fitted, id_of, in_language, mapped, say

ABSENT = Said("absent")
HELD_UP = Said("reason", kind="stall", said=Said("answer_stopped", n="5"))


def test_a_sentence_reads_in_english() -> None:
    assert str(Said("blocked_by", code="DOC-001")) == "blocked by DOC-001"


@pytest.mark.parametrize(
    ("lang", "words"),
    [("en", "blocked by DOC-001"), ("zh", "因 DOC-001 而无法判定"), ("fr", "blocked by DOC-001")],
)
def test_a_sentence_reads_in_the_language_of_its_reader(lang: str, words: str) -> None:
    assert Said("blocked_by", code="DOC-001").text(lang) == words


def test_a_sentence_within_a_sentence_reads_in_the_same_language() -> None:
    assert HELD_UP.text("zh") == "stall：响应中断：5 秒内没有数据"


def test_sentences_are_equal_by_id_and_holes() -> None:
    assert Said("n_bytes", n=1) == Said("n_bytes", n=1) != Said("n_bytes", n=2)


def test_a_reason_is_the_id_of_its_sentence() -> None:
    assert Said(Why.NEEDS_FULL) == Said("needs_full")


_NAMING = frozenset({Why.KNOWN, Why.NOT_TAKEN, Why.NOT_GIVEN})


@pytest.mark.parametrize("why", [why for why in Why if why not in _NAMING])
def test_a_reason_reads_as_a_sentence_without_holes(why: Why) -> None:
    assert str(Said(why))


@pytest.mark.parametrize(("text", "name"), [(ABSENT, "absent"), ("absent", ""), ("", "")])
def test_only_a_sentence_has_an_id(text: Text, name: str) -> None:
    assert id_of(text) == name


@pytest.mark.parametrize(("hole", "words"), [(ABSENT, "缺失"), ("absent", "absent"), (7, "7"), (0.5, "0.5")])
def test_what_is_no_sentence_is_the_same_in_every_language(hole: Text | float, words: str) -> None:
    assert in_language(hole, "zh") == words


def test_a_sentence_can_be_said_at_once() -> None:
    assert say("n_bytes", "zh", n=3) == "3 字节"


# --- alternatives


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["a"], "a"),
        (["a", "b"], "a or b"),
        (["a", "b", "c"], "a or b or c"),
        ("abcde", "a or b or c or d or e"),
    ],
)
def test_alternatives_are_joined_in_their_order(words: list[str], text: str) -> None:
    assert str(either(words)) == text


def test_alternatives_are_joined_in_each_language() -> None:
    assert in_language(either("abc"), "zh") == "a 或 b 或 c"


def test_many_alternatives_can_be_said() -> None:
    assert str(either(["x"] * 5_000)).count(" or ") == 4_999


# --- what others said


def test_words_of_others_are_changed_at_any_depth() -> None:
    said = Said("reason", kind="a", said=Said("status_said", n=1, text="b"))

    assert mapped(said, str.upper) == Said("reason", kind="A", said=Said("status_said", n=1, text="B"))


def test_alternatives_are_changed_each() -> None:
    assert mapped(either("ab"), str.upper) == either("AB")


def test_words_alone_are_changed() -> None:
    assert mapped("a", str.upper) == "A"


LONG = "x" * 300


@pytest.mark.parametrize(
    "text",
    [
        LONG,
        Said("status_said", n=500, text=LONG),
        Said("status_with", n="200", said=Said("html_page_titled", text=LONG)),
        Said("expected_got", said=ABSENT, said2=LONG, said3="y" * 10),
    ],
    ids=["words", "sentence", "sentence within", "several"],
)
def test_a_long_text_is_cut_to_its_limit(text: Text) -> None:
    assert len(str(fitted(text, 100))) == 100


def test_a_cut_is_made_in_words_of_others_and_marked() -> None:
    assert str(fitted(Said("status_said", n=500, text="abcdefgh"), 17)) == "status 500: abcd…"


def test_a_text_that_fits_stays() -> None:
    assert fitted(HELD_UP) == HELD_UP


@pytest.mark.parametrize("text", [Said("answer_without_text"), Said("status_said", n=500, text="short"), either("abc")])
def test_a_sentence_longer_than_its_limit_without_words_to_cut_stays(text: Said) -> None:
    assert fitted(text, 5) == text

"""Text from outside: cut, on one line, writable."""

from __future__ import annotations

import pytest

from wnmon.model.text import columns, cut, encodable, one_line, percent, visible


@pytest.mark.parametrize(("text", "short"), [("abcd", "abcd"), ("abcde", "abc…"), ("", "")])
def test_text_over_the_limit_ends_in_an_ellipsis(text: str, short: str) -> None:
    assert cut(text, 4) == short


@pytest.mark.parametrize("odd", ["\n", "\x1b", "\u2028", "\u202e", "\ud800", "\ufeff", " \t\r\n "])
def test_what_breaks_a_line_becomes_one_blank(odd: str) -> None:
    assert one_line(f"a{odd}b", 10) == "a b"


def test_a_line_is_cut_after_its_blanks_are_joined() -> None:
    assert one_line("  a\n\n\nb  c", 4) == "a b…"


def test_a_lone_surrogate_is_written_as_its_escape() -> None:
    assert encodable("a\ud800\u4f60") == "a\\ud800\u4f60"


@pytest.mark.parametrize(("odd", "shown"), [("\x1b", "\\x1b"), ("\u202e", "\\u202e"), ("\ud800", "\\ud800")])
def test_what_cannot_be_seen_is_written_as_its_escape(odd: str, shown: str) -> None:
    assert visible(f"a{odd}b") == f"a{shown}b"


def test_what_can_be_seen_stays_as_it_is() -> None:
    assert visible("你好 é a b") == "你好 é a b"


@pytest.mark.parametrize(
    ("share", "shown"),
    [(1, "100 %"), (0, "0 %"), (0.5, "50 %"), (0.98765, "98.77 %"), (0.999_99, "99.99 %"), (0.970_97, "97.10 %")],
)
def test_a_share_that_is_not_whole_is_never_shown_as_such(share: float, shown: str) -> None:
    assert percent(share) == shown


@pytest.mark.parametrize(
    ("right", "lines"),
    [
        ((), ["探测  7", "a     10  x"]),
        ((1,), ["探测   7", "a     10  x"]),
    ],
)
def test_columns_line_up_where_a_chinese_character_takes_two(right: tuple[int, ...], lines: list[str]) -> None:
    assert columns([("探测", "7", ""), ("a", "10", "x")], right) == lines

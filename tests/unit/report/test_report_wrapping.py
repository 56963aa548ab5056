"""Lines end where a reader of either language would end them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from wnmon.report.terminal.wrapping import breaks


def lines(text: str, width: int) -> list[str]:
    """Return a text divided, without the blanks at the ends of lines."""
    ends = [*breaks(text, width), len(text)]
    return [text[start:end].rstrip() for start, end in zip([0, *ends], ends, strict=False)]


@pytest.mark.parametrize(
    ("text", "width", "parts"),
    [
        ("one two three", 7, ["one two", "three"]),
        ("[DONE] 用于区分应答结束", 16, ["[DONE] 用于区分", "应答结束"]),
        ("缺少它客户端，会", 12, ["缺少它客户", "端，会"]),
        ("参数（必需）没有", 6, ["参数", "（必", "需）没", "有"]),
        ("用 base_url 拼接", 10, ["用", "base_url", "拼接"]),
        ("响应体)是空的", 6, ["响应", "体)是", "空的"]),
        ("abcdefghij 好", 4, ["abcd", "efgh", "ij", "好"]),
        ("abcdef。", 6, ["abcde", "f。"]),
        ("", 4, [""]),
    ],
)
def test_a_line_ends_where_it_may(text: str, width: int, parts: list[str]) -> None:
    assert lines(text, width) == parts


@given(st.text("ab :)（，。好的wnmon \u3000", max_size=80), st.integers(2, 20))
def test_no_part_is_wider_than_there_is_room(text: str, width: int) -> None:
    assert all(cell_len(line) <= width for line in lines(text, width))


@given(
    st.lists(st.sampled_from(["好", "的，", "用）", "ab", "ab。", "c "]), max_size=40).map("".join), st.integers(6, 20)
)
def test_no_line_begins_with_a_closing_mark(text: str, width: int) -> None:
    assert not {line[:1] for line in lines(text, width)} & set("，）。")

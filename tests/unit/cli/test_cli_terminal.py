"""What a terminal can show decides on language and colours."""

from __future__ import annotations

import pytest

from wnmon.cli.terminal import chosen_language, wants_color


@pytest.mark.parametrize(
    ("option", "locale", "encoding", "language"),
    [
        ("zh", "en_US.UTF-8", "utf-8", "zh"),
        ("en", "zh_CN.UTF-8", "utf-8", "en"),
        (None, "zh_CN.UTF-8", "utf-8", "zh"),
        (None, "zh_CN.GBK", "gbk", "zh"),
        (None, "zh_CN", "latin-1", "en"),
        ("zh", "", "ascii", "en"),
        ("zh", "", "no such encoding", "en"),
        (None, "", "utf-8", "en"),
    ],
)
def test_chinese_is_spoken_where_it_is_wanted_and_can_be_shown(
    option: str | None, locale: str, encoding: str, language: str
) -> None:
    assert chosen_language(option, {"LANG": locale}, encoding) == language


@pytest.mark.parametrize(
    ("env", "is_terminal", "wants"),
    [
        ({"TERM": "xterm"}, True, True),
        ({}, True, True),
        ({"TERM": "dumb"}, True, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, True, False),
        ({"TERM": "xterm"}, False, False),
    ],
)
def test_only_a_terminal_that_knows_escapes_and_wants_them_gets_any(
    env: dict[str, str], is_terminal: bool, wants: bool
) -> None:
    assert wants_color(env, is_terminal=is_terminal) is wants

"""The language of a text."""

from __future__ import annotations

import pytest

from wnmon.model.language import language_of, pick


@pytest.mark.parametrize("name", ["zh", "ZH", "zh-Hans", "zh_CN.UTF-8"])
def test_every_name_of_chinese_means_chinese(name: str) -> None:
    assert language_of(name) == "zh"


@pytest.mark.parametrize("name", ["en", "de_DE.UTF-8", "C", ""])
def test_every_other_language_means_english(name: str) -> None:
    assert language_of(name) == "en"


@pytest.mark.parametrize(("lang", "text"), [("en", "yes"), ("zh", "是"), ("fr", "yes")])
def test_a_text_is_picked_in_the_language(lang: str, text: str) -> None:
    assert pick(("yes", "是"), lang) == text

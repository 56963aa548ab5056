"""Parameter types of the command line."""

from __future__ import annotations

import click
import pytest

from wnmon.cli.types import DURATION, NAMES


def test_names_are_a_list_without_blanks() -> None:
    assert NAMES.convert(" a, b,,c ", None, None) == ("a", "b", "c")


def test_names_already_read_stay() -> None:
    assert NAMES.convert(("a b",), None, None) == ("a b",)


@pytest.mark.parametrize("empty", ["", ",", " , "])
def test_a_list_of_no_name_is_refused(empty: str) -> None:
    with pytest.raises(click.BadParameter, match="expected names such as a,b"):
        NAMES.convert(empty, None, None)


def test_a_duration_is_read_as_seconds() -> None:
    assert DURATION.convert("1m30s", None, None) == 90.0


def test_nothing_needs_no_unit() -> None:
    assert DURATION.convert("0", None, None) == 0.0


def test_a_number_without_a_unit_is_no_duration() -> None:
    with pytest.raises(click.BadParameter, match='expected a duration such as "2s"'):
        DURATION.convert("5", None, None)

"""What the value of an option may be."""

from __future__ import annotations

import click
import pytest

from wnmon.cli.options import distinct, duration, names


def test_names_are_a_list_without_blanks() -> None:
    assert names(" a, b,,c ") == ("a", "b", "c")


@pytest.mark.parametrize("empty", ["", ",", " , "])
def test_a_list_of_no_name_is_refused(empty: str) -> None:
    with pytest.raises(click.BadParameter, match="expected names such as a,b"):
        names(empty)


def test_what_a_repeated_option_names_twice_counts_once() -> None:
    context = click.Context(click.Command("check"))

    assert distinct(context, click.Option(["--model"]), (("b", "a"), ("a",))) == ("b", "a")


def test_a_duration_is_read_as_seconds() -> None:
    assert duration("1m30s") == 90.0


def test_nothing_needs_no_unit() -> None:
    assert duration("0") == 0.0


def test_a_number_without_a_unit_is_no_duration() -> None:
    with pytest.raises(click.BadParameter, match='expected a duration such as "2s"'):
        duration("5")

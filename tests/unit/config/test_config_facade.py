"""The names of `wnmon.config`, each imported when it is first asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

import wnmon.config


@pytest.mark.parametrize("name", wnmon.config.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(wnmon.config, name).__name__ == name


def test_a_name_that_is_not_there_is_missed_as_any_other() -> None:
    assert not hasattr(wnmon.config, "load_anything")


def test_where_the_built_in_files_are_is_known_without_a_reader_of_yaml() -> None:
    script = "import sys, wnmon.config.shipped; print('yaml' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"

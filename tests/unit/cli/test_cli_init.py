"""`wnmon init --key-file`: what it writes, and what it says is left to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wnmon.cli.init import command

RELAY = ["--base-url", "http://127.0.0.1:9", "--model", "m"]


def made(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, [*RELAY, *arguments, str(folder / "wnmon.yaml")])


def test_the_file_that_is_written_reads_the_key_from_the_file_named(tmp_path: Path) -> None:
    made(tmp_path, "--key-file", "/run/secrets/relay")

    assert 'api_key: {file: "/run/secrets/relay"}\n' in (tmp_path / "wnmon.yaml").read_text("utf-8")


@pytest.mark.parametrize("is_there", [True, False])
def test_a_key_that_is_not_in_its_file_yet_is_left_to_do(tmp_path: Path, *, is_there: bool) -> None:
    key = tmp_path / "key"
    if is_there:
        key.write_text("sk-0123456789abcdef", encoding="utf-8")

    assert (f"set the key in {key}" in made(tmp_path, "--key-file", str(key)).output) is not is_there


def test_two_places_of_the_key_are_refused(tmp_path: Path) -> None:
    done = made(tmp_path, "--key-file", "key", "--key-variable", "WN_API_KEY")

    assert (done.exit_code, "--key-variable and --key-file exclude each other" in done.output) == (2, True)

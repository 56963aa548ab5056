"""A key in a file of its own: what of the file is the key, what is wrong with it, and that no word of it is quoted."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_samples import KEY, config, problems, write

from wnmon.config.key_file import MAX_BYTES

TEXT = 'targets:\n  wn: {base_url: "https://relay.example", api_key: {file: "%s"}, models: [m]}\n'


def key_of(folder: Path, data: bytes) -> str | None:
    (folder / "key").write_bytes(data)
    key = config(folder, TEXT % "key").targets[0].api_key
    return None if key is None else key.reveal()


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\n\n"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_the_key_is_the_one_line_of_its_file(tmp_path: Path, start: bytes, end: bytes) -> None:
    assert key_of(tmp_path, start + KEY.encode() + end) == KEY


def test_a_key_may_be_as_long_as_a_file_may(tmp_path: Path) -> None:
    assert key_of(tmp_path, b"k" * MAX_BYTES) == "k" * MAX_BYTES


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not an empty one"),
        (b"\n", "not an empty one"),
        (b"\xef\xbb\xbf\n", "not an empty one"),
        (f"{KEY}\n{KEY}\n".encode(), "not several lines"),
        (f"{KEY}\r{KEY}".encode(), "not several lines"),
        (f"{KEY}\x00".encode(), "not other bytes"),
        (KEY.encode("utf-16"), "not other bytes"),
        (f"{KEY}é".encode(), "not other bytes"),
        (f"{KEY}\x1b[2J".encode(), "special characters"),
        (f"{KEY} ".encode(), "without spaces"),
        (f"\t{KEY}".encode(), "without spaces"),
        (f"Bearer {KEY}".encode(), 'not "Bearer" and the key'),
        (f'"{KEY}"\n'.encode(), "not quotes around it"),
        (f"'{KEY}'\n".encode(), "not quotes around it"),
        (f"WN_API_KEY={KEY}\n".encode(), "not with NAME=KEY"),
        (f"export WN_API_KEY={KEY}\n".encode(), "not with NAME=KEY"),
        (b"k" * (MAX_BYTES + 1), f"not one of more than {MAX_BYTES} bytes"),
    ],
)
def test_a_file_that_holds_no_key_is_refused_and_not_quoted(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "key").write_bytes(data)
    (only,) = problems(tmp_path, TEXT % "key")
    assert (said in only, KEY in only, "targets.wn.api_key.file" in only) == (True, False, True)


@pytest.mark.parametrize("key", ["QUJD_Zk3vQ9xT2mLp==", "A_B==", 'sk-"x"y', "WN-KEY=x"])
def test_a_key_may_hold_equals_signs_and_quotes_of_its_own(tmp_path: Path, key: str) -> None:
    assert key_of(tmp_path, key.encode()) == key


def test_an_empty_path_is_called_empty(tmp_path: Path) -> None:
    assert 'expected some text, not ""' in problems(tmp_path, TEXT % "")[0]


def test_quotes_around_a_key_in_a_variable_are_refused_too(tmp_path: Path) -> None:
    text = (TEXT % "key").replace('{file: "key"}', '"${WN_API_KEY}"')
    (only,) = problems(tmp_path, text, {"WN_API_KEY": f'"{KEY}"'})
    assert ("leave out the quotes" in only, KEY in only) == (True, False)


@pytest.mark.parametrize("name", ["no\\0where", "../" * 3000, "n" * 300])
def test_a_path_that_cannot_be_is_refused(tmp_path: Path, name: str) -> None:
    assert len(problems(tmp_path, TEXT % name)) == 1


def test_a_circle_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").symlink_to("key")
    assert "cannot be read" in problems(tmp_path, TEXT % "key")[0]


def test_the_path_is_relative_to_the_file_that_names_it(tmp_path: Path) -> None:
    write(tmp_path, KEY, "deep/key")
    write(tmp_path, TEXT % "key", "deep/more.yaml")
    assert config(tmp_path, "include: [deep/more.yaml]\n").targets[0].api_key is not None


def test_the_path_may_come_from_the_environment(tmp_path: Path) -> None:
    write(tmp_path, KEY, "run/key")
    key = config(tmp_path, TEXT % "${RUN}/key", {"RUN": str(tmp_path / "run")}).targets[0].api_key
    assert key is not None


def test_the_key_is_a_secret_of_the_target(tmp_path: Path) -> None:
    write(tmp_path, KEY, "key")
    assert [one.reveal() for one in config(tmp_path, TEXT % "key").secrets()] == [KEY]


def test_the_file_is_watched_as_it_is_named(tmp_path: Path) -> None:
    write(tmp_path, KEY, "real")
    (tmp_path / "key").symlink_to("real")
    assert tmp_path / "key" in config(tmp_path, TEXT % "key").files


def test_what_the_running_configuration_is_known_by_holds_no_key(tmp_path: Path) -> None:
    write(tmp_path, KEY, "key")
    before = config(tmp_path, TEXT % "key").sha
    write(tmp_path, KEY + "x", "key")
    assert config(tmp_path, TEXT % "key").sha == before


def test_a_key_in_the_url_is_found_where_it_comes_from_a_file_too(tmp_path: Path) -> None:
    write(tmp_path, KEY, "key")
    text = (TEXT % "key").replace("relay.example", f"relay.example/{KEY}/v1")
    assert "without the key" in problems(tmp_path, text)[0]

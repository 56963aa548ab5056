"""A file that is written whole leaves what it is written to as it was: link, mode, device, pipe."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from wnmon.cli.files import write_text
from wnmon.errors import UsageError


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    kept, link = tmp_path / "kept.json", tmp_path / "link.json"
    kept.write_text("old", encoding="utf-8")
    link.symlink_to(kept)
    write_text(link, "new")

    assert (link.is_symlink(), kept.read_text("utf-8")) == (True, "new")


def test_a_link_to_nothing_yet_makes_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "later")
    write_text(tmp_path / "link", "new")

    assert ((tmp_path / "link").is_symlink(), (tmp_path / "later").read_text("utf-8")) == (True, "new")


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "link")

    with pytest.raises(UsageError, match="cannot write"):
        write_text(tmp_path / "link", "new")


def test_the_mode_stays(tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    file.write_text("old", encoding="utf-8")
    file.chmod(0o640)
    write_text(file, "new")

    assert (stat.S_IMODE(file.stat().st_mode), file.read_text("utf-8")) == (0o640, "new")


def test_a_pipe_is_written_to_and_stays(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text("utf-8")), daemon=True)
    reader.start()
    write_text(pipe, "new")
    stayed = pipe.is_fifo()
    reader.join(timeout=60)

    assert (stayed, read) == (True, ["new"])


def test_a_terminal_behind_a_link_is_written_to(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    link = tmp_path / "terminal"
    link.symlink_to(os.ttyname(theirs))
    write_text(link, "new")
    read = os.read(ours, 100)
    os.close(ours)
    os.close(theirs)

    assert (link.is_symlink(), read) == (True, b"new")


def test_nothing_is_left_beside_what_could_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "known.json").write_text("old", encoding="utf-8")

    with pytest.raises(UnicodeEncodeError):
        write_text(tmp_path / "known.json", "\ud800")

    assert [path.name for path in tmp_path.iterdir()] == ["known.json"]

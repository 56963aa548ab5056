"""The list of built-in rules that is written down beforehand: the same as the suites, or not used."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from wnmon.cli.rule_list import WRITTEN, digest_of, listed_beforehand, render_written
from wnmon.cli.suites import listed
from wnmon.config import built_in_suites
from wnmon.config.shipped import shipped_folder

SUITE = "suite: mine\nrequests: {plain: {prompt: hi}}\nrules: {}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "mine.yaml").write_text(SUITE, encoding="utf-8")
    return tmp_path / "checks"


@pytest.fixture
def written(folder: Path) -> Path:
    """The rules of wnmon's own suites, as the list of `folder`."""
    path = folder.parent / "rule_list.json"
    path.write_text(render_written(listed_beforehand(), str(digest_of(folder))), encoding="utf-8")
    return path


def test_what_is_written_down_is_what_the_suites_say() -> None:
    assert WRITTEN.read_text("utf-8") == render_written(listed(built_in_suites()), str(digest_of(shipped_folder())))


def test_a_list_of_the_same_files_is_used(folder: Path, written: Path) -> None:
    assert listed_beforehand(folder, written) == listed_beforehand() != []


@pytest.mark.parametrize("change", ["changed", "renamed", "added", "gone", "unreadable"])
def test_a_list_of_other_files_is_not_used(folder: Path, written: Path, change: str) -> None:
    mine = folder / "mine.yaml"
    if change == "changed":
        mine.write_text(SUITE.replace("hi", "ho"), encoding="utf-8")
    elif change == "renamed":
        mine.rename(folder / "other.yaml")
    elif change == "added":
        (folder / "more.yaml").write_text("", encoding="utf-8")
    else:
        mine.unlink()
    if change == "unreadable":
        mine.mkdir()

    assert listed_beforehand(folder, written) == []


def test_a_list_reads_no_yaml_and_judges_nothing() -> None:
    script = (
        "import json, sys\nfrom wnmon.cli import run\n"
        "try: run(['check', '--list', '--json'])\n"
        "finally: print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stderr))

    assert not loaded & {"yaml", "re2", "wnmon.judge", "wnmon.engine", "wnmon.report", "wnmon.wire"}

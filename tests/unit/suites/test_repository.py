"""Where wnmon lives is said in one place; every page, label and alert is made to agree with it."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[3] / "scripts"))
from repository import address, saying, stale

ROOT = Path(__file__).parents[3]
MOVED = "https://git.example/team/relay-monitor"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of all that says where wnmon lives."""
    for path in (*saying(ROOT), ROOT / "pyproject.toml"):
        (tmp_path / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, tmp_path / path.relative_to(ROOT))
    return tmp_path


def move(checkout: Path, url: str) -> None:
    project = checkout / "pyproject.toml"
    text = project.read_text(encoding="utf-8")
    project.write_text(re.sub(r'^Repository = ".*"$', f'Repository = "{url}"', text, flags=re.MULTILINE), "utf-8")
    for path, new in list(stale(checkout)):
        path.write_text(new, encoding="utf-8")


def holding(checkout: Path, words: str) -> set[str]:
    files = (path for path in checkout.rglob("*") if path.is_file() and path.name != "pyproject.toml")
    return {str(path.relative_to(checkout)) for path in files if words in path.read_text("utf-8", errors="replace")}


def test_all_that_says_where_wnmon_lives_says_the_same() -> None:
    assert [str(path) for path, _ in stale(ROOT)] == []


def test_one_setting_fills_every_placeholder(checkout: Path) -> None:
    move(checkout, MOVED)

    assert holding(checkout, "OWNER/") == set()


def test_a_second_move_needs_no_placeholder(checkout: Path) -> None:
    first = holding(checkout, address(ROOT))
    move(checkout, MOVED)
    move(checkout, "https://code.example/others/wnmon")

    assert (holding(checkout, "https://code.example/others/wnmon"), holding(checkout, MOVED)) == (first, set())


def test_the_action_is_named_by_owner_and_repository(checkout: Path) -> None:
    move(checkout, MOVED)

    assert "docs/ci/github.yml" in holding(checkout, "uses: team/relay-monitor@COMMIT")


@pytest.mark.parametrize(
    "told", ["", "github.com/a/wnmon", "http://github.com/a/wnmon", "https://github.com/wnmon", f"{MOVED}.git", "a b"]
)
def test_an_address_that_cannot_be_linked_to_is_refused(checkout: Path, told: str) -> None:
    with pytest.raises(ValueError, match=r"project\.urls\.Repository"):
        move(checkout, told)

"""Pictures in README and docs: there, shown somewhere, small, and never passed off for what they are not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PICTURES = sorted((ROOT / "docs" / "pictures").iterdir())
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
LARGEST_BYTES = 200_000
ALL_BYTES = 1_500_000

SHOWN = [
    (page, target)
    for page in PAGES
    for target in re.findall(r"!\[[^\]]*\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    if "://" not in target
]


@pytest.mark.parametrize(("page", "target"), SHOWN)
def test_a_picture_that_a_page_shows_exists(page: Path, target: str) -> None:
    assert (page.parent / target).is_file()


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.name)
def test_a_picture_is_shown_by_a_page(picture: Path) -> None:
    assert picture in {(page.parent / target).resolve() for page, target in SHOWN}


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.name)
def test_a_picture_is_small(picture: Path) -> None:
    assert picture.stat().st_size <= LARGEST_BYTES


def test_all_pictures_together_are_small() -> None:
    assert sum(picture.stat().st_size for picture in PICTURES) <= ALL_BYTES

"""A name once published keeps its meaning: dashboards know metrics by it, readers of JSON and JUnit know sentences."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[3] / "scripts"))

from promises import PROMISES, read

LISTED = [(kind, name) for kind in ("metrics", "sentences") for name in read(kind)[1]]


@pytest.mark.parametrize(("kind", "name"), LISTED, ids=[f"{kind}-{name}" for kind, name in LISTED])
def test_what_was_published_is_still_there_and_the_same(kind: str, name: str) -> None:
    now, then = PROMISES[kind]().get(name), read(kind)[1][name]

    assert now == then, f"on purpose? python scripts/promises.py --renew {name}, and tell it in CHANGELOG"


@pytest.mark.parametrize("kind", PROMISES)
def test_everything_is_listed(kind: str) -> None:
    assert PROMISES[kind]().keys() - read(kind)[1].keys() == set(), "new ones are added by: python scripts/promises.py"

"""What is made of the table of causes is as the table says, and nothing of it is left over."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(("made", "path"), [("module", "wnmon/wire/cause_table.py"), ("page", "docs/causes.md")])
def test_what_is_made_of_the_table_is_as_the_table_says(made: str, path: str) -> None:
    order = [sys.executable, "scripts/cause_table.py", "--print", made]

    assert subprocess.check_output(order, cwd=ROOT, text=True) == (ROOT / path).read_text("utf-8"), (
        "run `make generate`"
    )

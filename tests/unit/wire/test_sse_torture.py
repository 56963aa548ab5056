"""docs/sse-torture.md tells what the parser does today; making it fails where the parser does not do that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_torture_table_is_what_the_parser_does() -> None:
    order = [sys.executable, str(ROOT / "scripts" / "sse_torture.py"), "--print"]
    done = subprocess.run(order, capture_output=True, timeout=120, check=False)

    assert (done.returncode, done.stderr.decode()) == (0, "")
    assert done.stdout.decode() == (ROOT / "docs" / "sse-torture.md").read_text("utf-8"), "run `make generate`"

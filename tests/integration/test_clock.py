"""The short form of `make bench`: our stamp of the first token against the relay's own send stamp.

In a process of its own, as the bench is: under coverage this one is several times slower than what is measured.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[1] / "bench" / "clock_bench.py"
ATTEMPTS = 3
"""A shared machine may stop both readers for tens of ms; a slow pipeline is slow each time."""


def bench() -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCH), "--tokens-wanted", "40"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_first_tokens_are_stamped_as_early_as_a_bare_reader_stamps_them_within_the_limit() -> None:
    tried = [bench()]
    while tried[-1].returncode != 0 and len(tried) < ATTEMPTS:
        tried.append(bench())

    assert tried[-1].returncode == 0, "\n".join(done.stdout + done.stderr for done in tried)

"""Every YAML block of docs/checks.md is valid, so that what a reader copies works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from config_samples import write

from wnmon.config import load_any
from wnmon.config.schema import language

DOCS = (Path(__file__).parents[3] / "docs" / "checks.md").read_text("utf-8")
BLOCKS = [block for block in re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL) if "yaml-language-server" not in block]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split("\n", 1)[0])
def test_a_block_of_the_reference_is_valid(block: str, tmp_path: Path) -> None:
    assert load_any(str(write(tmp_path, block)), {"WN_API_KEY": "sk-0123456789"}) is not None


@pytest.mark.parametrize("part", ["config", "target", "check", "suite", "rule", "expect", "rule_expect"])
def test_the_reference_names_every_key(part: str) -> None:
    keys = language()["$defs"][part]["properties"]

    assert [key for key in keys if f"`{key}`" not in DOCS] == []

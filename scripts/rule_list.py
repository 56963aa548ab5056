"""Writes wnmon/cli/rule_list.json, what `wnmon check --list` tells of the built-in suites, from checks/*.yaml."""

from __future__ import annotations

from wnmon.cli.rule_list import WRITTEN, digest_of, render_written
from wnmon.cli.suites import listed
from wnmon.config import built_in_suites
from wnmon.config.shipped import shipped_folder


def page() -> str:
    """Return the list of all rules. Raises ConfigError for a broken suite."""
    digest = digest_of(shipped_folder())
    assert digest is not None
    return render_written(listed(built_in_suites()), digest)


if __name__ == "__main__":
    WRITTEN.write_text(page(), encoding="utf-8")

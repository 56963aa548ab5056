"""A dated exception, ready to be pasted under a target."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from wnmon.report.text import utc

DAYS = 30


def waiver_lines(rules: Sequence[str], started_at_s: float) -> str:
    """Return YAML for the `waive` key of a target, each entry ending `DAYS` days after the run (UTC)."""
    until = (utc(started_at_s) + timedelta(days=DAYS)).date().isoformat()
    entries = [f'{{rule: {rule}, reason: "...", until: {until}}}' for rule in rules]
    if len(entries) == 1:
        return f"waive: [{entries[0]}]"
    return "\n".join(["waive:", *(f"  - {entry}" for entry in entries)])

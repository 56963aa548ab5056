"""What must hold, and what was seen: the rows of docs/soak.md. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that must hold, and what was seen."""

    what: str
    seen: str
    holds: bool


def table(facts: Sequence[Fact]) -> str:
    """Return the facts as a table."""
    rows = "".join(f"| {'✓' if fact.holds else '✗'} | {fact.what} | {fact.seen} |\n" for fact in facts)
    return f"| | what must hold | what was seen |\n|---|---|---|\n{rows}"

"""What an answer cost, and where its own account of that was not believed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wnmon.model.said import Said


class Direction(StrEnum):
    """Whose tokens: of the prompt, or of the answer."""

    INPUT = "input"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageDoubt:
    """A count that cannot be, and what was booked instead. Both in tokens."""

    direction: Direction
    claimed: int
    booked: int

    @property
    def said(self) -> Said:
        """Return it as a sentence."""
        name = "usage_doubted_input" if self.direction is Direction.INPUT else "usage_doubted_output"
        return Said(name, n=f"{self.claimed:,}", n2=f"{self.booked:,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """The tokens that one request and its answer cost."""

    input_tokens: int = 0
    output_tokens: int = 0
    doubts: tuple[UsageDoubt, ...] = ()

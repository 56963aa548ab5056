"""What a relay is to keep over weeks, and how that is measured."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Indicator(StrEnum):
    """What of a run counts towards an objective."""

    AVAILABILITY = "availability"
    TTFT = "ttft"
    TOTAL = "total"
    CONFORMANCE = "conformance"

    @property
    def is_latency(self) -> bool:
        """Tell whether it is a time that is held against a threshold."""
        return self in {Indicator.TTFT, Indicator.TOTAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Slo:
    """One objective: of the events in `window_s`, at least the ratio `objective` (between 0 and 1) are no errors.

    `threshold_s`: the most a latency may be; None where the indicator is none.
    """

    name: str
    indicator: Indicator
    objective: float
    window_s: float
    threshold_s: float | None = None

"""How fast a relay may be asked: what a target allows, what a relay says, and what was waited for that."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wnmon.model.duration import show_seconds
from wnmon.model.said import Said, Text

MINUTE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What may be asked within any 60 s. None means no limit."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None

    @property
    def gap_s(self) -> float:
        """Return the seconds from one request to the next when they are spread evenly, 0 without a limit of requests.

        Spread, since relays enforce a limit per minute by the second as well (Azure: over 1 or 10 s).
        """
        return MINUTE_S / self.requests_per_minute if self.requests_per_minute else 0.0

    def least_s(self, requests: int, tokens: int = 0) -> float:
        """Return how long so many requests of so many tokens in all take at least."""
        by_tokens = MINUTE_S * (tokens // self.tokens_per_minute) if self.tokens_per_minute and tokens else 0.0
        return max(self.gap_s * max(requests - 1, 0), by_tokens)

    @property
    def said(self) -> Text:
        """Return it as words such as `20 requests a minute`, "" without a limit."""
        if self.requests_per_minute is not None:
            return Said(
                "pace_request" if self.requests_per_minute == 1 else "pace_requests", n=self.requests_per_minute
            )
        return Said("pace_tokens", n=self.tokens_per_minute) if self.tokens_per_minute is not None else ""


UNLIMITED = Pace()


class Tense(StrEnum):
    """When something is said: while it is waited, or afterwards."""

    NOW = "waiting"
    THEN = "waited"


_FOR_A_PACE = {"waiting": "waiting_for_pace", "waited": "waited_for_pace", "not_waited": "not_waited_for_pace"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """What a check waited for a limit of the relay's: `waited_s`, all of the `asked_s` or, where that was too long, 0.

    `pace` is the limit as the relay told it.
    """

    step: str
    asked_s: float
    waited_s: float
    pace: Pace = UNLIMITED

    def said(self, tense: Tense = Tense.THEN) -> Said:
        """Return it as a sentence: what is or was waited, or what there would have been to wait."""
        seconds, name = show_seconds(self.waited_s or self.asked_s), tense.value if self.waited_s else "not_waited"
        if self.pace.said:
            return Said(_FOR_A_PACE[name], text=seconds, said=self.pace.said)
        return Said(name, text=seconds)

"""Targets of which no model is asked for want of a budget, and what of that a channel is told. Pure.

What stands for a minute is told once, and once more when it is over; beyond two messages a day they keep a distance of
six hours, so that a budget an hour that never suffices is told four times a day.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from wnmon.model.budget import Limit
from wnmon.model.events import Unasked
from wnmon.model.target import Target

STANDS_S = 60.0
"""So long it is waited before anybody is told: after a start all limits are weighed anew."""
DAY_S = 86_400.0
FREE = 2
APART_S = 6 * 3600.0


class Short(NamedTuple):
    """A target of which no model is asked, for want of what, and since when (epoch seconds)."""

    target: str
    limit: Limit
    since_s: float


@dataclass(slots=True, kw_only=True)
class BudgetStands:
    """How the targets stand. `asked_s`: since when those are asked that are not short."""

    short: dict[str, Short] = field(default_factory=dict)
    asked_s: dict[str, float] = field(default_factory=dict)

    def declare(self, targets: Collection[Target]) -> None:
        """Know exactly these targets; what is known of those that stay is kept. Without a limit none is short."""
        limited = {target.name for target in targets if target.limits}
        self.short = {name: one for name, one in self.short.items() if name in limited}
        self.asked_s = {name: at_s for name, at_s in self.asked_s.items() if name in limited}
        self.asked_s |= {target.name: 0.0 for target in targets if not target.limits}

    def take(self, event: Unasked, now_s: float) -> None:
        """Note whether models of a target are asked; what it is short of may change meanwhile."""
        if event.limit is None:
            self.short.pop(event.target, None)
            self.asked_s.setdefault(event.target, now_s)
            return
        self.asked_s.pop(event.target, None)
        known = self.short.get(event.target)
        self.short[event.target] = Short(event.target, event.limit, now_s if known is None else known.since_s)


@dataclass(slots=True, kw_only=True)
class BudgetsTold:
    """What a channel was told: which targets are short, and when it heard of budgets within the last day."""

    short: dict[str, float] = field(default_factory=dict)
    sent_s: list[float] = field(default_factory=list)

    def news(
        self, stands: BudgetStands, wants: Callable[[str], bool], now_s: float
    ) -> Iterator[tuple[float, Short | str]]:
        """Yield each wanted target that is short and untold, or told and asked again, and from when on it is told."""
        lately_s = self._lately(now_s)
        free_s = 0.0 if len(lately_s) < FREE else lately_s[-1] + APART_S
        for name, short in stands.short.items():
            if name not in self.short and wants(name):
                yield max(free_s, short.since_s + STANDS_S), short
        for name in self.short:
            if name in stands.asked_s:
                yield max(free_s, stands.asked_s[name] + STANDS_S), name

    def note(self, short: Collection[Short], asked: Collection[str], at_s: float) -> None:
        """Note that the channel is told so."""
        self.short |= {one.target: one.since_s for one in short}
        for name in asked:
            self.short.pop(name, None)
        self.sent_s = [*self._lately(at_s), at_s]

    def keep(self, targets: Collection[str]) -> None:
        """Forget all targets but these."""
        self.short = {name: at_s for name, at_s in self.short.items() if name in targets}

    def plain(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {"short": self.short, "sent_s": self.sent_s}

    @classmethod
    def read(cls, plain: dict[str, Any] | None) -> BudgetsTold:
        """Return what `plain` returned, or that nothing was told. Raises ValueError, KeyError, TypeError."""
        if plain is None:
            return cls()
        return cls(
            short={str(name): float(at_s) for name, at_s in plain["short"].items()},
            sent_s=[float(at_s) for at_s in plain["sent_s"]],
        )

    def _lately(self, now_s: float) -> list[float]:
        """Return when it was told within a day; nothing from a future that a clock showed before it was set."""
        return [at_s for at_s in self.sent_s if now_s - DAY_S < at_s <= now_s]

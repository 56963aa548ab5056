"""What a run waited for limits of the relay's, and what it would have had to, as sentences for a report."""

from __future__ import annotations

from collections.abc import Iterator

from wnmon.engine.run import Run
from wnmon.model.pace import UNLIMITED, Pause
from wnmon.model.said import Said

WORTH_TELLING_S = 1.0


def pauses_of(run: Run) -> Iterator[Said]:
    """Yield what was waited in all, under the last limit the relay told, then each wait that was too long."""
    waited_s = sum(one.waited_s for one in run.pauses)
    if waited_s >= WORTH_TELLING_S:
        paces = [one.pace for one in run.pauses if one.pace != UNLIMITED]
        pace = paces[-1] if paces else UNLIMITED
        yield Pause(step="", asked_s=waited_s, waited_s=waited_s, pace=pace).said()
    yield from dict.fromkeys(one.said() for one in run.pauses if not one.waited_s)

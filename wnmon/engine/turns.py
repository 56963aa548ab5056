"""When what is known of a probe turns: confirmed to be down, or up again, or unknown.

The first time that it is up is no news.
"""

from __future__ import annotations

from collections.abc import Collection

from wnmon.engine.run import Run
from wnmon.engine.standing import Standing
from wnmon.model.events import StateExpired, Turned
from wnmon.model.target import ProbeId


class Turns:
    """Remembers which probes were told to be down, also while nothing is known of them."""

    def __init__(self) -> None:
        self._down: set[ProbeId] = set()

    def keep(self, probes: Collection[ProbeId]) -> None:
        """Forget all probes but these."""
        self._down &= set(probes)

    def recall(self, probes: Collection[ProbeId]) -> None:
        """Know of probes that were told to be down before a restart: no news while they are, but once they are up."""
        self._down |= set(probes)

    def after(self, run: Run, standing: Standing) -> Turned | None:
        """Return what turned with a run, by how its probe stands since; None where nothing did."""
        is_down = run.probe in self._down
        if standing.up is None or standing.up_since_s is None or standing.up is not is_down:
            return None
        (self._down.discard if standing.up else self._down.add)(run.probe)
        return Turned(
            probe=run.probe,
            target=run.target,
            check=run.check,
            model=run.model,
            up=standing.up,
            since_s=standing.up_since_s,
            reason=run.result.reason,
        )


def expired(probe: ProbeId, standing: Standing) -> StateExpired:
    """Return what to tell of a probe of which nothing is known any more: where somebody wants that, until when."""
    if standing.rest is None or not standing.rest.is_wished:
        return StateExpired(probe=probe)
    return StateExpired(probe=probe, maintenance_until_s=standing.rest_until_s, maintenance=standing.rest_reason)

"""When what is confirmed of a probe turns: down, or up again. The first time that it is up is no news."""

from __future__ import annotations

from collections.abc import Collection

from wnmon.engine.run import Run
from wnmon.engine.standing import Standing
from wnmon.model.events import Turned
from wnmon.model.target import ProbeId


class Turns:
    """Remembers which probes were told to be down, also while nothing is known of them."""

    def __init__(self) -> None:
        self._down: set[ProbeId] = set()

    def keep(self, probes: Collection[ProbeId]) -> None:
        """Forget all probes but these."""
        self._down &= set(probes)

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

"""Handing runs and events to everyone who wants them: a failing sink never harms another."""

from __future__ import annotations

from collections.abc import Sequence

from wnmon.engine.ports import Observer, Sink
from wnmon.engine.run import Run
from wnmon.errors import place_of
from wnmon.model.events import MonitorEvent, SinkFailed


class Fanout:
    """Sinks take runs, observers take events; a SinkFailed tells the observers who stumbled."""

    def __init__(self, sinks: Sequence[Sink] = (), observers: Sequence[Observer] = ()) -> None:
        self._sinks = tuple(sinks)
        self._observers = tuple(observers)

    def take(self, run: Run) -> None:
        """Give a run to every sink."""
        for sink in self._sinks:
            try:
                sink.take(run)
            except Exception as error:  # noqa: BLE001 - the boundary between sinks
                self.observe(SinkFailed(sink=sink.name, error=place_of(error)))

    def observe(self, event: MonitorEvent) -> None:
        """Give an event to every observer; one that fails is told to the others only."""
        broken = [stumble for observer in self._observers if (stumble := _tell(observer, event)) is not None]
        for stumble in broken if not isinstance(event, SinkFailed) else ():
            for observer in self._observers:
                if observer.name != stumble.sink:
                    _tell(observer, stumble)


def _tell(observer: Observer, event: MonitorEvent) -> SinkFailed | None:
    try:
        observer.observe(event)
    except Exception as error:  # noqa: BLE001 - the boundary between observers
        return SinkFailed(sink=observer.name, error=place_of(error))
    return None

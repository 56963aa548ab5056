"""The outbox of a service that keeps nothing over a restart: what it holds, it holds in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from wnmon.engine.deliveries import Delivery


class MemoryOutbox:
    """An outbox in memory."""

    def __init__(self) -> None:
        self._memories: dict[str, str] = {}
        self._waiting: dict[str, Delivery] = {}

    async def memories(self) -> Mapping[str, str]:
        """Return what is remembered of each channel."""
        return dict(self._memories)

    async def waiting(self) -> Sequence[Delivery]:
        """Return what is not delivered yet, the oldest first."""
        return tuple(self._waiting.values())

    async def put(self, channel: str, memory: str, delivery: Delivery | None = None) -> None:
        """Remember this of a channel and keep a delivery, unless it is known."""
        self._memories[channel] = memory
        if delivery is not None:
            self._waiting.setdefault(delivery.id, delivery)

    async def tried(self, id: str, *, attempts: int, next_try_s: float) -> None:  # noqa: A002
        """Note that a delivery has failed so often, and when it is tried again."""
        if id in self._waiting:
            self._waiting[id] = replace(self._waiting[id], attempts=attempts, next_try_s=next_try_s)

    async def delivered(self, id: str, *, at_s: float) -> None:  # noqa: A002, ARG002 - a store keeps when
        """Forget a delivery."""
        self._waiting.pop(id, None)

    async def keep(self, channels: Collection[str]) -> None:
        """Forget all channels but these."""
        self._memories = {name: one for name, one in self._memories.items() if name in channels}
        self._waiting = {id_: one for id_, one in self._waiting.items() if one.channel in channels}

"""One request over one fresh connection, made by wnmon's own HTTP/1.1, or by httpx for a target that wants it.

There are no redirects, no cookies, no retries, and nothing is read from the environment: which proxy and which
authorities it names, the configuration has found out (`wnmon.config.surroundings`).

The answer's bytes are stamped when the socket hands them over and kept; nothing parses them before the exchange ended.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from wnmon.clock import SystemClock
from wnmon.engine.ports import Clock, turns_of
from wnmon.model.check import Caps, Timeouts
from wnmon.model.exchange import Exchange, Request
from wnmon.model.target import SensorKind, Target
from wnmon.transport.deadline import Deadline
from wnmon.transport.decode import Failure
from wnmon.transport.framing import MakeHeads, heads_here
from wnmon.transport.naming import name_failure
from wnmon.transport.over_asyncio import OverAsyncio
from wnmon.transport.recording import Recording
from wnmon.transport.resolving import Lookup, look_up
from wnmon.transport.warmup import warm_up

if TYPE_CHECKING:
    from wnmon.transport.over_httpx import OverHttpx


class _Way(Protocol):
    async def exchange(
        self, recording: Recording, target: Target, deadline: Deadline, caps: Caps
    ) -> Failure | None: ...


class Sensor:
    """The Transport port. `make_heads`: what reads the heads of answers, the fastest that is installed unless given."""

    def __init__(
        self, clock: Clock | None = None, lookup: Lookup = look_up, make_heads: MakeHeads | None = None
    ) -> None:
        self._clock = clock or SystemClock()
        self._lookup = lookup
        self._own = OverAsyncio(lookup, make_heads or heads_here())
        self._httpx: OverHttpx | None = None

    async def warm_up(self) -> None:
        """Pay for imports, the TLS context and the first connection now, not inside the first probe's latency."""
        self._own.warm_up()
        await warm_up(self)

    async def close(self) -> None:
        """Release what is held."""
        if self._httpx is not None:
            await self._httpx.close()
            self._httpx = None

    async def send(
        self, request: Request, target: Target, *, timeouts: Timeouts, caps: Caps, scheduled_ns: int | None = None
    ) -> Exchange:
        """Return what happened, also when nothing did. Raises only CancelledError."""
        recording = Recording.begun(request, self._clock, scheduled_ns)
        deadline = Deadline(timeouts, recording, caps.decoded_bytes, turns_of(target))
        way = self._way(target)
        failure: Failure | None
        try:
            async with deadline.timer:
                failure = await way.exchange(recording, target, deadline, caps)
        except TimeoutError:
            failure = deadline.kind, deadline.describe()
        except Exception as error:  # noqa: BLE001 - the boundary to the network: whatever it raises becomes a value
            failure = name_failure(error, recording.stage)
        finally:
            deadline.close()
        recording.end()
        if recording.is_coded:  # a bomb takes a while to take apart, in which others must have their stamps
            return await asyncio.to_thread(recording.freeze, failure, caps.decoded_bytes)
        return recording.freeze(failure, caps.decoded_bytes)

    def _way(self, target: Target) -> _Way:
        if target.transport is not SensorKind.HTTPX:
            return self._own
        if self._httpx is None:
            from wnmon.transport.over_httpx import OverHttpx  # a fifth of a second, for those who want it

            self._httpx = OverHttpx(self._lookup)
        return self._httpx

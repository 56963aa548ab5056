"""Whether this machine's own network is down: asked where a relay cannot be reached, by connecting elsewhere.

    a relay cannot be reached, and                                 so
    -------------------------------------------------------------  ---------------------------------------------------
    none of the `guard` addresses can be connected to              wnmon's own network is down: the run says nothing
    there is no guard, and none of the other relays' hosts can be  the same
    there is no guard, and no other relay on another host          nothing follows of one host: the relay is down
    any of them can be                                             the relay is down

Nothing is sent to whom is connected to. Relays on this machine, and those behind a proxy, tell nothing of the network.
What was found holds for a moment: a thousand probes that fail together ask once.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from wnmon.engine.ports import Clock
from wnmon.model.events import NetworkTold
from wnmon.model.result import Reason
from wnmon.model.target import Target

UNREACHED = frozenset({Reason.DNS, Reason.CONNECT, Reason.TIMEOUT_CONNECT})
MOST_ASKED = 3
"""So many other relays are connected to at most."""
HOLDS_S = 5.0
_LOOPBACK = re.compile(r"localhost|.*\.localhost|127(?:\.\d{1,3}){3}|::1", re.IGNORECASE)

Reach = Callable[[str], Awaitable[bool]]
"""Tells whether a connection to a URL's host and port stands within a moment. Sends nothing, never raises."""


@dataclass(slots=True, kw_only=True)
class _Asked:
    """What was found by asking these addresses, and since when (boot ns)."""

    answer: asyncio.Task[bool]
    at_ns: int


class OwnNetwork:
    """Knows where else to connect to. `tell` hears when the network is found down, and when it is back."""

    def __init__(self, reach: Reach, clock: Clock, tell: Callable[[NetworkTold], None]) -> None:
        self._reach = reach
        self._clock = clock
        self._tell = tell
        self._guard: tuple[str, ...] = ()
        self._hosts: dict[str, str] = {}
        self._asked: dict[tuple[str, ...], _Asked] = {}
        self._down_since_s: float | None = None

    def declare(self, targets: Sequence[Target], guard: Sequence[str]) -> None:
        """Know exactly these."""
        self._guard = tuple(guard)
        outside = (target for target in targets if target.proxy is None and not is_here(target.url))
        self._hosts = {host_of(target.url): target.url for target in outside}

    async def is_down(self, target: Target) -> bool:
        """Tell whether the network is down, by all that is known, now that a target cannot be reached."""
        others = [url for host, url in self._hosts.items() if host != host_of(target.url)]
        urls = self._guard or tuple(others[:MOST_ASKED])
        if target.proxy is not None or not urls or (is_here(target.url) and not self._guard):
            return False
        is_down = not await asyncio.shield(self._asking(urls))
        if is_down and self._down_since_s is None:
            self._down_since_s = self._clock.wall_s()
            self._tell(NetworkTold(is_down=True, since_s=self._down_since_s))
        elif not is_down:
            self.works()
        return is_down

    def works(self) -> None:
        """Note that something was reached."""
        if self._down_since_s is not None:
            since_s, self._down_since_s = self._down_since_s, None
            self._tell(NetworkTold(is_down=False, since_s=since_s))

    def _asking(self, urls: tuple[str, ...]) -> asyncio.Task[bool]:
        """Return the answer that is being waited for, or holds; else ask anew."""
        now_ns, asked = self._clock.boot_ns(), self._asked.get(urls)
        if asked is None or (asked.answer.done() and now_ns - asked.at_ns > HOLDS_S * 1e9):
            answer = asyncio.create_task(self._any(urls), name="own network")
            asked = self._asked[urls] = _Asked(answer=answer, at_ns=now_ns)
            self._asked = {key: one for key, one in self._asked.items() if key == urls or not one.answer.done()}
        return asked.answer

    async def _any(self, urls: Sequence[str]) -> bool:
        return any(await asyncio.gather(*(self._reach(url) for url in urls)))


def host_of(url: str) -> str:
    """Return the host of a URL, without its port: two ports of one machine are one place in the network."""
    return (urlsplit(url).hostname or "").lower()


def is_here(url: str) -> bool:
    """Tell whether a URL is of this machine."""
    return _LOOPBACK.fullmatch(host_of(url)) is not None

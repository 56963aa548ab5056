"""Whether this machine's own network is down: asked where a relay cannot be reached, by connecting elsewhere.

    a relay cannot be reached, and                                 so
    -------------------------------------------------------------  ---------------------------------------------------
    none of the `guard` addresses can be connected to              wnmon's own network is down: the run says nothing
    there is no guard, and none of the other relays' hosts can be  the same
    there is no guard, and no other relay on another host          nothing follows of one host: the relay is down
    any of them can be                                             the relay is down

Nothing is sent to whom is connected to. Relays on this machine, and those behind a proxy, tell nothing of the network,
nor does a host that is known to be dead, since it could not be reached when another one could, or is in maintenance.
What was found holds for a moment: a thousand probes that fail together ask once.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlsplit

from wnmon.engine.ports import Clock
from wnmon.engine.windows import Windows
from wnmon.model.events import NetworkTold
from wnmon.model.result import Reason
from wnmon.model.target import Probe, Target

UNREACHED = frozenset({Reason.DNS, Reason.CONNECT, Reason.TIMEOUT_CONNECT})
MOST_ASKED = 3
"""So many other relays are connected to at most."""
HOLDS_S = 5.0
_LOOPBACK = re.compile(r"localhost|.*\.localhost|127(?:\.\d{1,3}){3}|::1", re.IGNORECASE)

Reach = Callable[[str], Awaitable[bool]]
"""Tells whether a connection to a URL's host and port stands within a moment. Sends nothing, never raises."""


@dataclass(slots=True, kw_only=True)
class _Asked:
    """What was found by asking these hosts, and since when (boot ns)."""

    hosts: frozenset[str]
    answer: asyncio.Task[bool]
    at_ns: int


class OwnNetwork:
    """Knows where else to connect to. `tell` hears when the network is found down, and when it is back."""

    def __init__(self, reach: Reach, clock: Clock, tell: Callable[[NetworkTold], None]) -> None:
        self._reach = reach
        self._clock = clock
        self._tell = tell
        self._guard: tuple[str, ...] = ()
        self._windows = Windows(clock)
        self._hosts: dict[str, list[Probe]] = {}
        self._reached: dict[str, None] = {}
        self._dead: set[str] = set()
        self._asked: list[_Asked] = []
        self._down_since_s: float | None = None

    def declare(self, probes: Sequence[Probe], guard: Sequence[str]) -> None:
        """Know exactly these."""
        self._guard = tuple(guard)
        self._hosts, self._asked = {}, []
        for probe in probes:
            if probe.target.proxy is None and not is_here(probe.target.url):
                self._hosts.setdefault(host_of(probe.target.url), []).append(probe)
        self._dead &= self._hosts.keys()
        self._reached = {host: None for host in self._reached if host in self._hosts}

    async def is_down(self, target: Target) -> bool:
        """Tell whether the network is down, by all that is known, now that a target cannot be reached."""
        own = host_of(target.url)
        urls = self._guard or tuple(islice(self._others(own), MOST_ASKED))
        if target.proxy is not None or not urls or (is_here(target.url) and not self._guard):
            return False
        is_down = not await asyncio.shield(self._asking(own, urls))
        if is_down and self._down_since_s is None:
            self._down_since_s = self._clock.wall_s()
            self._tell(NetworkTold(is_down=True, since_s=self._down_since_s))
        elif not is_down:
            self._dead.add(own)
            self._reached.pop(own, None)
            self._is_back()
        return is_down

    def reached(self, target: Target) -> None:
        """Note that a target answered."""
        if not is_here(target.url):
            host = host_of(target.url)
            self._dead.discard(host)
            self._reached.pop(host, None)
            self._reached[host] = None  # the last one of them now
            self._is_back()

    def _others(self, own: str) -> Iterator[str]:
        """Yield a URL of each other host that may tell whether the network works, whoever answered last first."""
        for host in dict.fromkeys((*reversed(self._reached), *self._hosts)):
            asked = (probe for probe in self._hosts.get(host, ()) if self._windows.rest(probe) is None)
            if host != own and host not in self._dead and (probe := next(asked, None)) is not None:
                yield probe.target.url

    def _is_back(self) -> None:
        if self._down_since_s is not None:
            since_s, self._down_since_s = self._down_since_s, None
            self._tell(NetworkTold(is_down=False, since_s=since_s))

    def _asking(self, own: str, urls: tuple[str, ...]) -> asyncio.Task[bool]:
        """Return the answer of others than this host that is being waited for, or holds; else ask anew."""
        now_ns = self._clock.boot_ns()
        self._asked = [one for one in self._asked if not one.answer.done() or now_ns - one.at_ns <= HOLDS_S * 1e9]
        asked = next((one for one in self._asked if self._guard or own not in one.hosts), None)
        if asked is None:
            answer = asyncio.create_task(self._any(urls), name="own network")
            asked = _Asked(hosts=frozenset(map(host_of, urls)), answer=answer, at_ns=now_ns)
            self._asked.append(asked)
        return asked.answer

    async def _any(self, urls: Sequence[str]) -> bool:
        return any(await asyncio.gather(*(self._reach(url) for url in urls)))


def host_of(url: str) -> str:
    """Return the host of a URL, without its port: two ports of one machine are one place in the network."""
    return (urlsplit(url).hostname or "").lower()


def is_here(url: str) -> bool:
    """Tell whether a URL is of this machine."""
    return _LOOPBACK.fullmatch(host_of(url)) is not None

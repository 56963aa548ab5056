"""How long an address waits after log-ins that failed: guessing passwords must not pay, and remembering stays small."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import NamedTuple

FREE_ATTEMPTS = 5
"""So many may fail before an address has to wait: a person mistypes, a scraper has an old password."""
LONGEST_WAIT_S = 60.0
FORGOTTEN_AFTER_S = 900.0
MOST_ADDRESSES = 1000
"""Whoever has more addresses than these is held back by how many passwords are tried at once."""
IPV6_PREFIX = 64
"""What one customer is given at least: the addresses within are one visitor's."""


class _Record(NamedTuple):
    failures: int
    last_s: float


class Throttle:
    """Counts attempts by address, from when they begin: many at once are many. `now_s` is monotonic."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def wait_s(self, address: str) -> float:
        """Return for how long an address may not try again: 1 s after the sixth failure, twice as long each time."""
        record = self._records.get(visitor_of(address))
        if record is None or record.failures <= FREE_ATTEMPTS:
            return 0.0
        doublings = min(record.failures - FREE_ATTEMPTS - 1, 10)  # far above the longest wait, and still a number
        waits_s = min(LONGEST_WAIT_S, 2.0**doublings)
        return max(0.0, record.last_s + waits_s - self._now_s())

    def attempt(self, address: str) -> None:
        """Count an attempt as failed, until `succeeded` says otherwise. Of too many addresses the oldest goes."""
        visitor, now_s = visitor_of(address), self._now_s()
        before = self._records.pop(visitor, _Record(0, now_s))
        failures = 0 if now_s - before.last_s > FORGOTTEN_AFTER_S else before.failures
        self._records[visitor] = _Record(failures + 1, now_s)
        if len(self._records) > MOST_ADDRESSES:
            self._records.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """Forget what failed: this address knows a password."""
        self._records.pop(visitor_of(address), None)

    def __len__(self) -> int:
        return len(self._records)


def visitor_of(address: str) -> str:
    """Return whom an address is counted for: itself, or its network of IPv6."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    return str(parsed.ipv4_mapped or ip_network((parsed.packed, IPV6_PREFIX), strict=False))

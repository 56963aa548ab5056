"""How many requests a key may make within 60 s: those of the last 60 s that were let in count, and no others. Pure."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from typing import NamedTuple

_MINUTE_NS = 60 * 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How a request stands to the limit: how many more are let in, and in how many seconds one more is."""

    limit: int
    left: int
    reset_s: float
    is_over: bool


class _Counted(NamedTuple):
    key: str
    limit: int


class Rates:
    """What every key was let in for."""

    def __init__(self) -> None:
        self._let_in: dict[_Counted, deque[int]] = defaultdict(deque)

    def take(self, key: str, limit: int, now_ns: int) -> Rate:
        """Let a request in, unless it is one too many."""
        let_in = self._let_in[_Counted(key, limit)]
        while let_in and let_in[0] <= now_ns - _MINUTE_NS:
            let_in.popleft()
        is_over = len(let_in) >= limit
        if not is_over:
            let_in.append(now_ns)
        reset_s = (let_in[0] + _MINUTE_NS - now_ns) / 1e9
        return Rate(limit=limit, left=limit - len(let_in), reset_s=reset_s, is_over=is_over)

"""`rate_limit` of a web configuration: a bucket of tokens, one for each request, whoever asks."""

from __future__ import annotations

from collections.abc import Callable

from wnmon.model.web_access import RequestRate


class Bucket:
    """Full at first. `now_s` is monotonic."""

    def __init__(self, rate: RequestRate, now_s: Callable[[], float]) -> None:
        self._rate = rate
        self._now_s = now_s
        self._tokens = float(rate.burst)
        self._filled_s = now_s()

    def take(self) -> bool:
        """Tell whether there is one for this request, and take it."""
        now_s = self._now_s()
        self._tokens = min(self._rate.burst, self._tokens + (now_s - self._filled_s) / self._rate.interval_s)
        self._filled_s = now_s
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

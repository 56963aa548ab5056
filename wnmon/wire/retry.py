"""How long a relay asks to be left alone."""

from __future__ import annotations

import re

from wnmon.model.exchange import Exchange
from wnmon.wire.httpdate import epoch_s

MAX_RETRY_AFTER_S = 86_400.0
"""A day: longer requests are cut to it, so that one wrong header does not silence a probe for good."""

_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")


def retry_after_s(exchange: Exchange) -> float | None:
    """Return the seconds asked for by `retry-after-ms` (OpenAI's clients honour it) or `Retry-After`.

    Retry-After is a number of seconds or an IMF-fixdate (RFC 9110 §10.2.3, §5.6.7), taken from the start of the
    exchange. None for neither; never negative, at most a day.
    """
    milliseconds = (exchange.header("retry-after-ms") or "").strip()
    if _NUMBER.fullmatch(milliseconds):
        return _capped(float(milliseconds) / 1000)
    value = (exchange.header("retry-after") or "").strip()
    if _NUMBER.fullmatch(value):
        return _capped(float(value))
    date_s = epoch_s(value)
    return None if date_s is None else _capped(date_s - exchange.started_at_s)


def _capped(seconds: float) -> float:
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)

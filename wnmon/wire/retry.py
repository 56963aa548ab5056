"""How long a relay asks to be left alone, and whether it says that the key is limited."""

from __future__ import annotations

import re

from wnmon.model.exchange import Exchange
from wnmon.wire.httpdate import epoch_s

MAX_RETRY_AFTER_S = 86_400.0
"""A day: longer requests are cut to it, so that one wrong header does not silence a probe for good."""

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_OF_A_KEY = frozenset(
    ("x", "anthropic", "litellm", "ratelimit", "remaining", "requests", "request", "tokens", "token", "input", "output")
) | {"api_key", "key", "user", "team", "org", "organization", "project", "second", "minute", "hour", "day"}
_NOTHING_LEFT = re.compile(r"0+(?:\.0+)?")
_NOTHING_LEFT_OF_ONE = re.compile(r";[ \t]*r=0(?![0-9.])")


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


def key_is_used_up(exchange: Exchange) -> bool:
    """Tell whether a header says that nothing is left of a limit of the key.

    That is `X-RateLimit-Remaining` and its kin at 0, the unit or owner before or after (OpenAI, Anthropic, LiteLLM):
    any other word in the name may be a model's. Or `RateLimit` with r=0 (the IETF's draft on RateLimit header fields).
    """
    for name, value in exchange.headers:
        words = set(name.lower().split("-"))
        if "remaining" in words and words & {"ratelimit", "litellm"} and not words - _OF_A_KEY:
            if _NOTHING_LEFT.fullmatch(value.strip()):
                return True
        elif words == {"ratelimit"} and _NOTHING_LEFT_OF_ONE.search(value):
            return True
    return False


def _capped(seconds: float) -> float:
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)

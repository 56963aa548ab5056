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

    Retry-After is a number of seconds or an HTTP-date (RFC 9110 §10.2.3, §5.6.7). That is one of the relay's clock, so
    it counts from the answer's `Date`, else from the start of the exchange. None for neither; never negative, at most
    a day. 0 ms ask for nothing, and leave it to `Retry-After`.
    """
    milliseconds = _number(exchange, "retry-after-ms")
    if milliseconds:
        return _capped(milliseconds / 1000)
    seconds = _number(exchange, "retry-after")
    if seconds is None:
        seconds = _until_date_s(exchange)
    # Where nothing else is said, 0 ms are 0 s.
    asked = milliseconds if seconds is None else seconds
    return None if asked is None else _capped(asked)


def _number(exchange: Exchange, name: str) -> float | None:
    value = (exchange.header(name) or "").strip()
    return float(value) if _NUMBER.fullmatch(value) else None


def _until_date_s(exchange: Exchange) -> float | None:
    until_s, now_s = _instant_s(exchange, "retry-after"), _instant_s(exchange, "date")
    if until_s is None:
        return None
    return until_s - (exchange.started_at_s if now_s is None else now_s)


def _instant_s(exchange: Exchange, name: str) -> float | None:
    return epoch_s((exchange.header(name) or "").strip(), seen_s=exchange.started_at_s)


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

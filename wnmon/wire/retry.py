"""How long a relay asks to be left alone, and whether it says that the key is limited."""

from __future__ import annotations

import re

from wnmon.model.exchange import Exchange
from wnmon.wire.httpdate import epoch_s
from wnmon.wire.reply import ErrorEnvelope

MAX_RETRY_AFTER_S = 86_400.0
"""A day: longer requests are cut to it, so that one wrong header does not silence a probe for good."""

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_UNITS_S = {
    **dict.fromkeys(("us", "µs", "μs"), 1e-6),
    **dict.fromkeys(("ms", "msec", "msecs", "millisecond", "milliseconds", "毫秒"), 1e-3),
    **dict.fromkeys(("", "s", "sec", "secs", "second", "seconds", "秒", "秒钟"), 1.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes", "分", "分钟"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "小时"), 3600.0),
    **dict.fromkeys(("d", "day", "days", "天"), 86_400.0),
}
_UNIT = "|".join(sorted(filter(None, _UNITS_S), key=len, reverse=True))
# A bare number is one of seconds, unless something is counted by it, or it begins a date.
_PART = re.compile(rf"([0-9]{{1,12}}(?:\.[0-9]{{1,9}})?)(?:\s?({_UNIT})(?![a-z])|(?!\s?[a-z0-9:-]))")
_DURATION = rf"{_PART.pattern}(?:(?:\s|,|and){{0,4}}{_PART.pattern}){{0,3}}"
_DELAYS = (
    # OpenAI: please try again in 6m0s. Google: please retry in 36.389s. Azure: please retry after 20 seconds.
    re.compile(
        r"(?:retry|try again|try your request again|wait|waiting|resets?|available again|come back)"
        rf"[\s:]+(?:(?:in|after|for|at least|about|approximately|another)\s+){{0,3}}({_DURATION})"
    ),
    re.compile(rf"(?:retry[ _-]?after|retry[ _-]?delay)[\"':= ]{{1,5}}({_DURATION})"),
    re.compile(rf"请(?:在|于|等待|稍等)?\s*({_DURATION})\s*(?:之后|后|再)"),
    re.compile(rf"({_DURATION})\s*(?:之后|后)\s*(?:再|重)试"),
)
_OF_A_KEY = frozenset(
    ("x", "anthropic", "litellm", "ratelimit", "remaining", "requests", "request", "tokens", "token", "input", "output")
) | {"api_key", "key", "user", "team", "org", "organization", "project", "second", "minute", "hour", "day"}
_NOTHING_LEFT = re.compile(r"0+(?:\.0+)?")
_NOTHING_LEFT_OF_ONE = re.compile(r";[ \t]*r=0(?![0-9.])")


def retry_after_s(exchange: Exchange, error: ErrorEnvelope | None = None) -> float | None:
    """Return the seconds asked for by `retry-after-ms` (OpenAI's clients honour it), `Retry-After`, else by the words.

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
    if asked is None and error is not None:
        asked = _worded_s(error.clues.wording)
    return None if asked is None else _capped(asked)


def _worded_s(wording: str) -> float | None:
    """Return the seconds a message in lower case asks to wait for, the longest where there are several."""
    asked = [duration_s(found[1]) for delay in _DELAYS for found in delay.finditer(wording)]
    return max((seconds for seconds in asked if seconds is not None), default=None)


def duration_s(text: str) -> float | None:
    """Return the seconds of a duration as Go writes it, `6m0s`, or as people do, `1 minute and 20 seconds`, `20`.

    None for anything else.
    """
    if not re.fullmatch(_DURATION, text):
        return None
    return sum(float(number) * _UNITS_S[unit] for number, unit in _PART.findall(text))


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

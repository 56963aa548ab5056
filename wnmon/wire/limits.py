"""What a relay says of its limits of rate, in headers and in words. Nothing here raises.

said by                                                     of                     reset as
----------------------------------------------------------  ---------------------  -------------------------------
x-ratelimit-{limit,remaining,reset}[-requests,-tokens]      OpenAI, Groq, relays   6m0s, seconds, epoch (s or ms)
x-ratelimit-limit[-requests][-minute]                       Kong, Cerebras         seconds
anthropic-ratelimit-{requests,tokens}-{limit,...}           Anthropic              RFC 3339
RateLimit-{Limit,Remaining,Reset}, `20, 20;w=60`            IETF, drafts to 06     seconds
RateLimit: limit=20, remaining=0, reset=30; "a";r=0;t=30    IETF, from draft 07    seconds
20 requests per min, Limit 3 / min, RPM: 20, 每分钟最多20次  the error's message
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from wnmon.model.exchange import Exchange
from wnmon.model.pace import MINUTE_S, UNLIMITED, Pace
from wnmon.wire.httpdate import epoch_s
from wnmon.wire.reply import ErrorEnvelope
from wnmon.wire.retry import duration_s

_PERIODS_S = {
    **dict.fromkeys(("s", "sec", "second", "秒"), 1.0),
    **dict.fromkeys(("m", "min", "minute", "分", "分钟"), MINUTE_S),
    **dict.fromkeys(("h", "hr", "hour", "小时"), 3600.0),
    **dict.fromkeys(("d", "day", "天", "日"), 86_400.0),
}
_PERIOD = "|".join(sorted(_PERIODS_S, key=len, reverse=True))
_ACRONYM = r"(?P<short>[rtq]p[smhd])"
_COUNT = r"(?P<count>[0-9](?:[0-9,]{0,13}[0-9])?)"
_WORDINGS = (
    # 20 requests per min, Limit: 3 / min, 40000 tokens every minute
    re.compile(
        rf"{_COUNT}\s*(?P<unit>[a-z]{{3,8}})?\s*(?:/|\bper\b|\bevery\b|\beach\b|\ba\b|\bin\b)\s*"
        rf"(?P<many>[0-9]{{1,4}}\s)?\s*(?P<period>{_PERIOD})s?(?![a-z])"
    ),
    # RPM: 20; on requests per min (RPM): Limit 3; max TPM = 40000
    re.compile(rf"\b{_ACRONYM}\b\)?\s*(?:limit|quota)?(?:\s|:|=|of|is)*(?:limit)?[:=\s]*{_COUNT}"),
    re.compile(rf"\b{_COUNT}\s*{_ACRONYM}\b"),
    # new-api: 1分钟内最多请求20次; 每分钟最多请求20次; 20次/分钟
    re.compile(
        rf"(?:每\s*(?P<many>[0-9]{{1,4}})?|(?P<within>[0-9]{{1,4}}))\s*(?P<period>{_PERIOD})[^0-9\n]{{0,16}}"
        rf"{_COUNT}\s*(?P<unit>次|个?\s?tokens?|个?请求)"
    ),
    re.compile(rf"{_COUNT}\s*(?P<unit>次|个?\s?tokens?|个?请求)[^0-9\n]{{0,6}}(?:/|每)\s*(?P<period>{_PERIOD})"),
)
_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?")
_WINDOW = re.compile(r"\bw=([0-9]{1,9})")
_MEMBERS = re.compile(r"\b(limit|remaining|reset|q|r|t|w)=\"?([0-9]{1,15})")
_MEMBER_NAMES = {"q": "limit", "r": "remaining", "t": "reset", "w": "window"}
_FACTS = ("limit", "remaining", "reset")
_UNITS = {"requests": "requests", "request": "requests", "tokens": "tokens", "token": "tokens"}
_DIRECTIONS = frozenset(("input", "output"))
_OF_A_VENDOR = frozenset(("x", "anthropic", "ratelimit"))
_LONGEST_EPOCH_S = 1e12


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit of requests or of tokens, as headers tell of it. None is what they leave out.

    `unit` is "" and `period_s` None where the names do not say, "input" or "output" of tokens of one direction;
    `reset_s` counts from the answer.
    """

    unit: str = ""
    period_s: float | None = None
    limit: float | None = None
    remaining: float | None = None
    reset_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an answer tells of how fast a relay may be asked.

    `reset_s`: nothing more is answered before. `is_of_a_day`: a refusal speaks of a limit of more than a minute, and of
    none of less.
    """

    pace: Pace = UNLIMITED
    reset_s: float | None = None
    is_of_a_day: bool = False


def told(exchange: Exchange, error: ErrorEnvelope | None) -> Told:
    """Return what an answer tells, be it a refusal or not."""
    limits = tuple(_limits(exchange))
    worded = tuple(_worded(error.clues.wording)) if error is not None else ()
    # A limit of 0 stands for none at all.
    used_up = [one.reset_s for one in limits if one.reset_s is not None and one.remaining == 0 and one.limit != 0]
    resets = [one.reset_s for one in limits if one.reset_s is not None and one.remaining is None]
    paces = [rate for one in (*worded, *limits) if (rate := _per_minute(one)) is not None]
    return Told(
        pace=Pace(
            requests_per_minute=_least(paces, "requests"),
            tokens_per_minute=_least(paces, "tokens"),
        ),
        reset_s=max(used_up or (resets if error is not None else ()), default=None),
        is_of_a_day=bool(worded) and all(one.period_s is not None and one.period_s > MINUTE_S for one in worded),
    )


def _least(paces: list[tuple[str, int]], unit: str) -> int | None:
    return min((rate for of, rate in paces if of == unit), default=None)


def _per_minute(one: Limit) -> tuple[str, int] | None:
    """Return a limit as one per minute, None where it is none or of a longer time: it says nothing of the next minute.

    The limits of OpenAI's and Anthropic's headers are of a minute unless the reset says otherwise (Groq's: of a day).
    """
    period_s = one.period_s
    if period_s is None and one.unit and one.reset_s is not None and one.reset_s <= MINUTE_S:
        period_s = MINUTE_S
    if one.limit is None or period_s is None or period_s > MINUTE_S:
        return None
    rate = int(one.limit * MINUTE_S / period_s)
    return (one.unit or "requests", rate) if rate > 0 else None


def _worded(wording: str) -> Iterator[Limit]:
    """Yield the limits that a message in lower case names."""
    for pattern in _WORDINGS:
        for found in pattern.finditer(wording):
            named = found.groupdict()
            short = named.get("short") or ""
            times = int(named.get("many") or named.get("within") or 1) or 1
            period_s = times * _PERIODS_S[short[2:] or named["period"]]
            # `on tokens per min. Limit: 10000 / min` names the unit before.
            of = short or named.get("unit") or wording[: found.start()]
            is_tokens = short.startswith("t") or "token" in of
            # So many a minute, whatever the time: 100 in 5 minutes are 20.
            many = float(named["count"].replace(",", ""))
            if period_s % MINUTE_S == 0 and period_s < _PERIODS_S["h"]:
                many, period_s = many * MINUTE_S / period_s, MINUTE_S
            yield Limit(unit="tokens" if is_tokens else "requests", period_s=period_s, limit=many)


def _limits(exchange: Exchange) -> Iterator[Limit]:
    """Yield the limits the headers tell of."""
    facts: dict[tuple[str, float | None], dict[str, float]] = {}
    for name, value in exchange.headers:
        words = name.lower().replace("rate-limit", "ratelimit").replace("_", "-").split("-")
        if words in (["ratelimit"], ["ratelimit", "policy"]):
            yield from _structured(value)
        elif "ratelimit" in words and (fact := next((word for word in words if word in _FACTS), None)) is not None:
            key = _what_of([word for word in words if word != fact and word not in _OF_A_VENDOR])
            number = _reset_s(value, exchange) if fact == "reset" else _count(value)
            if key is None or number is None:
                continue
            if key[1] is None and (window := _WINDOW.search(value)):
                key = (key[0], float(window[1]) or None)
            facts.setdefault(key, {})[fact] = number
    for (unit, period_s), seen in facts.items():
        yield Limit(
            unit=unit,
            period_s=period_s,
            limit=seen.get("limit"),
            remaining=seen.get("remaining"),
            reset_s=seen.get("reset"),
        )


def _what_of(words: list[str]) -> tuple[str, float | None] | None:
    """Return unit and period that the rest of a header's name says, None where it speaks of something else."""
    unit, direction, period_s = "", "", None
    for word in words:
        if word in _UNITS:
            unit = _UNITS[word]
        elif word in _PERIODS_S:
            period_s = _PERIODS_S[word]
        elif word in _DIRECTIONS:
            direction = word
        else:
            return None
    # Input and output tokens are limits of their own, and none of both together.
    return (direction or unit, period_s)


def _structured(value: str) -> Iterator[Limit]:
    """Yield the limits of `RateLimit` and `RateLimit-Policy`, items parted by commas (IETF draft 07 and later)."""
    text = value.lower()
    for item in [text] if "limit=" in text else text.split(","):
        seen = {_MEMBER_NAMES.get(name, name): float(number) for name, number in _MEMBERS.findall(item)}
        yield Limit(
            period_s=seen.get("window") or None,
            limit=seen.get("limit"),
            remaining=seen.get("remaining"),
            reset_s=seen.get("reset"),
        )


def _count(value: str) -> float | None:
    found = _NUMBER.match(value.strip())
    return float(found[0]) if found else None


def _reset_s(value: str, exchange: Exchange) -> float | None:
    """Return the seconds until a reset: a duration, an instant in any form, or epoch seconds or milliseconds."""
    text = value.strip().lower()
    now_s = epoch_s((exchange.header("date") or "").strip(), seen_s=exchange.started_at_s) or exchange.started_at_s
    if _NUMBER.fullmatch(text):
        number = float(text)
        if number < 1e9:  # no relay asks for 30 years; and this was 2001
            return number
        return max(0.0, number / (1 if number < _LONGEST_EPOCH_S else 1000) - now_s)
    if (seconds := duration_s(text)) is not None:
        return seconds
    until_s = epoch_s(value.strip(), seen_s=exchange.started_at_s) or _iso_s(value.strip())
    return None if until_s is None else max(0.0, until_s - now_s)


def _iso_s(text: str) -> float | None:
    """Return the epoch seconds of an RFC 3339 instant, UTC unless it says otherwise."""
    try:
        instant = datetime.fromisoformat(text)
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None

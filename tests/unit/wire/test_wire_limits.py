"""What a relay says of its limits of rate: whatever the vendor, the spelling and the language, or nothing at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire_samples import exchange, far_east

from wnmon.model.pace import UNLIMITED, Pace
from wnmon.wire.answer import read_answer
from wnmon.wire.limits import Told, told

AT_S = 1_700_000_000.0
"""When the sample exchanges start."""

Headers = tuple[tuple[str, str], ...]


def by_headers(*headers: tuple[str, str], body: bytes = b"{}", status: int = 200) -> Told:
    answer = read_answer(exchange(body, status, headers=headers))
    return told(answer.exchange, answer.reply.error)


def by_words(message: str) -> Told:
    answer = read_answer(exchange(json.dumps({"error": {"message": message}}).encode(), 429))
    return told(answer.exchange, answer.reply.error)


def requests(rate: int) -> Pace:
    return Pace(requests_per_minute=rate)


def tokens(rate: int) -> Pace:
    return Pace(tokens_per_minute=rate)


def test_an_answer_that_says_nothing_tells_nothing() -> None:
    assert by_headers(("content-type", "application/json")) == Told()


# -- the limit


@pytest.mark.parametrize(
    ("message", "pace"),
    [
        ("Rate limit reached on requests per min (RPM): Limit 3, Used 3, Requested 1.", requests(3)),
        ("Rate limit reached for x on requests per min. Limit: 3 / min. Please try again in 20s.", requests(3)),
        ("on tokens per min (TPM): Limit 40000, Used 39,990, Requested 30", tokens(40_000)),
        ("on tokens per min. Limit: 10,000 / min.", tokens(10_000)),
        ("you may send 20 requests per minute", requests(20)),
        ("20 requests a minute are let in", requests(20)),
        ("only 20 requests every 30 seconds", requests(40)),
        ("100 requests in 5 minutes", requests(20)),
        ("20 requests in 0 minutes", requests(20)),
        ("1 request per minute", requests(1)),
        ("RPM: 20", requests(20)),
        ("current rpm limit is 20", requests(20)),
        ("max RPM = 20", requests(20)),
        ("your plan has 20 RPM", requests(20)),
        ("QPS: 2", requests(120)),
        ("20 req/min", requests(20)),
        ("每分钟最多请求20次", requests(20)),
        ("您已达到总请求数限制：1分钟内最多请求20次，包括失败次数", requests(20)),
        ("5分钟内最多请求100次", requests(20)),
        ("限制为 20 次/分钟", requests(20)),
        ("限制为20次每分钟", requests(20)),
        ("每分钟最多 20,000 个 token", tokens(20_000)),
        ("RPM: 20, TPM: 1000", Pace(requests_per_minute=20, tokens_per_minute=1000)),
        ("20 requests per minute, at most 5 requests per second", requests(20)),
        ("RPM: 0", UNLIMITED),
        ("Limit: 200 / day", UNLIMITED),
        ("on requests per day (RPD): Limit 200", UNLIMITED),
        ("too many requests", UNLIMITED),
        ("version 20 of a minor model", UNLIMITED),
    ],
)
def test_words_tell_the_limit(message: str, pace: Pace) -> None:
    assert by_words(message).pace == pace


@pytest.mark.parametrize(
    ("headers", "pace"),
    [
        ((("x-ratelimit-limit-requests", "20"), ("x-ratelimit-reset-requests", "3s")), requests(20)),
        ((("X-RateLimit-Limit-Tokens", "40000"), ("X-RateLimit-Reset-Tokens", "59.5s")), tokens(40_000)),
        ((("anthropic-ratelimit-requests-limit", "50"), ("anthropic-ratelimit-requests-reset", "7s")), requests(50)),
        ((("x-ratelimit-limit-minute", "20"),), requests(20)),
        ((("x-ratelimit-limit-requests-minute", "20"),), requests(20)),
        ((("x-rate-limit-limit-minute", "20"),), requests(20)),
        ((("x_ratelimit_limit_minute", "20"),), requests(20)),
        ((("X-RateLimit-Limit-Second", "2"),), requests(120)),
        ((("x-ratelimit-limit-minute", " 20"),), requests(20)),
        ((("x-ratelimit-limit-gpt-4o", "5"), ("x-ratelimit-limit-minute", "20")), requests(20)),
        ((("x-ratelimit-limit-day", "5;w=60"),), UNLIMITED),
        ((("x-ratelimit-limit-requests", "20"), ("x-ratelimit-reset-requests", "60s")), requests(20)),
        ((("RateLimit-Limit", "20, 20;w=60"),), requests(20)),
        ((("x-ratelimit-limit-tokens", "20;w=60"),), tokens(20)),
        ((("RateLimit-Limit", "20;w=0"),), UNLIMITED),
        ((("RateLimit-Policy", '"burst";q=5;w=1,"default";q=20;w=60'),), requests(20)),
        ((("RateLimit-Policy", '"default";q=20;w=0'),), UNLIMITED),
        ((("RateLimit-Policy", '"default";Q=20;W=60'),), requests(20)),
        # Groq's requests are those of a day, and so is what a name says of one.
        ((("x-ratelimit-limit-requests", "14400"), ("x-ratelimit-reset-requests", "2m59.56s")), UNLIMITED),
        ((("x-ratelimit-limit-requests-day", "14400"),), UNLIMITED),
        ((("x-ratelimit-limit-requests", "20"),), UNLIMITED),
        ((("x-ratelimit-limit", "20"), ("x-ratelimit-reset", "1")), UNLIMITED),
        ((("RateLimit", "limit=20, remaining=19, reset=1"),), UNLIMITED),
        (
            (("anthropic-ratelimit-input-tokens-limit", "50"), ("anthropic-ratelimit-input-tokens-reset", "7s")),
            UNLIMITED,
        ),
        ((("x-ratelimit-limit-input-tokens-minute", "50"),), UNLIMITED),
        ((("x-ratelimit-limit-gpt-4o", "20"), ("x-ratelimit-reset-gpt-4o", "1s")), UNLIMITED),
        ((("x-ratelimit-limit-minute", "many"),), UNLIMITED),
    ],
)
def test_headers_tell_the_limit(headers: Headers, pace: Pace) -> None:
    assert by_headers(*headers).pace == pace


# -- when more is answered


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        ("1s", 1.0),
        ("6m0s", 360.0),
        ("1h0m1s", 3601.0),
        ("120ms", 0.12),
        ("30", 30.0),
        ("30.5", 30.5),
        (f"{AT_S + 12:.0f}", 12.0),
        (f"{(AT_S + 12) * 1000:.0f}", 12.0),
        (f"{AT_S - 12:.0f}", 0.0),
        ("999999999", 999_999_999.0),
        ("1000000000", 0.0),
        ("1000000000000", 0.0),
        (datetime.fromtimestamp(AT_S + 12, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), 12.0),
        (datetime.fromtimestamp(AT_S + 12, UTC).strftime("%Y-%m-%dT%H:%M:%S"), 12.0),
        (datetime.fromtimestamp(AT_S + 12 + 3600, UTC).strftime("%Y-%m-%dT%H:%M:%S+01:00"), 12.0),
        ("Tue, 14 Nov 2023 22:13:32 GMT", 12.0),
        ("Tue, 14 Nov 2023 22:13:08 GMT", 0.0),
        ("soon", None),
        ("", None),
    ],
)
def test_a_reset_is_read_in_each_form(reset: str, seconds: float | None) -> None:
    headers = (("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", reset))

    assert by_headers(*headers).reset_s == pytest.approx(seconds)


def test_an_instant_is_one_of_the_relays_own_clock() -> None:
    headers = (("Date", "Tue, 14 Nov 2023 23:00:00 GMT"), ("x-ratelimit-remaining", "0"))

    assert by_headers(*headers, ("x-ratelimit-reset", f"{AT_S + 2800 + 7:.0f}")).reset_s == 7.0


def test_an_instant_without_a_zone_is_one_of_utc_wherever_the_monitor_stands() -> None:
    with far_east():
        told_s = by_headers(("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "2023-11-14T22:13:32")).reset_s

    assert told_s == 12.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ((("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "9")), 9.0),
        ((("RateLimit-Remaining", "0"), ("RateLimit-Reset", "9")), 9.0),
        ((("RateLimit", "limit=20, remaining=0, reset=9"),), 9.0),
        ((("RateLimit", '"default";r=0;t=9'),), 9.0),
        ((("RateLimit", "limit=20;r=0;t=9"),), 9.0),
        ((("RateLimit", "Limit=20, Remaining=0, Reset=9"),), 9.0),
        ((("x-ratelimit-limit", "1"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "9")), 9.0),
        ((("RateLimit", '"a";r=5;t=30, "b";r=0;t=9'),), 9.0),
        ((("RateLimit", '"b";r=0;t=9,"a";r=5;t=30'),), 9.0),
        ((("anthropic-ratelimit-requests-remaining", "0"), ("anthropic-ratelimit-requests-reset", "9")), 9.0),
        ((("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "9s")), 9.0),
        ((("x-ratelimit-remaining-requests", "1"), ("x-ratelimit-reset-requests", "9s")), None),
        ((("x-ratelimit-remaining-requests", "0"),), None),
        ((("x-ratelimit-limit", "0"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "9")), None),
        ((("x-ratelimit-reset-requests", "9s"),), None),
        ((("x-ratelimit-remaining-gpt-4o", "0"), ("x-ratelimit-reset-gpt-4o", "9s")), None),
    ],
)
def test_a_success_with_nothing_left_says_when_there_is_more(headers: Headers, seconds: float | None) -> None:
    assert by_headers(*headers).reset_s == seconds


def test_input_and_output_tokens_are_used_up_apart() -> None:
    of_input = (("anthropic-ratelimit-input-tokens-remaining", "0"), ("anthropic-ratelimit-input-tokens-reset", "9"))
    of_output = (("anthropic-ratelimit-output-tokens-remaining", "5"), ("anthropic-ratelimit-output-tokens-reset", "2"))

    assert by_headers(*of_input, *of_output).reset_s == 9.0


def test_of_limits_that_are_used_up_the_last_one_to_reset_counts() -> None:
    of_requests = (("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "9s"))
    of_tokens = (("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "12s"))

    assert by_headers(*of_requests, *of_tokens).reset_s == 12.0


def test_a_refusal_needs_no_word_on_what_is_left() -> None:
    headers = (("x-ratelimit-reset", "9"),)

    assert by_headers(*headers, body=b'{"error": {"message": "slow"}}', status=429).reset_s == 9.0


def test_a_limit_of_which_something_is_left_is_not_why_a_refusal_came() -> None:
    headers = (("x-ratelimit-remaining", "5"), ("x-ratelimit-reset", "9"))

    assert by_headers(*headers, body=b'{"error": {"message": "slow"}}', status=429).reset_s is None


# -- limits of a day


@pytest.mark.parametrize(
    ("message", "is_of_a_day"),
    [
        ("on requests per day (RPD): Limit 200, Used 200", True),
        ("Limit: 200 / day", True),
        ("每天最多请求200次", True),
        ("1000 requests per hour", True),
        ("RPM: 20, RPD: 200", False),
        ("RPM: 20", False),
        ("slow down", False),
    ],
)
def test_a_refusal_may_speak_of_a_day(message: str, is_of_a_day: bool) -> None:
    assert by_words(message).is_of_a_day is is_of_a_day


@given(st.text(max_size=80), st.text(alphabet="0123456789 /per minutRPM每分钟次:=.,s", max_size=60))
def test_no_words_and_no_header_break_the_reader(name: str, value: str) -> None:
    by_words(value)
    by_headers((f"x-ratelimit-reset-{name}", value), ("x-ratelimit-remaining", value), ("RateLimit", value))


def test_a_header_that_names_a_policy_and_no_number_tells_nothing() -> None:
    assert by_headers(("x-ratelimit-bucket", "gold")) == by_headers()

"""How a pace and a pause are said, and what a pace costs in time."""

from __future__ import annotations

import pytest

from wnmon.model.pace import UNLIMITED, Pace, Pause, Tense

TWENTY = Pace(requests_per_minute=20)


@pytest.mark.parametrize(
    ("pace", "requests", "tokens", "seconds"),
    [
        (TWENTY, 14, 0, 39.0),
        (TWENTY, 1, 0, 0.0),
        (TWENTY, 0, 0, 0.0),
        (UNLIMITED, 14, 10**6, 0.0),
        (Pace(tokens_per_minute=1000), 14, 2500, 120.0),
        (Pace(tokens_per_minute=1000), 14, 999, 0.0),
        (Pace(tokens_per_minute=1000, requests_per_minute=1), 5, 2500, 240.0),
    ],
)
def test_requests_take_their_time(pace: Pace, requests: int, tokens: int, seconds: float) -> None:
    assert pace.least_s(requests, tokens) == seconds


@pytest.mark.parametrize(
    ("pace", "said"),
    [
        (TWENTY, "20 requests a minute"),
        (Pace(requests_per_minute=1), "1 request a minute"),
        (Pace(tokens_per_minute=1000), "1000 tokens a minute"),
        (UNLIMITED, ""),
    ],
)
def test_a_pace_is_said_in_words(pace: Pace, said: str) -> None:
    assert str(pace.said) == said


@pytest.mark.parametrize(
    ("pause", "tense", "en", "zh"),
    [
        (
            Pause(step="a", asked_s=20, waited_s=20, pace=TWENTY),
            Tense.THEN,
            "waited 20 s for the relay's limit of 20 requests a minute",
            "因中转站限制每分钟 20 次请求，等待了 20 s",
        ),
        (
            Pause(step="a", asked_s=20, waited_s=20, pace=TWENTY),
            Tense.NOW,
            "waiting 20 s for the relay's limit of 20 requests a minute",
            "因中转站限制每分钟 20 次请求，等待 20 s",
        ),
        (
            Pause(step="a", asked_s=90, waited_s=90),
            Tense.THEN,
            "waited 1m30s for the relay's limit of rate",
            "因中转站的速率限制，等待了 1m30s",
        ),
        (
            Pause(step="a", asked_s=3600, waited_s=0),
            Tense.NOW,
            "the relay's limit of rate asks to wait 1h, longer than what is left of --patience",
            "中转站的速率限制要求等待 1h，超过 --patience 的剩余时间",
        ),
    ],
)
def test_a_pause_is_said_in_both_languages(pause: Pause, tense: Tense, en: str, zh: str) -> None:
    said = pause.said(tense)

    assert (said.text("en"), said.text("zh")) == (en, zh)

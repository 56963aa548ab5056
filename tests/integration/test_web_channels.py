"""What the page says of channels: when each last took a message, and what keeps it from the next."""

from __future__ import annotations

import pytest
from web_samples import NOW_S, SIX

from wnmon.engine.deliveries import ChannelState
from wnmon.model.said import Said
from wnmon.web.page import Page

FINE = ChannelState(name="team", service="wecom", delivered_s=NOW_S - 300)
REFUSED = ChannelState(
    name="duty",
    service="telegram",
    waiting_since_s=NOW_S - 7200,
    attempts=3,
    why=Said("notify_code", name="error_code", n=401),
)
HELD = ChannelState(name="night", service="smtp", held_until_s=NOW_S + 3600)


def page(*channels: ChannelState, lang: str = "en") -> str:
    return Page().render(SIX, now_s=NOW_S, lang=lang, version="0.1.0", channels=channels)


def test_a_page_of_a_service_that_tells_nobody_says_nothing_of_messages() -> None:
    assert "Messages" not in page()


@pytest.mark.parametrize(("lang", "said"), [("en", "5 min ago"), ("zh", "5 分钟前")])
def test_the_page_says_when_a_channel_last_took_a_message(lang: str, said: str) -> None:
    assert said in page(FINE, lang=lang).partition('class="channels"')[2]


@pytest.mark.parametrize(
    ("lang", "said"),
    [("en", "not delivered for 2 h (tries: 3): error_code 401"), ("zh", "2 小时未送达（已尝试 3 次）: error_code 401")],
)
def test_the_page_says_why_a_message_is_not_delivered(lang: str, said: str) -> None:
    assert said in page(REFUSED, lang=lang)


@pytest.mark.parametrize(("lang", "said"), [("en", "news is held back for 1 h more"), ("zh", "消息暂缓，还有 1 小时")])
def test_the_page_says_that_news_is_held_back(lang: str, said: str) -> None:
    assert said in page(HELD, lang=lang)


def test_a_channel_that_took_nothing_yet_says_so() -> None:
    assert "nothing sent yet" in page(HELD)

"""Each service against a stand-in of what it documents: what it takes, what it refuses, when it asks to come again."""

from __future__ import annotations

import asyncio
import json
import logging
import time

import pytest
from channel_samples import channel
from message_services import ANSWERS, BOT, SECRET, SENDKEY, TOKEN, Answering, StandIn, plain, standing_in, told

from wnmon.engine.deliveries import Delivery
from wnmon.model.channel import Channel, Service
from wnmon.model.target import Secret
from wnmon.notify.sending import send
from wnmon.notify.services import SERVICES, Heard, Result, webhook_key
from wnmon.transport.carrying import MAX_BODY_BYTES, Carrying

NOW_S = time.time()
TEXT = "▼ alive: gpt-4o\nsince 10:00: relay error"
BY_HTTP = [service.value for service in Service if service is not Service.SMTP]
ALIKE = b'{"errcode": false, "code": false, "ok": 1, "id": 7}'
BAD = Secret("f00dfeed-0000-4000-8000-00000000beef", "token")


def delivery(text: str = TEXT, title: str = "wn: 1 of 3 down") -> Delivery:
    payload = json.dumps({"version": 1, "id": "m1", "title": title, "text": text}, ensure_ascii=False)
    return Delivery(id="m1", channel="team", payload=payload, at_s=NOW_S)


def sent(to: Channel, message: Delivery | None = None, total_s: float = 20.0) -> Heard:
    async def once() -> Heard:
        carrier = Carrying(total_s)
        try:
            return await send(carrier, to, message or delivery(), NOW_S)
        finally:
            await carrier.close()

    return asyncio.run(once())


def answered(kind: str, answering: Answering) -> Heard:
    with standing_in(answering) as service:
        return sent(channel(kind, service.url))


def wrong(kind: str, service: StandIn) -> Channel:
    """Return a channel with a secret that the service does not know."""
    good = channel(kind, service.url)
    if kind in {"webhook", "dingtalk", "feishu"}:
        return channel(kind, service.url, secret=BAD)
    if good.token is not None:
        return channel(kind, service.url, token=BAD)
    return channel(kind, service.url, url=Secret(good.url.reveal().replace(TOKEN, BAD.reveal()), "url"))


def test_every_service_has_a_row_and_a_stand_in() -> None:
    assert set(SERVICES) == set(Service)
    assert sorted(ANSWERS) == sorted(BY_HTTP)


@pytest.mark.parametrize("kind", BY_HTTP)
def test_a_service_takes_a_message_as_its_documentation_has_it(kind: str) -> None:
    assert answered(kind, ANSWERS[kind]).result is Result.DELIVERED


@pytest.mark.parametrize("kind", [kind for kind in BY_HTTP if kind != "webhook"])
def test_what_was_not_taken_is_sent_again_without_the_words_of_the_relay(kind: str) -> None:
    quoted = f"{TEXT}\nfound: see https://evil.example/pay"
    payload = json.dumps({"title": "wn: down", "text": quoted, "text_without_quotes": TEXT}, ensure_ascii=False)
    with standing_in(ANSWERS[kind]) as service:
        for attempts in (0, 1):
            sent(channel(kind, service.url), Delivery(id="m", channel="t", payload=payload, at_s=0, attempts=attempts))

    assert ["evil.example" in taken.body.decode() for taken in service.taken] == [True, False]


@pytest.mark.parametrize("kind", ["wecom", "dingtalk", "feishu", "telegram", "slack", "discord"])
def test_a_word_that_a_robot_may_ask_for_is_in_every_message(kind: str) -> None:
    with standing_in(ANSWERS[kind]) as service:
        sent(channel(kind, service.url))

    assert "wnmon" in str(json.loads(service.taken[0].body))


def test_no_relay_hides_where_a_link_leads_from_who_reads_discord() -> None:
    with standing_in(ANSWERS["discord"]) as service:
        sent(channel("discord", service.url), delivery("found: [top up here](https://evil.example)"))

    assert r"\[top up here\]\(https://evil.example\)" in json.loads(service.taken[0].body)["content"]


def test_a_webhook_that_answers_with_a_page_has_taken_the_message() -> None:
    assert answered("webhook", lambda _: plain("x" * (MAX_BODY_BYTES + 1), 200)).result is Result.DELIVERED


@pytest.mark.parametrize("kind", BY_HTTP)
def test_a_service_that_does_not_know_the_secret_has_refused(kind: str) -> None:
    with standing_in(ANSWERS[kind]) as service:
        assert sent(wrong(kind, service)).result is Result.REFUSED


@pytest.mark.parametrize(
    ("kind", "why", "words"),
    [
        ("wecom", "errcode 93000", "invalid webhook url"),
        ("dingtalk", "errcode 310000", "sign not match"),
        ("feishu", "code 19021", "sign match fail"),
        ("telegram", "error_code 401", "Unauthorized"),
        ("bark", "code 400", "failed to get device token"),
        ("serverchan", "code 40001", "bad key"),
        ("slack", "HTTP 404", "no_service"),
        ("discord", "code 10015", "Unknown Webhook"),
        ("webhook", "HTTP 401", "no"),
    ],
)
def test_a_refusal_is_told_by_the_services_own_code_and_words(kind: str, why: str, words: str) -> None:
    with standing_in(ANSWERS[kind]) as service:
        heard = sent(wrong(kind, service))
    assert (str(heard.why), heard.answer[: len(words)]) == (why, words)


@pytest.mark.parametrize("kind", [kind for kind in BY_HTTP if kind != "webhook"])
@pytest.mark.parametrize("body", [b"", b"{}", b"<html>fine</html>", b'{"status": "ok"}', b"[0]", b"[" * 5000, ALIKE])
def test_a_200_without_the_services_own_word_is_no_delivery(kind: str, body: bytes) -> None:
    assert answered(kind, lambda _: (200, {}, body)).result is Result.REFUSED


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("wecom", {"errcode": 45009, "errmsg": "api freq out of limit"}),
        ("wecom", {"errcode": -1, "errmsg": "system busy"}),
        ("dingtalk", {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}),
        ("feishu", {"code": 11232, "msg": "frequency limited"}),
        ("feishu", {"code": 99991400, "msg": "request trigger frequency limit"}),
    ],
)
def test_a_service_that_is_sent_too_much_is_tried_again(kind: str, body: dict[str, object]) -> None:
    assert answered(kind, lambda _: told(body)).result is Result.FAILED


@pytest.mark.parametrize(
    ("kind", "answering", "after_s"),
    [
        ("telegram", lambda _: told({"ok": False, "error_code": 429, "parameters": {"retry_after": 34}}, 429), 34.0),
        ("discord", lambda _: told({"message": "rate limited", "retry_after": 1.5, "global": False}, 429), 1.5),
        ("slack", lambda _: (429, {"Retry-After": "30"}, b"rate_limited"), 30.0),
        ("webhook", lambda _: (429, {"Retry-After": "99999"}, b""), 3600.0),
        ("webhook", lambda _: (429, {"Retry-After": "soon"}, b""), None),
        ("webhook", lambda _: (503, {"Retry-After": "-1"}, b""), None),
    ],
)
def test_how_long_a_service_asks_to_wait_is_read_and_bounded(
    kind: str, answering: Answering, after_s: float | None
) -> None:
    heard = answered(kind, answering)
    assert (heard.result, heard.retry_after_s) == (Result.FAILED, after_s)


@pytest.mark.parametrize("kind", BY_HTTP)
@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_service_in_trouble_is_tried_again(kind: str, status: int) -> None:
    assert answered(kind, lambda _: plain("trouble", status)).result is Result.FAILED


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with standing_in(ANSWERS["webhook"]) as elsewhere:
        moved = (status, {"Location": f"{elsewhere.url}/hook"}, b"")
        heard = answered("webhook", lambda _: moved)
        assert (heard.result, elsewhere.taken) == (Result.REFUSED, [])
        assert "a redirect, which is not followed" in str(heard.why)


def test_an_answer_that_is_too_large_is_not_read_to_its_end() -> None:
    heard = answered("wecom", lambda _: (200, {}, b"x" * (MAX_BODY_BYTES + 1)))
    assert str(heard.why) == "an answer that is too large"


def test_nobody_at_the_address_is_a_failure_that_is_tried_again() -> None:
    heard = sent(channel("webhook", "http://127.0.0.1:9"))
    assert (heard.result, str(heard.why)) == (Result.FAILED, "cannot connect")


def test_a_service_that_does_not_answer_is_given_up() -> None:
    def slowly(_: object) -> tuple[int, dict[str, str], bytes]:
        time.sleep(1.0)
        return 204, {}, b""

    with standing_in(slowly) as service:
        heard = sent(channel("webhook", service.url), total_s=0.2)
    assert str(heard.why) == "no answer in time"


def test_each_try_of_a_message_has_the_same_id() -> None:
    with standing_in(ANSWERS["webhook"]) as service:
        for _ in range(2):
            sent(channel("webhook", service.url))
        assert [taken.headers["webhook-id"] for taken in service.taken] == ["m1", "m1"]


@pytest.mark.parametrize(
    ("kind", "called"),
    [
        ("wecom", "<@all>"),
        ("feishu", '<at user_id="all">'),
        ("slack", "<!channel>"),
    ],
)
def test_what_a_relay_wrote_calls_nobody(kind: str, called: str) -> None:
    with standing_in(ANSWERS[kind]) as service:
        sent(channel(kind, service.url), delivery(f"found: {called}"))
        assert called not in json.dumps(service.documents(), ensure_ascii=False)


def test_discord_is_told_to_call_nobody() -> None:
    with standing_in(ANSWERS["discord"]) as service:
        sent(channel("discord", service.url), delivery("found: @everyone"))
        assert service.documents()[0]["allowed_mentions"] == {"parse": []}


@pytest.mark.parametrize("kind", BY_HTTP)
@pytest.mark.parametrize("line", ["long " * 60, "中文" * 150])
def test_a_long_message_is_cut_to_what_the_service_takes(kind: str, line: str) -> None:
    with standing_in(ANSWERS[kind]) as service:
        heard = sent(channel(kind, service.url), delivery("\n".join([line] * 100), title=line))
    assert heard.result is Result.DELIVERED


def test_a_secret_as_standard_webhooks_hands_them_out_is_read_as_base64() -> None:
    # The example of the specification's own libraries.
    assert webhook_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")[:4] == b"\x31\xf2\x90\xf6"


def test_any_other_secret_is_the_key_as_it_is() -> None:
    assert webhook_key("a-word") == b"a-word"


def test_a_code_without_end_is_none() -> None:
    heard = answered("wecom", lambda _: (200, {}, b'{"errcode": 1' + b"0" * 4000 + b"}"))
    assert str(heard.why) == "HTTP 200"


@pytest.mark.parametrize("kind", BY_HTTP)
def test_no_secret_is_logged_however_much_is_logged(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), standing_in(ANSWERS[kind]) as service:
        sent(channel(kind, service.url))
    assert [one for one in (TOKEN, SECRET, BOT, SENDKEY) if one in caplog.text] == []

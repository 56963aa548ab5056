"""Mail, against a server on loopback."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json

import pytest
from channel_samples import channel
from mail_server import MailServer, mail_server
from tls_samples import Papers

from wnmon.engine.deliveries import Delivery
from wnmon.model.channel import Channel
from wnmon.model.target import Secret
from wnmon.notify.sending import send
from wnmon.notify.services import Heard, Result
from wnmon.transport.carrying import Carrying

PASSWORD = Secret("p4ss-w0rd-of-the-mailbox", "password")
TITLE = "🔴 wn：3 项中 1 项中断"


def to(server: MailServer, scheme: str = "smtp", **more: object) -> Channel:
    given: dict[str, object] = {"url": Secret(f"{scheme}://127.0.0.1:{server.port}", "url")}
    given |= {"sender": "wnmon@example.com", "recipients": ("ops@example.com",)}
    return channel("smtp", "", **given | more)


def sent(to: Channel, carrier: Carrying | None = None) -> Heard:
    payload = json.dumps({"title": TITLE, "text": "line one\nline two 中文"}, ensure_ascii=False)

    delivery = Delivery(id="m1", channel="mail", payload=payload, at_s=0)

    async def once() -> Heard:
        return await send(carrier or Carrying(5.0), to, delivery, 1_769_853_600)

    return asyncio.run(once())


def test_a_mail_is_delivered_once_the_server_has_taken_it() -> None:
    with mail_server(MailServer()) as server:
        assert (sent(to(server)).result, len(server.mails)) == (Result.DELIVERED, 1)


def test_a_mail_may_take_longer_than_any_post() -> None:
    with mail_server(MailServer(looks_s=6)) as server:
        assert sent(to(server), Carrying(total_s=5)).result is Result.DELIVERED


def test_a_mail_that_takes_too_long_is_tried_again() -> None:
    with mail_server(MailServer()) as server:
        assert sent(to(server), Carrying(mail_s=1e-9)).result is Result.FAILED


def test_a_mail_reads_as_the_message_does() -> None:
    with mail_server(MailServer()) as server:
        sent(to(server))
    mail = email.message_from_string(server.mails[0], policy=email.policy.default)
    body = mail.get_body()
    assert body is not None
    assert (mail["Subject"], body.get_content()) == (f"[wnmon] {TITLE}", "line one\r\nline two 中文\r\n")


def test_each_try_of_a_mail_has_the_same_message_id() -> None:
    with mail_server(MailServer()) as server:
        sent(to(server))
        sent(to(server))
    assert [email.message_from_string(mail)["Message-ID"] for mail in server.mails] == ["<m1@wnmon>"] * 2


@pytest.mark.parametrize(("code", "result"), [(550, Result.REFUSED), (450, Result.FAILED)])
def test_a_recipient_who_is_refused_for_now_is_tried_again(code: int, result: Result) -> None:
    with mail_server(MailServer(refused={"ops@example.com": code})) as server:
        heard = sent(to(server))
    assert (heard.result, str(heard.why)) == (result, f"SMTP {code}")


def test_a_mail_that_some_of_many_get_is_delivered_and_says_so() -> None:
    with mail_server(MailServer(refused={"gone@example.com": 550})) as server:
        both = to(server, recipients=("ops@example.com", "gone@example.com"))
        assert str(sent(both).why) == "the server refused 1 of the recipients"


def test_tls_is_begun_where_the_server_offers_it(good: Papers, authority: Papers) -> None:
    with mail_server(MailServer(tls=good.server(), offers_tls=True)) as server:
        sent(to(server, ca_file=str(authority.certificate)))
    assert server.over_tls == [True]


def test_a_server_that_offers_tls_with_a_certificate_of_nobody_is_sent_nothing(good: Papers) -> None:
    with mail_server(MailServer(tls=good.server(), offers_tls=True)) as server:
        heard = sent(to(server))
    assert (heard.result, server.mails) == (Result.FAILED, [])


def test_a_server_that_speaks_tls_from_the_first_byte_is_spoken_to_so(good: Papers, authority: Papers) -> None:
    with mail_server(MailServer(tls=good.server()), tls_at_once=True) as server:
        heard = sent(to(server, "smtps", ca_file=str(authority.certificate)))
    assert (heard.result, server.over_tls) == (Result.DELIVERED, [True])


def test_a_certificate_of_nobody_who_is_trusted_ends_it(good: Papers) -> None:
    with mail_server(MailServer(tls=good.server()), tls_at_once=True) as server:
        heard = sent(to(server, "smtps"))
    assert (heard.result, str(heard.why)) == (Result.FAILED, "no TLS that can be trusted")


def test_a_password_is_used_to_log_in() -> None:
    with mail_server(MailServer(login=("me", PASSWORD.reveal()))) as server:
        sent(to(server, user="me", password=PASSWORD))
    assert server.logins == [("me", PASSWORD.reveal())]


def test_a_wrong_password_is_a_refusal() -> None:
    with mail_server(MailServer(login=("me", "another"))) as server:
        heard = sent(to(server, user="me", password=PASSWORD))
    assert (heard.result, str(heard.why)) == (Result.REFUSED, "SMTP 535")


def test_a_password_is_not_sent_in_the_clear_to_another_machine() -> None:
    # Not an address that every machine knows as its own, and yet it leads to this one.
    with mail_server(MailServer(login=("me", PASSWORD.reveal())), host="127.0.0.2") as server:
        elsewhere = Secret(f"smtp://127.0.0.2:{server.port}", "url")
        heard = sent(to(server, url=elsewhere, user="me", password=PASSWORD))
    assert (heard.result, server.logins) == (Result.FAILED, [])


def test_nobody_at_the_address_is_a_failure() -> None:
    assert str(sent(to(MailServer(port=9))).why) == "cannot connect"

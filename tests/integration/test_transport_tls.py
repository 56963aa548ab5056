"""TLS: what is refused, what is accepted, and what is recorded of it. Certificates are made by openssl."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import ssl
import time
from pathlib import Path

import pytest
from tls_samples import Papers, issue
from transport_samples import (
    OK,
    ask,
    ask_and_hear,
    failure_of,
    run,
    saying,
    send,
    speaking,
    target_of,
)

from wnmon.model.exchange import Exchange

pytestmark = [
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed"),
    pytest.mark.usefixtures("each_way"),
]


@pytest.fixture(scope="module")
def expired(authority: Papers, tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return issue(authority, tmp_path_factory.mktemp("expired"), days=-1)


def ask_securely(papers: Papers, authority: Papers | None) -> Exchange:
    """Return the exchange with a server that has these papers, by a client that trusts this authority."""
    ca_file = str(authority.certificate) if authority else None
    return ask(saying(OK), tls=papers.server(), target=lambda url: target_of(url, ca_file=ca_file))


def test_https_spoken_to_a_plain_port_is_tls() -> None:
    async def scenario() -> Exchange:
        async with speaking(saying(OK)) as heard, _rude() as port:
            return await send(heard.url.replace("http:", "https:").replace(str(heard.port), str(port)))

    assert failure_of(run(scenario())) == "tls"


def _rude() -> _Rude:
    return _Rude()


class _Rude:
    """A server that answers anything with HTTP, also a TLS greeting."""

    async def __aenter__(self) -> int:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            writer.close()
            await writer.wait_closed()

        self._server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()


def test_a_certificate_of_an_unknown_authority_is_tls(good: Papers) -> None:
    assert failure_of(ask_securely(good, None)) == "tls"


def test_a_self_signed_certificate_is_tls(authority: Papers) -> None:
    exchange = ask_securely(authority, None)

    assert exchange.failure is not None
    assert (exchange.failure.kind.value, "self-signed" in str(exchange.failure.detail)) == ("tls", True)


def test_an_expired_certificate_is_tls(expired: Papers, authority: Papers) -> None:
    exchange = ask_securely(expired, authority)

    assert exchange.failure is not None
    assert (exchange.failure.kind.value, "expired" in str(exchange.failure.detail)) == ("tls", True)


def test_a_certificate_for_another_host_is_tls(authority: Papers, tmp_path: Path) -> None:
    elsewhere = issue(authority, tmp_path, days=30, host="DNS:elsewhere.example")

    assert failure_of(ask_securely(elsewhere, authority)) == "tls"


def test_nothing_is_sent_before_the_certificate_is_accepted(authority: Papers) -> None:
    _, heard = ask_and_hear(saying(OK), tls=authority.server())

    assert heard.heads == []


def test_a_failed_handshake_is_no_secured_connection(authority: Papers) -> None:
    marks = ask_securely(authority, None).marks

    assert (marks.secure_ns is not None, marks.secured_ns, marks.sent_ns) == (True, None, None)


def test_a_ca_file_makes_its_certificates_accepted(good: Papers, authority: Papers) -> None:
    assert failure_of(ask_securely(good, authority)) is None


def test_the_certificate_is_recorded(good: Papers, authority: Papers) -> None:
    tls = ask_securely(good, authority).tls

    assert tls is not None
    assert tls.certificate is not None
    assert tls.version in {"TLSv1.2", "TLSv1.3"}
    assert tls.certificate.subject == "CN=relay.example, O=Relay"
    assert tls.certificate.issuer == "CN=Test Authority, O=Trust"


def test_the_expiry_is_recorded_in_epoch_seconds(good: Papers, authority: Papers) -> None:
    tls = ask_securely(good, authority).tls

    assert tls is not None
    assert tls.certificate is not None
    assert 29 * 86400 < tls.certificate.not_after_s - time.time() <= 30 * 86400


def test_tls_is_a_phase_between_tcp_and_sending(good: Papers, authority: Papers) -> None:
    marks = ask_securely(good, authority).marks

    assert marks.connected_ns is not None
    assert marks.secure_ns is not None
    assert marks.secured_ns is not None
    assert marks.send_ns is not None
    assert marks.connected_ns <= marks.secure_ns < marks.secured_ns <= marks.send_ns


def test_a_resolved_name_is_what_the_certificate_is_held_against(authority: Papers, tmp_path: Path) -> None:
    papers = issue(authority, tmp_path, days=30, host="DNS:localhost")

    async def scenario() -> Exchange:
        async with speaking(saying(OK), tls=papers.server()) as heard:
            url = heard.url.replace("127.0.0.1", "localhost")
            return await send(url, target=target_of(url, ca_file=str(authority.certificate)))

    assert failure_of(run(scenario())) is None


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_relay_that_wants_a_client_certificate_is_tls(
    good: Papers, authority: Papers, version: ssl.TLSVersion
) -> None:
    context = good.server()
    context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.certificate)

    async def scenario() -> Exchange:
        is_over = asyncio.Event()

        async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await shake_hands(context, reader, writer)
            is_over.set()

        async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
            url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
            exchange = await send(url, target=target_of(url, ca_file=str(authority.certificate)))
            await is_over.wait()
            return exchange

    assert failure_of(run(scenario())) == "tls"


async def shake_hands(context: ssl.SSLContext, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Begin TLS by hand and say why it ends: asyncio's own server would let a reset overtake the alert."""
    coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(coming, going, server_side=True)
    with contextlib.suppress(ssl.SSLCertVerificationError, ssl.SSLError):
        while data := await reader.read(65536):
            coming.write(data)
            with contextlib.suppress(ssl.SSLWantReadError):
                session.do_handshake()
            writer.write(going.read())
    writer.write(going.read())
    writer.write_eof()
    await reader.read()
    writer.close()
    await writer.wait_closed()


def test_a_tls_connection_that_ends_in_the_body_is_truncated(good: Papers, authority: Papers) -> None:
    speech = saying(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")
    target = str(authority.certificate)

    exchange = ask(speech, tls=good.server(), target=lambda url: target_of(url, ca_file=target))
    assert failure_of(exchange) == "truncated"

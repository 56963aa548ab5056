"""Messages to the services that pass them on: one POST, or one mail, each on a connection of its own.

httpx and smtplib are loaded with the first message: a service that tells nobody needs neither.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import wnmon.transport.hushed  # noqa: F401 - what it does, it does at once
from wnmon.engine.deliveries import Answered, Mail, Parcel, Post, Route
from wnmon.model.exchange import FailureKind
from wnmon.transport.authorities import Authorities

if TYPE_CHECKING:
    import smtplib

    import httpx

TOTAL_S = 20.0
"""How long one try may take. The services answer within a second or two."""
MAIL_S = 600.0
"""How long a mail may take: a server may look into it for as long (RFC 5321 section 4.5.3.2.6), and has it then."""
MAX_BODY_BYTES = 65_536
"""Of an answer: none of the services writes more than some hundred bytes."""
_MAIL_PORTS = {"smtp": 587, "smtps": 465}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Carrying:
    """The carrier of messages."""

    def __init__(self, total_s: float = TOTAL_S, mail_s: float = MAIL_S) -> None:
        self._total_s = total_s
        self._mail_s = mail_s
        self._authorities = Authorities()
        self._pools: dict[tuple[str | None, str | None, str | None], httpx.AsyncHTTPTransport] = {}

    async def carry(self, parcel: Parcel) -> Answered:
        """Return what the service answered, or why it did not."""
        try:
            async with asyncio.timeout(self._total_s if isinstance(parcel, Post) else self._mail_s):
                return await self._post(parcel) if isinstance(parcel, Post) else await self._mail(parcel)
        except TimeoutError:
            return Answered(failure=FailureKind.TIMEOUT_TOTAL)
        except Exception as error:  # noqa: BLE001 - whatever it is, the message was not delivered
            return Answered(failure=_kind(error))

    async def close(self) -> None:
        """Close every pool."""
        for pool in self._pools.values():
            await pool.aclose()
        self._pools.clear()

    async def _post(self, post: Post) -> Answered:
        import httpx

        url = httpx.URL(post.url.reveal())
        headers = [("Host", url.netloc.decode("ascii")), ("Content-Length", str(len(post.body))), *post.headers]
        request = httpx.Request("POST", url, headers=headers, content=post.body)
        pool = await self._pool(post.route)
        response = await pool.handle_async_request(request)
        try:
            body = await _body(response)
        finally:
            await response.aclose()
        if body is None:
            return Answered(status=response.status_code, failure=FailureKind.TOO_LARGE)
        return Answered(status=response.status_code, headers=dict(response.headers), body=body)

    async def _pool(self, route: Route) -> httpx.AsyncHTTPTransport:
        import httpx

        proxy = route.proxy.reveal() if route.proxy else None
        key = (proxy, route.ca_file, route.ca_folder)
        if key not in self._pools:
            context = await asyncio.to_thread(self._authorities.context, route.ca_file, route.ca_folder)
            limits = httpx.Limits(max_keepalive_connections=0)
            self._pools[key] = httpx.AsyncHTTPTransport(verify=context, trust_env=False, proxy=proxy, limits=limits)
        return self._pools[key]

    async def _mail(self, mail: Mail) -> Answered:
        context = await asyncio.to_thread(self._authorities.context, mail.route.ca_file, mail.route.ca_folder)
        return await _in_a_thread(lambda: _send_mail(mail, context, min(self._total_s, self._mail_s), self._mail_s))


async def _body(response: httpx.Response) -> bytes | None:
    """Return the body as it was written, None where it is too large."""
    body = b""
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            return None
    return body


async def _in_a_thread(work: Callable[[], Answered]) -> Answered:
    """Return what the work returns, or raise what it raises. Nobody waits for a thread that is given up."""
    loop, done = asyncio.get_running_loop(), asyncio.Future[Answered]()

    def settle(answered: Answered | None, error: Exception | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            assert answered is not None
            done.set_result(answered)

    def run() -> None:
        answered, error = None, None
        try:
            answered = work()
        except Exception as raised:  # noqa: BLE001 - raised on, where it is waited for
            error = raised
        with suppress(RuntimeError):  # the loop may have ended meanwhile
            loop.call_soon_threadsafe(settle, answered, error)

    threading.Thread(target=run, name="wnmon-mail", daemon=True).start()
    return await done


def _send_mail(mail: Mail, context: ssl.SSLContext, timeout_s: float, mail_s: float) -> Answered:
    """Send a mail and wait for the server's word, longer once it has greeted. In a thread: smtplib knows no loop."""
    import smtplib

    parts = urlsplit(mail.url.reveal())
    host, port = parts.hostname or "", parts.port or _MAIL_PORTS[parts.scheme]
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, port, timeout=timeout_s, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=timeout_s)
    try:
        refusal = _open(server, mail, context, host)
        if refusal is not None:
            return refusal
        if server.sock is not None:
            server.sock.settimeout(mail_s)
        refused = server.sendmail(mail.sender, mail.recipients, mail.message)
        return Answered(status=250, left_out=len(refused))
    except smtplib.SMTPRecipientsRefused as error:
        status, words = next(iter(error.recipients.values()))
        return Answered(status=status, body=words)
    except smtplib.SMTPResponseException as error:
        said = error.smtp_error
        return Answered(status=error.smtp_code, body=said.encode() if isinstance(said, str) else said)
    except smtplib.SMTPNotSupportedError:
        return Answered(status=504)
    except smtplib.SMTPException:
        return Answered(failure=FailureKind.PROTOCOL)
    finally:
        with suppress(OSError, smtplib.SMTPException):
            server.quit()


def _open(server: smtplib.SMTP, mail: Mail, context: ssl.SSLContext, host: str) -> Answered | None:
    """Begin TLS where the server offers it, then log in. Returns what keeps a password from being sent."""
    server.ehlo_or_helo_if_needed()
    if server.has_extn("starttls"):
        server.starttls(context=context)
        server.ehlo()
    if mail.password is None:
        return None
    if not isinstance(server.sock, ssl.SSLSocket) and host not in _LOOPBACK:
        return Answered(failure=FailureKind.TLS)  # without TLS anybody on the way could read it
    server.login(mail.user, mail.password.reveal())
    return None


def _kind(error: Exception) -> FailureKind:
    """Return what kept a message from a service, by the deepest cause there is: httpx wraps that of the system."""
    chain: list[BaseException] = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None and len(chain) < 10:
        chain.append(cause)
    kinds = (
        (ssl.SSLError, FailureKind.TLS),
        (socket.gaierror, FailureKind.DNS),
        (TimeoutError, FailureKind.TIMEOUT_TOTAL),
        (OSError, FailureKind.CONNECT),
    )
    return next((kind for of, kind in kinds if any(isinstance(one, of) for one in chain)), FailureKind.PROTOCOL)

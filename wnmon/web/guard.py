"""Before every page: is it asked for by a name of ours, not too often, and by somebody who may?

    refused                                     with
    ------------------------------------------  ---------------------------------------------------------------------
    by a name that is not ours (`hosts`)        421
    beyond `rate_limit`                         429
    without a log-in where one is asked for     401, whatever the path: what is there is nobody else's business
    after log-ins that failed (`throttle`)      429, and when to try again

Health is told to everybody, at any rate. What a visitor may do is left in the scope of the request, where `may` finds
it. All answers, refusals too, get the same headers.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as AsgiScope

from wnmon.engine.ports import Clock
from wnmon.engine.web_config import NO_WEB_CONFIG, WebConfig
from wnmon.model.said import Said
from wnmon.model.web_access import Scope, WebAccess
from wnmon.web.answers import Refusals
from wnmon.web.bucket import Bucket
from wnmon.web.hosts import Hosts, means_here
from wnmon.web.logins import WHO_ARE_YOU, Logins, Refusal
from wnmon.web.teller import Teller
from wnmon.web.throttle import Throttle

_MAY = "wnmon.may"
_KNOWN = "wnmon.known"
_PASSED_ON = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""What a proxy adds to what it passes on (RFC 7239, RFC 9110 §7.6.3, and what was usual before)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How visitors come in. `config` is the web configuration as it is now, asked for with each request.

    `allowed_hosts` are names of this server beside those that are ours anyway. `failed` is told, on the server's thread
    and now and then, how many log-ins failed.
    """

    config: Callable[[], WebConfig] = lambda: NO_WEB_CONFIG
    allowed_hosts: tuple[str, ...] = ()
    failed: Callable[[int], None] = lambda _: None


class Guard:
    """An application that lets in to another one. Of `hosts` None any name is ours, of `open_paths` None all is open.

    `refusals` says why somebody is not let in, by a policy that is the one of all pages. `is_local`: only this machine
    reaches the listener.
    """

    def __init__(
        self,
        application: ASGIApp,
        refusals: Refusals,
        entry: Entry,
        clock: Clock,
        hosts: Hosts | None = None,
        open_paths: Collection[str] | None = None,
        *,
        is_local: bool = False,
    ) -> None:
        self._application = application
        self._is_local = is_local
        self._refusals = refusals
        self._config = entry.config
        self._hosts = hosts
        self._open_paths = open_paths
        self._now_s = lambda: clock.now_ns() / 1e9
        self._throttle = Throttle(self._now_s)
        self._failures = Teller(entry.failed)
        # One password at a time: bcrypt is made to be slow, and there are probes to read on this machine.
        self._verifier = ThreadPoolExecutor(1, "wnmon-password")
        self._adopt(self._config().access)

    def close(self) -> None:
        """Verify no more passwords, once the event loop has ended."""
        self._verifier.shutdown(wait=False, cancel_futures=True)

    def _adopt(self, access: WebAccess) -> None:
        """Go by what the web configuration says now. What was verified by the one before is forgotten."""
        self._access = access
        self._logins = Logins(access, self._throttle, self._verifier)
        self._bucket = Bucket(access.rate, self._now_s) if access.rate is not None else None
        self._headers = security_headers(self._refusals.content_security_policy, access)

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Answer a request, or let the application do it."""
        access = self._config().access
        if access is not self._access and access != self._access:
            self._adopt(access)
        headers = self._headers

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        refusal = await self._refusal(scope)
        answer = self._application if refusal is None else self._refused(refusal, Request(scope))
        await answer(scope, receive, send_with_headers)

    async def _refusal(self, scope: AsgiScope) -> Refusal | None:
        """Return why a request is not let in. Of one that is, note what its sender may do."""
        headers = Headers(scope=scope)
        if self._hosts is not None and not self._hosts.know(headers.get("host")):
            return Refusal(status=421, said=Said("refused_name"))
        scope[_MAY], scope[_KNOWN] = Scope.ADMIN, self._is_known(headers)
        if self._open_paths is not None and scope["path"] in self._open_paths:
            return None
        if self._bucket is not None and not self._bucket.take():
            return Refusal(status=429, said=Said("refused_rate"), again_s=1)
        if self._open_paths is None or not self._access.asks_login:
            return None
        return await self._log_in(scope, headers.get("authorization"))

    def _is_known(self, headers: Headers) -> bool:
        """Tell whether whoever is let in is somebody, and not just anybody who reaches the listener.

        A proxy on this machine passes on what anybody asks of it.
        """
        tls = self._config().tls
        asks_certificate = tls is not None and tls.verify_mode is ssl.CERT_REQUIRED
        is_passed_on = any(name in headers for name in _PASSED_ON) or not means_here(headers.get("host"))
        is_from_here = self._is_local and not is_passed_on
        return is_from_here or self._access.asks_login or asks_certificate

    async def _log_in(self, scope: AsgiScope, authorization: str | None) -> Refusal | None:
        client = scope.get("client")
        found = await self._logins.scope_of(authorization, client[0] if client else "")
        if not isinstance(found, Refusal):
            scope[_MAY] = found
            return None
        if found is not WHO_ARE_YOU:
            self._failures.happened(asyncio.get_running_loop())
        return found

    def _refused(self, refusal: Refusal, request: Request) -> Response:
        """Return the answer to who is not let in; at 401 it says how to log in (RFC 9110 §11.6.1)."""
        response = self._refusals.answer(request, refusal.status, refusal.said)
        if refusal.status == HTTPStatus.UNAUTHORIZED and self._access.users:
            response.headers.append("WWW-Authenticate", 'Basic realm="wnmon", charset="UTF-8"')
        if refusal.status == HTTPStatus.UNAUTHORIZED and self._access.tokens:
            response.headers.append("WWW-Authenticate", 'Bearer realm="wnmon"')
        if refusal.again_s:
            response.headers["Retry-After"] = str(refusal.again_s)
        return response


def may(request: Request, wanted: Scope) -> bool:
    """Tell whether the sender of a request may do what wants a scope."""
    granted = request.scope[_MAY]
    assert isinstance(granted, Scope)
    return granted.allows(wanted)


def is_known(request: Request) -> bool:
    """Tell whether the sender logged in, showed a certificate, or is on this machine: not anybody on a network."""
    known = request.scope[_KNOWN]
    assert isinstance(known, bool)
    return known


def security_headers(policy: str, access: WebAccess) -> dict[str, str]:
    """Return what every answer carries; what the web configuration says takes the place of wnmon's own."""
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "deny",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
        **dict(access.headers),
    }

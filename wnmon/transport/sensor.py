"""One request over one fresh connection, by httpx below its client.

So there are no redirects, no cookies, no retries, and nothing is read from the environment: which proxy and which
authorities it names, the configuration has found out (`wnmon.config.surroundings`).

The answer's bytes are stamped when the socket hands them over and kept; nothing parses them before the exchange ended.
Phases come from httpcore's trace events; the name is resolved here, so that DNS has a phase and an error of its own.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import ssl
from collections.abc import Sequence
from dataclasses import replace

import httpx

from wnmon.clock import SystemClock
from wnmon.engine.ports import READ_PIECES, Clock
from wnmon.model.check import WRONG_KEY, Auth, Caps, Timeouts
from wnmon.model.exchange import Chunk, Exchange, FailureKind, Request
from wnmon.model.said import Said
from wnmon.model.target import Target
from wnmon.transport.certificate import read_tls
from wnmon.transport.deadline import Deadline
from wnmon.transport.decode import Failure
from wnmon.transport.naming import name_failure
from wnmon.transport.recording import Recording, Stage
from wnmon.transport.resolving import Lookup, addresses_of, look_up
from wnmon.transport.warmup import warm_up

MAX_ADDRESSES = 3
PIECES_AT_ONCE = READ_PIECES // 2
"""Pieces taken before the loop has a turn: one read from a socket may hold 10,000 of a byte each, 100 ms of work."""

# httpcore would log request headers, with the key, as soon as somebody sets the root logger to DEBUG.
for _name in ("httpcore", "httpx"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class HttpxTransport:
    """The Transport port on httpx. One pool per target, which keeps no connection; one TLS context per CA file."""

    def __init__(self, clock: Clock | None = None, lookup: Lookup = look_up) -> None:
        self._clock = clock or SystemClock()
        self._lookup = lookup
        self._pools: dict[tuple[str, str | None, str | None, str | None], httpx.AsyncHTTPTransport] = {}
        self._contexts: dict[tuple[str | None, str | None], ssl.SSLContext] = {}

    async def warm_up(self) -> None:
        """Pay for imports, the TLS context and the first connection now, not inside the first probe's latency."""
        self._context(None, None)
        await warm_up(self)

    async def close(self) -> None:
        """Close every pool."""
        for pool in self._pools.values():
            await pool.aclose()
        self._pools.clear()

    async def send(
        self, request: Request, target: Target, *, timeouts: Timeouts, caps: Caps, scheduled_ns: int | None = None
    ) -> Exchange:
        """Return what happened, also when nothing did. Raises only CancelledError."""
        started_at_s, now_ns = self._clock.wall_s(), self._clock.now_ns
        marks = {"started_ns": now_ns()} | ({} if scheduled_ns is None else {"scheduled_ns": scheduled_ns})
        recording = Recording(request=request, started_at_s=started_at_s, now_ns=now_ns, marks=marks)
        deadline = Deadline(timeouts, recording, caps.decoded_bytes)
        try:
            async with deadline.timer:
                failure = await self._exchange(recording, target, deadline, caps)
        except TimeoutError:
            failure = deadline.kind, deadline.describe()
        except Exception as error:  # noqa: BLE001 - the boundary to the network: whatever it raises becomes a value
            failure = name_failure(error, recording.stage)
        finally:
            deadline.close()
            await recording.hang_up()
        return recording.freeze(failure, caps.decoded_bytes)

    async def _exchange(self, recording: Recording, target: Target, deadline: Deadline, caps: Caps) -> Failure | None:
        pool = self._pool(target)
        addresses = await self._resolve(recording, target)
        for number, address in enumerate(addresses, 1):
            is_last = number == len(addresses)
            try:
                async with deadline.attempt(of=None if is_last else len(addresses)):
                    response = await pool.handle_async_request(_outgoing(recording, target, address, deadline))
            except (httpx.ConnectError, TimeoutError):
                # Nothing was sent yet, so the next address of the same name is no retry of a request.
                if is_last or recording.stage is not Stage.CONNECT:
                    raise
            else:
                return await _receive(response, recording, deadline, caps)
        return FailureKind.DNS, Said("name_without_address")

    async def _resolve(self, recording: Recording, target: Target) -> Sequence[str | None]:
        """Return the addresses to try; None stands for the URL as it is (an address already, or a proxy's job)."""
        url = httpx.URL(recording.request.url)
        if target.proxy is not None or _is_address(url.host):
            return [None]
        recording.marks["resolve_ns"] = recording.now_ns()
        port = url.port or (443 if url.scheme == "https" else 80)
        found = await addresses_of(url.host, port, self._lookup)
        recording.marks["resolved_ns"] = recording.now_ns()
        recording.stage = Stage.CONNECT
        return found[:MAX_ADDRESSES]

    def _pool(self, target: Target) -> httpx.AsyncHTTPTransport:
        proxy = target.proxy.reveal() if target.proxy else None
        key = (target.name, target.ca_file, target.ca_folder, proxy)
        if key not in self._pools:
            self._pools[key] = httpx.AsyncHTTPTransport(
                verify=self._context(target.ca_file, target.ca_folder),
                trust_env=False,
                limits=httpx.Limits(max_keepalive_connections=0),
                proxy=proxy,
                socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
            )
        return self._pools[key]

    def _context(self, ca_file: str | None, ca_folder: str | None) -> ssl.SSLContext:
        """Return the shared TLS context: building one costs some 30 ms and would block the loop within a probe."""
        where = ca_file, ca_folder
        if where not in self._contexts:
            context = (
                ssl.create_default_context(cafile=ca_file, capath=ca_folder)
                if any(where)
                else httpx.create_ssl_context(trust_env=False)
            )
            # Strict by default from Python 3.13 on, nowhere else: the verdict on a relay is not one on who judges.
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
            self._contexts[where] = context
        return self._contexts[where]


def _outgoing(recording: Recording, target: Target, address: str | None, deadline: Deadline) -> httpx.Request:
    """Build httpx's request: to an address already resolved, under the name the URL had (Host, SNI, certificate)."""
    url = httpx.URL(_shown_to(recording.request, target))

    async def trace(name: str, told: dict[str, object]) -> None:
        before = recording.stage
        recording.note(name, told)
        if recording.stage is not before:
            deadline.follow(recording.stage)

    headers = [("Host", url.netloc.decode("ascii")), *_headers(recording.request, target)]
    return httpx.Request(
        recording.request.method,
        url.copy_with(host=address) if address else url,
        headers=[(name.encode("ascii"), value.encode("latin-1")) for name, value in headers],
        content=recording.request.body,
        extensions={"trace": trace, "sni_hostname": url.host} if address else {"trace": trace},
    )


def _headers(request: Request, target: Target) -> list[tuple[str, str]]:
    """Return the headers to write: the only place where secrets are revealed, and never to who listens on plain http.

    A request may ask an https target over plain http, to see whether it is refused; it then carries no secret.
    """
    own = {name.lower() for name, _ in request.headers}
    if _is_exposed(request, target):
        target = replace(target, api_key=None, headers=tuple(one for one in target.headers if isinstance(one[1], str)))
    key = target.api_key.reveal() if target.api_key else None
    written = [(name, value if isinstance(value, str) else value.reveal()) for name, value in target.headers]
    if request.auth is not Auth.NORMAL:
        # Whatever header has the key as well would let in a request that is to be without it.
        written = [(name, value) for name, value in written if value != key]
    configured = [(name, value) for name, value in written if name.lower() not in own]
    place = request.auth_header or "Authorization"
    if place.lower() in own | {name.lower() for name, _ in configured}:
        return [*request.headers, *configured]
    credentials = _credentials(request.auth, key, "" if request.auth_header else "Bearer")
    return [*request.headers, *configured, *([(place, credentials)] if credentials is not None else [])]


def _shown_to(request: Request, target: Target) -> str:
    """Return the URL to ask, without the keys in it where nobody may see them."""
    scheme, _, rest = request.url.partition("://")
    host, slash, path = rest.partition("/")
    in_url = [one for one in target.extra_secrets if one.name == "base_url"]
    for one in in_url if _is_exposed(request, target) else ():
        path = path.replace(one.reveal(), "left-out")
    return f"{scheme}://{host}{slash}{path}"


def _is_exposed(request: Request, target: Target) -> bool:
    """Tell whether an https target is asked over plain http: who listens there must not learn a secret."""
    return request.url.startswith("http:") and target.url.startswith("https:")


def _credentials(auth: Auth, key: str | None, scheme: str) -> str | None:
    """Return what stands in the header of the key, None to write none. No value ends in a blank (RFC 9110 §5.5)."""
    match auth:
        case Auth.EMPTY:
            return scheme
        case Auth.WRONG:
            return f"{scheme} {WRONG_KEY}".strip()
        case Auth.NORMAL if key is not None:
            return f"{scheme} {key}".strip()
        case Auth.LOWERCASE if key is not None:
            return f"{scheme.lower()} {key}".strip()
        case _:
            return None


async def _receive(response: httpx.Response, recording: Recording, deadline: Deadline, caps: Caps) -> Failure | None:
    recording.stage = Stage.BODY
    recording.status = response.status_code
    recording.http_version = response.extensions.get("http_version", b"").decode("ascii", "replace")
    recording.headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
    stream = response.extensions.get("network_stream")
    if stream is not None:  # only readable while the connection is open
        recording.tls = read_tls(stream.get_extra_info("ssl_object"))
        recording.peer = _peer(stream.get_extra_info("server_addr"))
    deadline.arrived()
    try:
        return await _read_body(response, recording, deadline, caps)
    finally:
        await response.aclose()


async def _read_body(response: httpx.Response, recording: Recording, deadline: Deadline, caps: Caps) -> Failure | None:
    assert isinstance(response.stream, httpx.AsyncByteStream)
    chunks, now_ns = recording.chunks, recording.now_ns
    async for data in response.stream:
        chunks.append(Chunk(now_ns(), data))
        recording.wire_bytes += len(data)
        if recording.wire_bytes > caps.wire_bytes:
            return FailureKind.TOO_LARGE, Said("body_too_large", n=caps.wire_bytes)
        if len(chunks) > caps.chunks:
            return FailureKind.TOO_LARGE, Said("body_in_too_many_pieces", n=caps.chunks)
        if len(chunks) == recording.request.close_after:
            return None
        deadline.arrived()
        if len(chunks) % PIECES_AT_ONCE == 0:
            await asyncio.sleep(0)
    return None


def _peer(address: object) -> str | None:
    return f"{address[0]}:{address[1]}" if isinstance(address, tuple) and len(address) >= 2 else None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True

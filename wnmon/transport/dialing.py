"""A TCP connection to one of the addresses of a name, by RFC 8305 (happy eyeballs)."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest

MAX_ADDRESSES = 3
STAGGER_S = 0.25
"""RFC 8305 section 8: how long an attempt is alone before the next one begins beside it."""

# Says only that this machine has no way to such an address: what another one met tells more.
_NO_WAY = frozenset(
    {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT}
)


def is_address(host: str) -> bool:
    """Tell whether a host is an address, so that nothing is to be looked up."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def in_turn(addresses: Sequence[str]) -> list[str]:
    """Return the addresses to try: of both families by turns, beginning with that of the first (section 4)."""
    first = [one for one in addresses if _family(one) is _family(addresses[0])]
    other = [one for one in addresses if _family(one) is not _family(addresses[0])]
    pairs: Iterable[tuple[str | None, str | None]] = zip_longest(first, other)
    return [one for one in chain.from_iterable(pairs) if one is not None][:MAX_ADDRESSES]


async def dial(addresses: Sequence[str], port: int) -> socket.socket:
    """Return a connected socket, the first that stands of some addresses. Raises the OSError that tells most."""
    if len(addresses) == 1:
        return await _connected(addresses[0], port)
    attempts: set[asyncio.Task[socket.socket]] = set()
    errors: list[OSError] = []
    waiting = list(addresses)
    try:
        while waiting or attempts:
            if waiting:
                attempts.add(asyncio.create_task(_connected(waiting.pop(0), port)))
            alone_s = STAGGER_S if waiting else None
            done, attempts = await asyncio.wait(attempts, timeout=alone_s, return_when=asyncio.FIRST_COMPLETED)
            stands = [one.result() for one in done if not _failed(one, errors)]
            for late in stands[1:]:
                late.close()
            if stands:
                return stands[0]
    finally:
        await _give_up(attempts)
    raise _most_telling(errors)


async def _connected(address: str, port: int) -> socket.socket:
    sock = socket.socket(_family(address), socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except BaseException:
        sock.close()
        raise
    return sock


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _failed(attempt: asyncio.Task[socket.socket], errors: list[OSError]) -> bool:
    error = attempt.exception()
    if isinstance(error, OSError):
        errors.append(error)
        return True
    return False


async def _give_up(attempts: Iterable[asyncio.Task[socket.socket]]) -> None:
    """End what is still under way: nobody else closes a connection that stands after all."""
    for one in attempts:
        one.cancel()
    for sock in await asyncio.gather(*attempts, return_exceptions=True):
        if isinstance(sock, socket.socket):
            sock.close()


def _most_telling(errors: Sequence[OSError]) -> OSError:
    return next((one for one in reversed(errors) if one.errno not in _NO_WAY), errors[-1])

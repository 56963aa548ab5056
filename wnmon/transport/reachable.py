"""Waiting until somebody listens at a relay's address, for checks that start together with it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit

from wnmon.transport.outgoing import PORTS
from wnmon.transport.resolving import Lookup, addresses_of, look_up

_PAUSE_S = 0.25
_ATTEMPT_S = 1.0
"""A connection that is not there by then is tried at the next address, or anew."""


async def wait_until_reachable(url: str, timeout_s: float, lookup: Lookup = look_up) -> bool:
    """Tell whether a TCP connection to the URL's host and port stood within `timeout_s`. Sends nothing."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                if await _stands(host, port, lookup):
                    return True
                await asyncio.sleep(_PAUSE_S)
    except TimeoutError:
        return False


async def _stands(host: str, port: int, lookup: Lookup) -> bool:
    """Tell whether a connection to one of the host's addresses stood, each tried for its share of the time."""
    with suppress(OSError):
        for address in await addresses_of(host, port, lookup):
            with suppress(OSError):  # TimeoutError is one
                async with asyncio.timeout(_ATTEMPT_S):
                    _, writer = await asyncio.open_connection(address, port)
                writer.close()
                return True
    return False

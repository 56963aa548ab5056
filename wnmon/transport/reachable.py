"""Waiting until somebody listens at a relay's address, for checks that start together with it."""

from __future__ import annotations

import asyncio

import httpx

_PAUSE_S = 0.25


async def wait_until_reachable(url: str, timeout_s: float) -> bool:
    """Tell whether a TCP connection to the URL's host and port stood within `timeout_s`. Sends nothing."""
    parsed = httpx.URL(url)
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                try:
                    _, writer = await asyncio.open_connection(parsed.host, port)
                except OSError:
                    await asyncio.sleep(_PAUSE_S)
                else:
                    writer.close()
                    return True
    except TimeoutError:
        return False

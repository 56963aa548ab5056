"""Who is there: the Authorization of a request -> a scope, or why it is not let in.

    what is said                                   costs                           is answered
    ---------------------------------------------  ------------------------------  ---------------------------------
    nothing, or in another scheme                  nothing                         401
    what was verified before                       a keyed hash                    let in, throttled or not
    anything else, of an address that has to wait  nothing                         429, and when to try again
    a token                                        SHA-256                         let in, or 401
    name and password                              bcrypt, in a thread, one at a   let in, or 401; 503 where too many
                                                   time                            wait for their turn

A name nobody has costs as much as one somebody has. What failed is not remembered, but for how often.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import math
import secrets
from collections import OrderedDict
from concurrent.futures import Executor
from dataclasses import dataclass

from wnmon.model.said import Said
from wnmon.model.web_access import Scope, WebAccess
from wnmon.web.passwords import is_password
from wnmon.web.throttle import Throttle

MOST_VERIFIED = 1000
"""Log-ins that are remembered; of more the one that was not used for longest is verified anew."""
MOST_WAITING = 16
"""Passwords that may wait to be verified."""
LONGEST_HEADER = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request is not let in, as a status and in words; `again_s` is when to try again, 0 for no matter when."""

    status: int
    said: Said
    again_s: int = 0


WHO_ARE_YOU = Refusal(status=401, said=Said("refused_login"))
NOBODY = Refusal(status=401, said=Said("refused_nobody"))
BUSY = Refusal(status=503, said=Said("refused_busy"), again_s=1)


def throttled(again_s: float) -> Refusal:
    """Return the refusal of who has to wait for so many seconds."""
    whole_s = math.ceil(again_s)
    return Refusal(status=429, said=Said("refused_throttled", n=whole_s), again_s=whole_s)


class Logins:
    """The log-ins of one web configuration; another one has its own, so what was verified before it counts no more."""

    def __init__(self, access: WebAccess, throttle: Throttle, verifier: Executor) -> None:
        self._tokens = access.tokens
        self._users = {user.name: user for user in access.users}
        self._throttle = throttle
        self._verifier = verifier
        # For a name that nobody has, so that it takes as long as any: "$2b$12$..." begins with what it costs.
        self._decoy = max((user.bcrypt for user in access.users), key=lambda hashed: hashed[4:6], default="")
        self._pepper = secrets.token_bytes(32)
        self._verified: OrderedDict[bytes, Scope] = OrderedDict()
        self._asked: dict[bytes, asyncio.Task[Scope | None]] = {}

    async def scope_of(self, header: str | None, address: str) -> Scope | Refusal:
        """Return what the sender of an Authorization header may do, or why it is not let in."""
        scheme, _, said = (header or "")[: LONGEST_HEADER + 1].partition(" ")
        if not said or scheme.lower() not in {"basic", "bearer"} or len(header or "") > LONGEST_HEADER:
            return WHO_ARE_YOU
        key = hmac.digest(self._pepper, f"{scheme.lower()} {said.strip()}".encode(), "sha256")
        if (known := self._verified.get(key)) is not None:
            self._verified.move_to_end(key)
            return known
        return await self._try(key, scheme.lower(), said.strip(), address)

    async def _try(self, key: bytes, scheme: str, said: str, address: str) -> Scope | Refusal:
        if key not in self._asked:  # who says the same at the same time waits for the same verdict
            if (again_s := self._throttle.wait_s(address)) > 0:
                return throttled(again_s)
            if len(self._asked) >= MOST_WAITING:
                return BUSY
            self._throttle.attempt(address)
            self._asked[key] = asyncio.create_task(self._verify(key, scheme, said))
        scope = await asyncio.shield(self._asked[key])
        if scope is None:
            return NOBODY
        self._throttle.succeeded(address)
        return scope

    async def _verify(self, key: bytes, scheme: str, said: str) -> Scope | None:
        """Return the scope of a log-in, and remember it; None where it is none."""
        try:
            scope = self._of_token(said) if scheme == "bearer" else await self._of_password(said)
        finally:
            del self._asked[key]
        if scope is not None:
            self._verified[key] = scope
            if len(self._verified) > MOST_VERIFIED:
                self._verified.popitem(last=False)
        return scope

    def _of_token(self, token: str) -> Scope | None:
        """Compare with every token, whichever fits: how long it takes tells nothing."""
        digest = hashlib.sha256(token.encode()).digest()
        fitting = [one.scope for one in self._tokens if hmac.compare_digest(one.sha256, digest)]
        return fitting[0] if fitting else None

    async def _of_password(self, said: str) -> Scope | None:
        name, password = _name_and_password(said)
        user = self._users.get(name)
        hashed = self._decoy if user is None else user.bcrypt
        if not hashed:
            return None
        loop = asyncio.get_running_loop()
        fits = await loop.run_in_executor(self._verifier, is_password, password, hashed)
        return user.scope if fits and user is not None else None


def _name_and_password(said: str) -> tuple[str, bytes]:
    """Return what stands in the base64 of Basic (RFC 7617 §2), a name nobody has where it is none."""
    try:
        name, _, password = base64.b64decode(said, validate=True).partition(b":")
        return name.decode(), password
    except (binascii.Error, ValueError):
        return ":", b""

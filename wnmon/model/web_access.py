"""Who may see and do what over HTTP, as a web configuration says it. No password and no token is among it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Scope(StrEnum):
    """What a visitor may do: READ is page, API and metrics, ADMIN that and what changes or tells more."""

    READ = "read"
    ADMIN = "admin"

    def allows(self, wanted: Scope) -> bool:
        """Tell whether whoever has this scope may do what wants that one."""
        return self is Scope.ADMIN or wanted is Scope.READ


@dataclass(frozen=True, slots=True, kw_only=True)
class WebUser:
    """Who logs in by name and password (Basic, RFC 7617). `bcrypt` is the hash of the password."""

    name: str
    bcrypt: str = field(repr=False)
    scope: Scope = Scope.ADMIN


@dataclass(frozen=True, slots=True, kw_only=True)
class WebToken:
    """Who brings a token (Bearer, RFC 6750), drawn at random, so that one round of SHA-256 is hash enough."""

    name: str
    sha256: bytes = field(repr=False)
    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRate:
    """How many requests are answered, whoever asks: one each `interval_s`, and `burst` at once."""

    interval_s: float
    burst: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAccess:
    """What a web configuration says of visitors.

    `headers` are those of every answer, `client_names` the alternative names of which a client's certificate must have
    one; none of them: any certificate will do.
    """

    users: tuple[WebUser, ...] = ()
    tokens: tuple[WebToken, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    rate: RequestRate | None = None
    client_names: frozenset[str] = frozenset()

    @property
    def asks_login(self) -> bool:
        """Tell whether a visitor has to say who it is."""
        return bool(self.users or self.tokens)

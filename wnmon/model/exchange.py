"""The raw record of one request and its answer. Holds no Secret and is serialisable.

All instants are CLOCK_MONOTONIC nanoseconds of the host that sent the request; `started_at_s` is the one wall-clock
instant (epoch seconds) that ties them to a calendar.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter

from wnmon.model.check import Auth
from wnmon.model.coding import codings_in
from wnmon.model.said import Text

HTTP2 = "HTTP/2"
"""What `http_version` says of an exchange over HTTP/2, where an answer came or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Bytes to send. The header with the key is not among `headers`: the transport writes it as `auth` says.

    `auth_header`: its name where the key stands in it alone; None for `Authorization` with `Bearer`. `http2`: the relay
    is offered HTTP/2 for it, and may choose; else it is asked in HTTP/1.1.
    """

    step: str
    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    auth: Auth
    stream: bool
    close_after: int | None = None
    auth_header: str | None = None
    http2: bool = False


@dataclass(frozen=True, slots=True)
class Chunk:
    """Body bytes, content coding removed, and when the bytes that carried them were handed over by the socket."""

    at_ns: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Instants of one exchange. What did not happen is None, never 0.

    scheduled: when it was due. started: when the limiter let it go. resolved, connected, secured: end of DNS, TCP, TLS.
    sent: the last request byte was written. headers: the response head was complete. end: nothing more came
    or was read.
    """

    started_ns: int
    scheduled_ns: int | None = None
    resolve_ns: int | None = None
    resolved_ns: int | None = None
    connect_ns: int | None = None
    connected_ns: int | None = None
    secure_ns: int | None = None
    secured_ns: int | None = None
    send_ns: int | None = None
    sent_ns: int | None = None
    headers_ns: int | None = None
    end_ns: int


@dataclass(frozen=True, slots=True)
class Lag:
    """How late a stamp may be: what it stands for happened at most `late_ns` before `at_ns`, and never after it."""

    at_ns: int
    late_ns: int


_AT_NS = attrgetter("at_ns")


class FailureKind(StrEnum):
    """Why an exchange has no complete answer."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT_CONNECT = "timeout_connect"
    TIMEOUT_HEADERS = "timeout_headers"
    TIMEOUT_FIRST_TOKEN = "timeout_first_token"  # noqa: S105 - a token of a model, not of an account
    TIMEOUT_TOTAL = "timeout_total"
    STALL = "stall"
    PROTOCOL = "protocol"
    TRUNCATED = "truncated"
    TOO_LARGE = "too_large"
    SHUTDOWN = "shutdown"
    CLIENT = "client"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportFailure:
    """A network failure as a value. `detail` is one line for a person, free of secrets once redacted."""

    kind: FailureKind
    detail: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The leaf the relay showed. `not_after_s` is epoch seconds; `chain` are SHA-256 fingerprints from leaf to root,
    empty where this Python cannot tell (before 3.13).
    """

    subject: str
    issuer: str
    not_after_s: float
    chain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """What the handshake agreed on."""

    version: str
    cipher: str
    certificate: Certificate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and all that came back, or the failure as a value.

    `wire_bytes` counts body bytes as they arrived; `chunks` hold them with the content coding removed.
    `lags` tell how late each stamp may be, in the order of time; none is later than `late_ns`. Records of before each
    stamp had a lag of its own know that alone: the worst lag of the event loop while the exchange ran.
    """

    request: Request
    started_at_s: float
    marks: Marks
    status: int | None = None
    http_version: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    chunks: tuple[Chunk, ...] = ()
    wire_bytes: int = 0
    failure: TransportFailure | None = None
    tls: Tls | None = None
    peer: str | None = None
    late_ns: int = 0
    lags: tuple[Lag, ...] = ()

    def lag_ns(self, at_ns: int) -> int:
        """Return how late the stamp of this instant may be; where nothing is known of it, what no stamp exceeds."""
        place = bisect_left(self.lags, at_ns, key=_AT_NS)
        known = place < len(self.lags) and self.lags[place].at_ns == at_ns
        return self.lags[place].late_ns if known else self.late_ns

    @property
    def body(self) -> bytes:
        """Return all body bytes, joined."""
        return b"".join(chunk.data for chunk in self.chunks)

    @property
    def is_coded(self) -> bool:
        """Tell whether the body came in a content coding, by what its head says."""
        return codings_in(value for name, value in self.headers if name.lower() == "content-encoding") != ()

    def header(self, name: str) -> str | None:
        """Return the first value of a header, by case-insensitive name (RFC 9110 §5.1)."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

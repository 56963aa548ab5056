"""What one exchange leaves behind while it runs: stamps first, bytes beside them, nothing parsed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from wnmon.model.exchange import Chunk, Exchange, FailureKind, Marks, Request, Tls, TransportFailure
from wnmon.model.said import Said

_OF_A_REQUEST = frozenset({"send_request_headers", "send_request_body", "receive_response_headers"})


class Stage(Enum):
    """How far an exchange has come; decides what an error or a timeout is called."""

    RESOLVE = Said("stage_resolve")
    CONNECT = Said("stage_connect")
    TLS = Said("stage_tls")
    SEND = Said("stage_send")
    WAIT = Said("stage_wait")
    BODY = Said("stage_body")


@dataclass(slots=True, kw_only=True)
class Recording:
    """The mutable state of one exchange, frozen into an Exchange at its end."""

    request: Request
    scheduled_ns: int | None
    started_at_s: float
    started_ns: int
    now_ns: Callable[[], int]
    stage: Stage = Stage.RESOLVE
    resolve_ns: int | None = None
    resolved_ns: int | None = None
    connect_ns: int | None = None
    connected_ns: int | None = None
    secure_ns: int | None = None
    secured_ns: int | None = None
    send_ns: int | None = None
    sent_ns: int | None = None
    headers_ns: int | None = None
    status: int | None = None
    http_version: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    chunks: list[Chunk] = field(default_factory=list)
    wire_bytes: int = 0
    tls: Tls | None = None
    peer: str | None = None
    tunnelling: bool = False
    connection: Any = None

    def note(self, name: str, told: Mapping[str, object]) -> None:
        """Stamp httpcore's trace events: the one coupling to its names.

        Asking a proxy for a tunnel is a request of its own: it belongs to connecting and leaves no mark.
        """
        at_ns, event = self.now_ns(), name.partition(".")[2]
        if event == "send_request_headers.started":
            self.tunnelling = getattr(told["request"], "method", b"") == b"CONNECT"
        if self.tunnelling and event.partition(".")[0] in _OF_A_REQUEST:
            return
        match event:
            case "connect_tcp.started":
                self.connect_ns, self.stage = self.connect_ns or at_ns, Stage.CONNECT
            case "connect_tcp.complete":
                self.connected_ns, self.connection = at_ns, told.get("return_value")
            case "start_tls.started":
                self.secure_ns, self.stage = at_ns, Stage.TLS
            case "start_tls.complete":
                self.secured_ns = at_ns
            case "send_request_headers.started":
                self.send_ns, self.stage = at_ns, Stage.SEND
            case "send_request_body.complete":
                self.sent_ns, self.stage = at_ns, Stage.WAIT
            case "receive_response_headers.complete":
                self.headers_ns = at_ns

    async def hang_up(self) -> None:
        """Close a connection that brought no answer: httpcore forgets one whose TLS handshake is cancelled."""
        if self.connection is not None and self.status is None:
            await self.connection.aclose()

    def freeze(self, failure: tuple[FailureKind, Said] | None) -> Exchange:
        """Return the immutable record."""
        marks = Marks(
            scheduled_ns=self.scheduled_ns,
            started_ns=self.started_ns,
            resolve_ns=self.resolve_ns,
            resolved_ns=self.resolved_ns,
            connect_ns=self.connect_ns,
            connected_ns=self.connected_ns,
            secure_ns=self.secure_ns,
            secured_ns=self.secured_ns,
            send_ns=self.send_ns,
            sent_ns=self.sent_ns,
            headers_ns=self.headers_ns,
            end_ns=self.now_ns(),
        )
        return Exchange(
            request=self.request,
            started_at_s=self.started_at_s,
            marks=marks,
            status=self.status,
            http_version=self.http_version,
            headers=self.headers,
            chunks=tuple(self.chunks),
            wire_bytes=self.wire_bytes,
            failure=TransportFailure(kind=failure[0], detail=failure[1]) if failure else None,
            tls=self.tls,
            peer=self.peer,
        )

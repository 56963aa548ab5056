"""What one exchange leaves behind while it runs: stamps first, bytes beside them, nothing parsed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from wnmon.model.coding import codings_in
from wnmon.model.exchange import Chunk, Exchange, Marks, Request, Tls, TransportFailure
from wnmon.model.said import Said
from wnmon.transport.decode import Failure, decode
from wnmon.transport.head import bound_head


class Stage(Enum):
    """How far an exchange has come; decides what an error or a timeout is called."""

    RESOLVE = Said("stage_resolve")
    CONNECT = Said("stage_connect")
    TLS = Said("stage_tls")
    SEND = Said("stage_send")
    WAIT = Said("stage_wait")
    BODY = Said("stage_body")


# The one coupling to the names of httpcore's trace events.
_EVENTS: Mapping[str, tuple[str, Stage | None]] = {
    "connect_tcp.started": ("connect_ns", Stage.CONNECT),
    "connect_tcp.complete": ("connected_ns", None),
    "start_tls.started": ("secure_ns", Stage.TLS),
    "start_tls.complete": ("secured_ns", None),
    "send_request_headers.started": ("send_ns", Stage.SEND),
    "send_request_body.complete": ("sent_ns", Stage.WAIT),
    "receive_response_headers.complete": ("headers_ns", None),
}
"""Event -> the mark it leaves, and the stage it begins."""

_OF_A_REQUEST = frozenset({"send_ns", "sent_ns", "headers_ns"})


@dataclass(slots=True, kw_only=True)
class Recording:
    """The mutable state of one exchange, frozen into an Exchange at its end. `marks` are those of `Marks`, by name."""

    request: Request
    started_at_s: float
    now_ns: Callable[[], int]
    marks: dict[str, int]
    stage: Stage = Stage.RESOLVE
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
        """Stamp a trace event of httpcore.

        Asking a proxy for a tunnel is a request of its own: it belongs to connecting and leaves no mark.
        """
        at_ns, event = self.now_ns(), name.partition(".")[2]
        mark, stage = _EVENTS.get(event, ("", None))
        if mark == "send_ns":
            self.tunnelling = getattr(told["request"], "method", b"") == b"CONNECT"
        if not mark or (self.tunnelling and mark in _OF_A_REQUEST):
            return
        if mark != "connect_ns" or mark not in self.marks:  # of several addresses the first tells when it began
            self.marks[mark] = at_ns
        if mark == "connected_ns":
            self.connection = told.get("return_value")
        if mark in {"connected_ns", "secured_ns"}:
            bound_head(told.get("return_value"), lambda: self.status is None)
        self.stage = stage or self.stage

    def decoded(self, cap_bytes: int) -> tuple[list[Chunk], Failure | None]:
        """Return what has come so far without its content coding, and what is wrong with that."""
        codings = codings_in(value for name, value in self.headers if name.lower() == "content-encoding")
        return decode(self.chunks, codings, cap_bytes)

    async def hang_up(self) -> None:
        """Close a connection that brought no answer: httpcore forgets one whose TLS handshake is cancelled."""
        if self.connection is not None and self.status is None:
            await self.connection.aclose()

    def freeze(self, failure: Failure | None, cap_bytes: int) -> Exchange:
        """Return the immutable record, its body decoded: at most `cap_bytes` of it."""
        marks = Marks(**self.marks, end_ns=self.now_ns())
        chunks, broken = self.decoded(cap_bytes)
        failure = failure or broken
        return Exchange(
            request=self.request,
            started_at_s=self.started_at_s,
            marks=marks,
            status=self.status,
            http_version=self.http_version,
            headers=self.headers,
            chunks=tuple(chunks),
            wire_bytes=self.wire_bytes,
            failure=TransportFailure(kind=failure[0], detail=failure[1]) if failure else None,
            tls=self.tls,
            peer=self.peer,
        )

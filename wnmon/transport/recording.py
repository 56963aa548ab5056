"""What one exchange leaves behind while it runs: stamps first, bytes beside them, nothing parsed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Self

from wnmon.engine.ports import Clock
from wnmon.model.coding import codings_in
from wnmon.model.exchange import Chunk, Exchange, Marks, Request, Tls, TransportFailure
from wnmon.model.said import Said
from wnmon.transport.decode import Failure, decode


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

    @classmethod
    def begun(cls, request: Request, clock: Clock, scheduled_ns: int | None) -> Self:
        """Return the record of an exchange that begins now."""
        marks = {"started_ns": clock.now_ns()} | ({} if scheduled_ns is None else {"scheduled_ns": scheduled_ns})
        return cls(request=request, started_at_s=clock.wall_s(), now_ns=clock.now_ns, marks=marks)

    def begin(self) -> None:
        """Let it begin only now: what was prepared before belongs to no phase."""
        self.marks["started_ns"] = self.now_ns()

    def mark(self, *names: str, at_ns: int | None = None) -> None:
        """Stamp these marks, all by one look at the clock: one phase ends where the next one begins."""
        self.marks |= dict.fromkeys(names, self.now_ns() if at_ns is None else at_ns)

    def end(self) -> None:
        """Let it have ended by now at the latest."""
        self.marks.setdefault("end_ns", self.now_ns())

    @property
    def is_coded(self) -> bool:
        """Tell whether the body has a content coding."""
        return bool(self._codings())

    def decoded(self, cap_bytes: int) -> tuple[list[Chunk], Failure | None]:
        """Return what has come so far without its content coding, and what is wrong with that."""
        return decode(self.chunks, self._codings(), cap_bytes)

    def _codings(self) -> Sequence[str]:
        return codings_in(value for name, value in self.headers if name.lower() == "content-encoding")

    def freeze(self, failure: Failure | None, cap_bytes: int) -> Exchange:
        """Return the immutable record of what has ended, its body decoded: at most `cap_bytes` of it."""
        chunks, broken = self.decoded(cap_bytes)
        failure = failure or broken
        return Exchange(
            request=self.request,
            started_at_s=self.started_at_s,
            marks=Marks(**self.marks),
            status=self.status,
            http_version=self.http_version,
            headers=self.headers,
            chunks=tuple(chunks),
            wire_bytes=self.wire_bytes,
            failure=TransportFailure(kind=failure[0], detail=failure[1]) if failure else None,
            tls=self.tls,
            peer=self.peer,
        )

"""One timer for an exchange, moved as it advances; remembers which limit it stands for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from wnmon.model.check import Timeouts
from wnmon.model.exchange import Chunk, FailureKind
from wnmon.model.said import Said
from wnmon.transport.patience import PatientCall, PatientTimeout
from wnmon.transport.recording import Recording, Stage
from wnmon.wire.bounds import beginning
from wnmon.wire.sse import parse
from wnmon.wire.stream import fold

# The loop stands still meanwhile. An honest stream has its token in the first look; 8,000 pings fit into the second.
_LOOKS_BYTES = (16_384, 65_536)


class Deadline:
    """The next limit of an exchange: `timer` is entered around it, `kind` is what its expiry is called."""

    def __init__(self, timeouts: Timeouts, recording: Recording, cap_bytes: int, turns: int) -> None:
        self.kind = FailureKind.TIMEOUT_CONNECT
        self._turns = turns
        self.timer = self._timer(timeouts.connect_s)
        self._timeouts = timeouts
        self._recording = recording
        self._cap_bytes = cap_bytes
        self._loop = asyncio.get_running_loop()
        self._sent_at_s = self._loop.time()
        self._gate: PatientCall | None = None
        self._attempt: PatientTimeout | None = None

    def attempt(self, *, of: int) -> PatientTimeout:
        """Return the limit for one of several addresses: its share of the time for connecting, until TCP stands."""
        self._attempt = self._timer(self._timeouts.connect_s / of)
        return self._attempt

    def follow(self, stage: Stage) -> None:
        """The exchange has come to another stage."""
        if stage in {Stage.TLS, Stage.SEND} and self._attempt is not None:
            # This address it is: what comes has the time of the whole.
            self._attempt.reschedule(None)
            self._attempt = None
        if stage in {Stage.SEND, Stage.WAIT}:
            # The answer's limits count from the last request byte, and until that is written from the first.
            self._sent_at_s = self._loop.time()
            self._move(FailureKind.TIMEOUT_HEADERS, self._sent_at_s + self._timeouts.headers_s)
            self._tighten(FailureKind.TIMEOUT_TOTAL, self._total_at_s())
        if stage is Stage.WAIT and self._recording.request.stream:
            gate_at_s = self._sent_at_s + self._timeouts.first_token_s
            self._gate = PatientCall(gate_at_s, self._turns, self._expect_token)

    def arrived(self) -> None:
        """Bytes came: silence is measured anew, unless the time for the first token is already up."""
        if self.kind is FailureKind.TIMEOUT_FIRST_TOKEN:
            return
        stall_at_s, total_at_s = self._loop.time() + self._timeouts.stall_s, self._total_at_s()
        if total_at_s < stall_at_s:  # and not by way of the other: what is due already has its patience but once
            self._move(FailureKind.TIMEOUT_TOTAL, total_at_s)
        else:
            self._move(FailureKind.STALL, stall_at_s)

    def close(self) -> None:
        """Drop the pending gate."""
        if self._gate is not None:
            self._gate.cancel()

    def describe(self) -> Said:
        """Say which limit ran out, for a person. Where TCP stood, it is no matter of address and firewall any more."""
        if self.kind is FailureKind.TIMEOUT_CONNECT and self._recording.stage is Stage.TLS:
            return Said("no_tls_handshake", n=f"{self._timeouts.connect_s:g}")
        limits: dict[FailureKind, tuple[str, float]] = {
            FailureKind.TIMEOUT_CONNECT: ("no_connection", self._timeouts.connect_s),
            FailureKind.TIMEOUT_HEADERS: ("no_response_head", self._timeouts.headers_s),
            FailureKind.TIMEOUT_FIRST_TOKEN: ("no_token", self._timeouts.first_token_s),
            FailureKind.STALL: ("answer_stopped", self._timeouts.stall_s),
            FailureKind.TIMEOUT_TOTAL: ("not_finished", self._timeouts.total_s),
        }
        what, limit_s = limits[self.kind]
        return Said(what, n=f"{limit_s:g}")

    def _timer(self, after_s: float) -> PatientTimeout:
        return PatientTimeout(asyncio.get_running_loop().time() + after_s, self._turns)

    def _total_at_s(self) -> float:
        return self._sent_at_s + self._timeouts.total_s

    def _move(self, kind: FailureKind, at_s: float) -> None:
        if self.timer.has_run_out:  # by the limit that it is named by, though a late loop finds others due as well
            return
        self.kind = kind
        self.timer.reschedule(at_s)

    def _tighten(self, kind: FailureKind, at_s: float) -> None:
        """Let another limit stand where it is due strictly earlier."""
        due_s = self.timer.when()
        if due_s is not None and at_s < due_s:
            self._move(kind, at_s)

    def _expect_token(self) -> None:
        """Look once, when first_token is due, whether a token is among the bytes: nothing is parsed before.

        A limit that is due by then stands: which timer of two the loop calls first must not decide.
        """
        due_s = self.timer.when()
        if due_s is not None and due_s <= self._sent_at_s + self._timeouts.first_token_s:
            return
        chunks, _ = self._recording.decoded(self._cap_bytes)
        if not any(_speaks(beginning(chunks, size)) for size in _LOOKS_BYTES):
            self._move(FailureKind.TIMEOUT_FIRST_TOKEN, self._loop.time())


def _speaks(chunks: Sequence[Chunk]) -> bool:
    return bool(fold(parse(chunks), None).tokens)

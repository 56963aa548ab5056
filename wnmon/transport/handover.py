"""What goes between the service and the processes that measure: jobs one way, what happened the other.

A message is a pickle behind its length. It goes over a pair of sockets that have no name and belong to the two alone:
what comes was written by wnmon itself. Of an exchange the pieces travel as one body and rows of numbers: a pickle of
ten thousand small objects would hold up the loop that measures.
"""

from __future__ import annotations

import asyncio
import io
import pickle
import struct
from array import array
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any

from wnmon.engine.ports import CaughtUp, Sensed
from wnmon.model.check import Caps, Timeouts
from wnmon.model.exchange import Chunk, Exchange, Marks, Request
from wnmon.model.target import Secret, Target

_LENGTH = struct.Struct("!Q")
_MARKS = tuple(field.name for field in fields(Marks))


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a job has in common with those before it, so that it is written and read once for all of them."""

    target: Target
    timeouts: Timeouts
    caps: Caps


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One request to send. `number` is told again with what happened; `terms` are written ones."""

    number: int
    request: Request
    terms: bytes
    scheduled_ns: int | None


@dataclass(frozen=True, slots=True)
class Stop:
    """Nobody waits for this job any more."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What happened since the last one: the packed exchanges by the numbers of their jobs, and lags of the loop (s)."""

    exchanges: tuple[tuple[int, Packed], ...] = ()
    lags_s: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Packed:
    """An exchange without its request, and what proves how late its stamps may be."""

    bare: Exchange
    marks: tuple[int | None, ...]
    stamps: bytes
    sizes: bytes
    body: bytes
    proofs: bytes


def pack(exchange: Exchange, proofs: Sequence[CaughtUp]) -> Packed:
    """Return what travels."""
    return Packed(
        bare=replace(exchange, request=None, marks=None, chunks=()),  # type: ignore[arg-type] # put in again by unpack
        marks=tuple(getattr(exchange.marks, name) for name in _MARKS),
        stamps=array("q", [chunk.at_ns for chunk in exchange.chunks]).tobytes(),
        sizes=array("q", [len(chunk.data) for chunk in exchange.chunks]).tobytes(),
        body=exchange.body,
        proofs=array("q", [at_ns for one in proofs for at_ns in (one.come_ns, one.stamped_ns)]).tobytes(),
    )


def unpack(packed: Packed, request: Request) -> Sensed:
    """Return what was packed, with the request it answers."""
    places = pairwise(accumulate(_numbers(packed.sizes), initial=0))
    chunks = tuple(
        Chunk(at_ns, packed.body[start:end])
        for at_ns, (start, end) in zip(_numbers(packed.stamps), places, strict=True)
    )
    marks: dict[str, Any] = dict(zip(_MARKS, packed.marks, strict=True))
    numbers = iter(_numbers(packed.proofs))
    proofs = tuple(CaughtUp(come_ns, stamped_ns) for come_ns, stamped_ns in zip(numbers, numbers, strict=True))
    return replace(packed.bare, request=request, marks=Marks(**marks), chunks=chunks), proofs


def _numbers(packed: bytes) -> array[int]:
    numbers = array("q")
    numbers.frombytes(packed)
    return numbers


class WrittenTerms:
    """The terms of jobs as written ones: anew only for a target, limits or caps that are others than before."""

    MOST = 1_000

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, int], tuple[Terms, bytes]] = {}

    def of(self, target: Target, timeouts: Timeouts, caps: Caps) -> bytes:
        """Return what `terms_of` reads."""
        # By identity, which stands while they are kept here: to compare all that a target holds takes as long.
        key = id(target), id(timeouts), id(caps)
        if key not in self._known:
            if len(self._known) >= self.MOST:
                self._known.clear()
            terms = Terms(target=target, timeouts=timeouts, caps=caps)
            self._known[key] = terms, _written(terms)
        return self._known[key][1]


@lru_cache(WrittenTerms.MOST)
def terms_of(written: bytes) -> Terms:
    """Return written terms."""
    terms: Terms = pickle.loads(written)  # noqa: S301 - as in `messages`
    return terms


def framed(message: object) -> bytes:
    """Return the bytes of a message."""
    written = _written(message)
    return _LENGTH.pack(len(written)) + written


def _written(message: object) -> bytes:
    """Return the pickle of a message. The one place where a Secret may be written: to who sends it."""
    written = io.BytesIO()
    pickler = pickle.Pickler(written, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = {Secret: lambda secret: (Secret, (secret.reveal(), secret.name))}
    pickler.dump(message)
    return written.getvalue()


async def messages(reader: asyncio.StreamReader) -> AsyncIterator[Any]:
    """Yield each message until the other side is gone."""
    try:
        while True:
            (size,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
            yield pickle.loads(await reader.readexactly(size))  # noqa: S301 - between two processes of wnmon
    except (asyncio.IncompleteReadError, ConnectionError):
        return

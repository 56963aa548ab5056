"""An answer as a lazy script of what happens on the connection: all the relay does, rightly or wrongly, is data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Send:
    """Write these bytes now."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing until `until_s` seconds after the request was read. Absolute, so that gaps never drift."""

    until_s: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Do nothing for `for_s` seconds, whenever that begins."""

    for_s: float


@dataclass(frozen=True, slots=True)
class Silence:
    """Say nothing more and keep the connection open until the client leaves."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Abort with a TCP RST."""


@dataclass(frozen=True, slots=True)
class Close:
    """Close in good order, whatever was promised before."""


Piece = Send | Wait | Pause | Silence | Reset | Close
Pieces = Iterator[Piece]

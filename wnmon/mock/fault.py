"""What a fault is: hooks at fixed places between the request and the socket. A correct relay has none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from wnmon.mock.chat import Chat
from wnmon.mock.completion import Completion
from wnmon.mock.http import RequestHead, ResponseHead
from wnmon.mock.pieces import Pieces, Send
from wnmon.mock.rate import Rate
from wnmon.mock.settings import MockSettings
from wnmon.mock.stream import SentEvent
from wnmon.model.json import JsonObject

T = TypeVar("T")


class FaultKind(StrEnum):
    """A fault breaks the contract; a persona is a legal habit of a relay that clients must bear.

    A relay is tried in a test of its own: it wants to be asked in its own way, or differs in what no suite asks for.
    """

    FAULT = "fault"
    PERSONA = "persona"
    RELAY = "relay"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """One request as read, and what was drawn for it. `chat` is None where the body asks for no valid completion.

    `after_hang_up`: the client of the answer before left in the middle of it. `alike` counts the requests of the last
    0.3 s with this very key and body, this one included. `rate`: how it stands to the `per_minute` of a fault.
    """

    head: RequestHead
    body: bytes
    settings: MockSettings
    read_ns: int
    wall_s: float
    id: str
    chat: Chat | None = None
    after_hang_up: bool = False
    alike: int = 1
    rate: Rate | None = None

    @property
    def key(self) -> str:
        """Return the key received with the Bearer scheme (case-insensitive, RFC 9110 §11.1), "" when there is none."""
        scheme, _, key = self.head.headers.get("authorization", "").partition(" ")
        return key.strip() if scheme.lower() == "bearer" else ""

    @property
    def stream(self) -> bool:
        """Tell whether a stream was asked for."""
        return self.chat is not None and self.chat.stream

    @property
    def media_type(self) -> str:
        """Return the media type of a right answer with a completion."""
        return "text/event-stream" if self.stream else "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonAnswer:
    """A JSON document: a completion, a model list or an error envelope, sent `delay_s` after the request was read."""

    value: JsonObject
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamAnswer:
    """A stream of events, always with status 200."""

    events: Iterator[SentEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawAnswer:
    """Any other body. `length` in bytes becomes Content-Length; None means chunked."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    pieces: Pieces
    length: int | None = None


Answer = JsonAnswer | StreamAnswer | RawAnswer


def whole(status: int, headers: tuple[tuple[str, str], ...], data: bytes) -> RawAnswer:
    """Return an answer that is all there, its length announced."""
    return RawAnswer(status=status, headers=headers, pieces=iter([Send(data)] if data else []), length=len(data))


Hook = Callable[[ApiCall, T], T]
"""Takes the call and the right value, and returns what goes on instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MockFault:
    """One way to misbehave, or a legal habit, as hooks.

    In order from the request to the socket: `arriving` the call, and `request` its body, as received, before anything
    is looked at; `said` the choices of a completion; `tokens` what is said in a choice; `answer` the whole answer,
    `refused` that to a request not admitted; `completion`, `error` the JSON document of a 200 or of an error;
    `document` its bytes; `events` the sequence of a stream; `chunk` each of its chunks; `frame` the bytes of each
    event; `head` status and headers; `body` the pieces of the body before the transfer coding; `wire` everything that
    reaches the socket.

    `per_minute`: how many requests a key may make; an `answer` has to refuse what is over it.

    `kills`: exactly the rules of the built-in suites that complain of it, declared beforehand; of a persona, no MUST.
    `leaves`: of a persona, those nobody can judge.
    """

    says: str
    kind: FaultKind = FaultKind.FAULT
    kills: Set[str] = frozenset()
    per_minute: int | None = None
    leaves: Set[str] = frozenset()
    arriving: Callable[[ApiCall], ApiCall] | None = None
    request: Hook[bytes] | None = None
    said: Hook[Completion] | None = None
    tokens: Hook[tuple[str, ...]] | None = None
    answer: Hook[Answer] | None = None
    refused: Hook[Answer] | None = None
    completion: Hook[JsonObject] | None = None
    error: Hook[JsonObject] | None = None
    document: Hook[bytes] | None = None
    events: Hook[Iterator[SentEvent]] | None = None
    chunk: Hook[JsonObject] | None = None
    frame: Hook[bytes] | None = None
    head: Hook[ResponseHead] | None = None
    body: Hook[Pieces] | None = None
    wire: Hook[Pieces] | None = None


def through(call: ApiCall, hooks: Iterable[Hook[T] | None], value: T) -> T:
    """Hand a value through the hooks that are there, in order."""
    for hook in hooks:
        if hook is not None:
            value = hook(call, value)
    return value

"""The values `wire` makes of bytes: events of a stream, a JSON document, the reply. Definitions only.

What there is one of for each event is a tuple where it can be: that is made in half the time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from wnmon.model.json import Json
from wnmon.model.result import Usage
from wnmon.model.said import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Oddity:
    """Something legal enough to be read but worth a rule: a closed `kind`, where, and what was seen.

    Kinds of a stream: unknown_field, unknown_field_json, bom, invalid_utf8, unterminated, nul_id, bad_retry, too_many.
    Kinds of a document: fraction_integer (1.0), exponent (1e9), huge_number, lone_surrogate. `place` is a JSON Pointer.
    """

    kind: str
    place: str
    seen: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonProblem:
    """Why bytes are not one JSON text (RFC 8259). `offset` counts bytes.

    kind: empty, invalid_utf8, bom, syntax, duplicate_name, nan, trailing, too_deep, too_many_digits,
    too_many_values.
    """

    kind: str
    offset: int
    message: Text


class Document(NamedTuple):
    """JSON bytes, read strictly. Exactly one of `problem` and a meaningful `value` holds: with a problem it is None."""

    value: Json = None
    problem: JsonProblem | None = None
    oddities: tuple[Oddity, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One dispatched server-sent event, or the unterminated rest of a stream (`terminated` False), which a client
    following the standard would discard but a rule wants to see.

    `at_ns` is the arrival of the chunk that completed it (the last chunk for an unterminated rest). `fields` are
    unknown fields in order. `comments` are comment lines seen since the event before.
    """

    index: int
    at_ns: int
    data: str
    name: str = ""
    id: str | None = None
    retry: str | None = None
    fields: tuple[tuple[str, str], ...] = ()
    comments: tuple[str, ...] = ()
    terminated: bool = True
    has_data: bool = True

    @property
    def place(self) -> str:
        """Return where it stands in its stream, as findings say it."""
        return f"event {self.index}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStream:
    """All events of a stream, what was odd about it, and its comments with nothing after them."""

    events: tuple[Event, ...] = ()
    oddities: tuple[Oddity, ...] = ()
    comment_count: int = 0


class Form(StrEnum):
    """What an answer is, by its media type, or by a look at the bytes where that says nothing."""

    JSON = "json"
    STREAM = "stream"
    HTML = "html"
    OTHER = "other"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A tool call, its argument fragments joined."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One choice, the same for JSON and for a folded stream. `content` is None when no channel text was ever sent.

    `finish_reasons` lists every non-null, non-empty one in order (a stream may wrongly send several);
    `text_after_finish` tells whether a token came after the first of them. `transcript` is what spoken audio says.
    """

    index: int
    role: str | None = None
    content: str | None = None
    reasoning: str = ""
    refusal: str = ""
    transcript: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reasons: tuple[str, ...] = ()
    text_after_finish: bool = False

    @property
    def finish_reason(self) -> str | None:
        """Return the first finish reason, None when there was none."""
        return self.finish_reasons[0] if self.finish_reasons else None

    @property
    def says_something(self) -> bool:
        """Tell whether any channel holds anything, a tool call included."""
        return bool(self.content or self.reasoning or self.refusal or self.transcript or self.tool_calls)


class Channel(StrEnum):
    """Where a token was written. Which member is of which one, `message.MEMBERS` says."""

    CONTENT = "content"
    REASONING = "reasoning"
    REFUSAL = "refusal"
    AUDIO = "audio"
    TOOL = "tool"


class Token(NamedTuple):
    """A non-empty delta: when it arrived and on which channel. One per event and channel."""

    at_ns: int
    channel: Channel
    event: int
    choice: int


class Frame(NamedTuple):
    """One `data:` payload of a stream: [DONE] (`document` None), or a document, which may be broken or no object."""

    event: Event
    done: bool = False
    document: Document | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clues:
    """What tells the cause of an error: the words it and all that is wrapped in it hold, the outermost first.

    `codes` and `types` as sent, `base_codes` the numbers of MiniMax's `base_resp`, `wording` the messages in lower
    case, one a line, and `quoted` the words in them that look like codes.
    """

    codes: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    base_codes: tuple[str, ...] = ()
    wording: str = ""
    quoted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorEnvelope:
    """An error a relay reports, in whichever dialect. `place` says where it stood: `body`, `event 7`, `field error`."""

    message: Text
    type: str | None = None
    code: str | None = None
    param: str | None = None
    place: str = "body"
    clues: Clues = field(default_factory=Clues, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The normalised answer, the same type for JSON and for a stream.

    `document`: the JSON body as sent; for a stream the completion it folds to (object, id, model, created, choices
    with message, usage of the last frame that had one), so that one pointer works on both. None when there is none.
    `done_ns`, `finish_ns`, `usage_ns`: arrival of [DONE], of the last first-finish_reason, of the last usage.
    """

    form: Form
    media_type: str | None = None
    document: Document | None = None
    choices: tuple[Choice, ...] = ()
    usage: Usage | None = None
    model: str | None = None
    error: ErrorEnvelope | None = None
    stream: EventStream | None = None
    frames: tuple[Frame, ...] = ()
    tokens: tuple[Token, ...] = ()
    done_ns: int | None = None
    finish_ns: int | None = None
    usage_ns: int | None = None

    @property
    def text(self) -> str:
        """Return the content of the first choice, "" when it has none."""
        return next((choice.content or "" for choice in self.choices), "")

"""What a valid request asks for, once read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn. `text` joins the text parts of array content with a line feed."""

    role: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A request for a completion, validated. `max_tokens` is the smaller of the two limits, None when there is none."""

    model: str
    messages: tuple[Message, ...]
    stream: bool = False
    include_usage: bool = False
    stop: tuple[str, ...] = ()
    max_tokens: int | None = None
    n: int = 1
    seed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request is refused: the status and the four members of the OpenAI error object."""

    status: int
    message: str
    type: str = "invalid_request_error"
    param: str | None = None
    code: str | None = None
    headers: tuple[tuple[str, str], ...] = ()

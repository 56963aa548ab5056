"""What a valid request asks for, once read."""

from __future__ import annotations

from dataclasses import dataclass

from wnmon.model.json import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn. `text` joins the text parts of array content with a line feed."""

    role: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """The function that must be called: its parameters as a JSON Schema, and whether the request chose it by name."""

    name: str
    parameters: JsonObject
    by_name: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A request for a completion, validated. `max_tokens` is the smaller of the two limits, None when there is none.

    `tool` is None unless the request forces a call; `as_json` asks for an answer that is a JSON object.
    """

    model: str
    messages: tuple[Message, ...]
    stream: bool = False
    include_usage: bool = False
    stop: tuple[str, ...] = ()
    max_tokens: int | None = None
    n: int = 1
    seed: int | None = None
    as_json: bool = False
    tool: Tool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request is refused: the status and the four members of the OpenAI error object."""

    status: int
    message: str
    type: str = "invalid_request_error"
    param: str | None = None
    code: str | None = None
    headers: tuple[tuple[str, str], ...] = ()

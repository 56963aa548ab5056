"""Chat -> what is said in each choice and what it costs. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass

from wnmon.mock.answers import filler, speak
from wnmon.mock.chat import Chat, Tool
from wnmon.mock.tokens import count_prompt, split_tokens
from wnmon.model.json import Json, JsonObject

_MAX_ANSWER_TOKENS = 32_768


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """One choice: its tokens in order and why it ended (`stop`, `length` or `tool_calls`).

    `tool` names the function that is called; the tokens are its arguments then.
    """

    tokens: tuple[str, ...]
    finish: str
    tool: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """All choices of an answer."""

    choices: tuple[Spoken, ...]
    prompt_tokens: int

    @property
    def usage(self) -> JsonObject:
        """Return the usage object; total is the sum."""
        completion_tokens = sum(len(choice.tokens) for choice in self.choices)
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": self.prompt_tokens + completion_tokens,
        }


def complete(chat: Chat, *, forced_tokens: int | None = None) -> Completion:
    """Answer a request; `forced_tokens` sets the length of every choice whatever was asked (max_tokens still rules)."""
    choices = tuple(_choice(chat, index, forced_tokens) for index in range(chat.n))
    return Completion(choices=choices, prompt_tokens=count_prompt(chat.messages))


def _choice(chat: Chat, index: int, forced_tokens: int | None) -> Spoken:
    said = filler(forced_tokens) if forced_tokens else speak(chat, index=index)
    if chat.tool is not None:
        tokens = split_tokens(_arguments(chat.tool, said))
        finish = "stop" if chat.tool.by_name else "tool_calls"  # as OpenAI's own service does
    else:
        text = _as_json(said) if chat.as_json else said
        tokens, finish = split_tokens(_until_stop(text, chat.stop)), "stop"
    limit = min(chat.max_tokens or _MAX_ANSWER_TOKENS, _MAX_ANSWER_TOKENS)
    return Spoken(
        tokens=tokens[:limit],
        finish="length" if len(tokens) > limit else finish,
        tool=chat.tool.name if chat.tool is not None else None,
    )


def _as_json(text: str) -> str:
    """Return the text as a JSON object (OpenAI description of response_format json_object)."""
    try:
        value: Json = json.loads(text)
    except ValueError:
        value = None
    return text if isinstance(value, dict) else json.dumps({"answer": text}, ensure_ascii=False)


def _arguments(tool: Tool, text: str) -> str:
    """Return arguments that fit the schema as far as its properties go: what would be said stands in every string."""
    properties = tool.parameters.get("properties")
    schemas = properties if isinstance(properties, dict) else {}
    return json.dumps({name: _argument(schema, text) for name, schema in schemas.items()}, ensure_ascii=False)


def _argument(schema: Json, text: str) -> Json:
    asked = schema if isinstance(schema, dict) else {}
    choices = asked.get("enum")
    if isinstance(choices, list) and choices:
        return choices[0]
    samples: JsonObject = {"integer": 1, "number": 1, "boolean": True, "array": [], "object": {}, "null": None}
    return samples.get(str(asked.get("type")), text)


def _until_stop(text: str, stops: tuple[str, ...]) -> str:
    """Cut before the earliest stop sequence, which is not part of the answer (OpenAI description of `stop`)."""
    found = (place for stop in stops if (place := text.find(stop)) >= 0)
    return text[: min(found, default=len(text))]

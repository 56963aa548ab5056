"""Chat -> what is said in each choice and what it costs. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from wnmon.mock.answers import filler, speak
from wnmon.mock.chat import Chat
from wnmon.mock.tokens import count_prompt, split_tokens
from wnmon.model.json import JsonObject

_MAX_ANSWER_TOKENS = 32_768


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """One choice: its tokens in order and why it ended (`stop` or `length`)."""

    tokens: tuple[str, ...]
    finish: str


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
    text = filler(forced_tokens) if forced_tokens else speak(chat, index=index)
    tokens = split_tokens(_until_stop(text, chat.stop))
    limit = min(chat.max_tokens or _MAX_ANSWER_TOKENS, _MAX_ANSWER_TOKENS)
    return Spoken(tokens=tokens[:limit], finish="length" if len(tokens) > limit else "stop")


def _until_stop(text: str, stops: tuple[str, ...]) -> str:
    """Cut before the earliest stop sequence, which is not part of the answer (OpenAI description of `stop`)."""
    found = (place for stop in stops if (place := text.find(stop)) >= 0)
    return text[: min(found, default=len(text))]

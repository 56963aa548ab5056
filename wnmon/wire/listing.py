"""What `GET /v1/models` offers, as relays write it:

OpenAI, and all who follow it        {"object": "list", "data": [{"id", "owned_by", ...}]}, with `success` beside it
some small relays                    {"data": ["name", ...]}, or nothing but a list
Google's own, Ollama's own           {"models": [{"name": "models/gemini-pro"}]}
Anthropic, Google                    a page of it: `has_more`, `nextPageToken`
Go, of a list that is empty          {"data": null}
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wnmon.model.check import Asks, Plan, Step
from wnmon.model.credentials import is_no_name, masked
from wnmon.model.json import Json
from wnmon.model.said import Said
from wnmon.model.text import one_line
from wnmon.wire.answer import Answer
from wnmon.wire.opened import Untold, opened, without
from wnmon.wire.reply import ErrorEnvelope

MAX_NAMES = 5_000
MAX_NAME_CHARS = 200
_MARKER = "[redacted:"
_MORE = ("has_more", "nextPageToken", "next_page_token", "next_cursor")
_LISTS = ("data", "models")
_NAMES = ("id", "name", "model")
_OWNERS = ("owned_by", "organization", "publisher")
# Parts of names of models that do not chat: refusing a question is what they are right to do.
_OTHER_TRADES = (
    "embed", "bge-", "m3e", "rerank", "whisper", "tts", "speech", "audio", "transcribe", "asr", "dall-e", "image",
    "imagen", "flux", "stable-diffusion", "sdxl", "midjourney", "seedream", "sora", "veo-", "video", "kling", "suno",
    "moderation", "ocr", "clip-",
)  # fmt: skip
_NO_CHAT = (
    "not a chat model", "not support chat", "not supported in the v1/chat/completions", "not support the chat",
    "only supports embed", "不支持对话", "不支持聊天", "非对话模型",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A model as the relay names it, fit to be shown, and whose it says it is. `as_named`: so that it can be asked."""

    name: str
    owner: str | None = None
    as_named: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What is offered, sorted, each name once. `whole`: the relay has no further page, and nothing was left out."""

    offers: tuple[Offer, ...]
    whole: bool

    @property
    def names(self) -> frozenset[str]:
        """Return the names alone."""
        return frozenset(offer.name for offer in self.offers)


def models_plan(wanted: tuple[str, ...] = ()) -> Plan:
    """Return the plan that asks for the list, in which `wanted` are to stand."""
    step = Step(name="models", body={}, raw_body="", method="GET", path="models")
    return Plan(steps=(step,), asks=Asks.MODELS, wanted=wanted)


def read_listing(answer: Answer) -> Listing | Untold:
    """Return what an answer lists, or why it lists nothing. Never raises."""
    value = opened(answer)
    if isinstance(value, Untold):
        return value
    members = value if isinstance(value, dict) else {"data": value}
    entries = next((members[name] for name in _LISTS if name in members), False)
    if not isinstance(entries, list | None):
        return without(Said("no_model_list"), answer)
    offers = {offer.name: offer for offer in _offers(entries or [])}
    if entries and not offers:
        return without(Said("no_model_list"), answer)
    kept = sorted(offers.values(), key=lambda offer: (offer.name.lower(), offer.name))[:MAX_NAMES]
    is_page = any(members.get(name) for name in _MORE)
    return Listing(offers=tuple(kept), whole=not is_page and len(kept) == len(offers))


def does_not_chat(model: str, error: ErrorEnvelope | None) -> bool:
    """Tell whether a model that refused a question is none for chat: by its name, or by what it says."""
    said = error.clues.wording if error is not None else ""
    return any(part in model.lower() for part in _OTHER_TRADES) or any(words in said for words in _NO_CHAT)


def _offers(entries: list[Json]) -> Iterator[Offer]:
    for entry in entries:
        members = entry if isinstance(entry, dict) else {"id": entry}
        named = next((members[key] for key in _NAMES if members.get(key)), None)
        name = _shown(named)
        if name:
            owner = _shown(next((members[key] for key in _OWNERS if members.get(key)), None))
            yield Offer(
                name=name.removeprefix("models/"), owner=owner or None, as_named=name == named and _MARKER not in name
            )


def _shown(value: Json) -> str:
    """Return a name on one line, "" where there is none; what can be nothing but a key is masked."""
    name = one_line(value, MAX_NAME_CHARS) if isinstance(value, str) else ""
    return masked(name) if any(map(is_no_name, name.split("/"))) else name

"""What faults are built of: one thing of a request or of an answer is changed, the rest stays as it was. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

from wnmon.mock.chat import Refusal
from wnmon.mock.completion import Completion, Spoken
from wnmon.mock.fault import Answer, ApiCall, Hook, whole
from wnmon.mock.http import ResponseHead
from wnmon.mock.relay import refuse
from wnmon.mock.stream import SentEvent
from wnmon.model.json import Json, JsonObject

Objects = Callable[[list[JsonObject]], list[JsonObject]]


# --- the request


def rewriting(change: Callable[[JsonObject], JsonObject]) -> Hook[bytes]:
    """Let the relay take another body than the one it received. What is no JSON object stays as it is."""

    def rewrite(_: ApiCall, body: bytes) -> bytes:
        try:
            document: Json = json.loads(body)
        except ValueError:
            return body
        return json.dumps(change(document)).encode() if isinstance(document, dict) else body

    return rewrite


def with_messages(change: Objects) -> Hook[bytes]:
    """Change the list of messages; one that is wrong stays as it is."""

    def changed(body: JsonObject) -> JsonObject:
        messages = body.get("messages")
        if not isinstance(messages, list):
            return body
        objects = [message for message in messages if isinstance(message, dict)]
        return {**body, "messages": list(change(objects))} if len(objects) == len(messages) else body

    return rewriting(changed)


# --- the members of a JSON object: an answer, a chunk, or something in one


def without(name: str) -> Hook[JsonObject]:
    """Drop a member."""
    return lambda _, value: {key: member for key, member in value.items() if key != name}


def changing(name: str, change: Callable[[ApiCall, Json], Json]) -> Hook[JsonObject]:
    """Make another value of a member, if it is there."""
    return lambda call, value: {**value, name: change(call, value[name])} if name in value else value


def setting(name: str, member: Json) -> Hook[JsonObject]:
    """Put another value where the member is."""
    return changing(name, lambda _call, _member: member)


def within(name: str, change: Hook[JsonObject]) -> Hook[JsonObject]:
    """Change the object that a member is."""
    return changing(name, lambda call, member: change(call, member) if isinstance(member, dict) else member)


def each_choice(change: Hook[JsonObject]) -> Hook[JsonObject]:
    """Change every choice of a completion or of a chunk."""

    def changed(call: ApiCall, choices: Json) -> Json:
        found = choices if isinstance(choices, list) else []
        return [change(call, choice) for choice in found if isinstance(choice, dict)]

    return changing("choices", changed)


def counting(count: Callable[[ApiCall, int, int], tuple[int, int]]) -> Hook[JsonObject]:
    """Report other counts: `count` is given prompt and completion tokens and returns both anew; the total fits."""

    def changed(call: ApiCall, usage: JsonObject) -> JsonObject:
        counts = (usage["prompt_tokens"], usage["completion_tokens"])
        prompt, completion = count(call, *(tokens if isinstance(tokens, int) else 0 for tokens in counts))
        total = prompt + completion
        return {**usage, "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total}

    return within("usage", changed)


# --- what is said


def each_spoken(change: Callable[[Spoken], Spoken]) -> Hook[Completion]:
    """Let every choice say something else, or end otherwise."""
    return lambda _, said: replace(said, choices=tuple(map(change, said.choices)))


def each_event(change: Callable[[SentEvent], SentEvent]) -> Hook[Iterator[SentEvent]]:
    """Change the events of a stream one by one."""
    return lambda _, events: map(change, events)


# --- the whole answer


def refusing(refusal: Refusal, *, when: Callable[[ApiCall], bool] = lambda _: True) -> Hook[Answer]:
    """Refuse requests with an error envelope: all of them, or some."""
    return lambda call, answer: refuse(refusal) if when(call) else answer


def has_message(which: Callable[[JsonObject], bool]) -> Callable[[ApiCall], bool]:
    """Tell right requests that hold such a message."""
    return lambda call: call.chat is not None and any(map(which, json.loads(call.body)["messages"]))


def raw(status: int, text: str = "", *headers: tuple[str, str]) -> Hook[Answer]:
    """Answer with a body that is no JSON, or with none at all."""
    return lambda _call, _answer: whole(status, headers, text.encode())


# --- its head


def without_header(name: str, *, status: int | None = None) -> Hook[ResponseHead]:
    """Leave a header out of every answer, or of those with this status."""
    return lambda _, head: head.without(name) if status in {None, head.status} else head


def relabelled(head: ResponseHead, media: str) -> ResponseHead:
    """Return the head with another Content-Type."""
    headers = ((name, media if name == "Content-Type" else value) for name, value in head.headers)
    return replace(head, headers=tuple(headers))


DASHBOARD_PAGE = (
    "<!doctype html><html lang=zh><head><meta charset=utf-8><title>API 管理后台</title></head>"
    '<body><div id="root">请启用 JavaScript</div></body></html>'
)
HTML = ("Content-Type", "text/html; charset=utf-8")

"""The official OpenAI SDK talks to a relay; what it made of every answer goes to stdout as JSON.

Run by the interpreter of the SDK's own environment: `python sdk_client.py URL KEY PERSONA...`. Knows nothing of wnmon.
The SDK never tries again, and validates every answer against its own types, which it does not do by default; personas
are read as applications read them, without that.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import openai

PONG: dict[str, Any] = {
    "model": "gpt-4o-mini",
    "messages": [{"role": "user", "content": "Reply with the single word: pong"}],
}
LONG: dict[str, Any] = {**PONG, "messages": [{"role": "user", "content": "Count from 1 to 30"}], "max_tokens": 40}
COUNTS = {"prompt_tokens", "completion_tokens", "total_tokens"}
REFUSALS = ("429", "429-empty", "500", "balance", "html-200")


def main(url: str, key: str, *personas: str) -> None:
    """Talk, and print a mapping from the name of a case to what came of it."""
    options = {"base_url": f"{url}/v1", "max_retries": 0, "timeout": 30}
    client = openai.OpenAI(api_key=key, _strict_response_validation=True, **options)
    stranger = openai.OpenAI(api_key="sk-not-the-right-key", **options)
    usual = openai.OpenAI(api_key=key, **options).chat.completions.create
    ask, again = client.chat.completions.create, stranger.chat.completions.create
    cases: dict[str, Callable[[], Any]] = {
        "completion": lambda: completion(ask(**PONG)),
        "request id": lambda: ask(**PONG)._request_id,
        "n": lambda: [choice.index for choice in ask(**PONG, n=2).choices],
        "max_tokens": lambda: completion(ask(**{**LONG, "max_tokens": 3})),
        "stop": lambda: completion(ask(**LONG, stop="7")),
        "models": lambda: [model.id for model in client.models.list()],
        "stream": lambda: stream(ask(**PONG, stream=True)),
        "stream with usage": lambda: stream(ask(**PONG, stream=True, stream_options={"include_usage": True})),
        "stream, asynchronous": lambda: asyncio.run(asynchronous(key, options)),
        "stream of several choices": lambda: stream(ask(**PONG, n=2, stream=True)),
        "wrong key": lambda: again(**PONG),
        "wrong model": lambda: ask(**{**PONG, "model": "no-such-model"}),
        "wrong temperature": lambda: ask(**PONG, temperature=3),
        "wrong role": lambda: ask(model="gpt-4o-mini", messages=[{"role": "wizard", "content": "x"}]),
        "wrong request, streamed": lambda: stream(ask(**PONG, stream=True, temperature=3)),
        **{f"persona {name}, streamed": partial(streamed, usual, name) for name in personas},
        **{f"persona {name}": partial(whole, usual, name) for name in personas},
        **{f"fault {name}": partial(faulty, ask, name) for name in REFUSALS},
        "fault stream-error": lambda: streamed(ask, "stream-error"),
        "fault truncated-stream": lambda: streamed(ask, "truncated-stream", **LONG),
        "fault no-done": lambda: streamed(ask, "no-done"),
        "fault no-usage": lambda: whole(ask, "no-usage"),
        "fault null-fingerprint": lambda: whole(ask, "null-fingerprint"),
    }
    print(json.dumps({name: outcome(case) for name, case in cases.items()}, ensure_ascii=False))


def faulty(ask: Callable[..., Any], fault: str, **request: Any) -> Any:
    """Ask with the header by which one request chooses how the reference relay misbehaves."""
    return ask(**{**PONG, **request}, extra_headers={"X-Wnmon-Fault": fault})


def whole(ask: Callable[..., Any], fault: str) -> dict[str, Any]:
    """Read a misbehaving completion."""
    return completion(faulty(ask, fault))


def streamed(ask: Callable[..., Any], fault: str, **request: Any) -> dict[str, Any]:
    """Read a misbehaving stream."""
    return stream(faulty(ask, fault, **request, stream=True))


def outcome(case: Callable[[], Any]) -> Any:
    """Return what a case came to, or the SDK's exception as its class and what it read out of the answer."""
    try:
        return case()
    except openai.APIError as error:
        shown = {"raised": type(error).__name__, "message": error.message, "code": error.code, "param": error.param}
        return shown | {"type": error.type}
    except Exception as error:  # noqa: BLE001 - whatever else escapes the SDK is what it made of the answer
        return {"raised": type(error).__name__, "message": str(error)}


def completion(answer: Any) -> dict[str, Any]:
    """Return the members of a completion the tests are about."""
    choice = answer.choices[0]
    return {
        "text": choice.message.content,
        "role": choice.message.role,
        "finish_reason": choice.finish_reason,
        "object": answer.object,
        "model": answer.model,
        "fingerprint": answer.system_fingerprint,
        "usage": answer.usage
        and answer.usage.model_dump(include={"prompt_tokens", "completion_tokens", "total_tokens"}),
    }


def stream(chunks: Iterable[Any]) -> dict[str, Any]:
    """Return what an application that reads a stream to its end would hold."""
    return folded(list(chunks))


async def asynchronous(key: str, options: dict[str, Any]) -> dict[str, Any]:
    """Read the same stream with the asynchronous client."""
    async with openai.AsyncOpenAI(api_key=key, _strict_response_validation=True, **options) as client:
        return folded([chunk async for chunk in await client.chat.completions.create(**PONG, stream=True)])


def folded(chunks: list[Any]) -> dict[str, Any]:
    """Join the chunks of a stream."""
    pieces = [(choice.index, choice) for chunk in chunks for choice in chunk.choices]
    usages = [chunk.usage and chunk.usage.total_tokens for chunk in chunks]
    return {
        "texts": {
            index: "".join(choice.delta.content or "" for at, choice in pieces if at == index) for index, _ in pieces
        },
        "finish_reasons": [choice.finish_reason for _, choice in pieces if choice.finish_reason],
        "ids": len({chunk.id for chunk in chunks if chunk.choices}),
        "first_role": next((choice.delta.role for _, choice in pieces), None),
        "usages": [usage for usage in usages if usage is not None],
        "last_choices": len(chunks[-1].choices) if chunks else None,
    }


if __name__ == "__main__":
    main(*sys.argv[1:])

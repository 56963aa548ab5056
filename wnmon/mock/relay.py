"""One request -> the right answer. Pure; the page of the API plus the de-facto OpenAI protocol."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from wnmon.mock.chat import Chat, Refusal
from wnmon.mock.completion import Completion, Spoken, complete
from wnmon.mock.fault import Answer, ApiCall, JsonAnswer, MockFault, StreamAnswer, through
from wnmon.mock.stream import READ_MEMBER, STAMP_MEMBER, events, keep_alive, tool_call
from wnmon.mock.tokens import count_prompt
from wnmon.mock.validate import read_chat
from wnmon.model.json import JsonObject
from wnmon.wire.media import bare_media_type

_CHAT_PATH = "/v1/chat/completions"
_METHODS = {_CHAT_PATH: "POST", "/v1/models": "GET"}


def admit(call: ApiCall) -> ApiCall | Refusal:
    """Return the call with its chat read, or why it is refused: path, method, key, media type, body, model."""
    refusal = _check_route(call) or _check_key(call)
    if refusal is not None:
        return refusal
    if call.head.path != _CHAT_PATH:
        return call
    chat = _check_media_type(call) or read_chat(call.body)
    if isinstance(chat, Refusal):
        return chat
    return _check_model(call, chat) or _check_context(call, chat) or replace(call, chat=chat)


def respond(call: ApiCall, faults: Sequence[MockFault]) -> Answer:
    """Answer an admitted call. `faults` may change what is said, nothing else."""
    if call.chat is None:
        shared = JsonObject(object="model", created=int(call.wall_s), owned_by="wnmon")
        return JsonAnswer(value={"object": "list", "data": [{"id": model, **shared} for model in call.settings.models]})
    completion = complete(call.chat, forced_tokens=call.settings.tokens)
    completion = through(call, (fault.said for fault in faults), completion)
    said = tuple(
        replace(choice, tokens=through(call, (fault.tokens for fault in faults), choice.tokens))
        for choice in completion.choices
    )
    completion = replace(completion, choices=said)
    return _stream(call, call.chat, completion) if call.stream else _document(call, call.chat, completion)


def refuse(refusal: Refusal) -> JsonAnswer:
    """Return a refusal as the OpenAI error envelope."""
    error = JsonObject(message=refusal.message, type=refusal.type, param=refusal.param, code=refusal.code)
    return JsonAnswer(value={"error": error}, status=refusal.status, headers=refusal.headers)


def _check_route(call: ApiCall) -> Refusal | None:
    method, path = call.head.method, call.head.path
    allowed = _METHODS.get(path)
    if allowed is None:
        return Refusal(status=404, message=f"unknown path: {method} {path[:200]}", code="unknown_url")
    if method == allowed:
        return None
    message = f"method {method[:20]} is not allowed here, use {allowed}"
    return Refusal(status=405, message=message, code="method_not_allowed", headers=(("Allow", allowed),))


def _check_key(call: ApiCall) -> Refusal | None:
    settings, key = call.settings, call.key
    if key and (not settings.strict or key == settings.key):
        return None
    missing = "no API key was sent; expected the header Authorization: Bearer KEY"
    return Refusal(
        status=401,
        message="incorrect API key" if key else missing,
        type="authentication_error",
        code="invalid_api_key",
        headers=(("WWW-Authenticate", 'Bearer realm="wnmon mock"'),),  # RFC 9110 §11.6.1
    )


def _check_media_type(call: ApiCall) -> Refusal | None:
    sent = call.head.headers.get("content-type", "")
    if bare_media_type(sent) == "application/json":
        return None
    return Refusal(status=415, message=f"expected Content-Type: application/json, got '{sent[:80]}'")


def _check_model(call: ApiCall, chat: Chat) -> Refusal | None:
    if not call.settings.strict or chat.model in call.settings.models:
        return None
    message = f"the model '{chat.model[:200]}' does not exist or is not open to you"
    return Refusal(status=404, message=message, param="model", code="model_not_found")


def _check_context(call: ApiCall, chat: Chat) -> Refusal | None:
    """Refuse aloud what does not fit: cutting it in silence would be a lie about what the model saw."""
    most = call.settings.context_tokens
    # No token is shorter than a byte.
    if len(call.body) <= most or (tokens := count_prompt(chat.messages)) <= most:
        return None
    message = f"this model's context holds {most} tokens, and the messages have {tokens}"
    return Refusal(status=400, message=message, param="messages", code="context_length_exceeded")


def _base(call: ApiCall, chat: Chat, kind: str) -> JsonObject:
    """Return the members a completion and every chunk share."""
    fingerprint = hashlib.sha256(chat.model.encode()).hexdigest()[:10]
    return {
        "id": call.id,
        "object": kind,
        "created": int(call.wall_s),
        "model": chat.model,
        "system_fingerprint": f"fp_{fingerprint}",
    }


def _document(call: ApiCall, chat: Chat, completion: Completion) -> JsonAnswer:
    """Answer in one piece, when the last token would have been spoken."""
    base = _base(call, chat, "chat.completion")
    choices = [
        JsonObject(index=index, message=_message(base, choice), logprobs=None, finish_reason=choice.finish)
        for index, choice in enumerate(completion.choices)
    ]
    longest = max(len(choice.tokens) for choice in completion.choices)
    value: JsonObject = {**base, "choices": list(choices), "usage": completion.usage}
    return JsonAnswer(value=value, delay_s=call.settings.token_s(max(longest - 1, 0)))


def _message(base: JsonObject, choice: Spoken) -> JsonObject:
    said = "".join(choice.tokens)
    if choice.tool is None:
        return {"role": "assistant", "content": said, "refusal": None}
    return {"role": "assistant", "content": None, "refusal": None, "tool_calls": [tool_call(base, choice.tool, said)]}


def _stream(call: ApiCall, chat: Chat, completion: Completion) -> StreamAnswer:
    base = _base(call, chat, "chat.completion.chunk")
    if call.settings.stamps:
        base = {**base, READ_MEMBER: call.read_ns, STAMP_MEMBER: 0}
    said = events(base, completion, call.settings, include_usage=chat.include_usage)
    return StreamAnswer(events=keep_alive(said, call.settings.keep_alive_s))

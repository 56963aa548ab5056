"""Request body -> Chat or Refusal. Pure; bounds are those of the OpenAI description of createChatCompletion."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NoReturn

from wnmon.mock.chat import Chat, Message, Refusal, Tool
from wnmon.model.json import Json, JsonObject, kind_of

_ROLES = ("system", "developer", "user", "assistant", "tool", "function")
_NUMBERS = {"temperature": (0, 2), "top_p": (0, 1), "frequency_penalty": (-2, 2), "presence_penalty": (-2, 2)}
_INTEGERS = {
    "max_tokens": (1, 2**31),
    "max_completion_tokens": (1, 2**31),
    "n": (1, 128),
    "seed": (-(2**63), 2**63 - 1),
    "top_logprobs": (0, 20),
}
_MAX_STOPS = 4
_FORMATS = ("text", "json_object")


def read_chat(body: bytes) -> Chat | Refusal:
    """Return what the body asks for, or the first thing wrong with it. Never raises."""
    document = _parse(body)
    if isinstance(document, Refusal):
        return document
    return next(filter(None, (check(document) for check in _CHECKS)), None) or _chat(document)


def _parse(body: bytes) -> JsonObject | Refusal:
    """Read one JSON object (RFC 8259), without NaN and without code points UTF-8 cannot carry."""
    if not body.strip():
        return _bad("the request body is empty; expected a JSON object")
    try:
        document: Json = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
        json.dumps(document, ensure_ascii=False).encode("utf-8")  # a lone surrogate could never be echoed
    except (ValueError, RecursionError) as error:
        return _bad(f"the request body is not valid JSON: {str(error)[:120] or type(error).__name__}")
    if not isinstance(document, dict):
        return _bad(f"the request body must be a JSON object, not {kind_of(document)}")
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _bad(message: str, param: str | None = None, code: str | None = None) -> Refusal:
    return Refusal(status=400, message=message, param=param, code=code)


def _wrong_type(param: str, expected: str, value: Json) -> Refusal:
    return _bad(f"invalid type for '{param}': expected {expected}, got {kind_of(value)}", param, "invalid_type")


def _missing(param: str) -> Refusal:
    return _bad(f"missing required parameter: '{param}'", param, "missing_required_parameter")


def _check_text(place: str, document: JsonObject, name: str) -> Refusal | None:
    """Check a text that must be there and not be empty."""
    if name not in document:
        return _missing(place)
    text = document[name]
    if not isinstance(text, str):
        return _wrong_type(place, "a string", text)
    return None if text else _bad(f"'{place}' must not be empty", place, "invalid_value")


def _check_messages(document: JsonObject) -> Refusal | None:
    if "messages" not in document:
        return _missing("messages")
    messages = document["messages"]
    if not isinstance(messages, list):
        return _wrong_type("messages", "an array of objects", messages)
    if not messages:
        return _bad("'messages' is too short: expected at least 1 item", "messages", "empty_array")
    return next(filter(None, (_check_message(f"messages[{index}]", one) for index, one in enumerate(messages))), None)


def _check_message(place: str, message: Json) -> Refusal | None:
    if not isinstance(message, dict):
        return _wrong_type(place, "an object", message)
    if "role" not in message:
        return _missing(f"{place}.role")
    role = message["role"]
    if not isinstance(role, str):
        return _wrong_type(f"{place}.role", "a string", role)
    if role not in _ROLES:
        return _bad(f"invalid value for '{place}.role': expected one of {', '.join(_ROLES)}", f"{place}.role")
    # An assistant turn that called tools has no text of its own.
    if role == "assistant" and message.get("tool_calls") and message.get("content") is None:
        return None
    if "content" not in message:
        return _missing(f"{place}.content")
    return _check_content(f"{place}.content", message["content"])


def _check_content(place: str, content: Json) -> Refusal | None:
    if isinstance(content, str):
        return None
    if not isinstance(content, list):
        return _wrong_type(place, "a string or an array of parts", content)
    if not content:
        return _bad(f"'{place}' is too short: expected at least 1 part", place, "empty_array")
    return next(filter(None, (_check_part(f"{place}[{index}]", part) for index, part in enumerate(content))), None)


def _check_part(place: str, part: Json) -> Refusal | None:
    if not isinstance(part, dict):
        return _wrong_type(place, "an object", part)
    if "type" not in part:
        return _missing(f"{place}.type")
    if part["type"] != "text":
        # Images and sound are refused aloud: dropping them in silence would be a lie about what the model saw.
        return _bad(f"invalid value for '{place}.type': this model reads only 'text' parts", f"{place}.type")
    return _check_text(f"{place}.text", part, "text")


def _check_numbers(document: JsonObject) -> Refusal | None:
    for name, (low, high) in (_NUMBERS | _INTEGERS).items():
        value = document.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int if name in _INTEGERS else int | float):
            return _wrong_type(name, "an integer" if name in _INTEGERS else "a number", value)
        if not low <= value <= high:
            return _bad(f"invalid value for '{name}': expected {low} to {high}", name, "invalid_value")
    return None


def _check_stream(document: JsonObject) -> Refusal | None:
    stream, options = document.get("stream"), document.get("stream_options")
    if stream is not None and not isinstance(stream, bool):
        return _wrong_type("stream", "a boolean", stream)
    if options is None:
        return None
    if not isinstance(options, dict):
        return _wrong_type("stream_options", "an object", options)
    if not stream:
        return _bad("'stream_options' is only allowed when 'stream' is true", "stream_options")
    include = options.get("include_usage")
    if include is not None and not isinstance(include, bool):
        return _wrong_type("stream_options.include_usage", "a boolean", include)
    return None


def _check_stop(document: JsonObject) -> Refusal | None:
    stop = document.get("stop")
    if stop is None or isinstance(stop, str):
        return None
    if not isinstance(stop, list) or not all(isinstance(item, str) for item in stop):
        return _wrong_type("stop", "a string or an array of strings", stop)
    if not 1 <= len(stop) <= _MAX_STOPS:
        return _bad(f"invalid value for 'stop': expected 1 to {_MAX_STOPS} strings, got {len(stop)}", "stop")
    return None


def _check_response_format(document: JsonObject) -> Refusal | None:
    value = document.get("response_format")
    if value is None:
        return None
    if not isinstance(value, dict):
        return _wrong_type("response_format", "an object", value)
    if value.get("type") in _FORMATS:
        return None
    expected = f"expected one of {', '.join(_FORMATS)}"
    return _bad(f"invalid value for 'response_format.type': {expected}", "response_format.type", "invalid_value")


def _check_tools(document: JsonObject) -> Refusal | None:
    tools, choice = document.get("tools"), document.get("tool_choice")
    if tools is None:
        return None if choice in (None, "none") else _bad("'tool_choice' is only allowed with 'tools'", "tool_choice")
    if not isinstance(tools, list) or not tools:
        return _wrong_type("tools", "a non-empty array of functions", tools)
    functions = [_function(tool) for tool in tools]
    if None in functions:
        place = f"tools[{functions.index(None)}]"
        return _bad(f"invalid value for '{place}': expected type function and a function with a name", place)
    return _check_tool_choice(choice, [str(function["name"]) for function in functions if function is not None])


def _check_tool_choice(choice: Json, names: list[str]) -> Refusal | None:
    if choice in (None, "none", "auto", "required"):
        return None
    function = _function(choice)
    if function is not None and function["name"] in names:
        return None
    return _bad(f"invalid value for 'tool_choice': expected one of {', '.join(names)}"[:200], "tool_choice")


def _function(tool: Json) -> JsonObject | None:
    """Return the function of a tool or of a choice, None when there is none with a name."""
    if not isinstance(tool, dict) or tool.get("type") != "function":
        return None
    function = tool.get("function")
    return function if isinstance(function, dict) and isinstance(function.get("name"), str) else None


_CHECKS: tuple[Callable[[JsonObject], Refusal | None], ...] = (
    lambda document: _check_text("model", document, "model"),
    _check_messages,
    _check_numbers,
    _check_stream,
    _check_stop,
    _check_response_format,
    _check_tools,
)


def _chat(document: JsonObject) -> Chat:
    """Build the Chat from a document every check has passed."""
    options = document.get("stream_options")
    limits = [_integer(document, "max_tokens"), _integer(document, "max_completion_tokens")]
    messages = document["messages"]
    return Chat(
        model=str(document["model"]),
        messages=tuple(_message(message) for message in messages) if isinstance(messages, list) else (),
        stream=document.get("stream") is True,
        include_usage=isinstance(options, dict) and options.get("include_usage") is True,
        stop=_stops(document.get("stop")),
        max_tokens=min((limit for limit in limits if limit is not None), default=None),
        n=_integer(document, "n") or 1,
        seed=_integer(document, "seed"),
        as_json=document.get("response_format") == {"type": "json_object"},
        tool=_tool(document),
    )


def _tool(document: JsonObject) -> Tool | None:
    """Return the function that must be called: the chosen one, or the first where any will do."""
    tools, choice = document.get("tools"), document.get("tool_choice")
    functions = [_function(tool) for tool in tools] if isinstance(tools, list) else []
    chosen = _function(choice)
    wanted = [function for function in functions if function and (chosen is None or function["name"] == chosen["name"])]
    if not wanted or (chosen is None and choice != "required"):
        return None
    parameters = wanted[0].get("parameters")
    schema = parameters if isinstance(parameters, dict) else {}
    return Tool(name=str(wanted[0]["name"]), parameters=schema, by_name=chosen is not None)


def _integer(document: JsonObject, name: str) -> int | None:
    value = document.get(name)
    return value if isinstance(value, int) else None


def _stops(stop: Json) -> tuple[str, ...]:
    stops = [stop] if isinstance(stop, str) else stop
    return tuple(str(item) for item in stops if item) if isinstance(stops, list) else ()


def _message(message: Json) -> Message:
    if not isinstance(message, dict):
        return Message(role="", text="")
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    texts = [str(part.get("text", "")) for part in parts if isinstance(part, dict)]
    return Message(role=str(message["role"]), text=content if isinstance(content, str) else "\n".join(texts))

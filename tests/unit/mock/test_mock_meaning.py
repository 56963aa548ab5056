"""JSON mode, forced tools, and the faults of parameters, messages, counts and characters."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

import pytest

from wnmon.mock.chat import Chat, Refusal, Tool
from wnmon.mock.fault import ApiCall
from wnmon.mock.faults import find_faults
from wnmon.mock.http import RequestHead
from wnmon.mock.pieces import Send
from wnmon.mock.script import script
from wnmon.mock.settings import MockSettings
from wnmon.mock.validate import read_chat
from wnmon.model.json import Json, JsonObject

USER: JsonObject = {"role": "user", "content": "Reply with exactly: 5 words"}
PARAMETERS: JsonObject = {
    "type": "object",
    "properties": {
        "word": {"type": "string"},
        "unit": {"enum": ["C", "F"]},
        "days": {"type": "integer"},
        "share": {"type": "number"},
        "wind": {"type": "boolean"},
        "where": {"type": "array"},
        "more": {"type": "object"},
        "free": True,
    },
}


def function(name: str = "save", **more: Json) -> JsonObject:
    return {"type": "function", "function": {"name": name, **more}}


def read(**members: Json) -> Chat | Refusal:
    return read_chat(json.dumps({"model": "m", "messages": [USER], **members}).encode())


def sent(*faults: str, **members: Json) -> bytes:
    """Return the body of the answer, chunks undone; `members` go into the request."""
    return sent_for(json.dumps({"model": "m", "messages": [USER], **members}).encode(), *faults)


def sent_for(body: bytes, *faults: str) -> bytes:
    headers = {"host": "x", "content-type": "application/json", "authorization": "Bearer sk-0123456789abcdef"}
    head = RequestHead(method="POST", path="/v1/chat/completions", minor=1, headers=headers)
    call = ApiCall(head=head, body=body, settings=MockSettings(), read_ns=5_000, wall_s=1.7e9, id="chatcmpl-12345678")
    pieces = islice(script(call, find_faults(faults)), 1000)
    first, *rest = [piece.data for piece in pieces if isinstance(piece, Send)]
    if b"Transfer-Encoding" in first:
        rest = [data.split(b"\r\n", 1)[1][:-2] for data in rest]
    return b"".join(rest)


def answer(*faults: str, **members: Json) -> Any:
    return json.loads(sent(*faults, **members))


def choice(*faults: str, **members: Json) -> Any:
    return answer(*faults, **members)["choices"][0]


def deltas(*faults: str, **members: Json) -> list[Any]:
    lines = sent(*faults, stream=True, **members).decode().split("\n\n")
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: {")]
    return [one["delta"] for chunk in chunks for one in chunk["choices"]]


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"response_format": "json"}, "response_format"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tools": []}, "tools"),
        ({"tools": function()}, "tools"),
        ({"tools": [function(), {"type": "function"}]}, "tools[1]"),
        ({"tools": [{"type": "function", "function": {}}]}, "tools[0]"),
        ({"tools": [{"type": "search"}]}, "tools[0]"),
        ({"tools": ["save"]}, "tools[0]"),
        ({"tools": [function()], "tool_choice": "always"}, "tool_choice"),
        ({"tools": [function()], "tool_choice": {"type": "function"}}, "tool_choice"),
        ({"tools": [function()], "tool_choice": function("load")}, "tool_choice"),
        ({"tool_choice": function()}, "tool_choice"),
    ],
)
def test_wrong_tools_and_formats_are_refused_by_name(members: dict[str, Json], param: str) -> None:
    refusal = read(**members)

    assert isinstance(refusal, Refusal)
    assert (refusal.status, refusal.param) == (400, param)


@pytest.mark.parametrize(
    ("members", "tool"),
    [
        ({"tools": [function()]}, None),
        ({"tools": [function()], "tool_choice": "auto"}, None),
        ({"tools": [function()], "tool_choice": "none"}, None),
        ({"tool_choice": "none"}, None),
        ({"tools": [function()], "tool_choice": "required"}, Tool(name="save", parameters={}, by_name=False)),
        (
            {"tools": [function(), function("load", parameters=PARAMETERS)], "tool_choice": function("load")},
            Tool(name="load", parameters=PARAMETERS, by_name=True),
        ),
    ],
)
def test_only_a_forced_tool_is_called(members: dict[str, Json], tool: Tool | None) -> None:
    chat = read(**members)

    assert isinstance(chat, Chat)
    assert chat.tool == tool


def test_json_mode_wraps_what_is_said_into_an_object() -> None:
    said = choice(response_format={"type": "json_object"})["message"]["content"]

    assert json.loads(said) == {"answer": "5 words"}


def test_json_mode_leaves_an_object_as_it_is() -> None:
    messages: Json = [{"role": "user", "content": 'Reply with exactly: {"a": 1}'}]

    assert choice(messages=messages, response_format={"type": "json_object"})["message"]["content"] == '{"a": 1}'


def test_text_stays_text_where_that_format_is_asked_for() -> None:
    assert choice(response_format={"type": "text"})["message"]["content"] == "5 words"


FORCED: dict[str, Json] = {
    "tools": [function(parameters=PARAMETERS)],
    "tool_choice": function(),
}


def test_a_forced_tool_is_called_with_arguments_that_fit() -> None:
    message = choice(**FORCED)["message"]

    assert message["content"] is None
    assert json.loads(message["tool_calls"][0]["function"]["arguments"]) == {
        "word": "5 words",
        "unit": "C",
        "days": 1,
        "share": 1,
        "wind": True,
        "where": [],
        "more": {},
        "free": "5 words",
    }


def test_a_tool_without_parameters_is_called_without_arguments() -> None:
    assert choice(tools=[function()], tool_choice=function())["message"]["tool_calls"][0]["function"] == {
        "name": "save",
        "arguments": "{}",
    }


@pytest.mark.parametrize(("wanted", "finish"), [(function(), "stop"), ("required", "tool_calls")])
def test_a_tool_call_ends_with_a_reason_of_its_own(wanted: Json, finish: str) -> None:
    assert choice(tools=[function()], tool_choice=wanted)["finish_reason"] == finish


def test_a_tool_call_that_is_cut_ends_with_length() -> None:
    assert choice(max_tokens=3, **FORCED)["finish_reason"] == "length"


def test_the_deltas_of_a_tool_call_join_to_its_arguments() -> None:
    calls = [delta["tool_calls"][0]["function"] for delta in deltas(**FORCED) if "tool_calls" in delta]

    assert (
        "".join(call["arguments"] for call in calls)
        == choice(**FORCED)["message"]["tool_calls"][0]["function"]["arguments"]
    )


def test_the_first_delta_of_a_tool_call_names_it() -> None:
    first = next(delta["tool_calls"][0] for delta in deltas(**FORCED) if "tool_calls" in delta)

    assert (first["id"], first["type"], first["function"]["name"]) == ("call_12345678", "function", "save")


# --- the faults, where the rules alone would not show every turn of theirs


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"model":"m","messages":{}}', b'{"model":"m","messages":["x"]}'])
@pytest.mark.parametrize(
    "fault", ["ignores-max-tokens", "drops-system", "short-system", "first-part-only", "refuses-parts"]
)
def test_a_body_that_is_wrong_is_refused_all_the_same(fault: str, body: bytes) -> None:
    assert "error" in json.loads(sent_for(body, fault))


@pytest.mark.parametrize(
    ("fault", "members"),
    [
        ("ignores-max-tokens", {"max_tokens": 0}),
        ("ignores-max-tokens", {"max_tokens": "x"}),
        ("ignores-n", {"n": 0}),
        ("ignores-stop", {"stop": ["1", "2", "3", "4", "5"]}),
        ("ignores-tools", {"tools": 1}),
        ("accepts-empty-parts", {"messages": []}),
    ],
)
def test_a_parameter_that_is_wrong_is_refused_all_the_same(fault: str, members: dict[str, Json]) -> None:
    assert "error" in answer(fault, **members)


@pytest.mark.parametrize("fault", ["constant-count", "varying-count", "counts-escapes", "stream-counts-more"])
def test_a_refusal_has_nothing_to_count(fault: str) -> None:
    assert "usage" not in answer(fault, model=1)


def test_a_total_fits_the_prompt_tokens_that_are_reported() -> None:
    usage = answer("constant-count")["usage"]

    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


@pytest.mark.parametrize("fault", ["ignores-seed", "stream-other-words", "varying-count"])
def test_a_request_without_a_seed_is_answered_rightly(fault: str) -> None:
    assert answer(fault) == answer()

"""The schema files: what each accepts and refuses."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from wire_samples import COMPLETION

NAMES = (
    "documented-request",
    "documented-request-example",
    "documented-response",
    "openai-chunk",
    "openai-completion",
    "openai-error",
)
CHOICE = COMPLETION["choices"][0]
CHUNK: dict[str, Any] = {
    "id": "c",
    "object": "chat.completion.chunk",
    "created": 7,
    "model": "m",
    "choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": None}],
}
ERROR = {"message": "x", "type": "t", "param": None, "code": None}
PARTS = [{"type": "text", "text": "hi"}]


def schema(name: str) -> Any:
    return json.loads((files("wnmon.wire") / "schemas" / f"{name}.json").read_text(encoding="utf-8"))


def valid(name: str, value: object) -> bool:
    return Draft202012Validator(schema(name)).is_valid(value)


def without(value: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: member for key, member in value.items() if key != name}


@pytest.mark.parametrize("name", NAMES)
def test_schema_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))


def test_every_schema_has_an_id_of_its_own() -> None:
    assert len({schema(name)["$id"] for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize("name", ["documented-response", "openai-completion"])
def test_good_completion_is_valid(name: str) -> None:
    assert valid(name, COMPLETION)


@pytest.mark.parametrize("member", list(COMPLETION))
def test_documented_response_requires_each_member(member: str) -> None:
    assert not valid("documented-response", without(COMPLETION, member))


@pytest.mark.parametrize("member", list(COMPLETION))
def test_documented_response_has_no_nullable_member(member: str) -> None:
    assert not valid("documented-response", COMPLETION | {member: None})


@pytest.mark.parametrize("member", list(COMPLETION["usage"]))
def test_documented_usage_requires_each_count(member: str) -> None:
    assert not valid("documented-response", COMPLETION | {"usage": without(COMPLETION["usage"], member)})


@pytest.mark.parametrize("choices", [[], [{}], [{"message": {}}], [{"extra": 1}]])
def test_documented_choice_has_only_optional_members(choices: object) -> None:
    assert valid("documented-response", COMPLETION | {"choices": choices})


@pytest.mark.parametrize("choices", [[None], [{"index": "0"}], [{"message": "x"}], [{"finish_reason": None}], {}])
def test_documented_choice_has_typed_members(choices: object) -> None:
    assert not valid("documented-response", COMPLETION | {"choices": choices})


@pytest.mark.parametrize(("created", "expected"), [(1.0, True), (True, False), (1.5, False), ("1", False)])
def test_documented_integer_is_the_integer_of_json_schema(created: object, expected: bool) -> None:
    assert valid("documented-response", COMPLETION | {"created": created}) is expected


@pytest.mark.parametrize(("name", "expected"), [("documented-request", False), ("documented-request-example", True)])
def test_array_content_is_valid_only_in_the_reading_with_the_example(name: str, expected: bool) -> None:
    assert valid(name, {"model": "m", "messages": [{"role": "user", "content": PARTS}]}) is expected


@pytest.mark.parametrize(
    "change",
    [
        {"model": 1},
        {"messages": {}},
        {"messages": [{"role": "user"}]},
        {"messages": [{"content": "x"}]},
        {"messages": [{"role": "user", "content": []}]},
        {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
        {"temperature": "0"},
        {"max_tokens": 1.5},
        {"stream": "true"},
    ],
)
def test_request_that_breaks_the_example_reading_is_refused(change: dict[str, object]) -> None:
    good = {"model": "m", "messages": [{"role": "user", "content": "x"}]}

    assert not valid("documented-request-example", good | change)


@pytest.mark.parametrize(
    "change",
    [
        {"object": "chat.completion.done"},
        {"choices": [without(CHOICE, "finish_reason")]},
        {"choices": [CHOICE | {"finish_reason": "eos"}]},
        {"choices": [CHOICE | {"message": {"role": "user", "content": "x"}}]},
        {"choices": [CHOICE | {"message": {"role": "assistant"}}]},
        {"usage": {"prompt_tokens": 1}},
    ],
)
def test_completion_that_breaks_the_openai_shape_is_refused(change: dict[str, object]) -> None:
    assert not valid("openai-completion", COMPLETION | change)


@pytest.mark.parametrize("member", ["usage", "system_fingerprint"])
def test_openai_completion_may_lack_what_is_optional_there(member: str) -> None:
    assert valid("openai-completion", without(COMPLETION, member))


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}},
        {"usage": None},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        {"obfuscation": "xx"},
    ],
)
def test_good_chunk_is_valid(change: dict[str, object]) -> None:
    assert valid("openai-chunk", CHUNK | change)


@pytest.mark.parametrize(
    "change",
    [
        {"object": "chat.completion"},
        {"created": 1.5},
        {"choices": [{"index": 0, "delta": {}}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": ""}]},
        {"choices": [{"index": 0, "message": {}, "finish_reason": None}]},
    ],
)
def test_chunk_that_breaks_the_openai_shape_is_refused(change: dict[str, object]) -> None:
    assert not valid("openai-chunk", CHUNK | change)


@pytest.mark.parametrize("member", list(ERROR))
def test_error_envelope_requires_each_member(member: str) -> None:
    assert not valid("openai-error", {"error": without(ERROR, member)})


def test_full_error_envelope_is_valid() -> None:
    assert valid("openai-error", {"error": ERROR})

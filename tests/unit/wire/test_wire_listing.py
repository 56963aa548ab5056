"""The models a relay offers, of every list relays write."""

from __future__ import annotations

from typing import Any

import pytest
from account_samples import NOT_FOUND, PAGE, asked_for_models

from wnmon.model.check import Asks
from wnmon.model.json import JsonObject
from wnmon.wire.envelope import error_in
from wnmon.wire.listing import MAX_NAMES, Listing, Offer, does_not_chat, models_plan, read_listing
from wnmon.wire.opened import Untold
from wnmon.wire.request import build

KEY = "sk-" + "aB3" * 12


def listing(*value: Any) -> Listing:
    read = read_listing(asked_for_models(*value))
    assert isinstance(read, Listing), read
    return read


@pytest.mark.parametrize(
    ("value", "offers"),
    [
        ({"object": "list", "data": [{"id": "b", "owned_by": "x"}, {"id": "a"}]}, [("a", None), ("b", "x")]),
        ({"success": True, "object": "list", "data": [{"id": "a"}]}, [("a", None)]),
        ({"data": ["b", "a"]}, [("a", None), ("b", None)]),
        ({"data": ["B", "a", "b"]}, [("a", None), ("B", None), ("b", None)]),
        ({"data": ["ab", "a_b"]}, [("a_b", None), ("ab", None)]),
        (["a"], [("a", None)]),
        ([{"id": "a", "organization": "Meta"}], [("a", "Meta")]),
        ({"models": [{"name": "models/gemini-pro"}]}, [("gemini-pro", None)]),
        ({"data": [{"id": "a"}, {"id": "a"}]}, [("a", None)]),
        ({"data": [{"id": ""}, {"id": 7}, None, {"id": "a"}]}, [("a", None)]),
        ({"object": "list", "data": None}, []),
        ({"object": "list", "data": []}, []),
    ],
)
def test_a_list_is_read_however_it_is_written(value: Any, offers: list[tuple[str, str | None]]) -> None:
    assert [(offer.name, offer.owner) for offer in listing(value).offers] == offers


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"error": {"message": "invalid key"}}, "an error with status 200: invalid key"),
        ({"success": False, "message": "未登录"}, "an error with status 200: 未登录"),
        ({"code": 401, "msg": "log in first"}, "an error with status 200: 401: log in first"),
        ({"object": "list"}, "no list of models in it"),
        ({"data": {"a": 1}}, "no list of models in it"),
        ({"data": [7]}, "no list of models in it"),
        (7, "no list of models in it"),
        (PAGE, "status 200 with an HTML page, Console"),
        (NOT_FOUND, "status 404: invalid_request_error: Invalid URL"),
        ((200, "", "application/json"), "status 200 with an empty body"),
        ((200, "{", "application/json"), "bad JSON at byte 1: ends where a name or } is due"),
    ],
)
def test_what_is_no_list_says_why(value: Any, why: str) -> None:
    read = read_listing(asked_for_models(*value) if isinstance(value, tuple) else asked_for_models(value))

    assert isinstance(read, Untold)
    assert str(read.why) == why


@pytest.mark.parametrize(
    ("members", "whole"),
    [({}, True), ({"has_more": False}, True), ({"has_more": True}, False), ({"nextPageToken": "x"}, False)],
)
def test_a_page_is_no_whole_list(members: JsonObject, whole: bool) -> None:
    assert listing({"data": ["a"], **members}).whole is whole


def test_more_names_than_are_kept_are_no_whole_list() -> None:
    read = listing({"data": [f"m{n}" for n in range(MAX_NAMES + 1)]})

    assert (len(read.offers), read.whole) == (MAX_NAMES, False)


@pytest.mark.parametrize(
    ("name", "offer"),
    [
        ("gpt-4o", Offer(name="gpt-4o")),
        (KEY, Offer(name="[redacted:39-characters]", as_named=False)),
        (f"org/{KEY}", Offer(name="org/[redacted:39-characters]", as_named=False)),
        ("a\x1b[31m\nb\u202e", Offer(name="a [31m b", as_named=False)),
        ("n" * 300, Offer(name="n" * 199 + "…", as_named=False)),
        ("x-[redacted:api_key]", Offer(name="x-[redacted:api_key]", as_named=False)),
    ],
)
def test_a_name_is_made_fit_to_be_shown(name: str, offer: Offer) -> None:
    assert listing({"data": [name]}).offers == (offer,)


@pytest.mark.parametrize(
    ("model", "message", "chats"),
    [
        ("text-embedding-3-large", "no", False),
        ("dall-e-3", "no", False),
        ("whisper-1", "no", False),
        ("davinci-002", "This is not a chat model and thus not supported", False),
        ("gpt-4o", "no such model", True),
    ],
)
def test_a_model_for_something_else_is_known(model: str, message: str, chats: bool) -> None:
    assert does_not_chat(model, error_in({"error": {"message": message}})) is not chats


def test_a_name_alone_tells_too() -> None:
    assert does_not_chat("bge-m3", None)


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://relay.example/v1/chat/completions", "https://relay.example/v1/models"),
        ("https://relay.example/v1/chat/completions?api-version=1", "https://relay.example/v1/models?api-version=1"),
        ("https://relay.example/chat/completions", "https://relay.example/models"),
        ("https://relay.example/a/b/v1/chat/completions", "https://relay.example/a/b/v1/models"),
        (
            "https://x.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=1",
            "https://x.openai.azure.com/openai/models?api-version=1",
        ),
    ],
)
def test_the_list_stands_beside_chat_completions(url: str, asked: str) -> None:
    (step,) = models_plan().steps

    assert build(step, url, "", "").url == asked


def test_the_list_is_asked_for_as_models_without_a_body() -> None:
    request = asked_for_models({"data": []}).exchange.request

    assert (request.step, request.method, request.body) == ("models", "GET", b"")


def test_the_plan_knows_what_is_to_stand_in_the_list() -> None:
    assert models_plan(("a",)).wanted == ("a",)


def test_a_path_cannot_leave_the_host() -> None:
    (step,) = models_plan().steps

    assert models_plan(("a",)).asks is Asks.MODELS
    assert build(step, "https://relay.example//v1/chat/completions", "", "").url == "https://relay.example//v1/models"

"""The bytes a step sends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wnmon import __version__
from wnmon.model.check import WRONG_KEY, Auth, Step
from wnmon.model.exchange import Request
from wnmon.model.parameters import Parameters
from wnmon.wire.message import MAX_CHOICES
from wnmon.wire.request import NONCE_CHARS, build, choices_asked, fill, filler_text, read_request, second_nonce


def built(body: dict[str, Any] | None = None, **members: Any) -> Request:
    return build(Step(name="s", body=body or {}, **members), "https://relay.example/v1/chat/completions", "m-1", "n-1")


def header(request: Request, name: str) -> list[str]:
    return [value for key, value in request.headers if key.lower() == name]


def test_model_and_nonce_are_filled_in() -> None:
    assert built({"model": "{{model}}", "a": ["x{{nonce}}{{nonce}}", {"b": "{{model}}"}]}).body == (
        b'{"model":"m-1","a":["xn-1n-1",{"b":"m-1"}]}'
    )


@pytest.mark.parametrize(
    "text", ["$$e=mc^2$$", "{{ model }}", "{{Model}}", "{model}", "${model}", "{{}}", "{{nonces}}"]
)
def test_every_other_brace_and_dollar_is_itself(text: str) -> None:
    assert fill(text, "m", "n") == text


def test_a_value_that_looks_like_a_placeholder_is_not_filled_again() -> None:
    assert fill("{{model}}", "{{nonce}}", "n") == "{{nonce}}"


def test_member_names_are_not_filled() -> None:
    assert fill({"{{model}}": 1}, "m", "n") == {"{{model}}": 1}


@pytest.mark.parametrize("value", [None, True, 0, 1.5, []])
def test_values_without_text_stay(value: Any) -> None:
    assert fill(value, "m", "n") == value


def test_order_of_members_is_kept() -> None:
    assert built({"z": 1, "a": 2}).body == b'{"z":1,"a":2}'


def test_body_is_utf8_without_escapes() -> None:
    assert built({"a": "你好"}).body == '{"a":"你好"}'.encode()


def test_lone_surrogate_is_sent_as_its_escape() -> None:
    assert json.loads(built({"a": "\ud800"}).body) == {"a": "\ud800"}


def test_raw_body_replaces_the_json() -> None:
    assert built({"a": 1}, raw_body='{"model": "{{model}}", ').body == b'{"model": "m-1", '


def test_empty_raw_body_is_empty() -> None:
    assert built({"a": 1}, raw_body="").body == b""


@pytest.mark.parametrize(("stream", "accept"), [(True, "text/event-stream"), (False, "application/json")])
def test_accept_names_what_was_asked_for(stream: bool, accept: str) -> None:
    assert header(built({"stream": stream}), "accept") == [accept]


@pytest.mark.parametrize(
    ("name", "value"),
    [("content-type", "application/json"), ("accept-encoding", "identity"), ("user-agent", f"wnmon/{__version__}")],
)
def test_standing_headers_are_sent(name: str, value: str) -> None:
    assert header(built(), name) == [value]


def test_header_of_the_step_replaces_one_of_the_same_name() -> None:
    assert header(built(headers=(("CONTENT-TYPE", "text/plain"),)), "content-type") == ["text/plain"]


def test_header_of_the_step_is_added() -> None:
    assert header(built(headers=(("X-A", "1"), ("x-a", "2"))), "x-a") == ["1", "2"]


def test_request_carries_the_step() -> None:
    request = built({"stream": True}, auth=Auth.WRONG)

    assert (request.step, request.method, request.auth, request.stream) == ("s", "POST", Auth.WRONG, True)


def test_request_goes_to_the_url_given() -> None:
    assert built().url == "https://relay.example/v1/chat/completions"


def test_the_second_nonce_is_another_word_of_the_same_length() -> None:
    assert (second_nonce("k7m3pq2x") != "k7m3pq2x", len(second_nonce("k7m3pq2x"))) == (True, NONCE_CHARS)


def test_both_nonces_are_filled_in() -> None:
    assert built({"a": "{{nonce}} {{nonce2}}"}).body == f'{{"a":"n-1 {second_nonce("n-1")}"}}'.encode()


@pytest.mark.parametrize("chars", [1, 10, 1_000, 50_000])
def test_filler_is_as_long_as_asked_but_for_a_space_at_its_end(chars: int) -> None:
    assert chars - 1 <= len(filler_text(chars)) <= chars


def test_filler_stands_in_its_place() -> None:
    assert built({"a": "<{{filler}}>"}, filler=9).body == b'{"a":"<the river>"}'


def test_no_filler_is_empty() -> None:
    assert fill("<{{filler}}>", "m", "n") == "<>"


def test_plain_http_keeps_host_port_and_path() -> None:
    step = Step(name="s", body={}, plain_http=True)
    assert build(step, "https://relay.example:8443/v1/x", "m", "n").url == "http://relay.example:8443/v1/x"


def test_an_early_end_is_part_of_the_request() -> None:
    assert built(close_after=2).close_after == 2


def test_key_of_a_query_is_the_wrong_one() -> None:
    assert built(auth=Auth.QUERY).url == f"https://relay.example/v1/chat/completions?api_key={WRONG_KEY}"


def test_query_of_the_target_stays() -> None:
    url = "https://relay.example/openai?api-version=1"

    assert build(Step(name="s", body={}), url, "m", "n").url == url


def test_filler_stands_also_inside_arrays() -> None:
    assert built({"a": ["{{filler}}"]}, filler=9).body == b'{"a":["the river"]}'


def test_filler_repeats_its_fourteen_words() -> None:
    assert filler_text(10_000).split()[14:16] == ["the", "river"]


@pytest.mark.parametrize("chars", [4, 10, 14])
def test_filler_has_no_space_at_its_end(chars: int) -> None:
    assert filler_text(chars) == filler_text(chars).rstrip()


def test_raw_body_holds_the_nonce_and_the_filler() -> None:
    assert built(raw_body="{{nonce}} {{filler}}", filler=9).body == b"n-1 the river"


def test_standing_headers_are_written_as_their_standards_write_them() -> None:
    assert [name for name, _ in built().headers] == ["Content-Type", "Accept", "Accept-Encoding", "User-Agent"]


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        ('{"n": 3}', 3),
        ('{"n": 128}', 128),
        ('{"n": 1000000}', 128),
        ("{}", 1),
        ('{"n": 0}', 1),
        ('{"n": true}', 1),
        ('{"n": "2"}', 1),
        ('["n"]', 1),
        ('{"n": 2', 1),
    ],
)
def test_a_body_asks_for_so_many_choices(body: str, asked: int) -> None:
    assert choices_asked(read_request(body.encode())) == asked


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        (b'{"n": 2}', 2),
        (b'{"n": 1}', 1),
        (b'{"n": 0}', 1),
        (b'{"n": true}', 1),
        (b'{"n": "2"}', 1),
        (b'{"n": 2.5}', 1),
        (b'{"N": 2, "m": "n"}', 1),
        (b'["n", 2]', 1),
        (b"{", 1),
        (b'{"n": 1000000}', MAX_CHOICES),
    ],
)
def test_a_request_asks_for_its_n_choices_or_for_one(body: bytes, asked: int) -> None:
    assert choices_asked(read_request(body)) == asked


# --- as the model wants it


def wanted(step: Step, **parameters: Any) -> dict[str, Any]:
    request = build(step, "https://relay.example/v1/chat/completions", "m-1", "n-1", Parameters(**parameters))
    body: dict[str, Any] = json.loads(request.body)
    return body


def test_a_body_is_written_as_the_model_wants_it() -> None:
    step = Step(name="s", body={"max_tokens": 5, "temperature": 0})

    assert wanted(step, rename={"max_tokens": "limit"}, drop=frozenset({"temperature"})) == {"limit": 5}


def test_what_is_added_may_name_the_model() -> None:
    assert wanted(Step(name="s", body={}), add={"user": "{{model}}"}) == {"user": "m-1"}


def test_a_raw_body_stays_as_it_is() -> None:
    assert wanted(Step(name="s", body={"n": 1}, raw_body='{"n": 1}'), drop=frozenset({"n"})) == {"n": 1}


AZURE = "https://az.example/d/chat/completions?api-version=1&x=2"


@pytest.mark.parametrize(
    ("members", "url"),
    [
        ({}, AZURE),
        ({"path": "/v1/models"}, "https://az.example/v1/models?api-version=1&x=2"),
        ({"path": "/v1/models?y=z"}, "https://az.example/v1/models?api-version=1&x=2&y=z"),
        ({"path": "/v1/models?api-version=9"}, "https://az.example/v1/models?x=2&api-version=9"),
        ({"path": "/v1/models?y=1&api-version=a=b&x=3"}, "https://az.example/v1/models?y=1&api-version=a=b&x=3"),
        ({"path": "/v1/models?"}, "https://az.example/v1/models?api-version=1&x=2"),
        ({"plain_http": True}, "http://az.example/d/chat/completions?api-version=1&x=2"),
        ({"auth": Auth.QUERY}, f"{AZURE}&api_key={WRONG_KEY}"),
        ({"auth": Auth.QUERY, "path": "/p?q=1"}, f"https://az.example/p?api-version=1&x=2&q=1&api_key={WRONG_KEY}"),
    ],
)
def test_the_query_of_a_target_goes_with_every_request(members: dict[str, Any], url: str) -> None:
    assert build(Step(name="s", body={}, **members), AZURE, "m", "n").url == url


def test_a_name_of_the_query_ends_at_its_first_equals_sign() -> None:
    step = Step(name="s", body={}, path="/v1/models?sig=9")

    assert build(step, "https://az.example/d?sig=a=b&x=1", "m", "n").url == "https://az.example/v1/models?x=1&sig=9"


def test_what_stands_beside_a_deployment_stands_before_the_first_folder_of_that_name() -> None:
    azure = "https://az.example/openai/deployments/a/deployments/b/chat/completions"

    assert build(Step(name="s", body={}, path="models"), azure, "m", "n").url == "https://az.example/openai/models"


def test_a_path_of_a_step_has_its_own_query() -> None:
    step = Step(name="s", body={}, path="/x?y=z")

    assert build(step, "https://relay.example/v1/chat/completions", "m", "n").url == "https://relay.example/x?y=z"


def test_the_header_of_the_key_is_that_of_the_target() -> None:
    assert build(Step(name="s", body={}), AZURE, "m", "n", auth_header="api-key").auth_header == "api-key"


def test_http2_is_not_offered_unless_it_is_said() -> None:
    assert not build(Step(name="s", body={}, http2=True), AZURE, "m", "n").http2


def test_http2_is_offered_where_it_is_said() -> None:
    assert build(Step(name="s", body={}), AZURE, "m", "n", http2=True).http2

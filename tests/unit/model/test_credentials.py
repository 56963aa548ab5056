"""What speaks of a credential: names of headers, and shapes of words."""

from __future__ import annotations

import base64
import secrets
import time
import uuid
from collections.abc import Callable

import pytest

from wnmon.model.credentials import (
    basic_login,
    is_issued,
    is_key_for_host,
    is_no_name,
    is_telling,
    looks_like_key,
    masked,
)

TELLING = [
    "Authorization",
    "Proxy-Authorization",
    "X-Relay-Auth",
    "X-Auth-Mode",
    "X-Api-Key",
    "api-key",
    "apikey",
    "X-Access-Token",
    "x-token-id",
    "Cookie",
    "Set-Cookie",
    "X-Client-Secret",
    "X-Credential",
    "X-Session-Id",
    "X-Signature",
    "X-Relay-Pass",
    "X-Sign",
    "X-CSRF",
    "X-OTP-Code",
    "X-Pass-Phrase",
    "X-Password",
    "X-Amz-Security-Token",
    "Authentication-Info",
    "Authorisation",
]
PLAIN = [
    "Content-Type",
    "Date",
    "X-Request-Id",
    "WWW-Authenticate",
    "Proxy-Authenticate",
    "X-Author",
    "X-RateLimit-Limit-Tokens",
    "x-ratelimit-remaining-tokens",
    "anthropic-ratelimit-input-tokens-limit",
    "X-Tokens-Used",
    "X-Keyword",
    "Keep-Alive",
    "Location",
    "Retry-After",
    "Content-Encoding",
    "OpenAI-Organization",
    "cf-ray",
    "X-Compass",
    "X-Design",
    "X-Inside",
]
NAMES = [
    "gpt-4o-mini-2024-07-18",
    "claude-3-5-sonnet-20241022",
    "deepseek-r1-distill-qwen-32b",
    "qwen2.5-72b-instruct-gptq-int4",
    "Meta-Llama-3.1-405B-Instruct-Turbo",
    "phi-3-mini-4k-q4-0",
    "doubao-1-5-pro-32k-250115",
    "ep-20240611073215-abcde",
    "gpt4omini20240718",
    "MyDeploymentForProduction2024",
    "Qwen3-235B-A22B-Instruct-2507-FP8",
    "anthropic.claude-3-5-sonnet-20240620-v1:0",
    "chatcompletion_v2",
    "us-central1-aiplatform",
    "v1beta3",
    "api-version=2024-08-01-preview",
    "123456789012",
    "WNMON_API_KEY",
    "OPENAI_API_KEY",
    "HF_TOKEN_OF_THE_MAIN_RELAY",
    "SK_RELAY_KEY_FOR_TESTS",
    "DOC-009",
    "builtin:documented",
    "127.0.0.1:9877",
    "relay-1.example.com",
    "internationalization",
    "timeouts.first_token",
    "pytest-of-root",
]
DRAWN: dict[str, Callable[[], str]] = {
    "sk": lambda: f"sk-{secrets.token_hex(4)}",
    "in capitals": lambda: f"SK-{secrets.token_hex(20).upper()}",
    "hex": lambda: secrets.token_hex(8),
    "UUID": lambda: str(uuid.uuid4()),
    "with the relay's name": lambda: f"relay-key-{secrets.token_hex(12)}",
    "base64": lambda: base64.urlsafe_b64encode(bytes.fromhex("8a11f79302ce6b5da031fe479920c4")).decode(),
    "JWT": lambda: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
}


def cpu_s(work: Callable[[], object]) -> float:
    """Return the least CPU time of several goes."""
    times = []
    for _ in range(3):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times)


@pytest.mark.parametrize("name", TELLING)
@pytest.mark.parametrize("case", [str, str.lower, str.upper])
def test_a_name_speaks_of_a_credential(name: str, case: Callable[[str], str]) -> None:
    assert is_telling(case(name))


@pytest.mark.parametrize("name", PLAIN)
def test_a_name_speaks_of_something_else(name: str) -> None:
    assert not is_telling(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_no_key(name: str) -> None:
    assert not looks_like_key(name)


@pytest.mark.parametrize("name", [*NAMES, "sk-bratislava-relay-1", "pk-eastern", "3f0c9a7be21d44580b"])
def test_a_name_may_be_a_name(name: str) -> None:
    assert not is_issued(name)


@pytest.mark.parametrize("key", ["sk-0123456789abcdef0", "SK-Zk3vQ9xT2mLp", "sk-proj-Zk3vQ9xT2mLp_R7wB5nJd8sHf4gYc6"])
def test_what_is_handed_out_as_a_key_is_no_name(key: str) -> None:
    assert is_issued(key)


@pytest.mark.parametrize(
    "name",
    [
        *NAMES,
        "3f0c9a7be21d44580b",
        "ft:gpt-4o-mini-2024-07-18:org::9AbCdEf1",
        "3f0c9a7b-e21d-4458-9b0c-52d1aa07f6e3",
        "3F0C9A7B-E21D-4458-9B0C-52D1AA07F6E3",
        "llama-3-8b-3f0c9a7be21d44580b52d1aa07f6e3c4",
        "MyDeploymentForProductionInTheEastOfTheUnitedStates2024",
        "accounts/fireworks/models/llama-v3p1-405b-instruct",
    ],
)
def test_what_may_be_the_name_of_a_model_is_one(name: str) -> None:
    assert not is_no_name(name)


@pytest.mark.parametrize(
    "key",
    [
        "sk-0123456789abcdef0",
        "3f0c9a7be21d44580b52d1aa07f6e3c4",
        "3F0C9A7BE21D44580B52D1AA07F6E3C4" * 2,
        "Zk3vQ9xT2mLpR7wB5nJd8sHf4gYc6aXe",
        "zk3vq9xt2mlpr7wb5njd8shf4gyc6axe",
        "Zk3vQ9xT2mLp-R7wB5nJd8sHf_4gYc6aXe",
    ],
)
def test_what_is_drawn_and_as_long_as_a_key_is_no_name(key: str) -> None:
    assert is_no_name(key)


@pytest.mark.parametrize(
    "host",
    [
        "relay.example",
        "localhost",
        "127.0.0.1",
        "f3a9c1b2d4e5",
        "gateway-6d4cf56db6-x8k2p",
        "3f0c9a7be21d44580b52d1aa07f6e3c4.r2.cloud.example",
        "xyz1abc2def3gh4i.us-east-1.endpoints.example",
        "sk-bratislava-relay-1.example",
    ],
)
def test_a_host_is_no_key(host: str) -> None:
    assert not is_key_for_host(host)


@pytest.mark.parametrize(
    "host", ["sk-0123456789abcdef0", "sk-0123456789abcdef0.example", "3f0c9a7be21d4458", "Zk3vQ9xT2mLpR7wB5nJd"]
)
def test_a_key_is_no_host(host: str) -> None:
    assert is_key_for_host(host)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_stays_in_a_message(name: str) -> None:
    assert masked(f'expected "{name}": {name}') == f'expected "{name}": {name}'


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_what_was_drawn_looks_like_a_key(draw: Callable[[], str]) -> None:
    assert looks_like_key(draw())


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
@pytest.mark.parametrize("around", ["{}", "'{}'", '"{}"', "--{}", "--model={}", "({}).", "/etc/{}/x", "['{}', 1]"])
def test_a_key_is_masked_by_its_length_wherever_it_stands(draw: Callable[[], str], around: str) -> None:
    key = draw()

    assert masked(around.format(key)) == around.format(f"[redacted:{len(key)}-characters]")


def test_the_pieces_of_a_key_in_base64_that_slashes_make_are_masked_too() -> None:
    assert masked("'Zk3vQ9xT2mLp/R7wB5nJd/8sHf4gYc6'") == (
        "'[redacted:12-characters]/[redacted:8-characters]/[redacted:9-characters]'"
    )


@pytest.mark.parametrize("before", ["https://platform1.example.com/", "/home/platform1/", "./platform1/"])
def test_the_rest_of_a_path_stays(before: str) -> None:
    assert masked(f"{before}Zk3vQ9xT2mLp") == f"{before}[redacted:12-characters]"


@pytest.mark.parametrize("unit", ["!", "a1", "a/", ":1", ".ab", "-", "a "])
def test_a_long_text_costs_in_proportion_to_its_length(unit: str) -> None:
    one, four = (f"sk-0123456789abcdef0{unit * (size // len(unit))}a" for size in (20_000, 80_000))

    assert cpu_s(lambda: masked(four)) <= 8 * cpu_s(lambda: masked(one))


def test_the_place_in_a_file_stays() -> None:
    assert masked("/x/sk-abc123def456.yaml:3:4 targets.a: no") == "/x/[redacted:15-characters].yaml:3:4 targets.a: no"


def test_a_mask_is_masked_no_more() -> None:
    once = masked("sk-abc123def456")

    assert masked(once) == once


@pytest.mark.parametrize(
    ("value", "login"),
    [
        ("Basic bWU6b3Blbi1zZXNhbWUtMQ==", ("me", "open-sesame-1")),
        ("basic bWU6b3Blbi1zZXNhbWUtMQ", ("me", "open-sesame-1")),
        ("Basic bWU6YTpi", ("me", "a:b")),
        ("Basic bWU6w7zDvMO8", ("me", "üüü")),
        ("Basic bWU6/Pz8", ("me", "üüü")),
        ("Basic bWU6_Pz8", ("me", "üüü")),
        ("Basic bWU6", ("me", "")),
        ("Basic bWU=", ("me", "")),
        ("Basic bWU6A", None),
        ("Basic AAAA", None),
        ("Bearer bWU6b3Blbi1zZXNhbWUtMQ==", None),
        ("Basic no base64", None),
    ],
)
def test_user_and_password_are_read_from_basic_credentials(value: str, login: tuple[str, str] | None) -> None:
    assert basic_login(value) == login

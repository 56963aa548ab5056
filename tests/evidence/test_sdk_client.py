"""The official OpenAI SDK as a client of `wnmon mock`: the reference relay is judged by a reader we did not write."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from programs import ROOT, run, serving

from wnmon.mock.fault import FaultKind
from wnmon.mock.faults import FAULTS

PAGE = ROOT / "docs" / "evidence.md"
PINS = ROOT / "requirements" / "evidence.txt"
KEY = "sk-0123456789abcdef"
WANTS_A_STREAM = ("stream-only", "thinking-flag")
PERSONAS = sorted(name for name, fault in FAULTS.items() if fault.kind is FaultKind.PERSONA)
STREAMED_PONG = {
    "texts": {"0": "pong"},
    "finish_reasons": ["stop"],
    "ids": 1,
    "first_role": "assistant",
    "usages": [],
    "last_choices": 1,
}

Cases = dict[str, Any]


@pytest.fixture(scope="session")
def seen(installed: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Cases:
    """Return what the SDK made of every case."""
    folder = tmp_path_factory.mktemp("sdk")
    python = installed("evidence")
    relay = [sys.executable, "-m", "wnmon", "mock", "--strict", "--key", KEY, "--ttft", "0ms", "--gap", "0ms"]
    with serving(relay, folder) as url:
        done = run([str(python), str(Path(__file__).with_name("sdk_client.py")), url, KEY, *PERSONAS], cwd=folder)
    assert done.returncode == 0, done.stderr
    cases: Cases = json.loads(done.stdout)
    return cases


def test_a_completion_has_every_documented_member(seen: Cases) -> None:
    answer = seen["completion"]

    assert answer.pop("fingerprint").startswith("fp_")
    assert answer == {
        "text": "pong",
        "role": "assistant",
        "finish_reason": "stop",
        "object": "chat.completion",
        "model": "gpt-4o-mini",
        "usage": {"prompt_tokens": 14, "completion_tokens": 1, "total_tokens": 15},
    }


def test_the_request_id_is_where_the_sdk_looks_for_it(seen: Cases) -> None:
    assert seen["request id"].startswith("req_")


def test_two_choices_are_numbered(seen: Cases) -> None:
    assert seen["n"] == [0, 1]


def test_max_tokens_ends_an_answer_with_length(seen: Cases) -> None:
    answer = seen["max_tokens"]

    assert (answer["finish_reason"], answer["usage"]["completion_tokens"]) == ("length", 3)


def test_a_stop_word_ends_an_answer_before_it(seen: Cases) -> None:
    assert (seen["stop"]["finish_reason"], "7" in seen["stop"]["text"]) == ("stop", False)


def test_models_are_listed(seen: Cases) -> None:
    assert seen["models"] == ["claude-3-5-sonnet-20241022", "gpt-4o-mini"]


@pytest.mark.parametrize("case", ["stream", "stream, asynchronous"])
def test_a_stream_folds_to_the_same_text(seen: Cases, case: str) -> None:
    assert seen[case] == STREAMED_PONG


def test_usage_that_was_asked_for_comes_once_on_a_last_chunk_without_choices(seen: Cases) -> None:
    assert seen["stream with usage"] == {**STREAMED_PONG, "usages": [15], "last_choices": 0}


def test_choices_of_one_stream_are_kept_apart(seen: Cases) -> None:
    assert seen["stream of several choices"]["texts"] == {"0": "pong", "1": "pong"}


@pytest.mark.parametrize(
    ("case", "raised", "param", "code"),
    [
        ("wrong key", "AuthenticationError", None, "invalid_api_key"),
        ("wrong model", "NotFoundError", "model", "model_not_found"),
        ("wrong temperature", "BadRequestError", "temperature", "invalid_value"),
        ("wrong role", "BadRequestError", "messages[0].role", None),
        ("wrong request, streamed", "BadRequestError", "temperature", "invalid_value"),
        ("fault 429", "RateLimitError", None, "rate_limit_exceeded"),
        ("fault 429-empty", "RateLimitError", None, None),
        ("fault 500", "InternalServerError", None, "internal_error"),
        ("fault balance", "PermissionDeniedError", None, "insufficient_user_quota"),
        ("fault stream-error", "APIError", None, "bad_response"),
        ("fault html-200", "APIResponseValidationError", None, None),
    ],
)
def test_a_refusal_raises_the_exception_that_is_meant_for_it(
    seen: Cases, case: str, raised: str, param: str | None, code: str | None
) -> None:
    assert (seen[case].get("raised"), seen[case].get("param"), seen[case].get("code")) == (raised, param, code)


@pytest.mark.parametrize("persona", [name for name in PERSONAS if name != "retry"])
def test_a_legal_persona_streams_to_its_end_for_the_sdk_too_or_is_refused_as_meant(seen: Cases, persona: str) -> None:
    answer = seen[f"persona {persona}, streamed"]

    assert answer.get("finish_reasons", answer.get("raised")) in (["stop"], "RateLimitError")


def test_the_sdk_stumbles_over_a_block_without_data(seen: Cases) -> None:
    """WHATWG HTML 9.2.6 tells a reader to drop it, so it stays a persona; the SDK reads "" as JSON instead."""
    assert seen["persona retry, streamed"]["raised"] == "JSONDecodeError"


@pytest.mark.parametrize("persona", PERSONAS)
def test_a_legal_persona_is_a_completion_for_the_sdk_too_or_is_refused_as_meant(seen: Cases, persona: str) -> None:
    answer = seen[f"persona {persona}"]

    meant = "BadRequestError" if persona in WANTS_A_STREAM else "RateLimitError"
    assert answer.get("object", answer.get("raised")) in ("chat.completion", meant)


def test_the_sdk_takes_a_truncated_stream_without_a_word(seen: Cases) -> None:
    """Why a monitor must look for the finish_reason itself: an application built on the SDK sees a shorter answer."""
    cut = seen["fault truncated-stream"]

    assert (cut["texts"]["0"] != "", cut["finish_reasons"]) == (True, [])


def test_the_sdk_does_not_miss_the_closing_done(seen: Cases) -> None:
    """STR-006 is a rule about the protocol; nothing but that rule tells."""
    assert seen["fault no-done"] == STREAMED_PONG


@pytest.mark.parametrize(("case", "member"), [("fault no-usage", "usage"), ("fault null-fingerprint", "fingerprint")])
def test_the_sdk_does_not_miss_a_member_the_api_page_requires(seen: Cases, case: str, member: str) -> None:
    """DOC-009 and DOC-010 are the page's own demands: MUST for `documented`, MAY for `openai`."""
    assert seen[case][member] is None


def test_the_page_names_the_version_of_the_sdk_that_is_pinned() -> None:
    pinned = next(line.split()[0] for line in PINS.read_text("utf-8").splitlines() if line.startswith("openai=="))

    assert f"\n## {pinned.replace('==', ' ')}\n" in PAGE.read_text("utf-8")

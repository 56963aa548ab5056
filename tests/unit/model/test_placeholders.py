"""What stands for a key and is none."""

from __future__ import annotations

import pytest

from wnmon.model.placeholders import is_placeholder

PLACEHOLDERS = [
    *("EMPTY", "none", "None", "null", "no-key", "no_key", "not-needed", "dummy", "sk-dummy", "fake-key", "test"),
    *("ollama", "lm-studio", "lm_studio", "sk-no-key-required", "no-key-required", "token-abc123", "vLLM", "llama.cpp"),
    *("sk-1234", "1234", "sk-12345678", "0123456789", "xxx", "XXXX", "sk-xxxxxxxxxxxxxxxx", "***", "000000", "x", ""),
    *("your-api-key", "YOUR_API_KEY_HERE", "<your api key>", "sk-your-key", "{{API_KEY}}", "sk-...", "changeme"),
    *("stop", "data", "assistant", "redacted"),
]


@pytest.mark.parametrize("value", PLACEHOLDERS)
def test_a_placeholder_is_no_secret(value: str) -> None:
    assert is_placeholder(value)


@pytest.mark.parametrize(
    "value",
    [
        "hunter2",
        "abc",
        "s3cr3t",
        "sk-test-0123456789abcdef",
        "sk-abc123",
        "letmein",
        "4711",
        "yourself",
        "sk-98765",
        "aab",
    ],
)
def test_a_short_or_simple_secret_is_one(value: str) -> None:
    assert not is_placeholder(value)

"""UNI-001 and UNI-002 on what stands in place of the characters: what a relay makes of them, and what a model does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from suite_samples import judge_exchanges

from wnmon.config import load_suites
from wnmon.model.check import Auth
from wnmon.model.exchange import Chunk, Exchange, Marks, Request
from wnmon.model.result import Verdict

PLAN = load_suites(["builtin:unicode"], Path())[0]
MS = 1_000_000
CODE = "k7m3pq2x"


def verdict(rule: str, request: str, text: str) -> Verdict:
    """Judge an answer of this text, in JSON, to one request of the suite."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    body = {"id": "c", "object": "chat.completion", "created": 1, "model": "m-1", "choices": [choice]}
    exchange = Exchange(
        request=Request(
            step=request, method="POST", url="http://r", headers=(), body=b"{}", auth=Auth.NORMAL, stream=False
        ),
        started_at_s=1_700_000_000.0,
        marks=Marks(started_ns=0, sent_ns=MS, headers_ns=2 * MS, end_ns=9 * MS),
        status=200,
        headers=(("Content-Type", "application/json"),),
        chunks=(Chunk(3 * MS, json.dumps(body).encode()),),
    )
    said = judge_exchanges(PLAN, exchange, nonce=CODE).verdicts
    return next(one.verdict for one in said if one.rule == rule)


CHINESE = "你好，世界"


@pytest.mark.parametrize("text", [CHINESE, "你好, 世界", "「你好，世界」", "你好世界"])
def test_the_chinese_text_is_kept(text: str) -> None:
    assert verdict("UNI-001", "chinese", f"{text} {CODE}") is Verdict.PASSED


@pytest.mark.parametrize(
    "text",
    [
        CHINESE.encode().decode("latin-1"),
        CHINESE.encode().decode("cp1252", errors="replace"),
        CHINESE.encode().decode("gbk", errors="ignore"),
        CHINESE.encode().decode("ascii", errors="replace"),
        CHINESE.encode("ascii", errors="replace").decode(),
        CHINESE.encode("ascii", errors="backslashreplace").decode(),
        CHINESE.encode("ascii", errors="xmlcharrefreplace").decode(),
    ],
    ids=["latin-1", "cp1252", "gbk", "replaced", "question marks", "escapes", "entities"],
)
def test_what_a_wrong_decoding_makes_of_chinese_is_the_fault_of_a_relay(text: str) -> None:
    assert verdict("UNI-001", "chinese", f"{text} {CODE}") is Verdict.FAILED


@pytest.mark.parametrize("text", ["Hello, world", "Bonjour à tous", "您好，世界", "こんにちは", "What?", ""])
def test_other_words_in_place_of_chinese_are_those_of_a_model(text: str) -> None:
    assert verdict("UNI-001", "chinese", f"{text} {CODE}") is Verdict.INCONCLUSIVE


EMOJI = "👩‍👩‍👧‍👦 🏳️‍🌈 𠮷"
WITHOUT_FOUR_BYTES = "".join(char if char <= "\uffff" else "?" for char in EMOJI)


@pytest.mark.parametrize("text", [EMOJI, EMOJI.replace("\u200d", ""), "𠮷", "👩", f"Is it {EMOJI}?"])
def test_characters_of_four_bytes_are_kept(text: str) -> None:
    assert verdict("UNI-002", "emoji", f"{text} {CODE}") is Verdict.PASSED


@pytest.mark.parametrize(
    "text",
    [WITHOUT_FOUR_BYTES, "?? ??? ?", "\ufffd", EMOJI.replace("𠮷", "\ufffd\ufffd"), EMOJI.replace("👩", "?")],
    ids=["utf8mb3", "question marks", "one replaced", "part replaced", "part question marks"],
)
def test_what_stands_where_a_character_was_lost_is_the_fault_of_a_relay(text: str) -> None:
    assert verdict("UNI-002", "emoji", f"{text} {CODE}") is Verdict.FAILED


@pytest.mark.parametrize("text", ["", "Sure, here it is:", "What?", ":family: :rainbow:"])
def test_a_model_that_gives_the_code_alone_says_nothing_about_the_characters(text: str) -> None:
    assert verdict("UNI-002", "emoji", f"{text} {CODE}") is Verdict.INCONCLUSIVE

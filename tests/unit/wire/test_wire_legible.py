"""What a refusal says is read in whatever character set, and however broken its JSON is."""

from __future__ import annotations

import pytest
from wire_samples import exchange

from wnmon.model.result import Reason
from wnmon.wire.answer import read_answer

EMPTY = '{"error":{"message":"余额不足"}}'
TRADITIONAL = '{"error":{"message":"帳戶餘額不足"}}'
CUT = '{"error": {"message": "Insufficient balance'


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (EMPTY.encode("gbk"), "application/json"),
        (EMPTY.encode("gbk"), "application/json; charset=GBK"),
        (EMPTY.encode("gb18030"), "text/plain"),
        (TRADITIONAL.encode("big5"), 'application/json; charset="big5"'),
        (EMPTY.encode("utf-8-sig"), "application/json"),
        ("余额不足".encode("gbk"), "text/plain"),
        (b'"insufficient balance"', "application/json"),
        (CUT.encode(), "application/json"),
    ],
)
def test_a_refusal_is_legible_however_it_is_written(body: bytes, media: str) -> None:
    fault = read_answer(exchange(body, 403, media)).fault
    assert fault is not None
    assert fault.reason is Reason.BALANCE


def test_an_error_in_a_success_is_legible_too() -> None:
    fault = read_answer(exchange(EMPTY.encode("gbk"), 200)).fault
    assert fault is not None
    assert fault.reason is Reason.BALANCE


def test_a_broken_success_tells_no_error() -> None:
    assert read_answer(exchange(CUT.encode(), 200)).reply.error is None


def test_a_string_in_a_success_is_no_error() -> None:
    assert read_answer(exchange(b'"insufficient balance"', 200)).reply.error is None


def test_bytes_of_no_character_set_are_told_as_far_as_they_go() -> None:
    error = read_answer(exchange(b"quite odd \xff", 400, "text/plain")).reply.error
    assert error is not None
    assert error.message == "quite odd \N{REPLACEMENT CHARACTER}"


def test_the_title_of_a_page_is_legible_in_its_own_character_set() -> None:
    page = "<html><head><title>访问被拒绝</title>".encode("gbk")
    fault = read_answer(exchange(page, 403, "text/html; charset=gbk")).fault
    assert fault is not None
    assert "访问被拒绝" in str(fault.message)

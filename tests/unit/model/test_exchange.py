"""The exchange: its body and headers as a reader wants them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wnmon.model.check import Auth
from wnmon.model.exchange import Chunk, Exchange, Marks, Request

EXCHANGE = Exchange(
    request=Request(step="a", method="POST", url="http://h", headers=(), body=b"", auth=Auth.NORMAL, stream=False),
    started_at_s=0.0,
    marks=Marks(started_ns=0, end_ns=1),
    headers=(("X-One", "1"), ("x-one", "2")),
    chunks=(Chunk(1, b"a"), Chunk(2, b""), Chunk(3, b"bc")),
)


def test_the_body_is_all_chunks_joined() -> None:
    assert EXCHANGE.body == b"abc"


@pytest.mark.parametrize(("name", "value"), [("x-one", "1"), ("X-ONE", "1"), ("x-two", None)])
def test_a_header_is_found_by_any_case_and_the_first_counts(name: str, value: str | None) -> None:
    assert EXCHANGE.header(name) == value


@pytest.mark.parametrize(
    ("values", "coded"),
    [
        *(((), False), (("gzip",), True), ((" X-GZIP ",), True), (("UTF-8",), False), (("identity",), False)),
        *((("none, br",), True), (("utf8", "gzip"), True)),
    ],
)
def test_a_body_is_coded_where_a_coding_is_named(values: tuple[str, ...], coded: bool) -> None:
    exchange = replace(EXCHANGE, headers=tuple(("content-ENCODING", value) for value in values))

    assert exchange.is_coded is coded

"""One exchange, read: its request, its reply, its timing and its fault together."""

from __future__ import annotations

from dataclasses import replace

import pytest
from call_counts import calls_of
from wire_samples import DONE, STOP, completion, exchange, stream, text

from wnmon.model.exchange import Exchange
from wnmon.model.json import JsonObject
from wnmon.model.result import Reason
from wnmon.wire.answer import read_answer
from wnmon.wire.document import read_text
from wnmon.wire.read import read
from wnmon.wire.timing import measure


def asking(body: bytes) -> Exchange:
    sent = stream(text("a"), STOP, DONE)
    return replace(sent, request=replace(sent.request, body=body))


def test_an_answer_holds_its_exchange_and_the_name_of_its_request() -> None:
    sent = completion()
    answer = read_answer(sent)

    assert (answer.exchange, answer.step) == (sent, "s")


def test_an_answer_holds_what_was_said_and_when() -> None:
    sent = stream(text("a"), STOP, DONE)
    answer = read_answer(sent)

    assert (answer.reply, answer.timing) == (read(sent), measure(sent, read(sent)))


def test_an_answer_holds_what_is_wrong_with_it() -> None:
    fault = read_answer(exchange(b"", status=500)).fault

    assert fault is not None
    assert fault.reason is Reason.HTTP_5XX


@pytest.mark.parametrize(("body", "asked"), [(b'{"n": 2}', {"n": 2}), (b"{}", {}), (b"[1]", None), (b"{", None)])
def test_an_answer_holds_the_object_of_its_request(body: bytes, asked: JsonObject | None) -> None:
    assert read_answer(asking(body)).asked == asked


def test_a_stream_is_judged_by_the_choices_its_request_asks_for() -> None:
    assert [read_answer(asking(body)).fault is None for body in (b'{"n": 1}', b'{"n": 2}')] == [True, False]


@pytest.mark.parametrize(("body", "asked"), [(b'{"n": 2}', {"n": 2}), (b"{}", {}), (b"[1]", None), (b"{", None)])
def test_a_request_that_was_read_before_is_not_read_again(body: bytes, asked: JsonObject | None) -> None:
    with calls_of(read_text) as calls:
        read_answer(asking(body), asked)

    assert body.decode() not in [parsed for _, parsed in calls]


def test_a_request_that_was_read_before_counts_as_it_was_read() -> None:
    assert read_answer(asking(b"{}"), {"n": 2}).asked == {"n": 2}

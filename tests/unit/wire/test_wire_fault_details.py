"""What a fault says beside its reason: whom it blames, its line to read, when to come back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from test_wire_faults import NGINX, fault, healthy
from wire_samples import DONE, STOP, data, exchange, far_east, stream, text

from wnmon.model.exchange import Exchange
from wnmon.model.result import Fault, Layer, Reason
from wnmon.model.said import Said
from wnmon.wire.httpdate import epoch_s


@pytest.mark.parametrize("status", [299, 200])
def test_every_status_of_the_two_hundreds_is_a_success(status: int) -> None:
    assert healthy(exchange(b"{}", status=status))


@pytest.mark.parametrize("status", [300, 199])
def test_every_other_status_below_400_is_a_redirect_nobody_follows(status: int) -> None:
    assert fault(exchange(b"{}", status=status)).message == Said("status_redirect", n=status)


@pytest.mark.parametrize(
    "sent",
    [
        exchange(b"", status=302),
        exchange(b"", status=200),
        exchange(b"oops", status=200, media="text/plain"),
        exchange(b"{", status=200),
        stream(DONE),
        stream("data: {oops\n\n", DONE),
        stream(text("a")),
    ],
)
def test_what_cannot_be_read_is_blamed_on_the_relay(sent: Exchange) -> None:
    assert fault(sent).layer is Layer.RELAY


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (exchange(b"", status=204), "status 204 with an empty body"),
        (exchange(NGINX, 200, "text/html"), "status 200 with an HTML page, 502 Bad Gateway"),
        (exchange(b"oops", 200, "text/plain"), "neither JSON nor an event stream (text/plain)"),
        (exchange(b"oops", 200, None), "neither JSON nor an event stream (no media type)"),
        (stream(DONE), "a stream without any choice, with [DONE]"),
        (stream("data: {oops\n\n"), "no event of the stream holds a JSON object"),
        (stream(data({"error": {"message": "no"}})), "an error in the stream (event 0): no"),
        (exchange(b'{"error":{"message":"no","code":"c"}}'), "an error with status 200: c: no"),
        (exchange(b"<title>caf\xe9</title>", 502, "text/html"), "status 502: an HTML page, caf\ufffd"),
    ],
)
def test_fault_is_told_in_words(sent: Exchange, message: str) -> None:
    assert str(fault(sent).message) == message


def test_an_empty_body_is_empty_also_when_a_stream_was_announced() -> None:
    assert fault(exchange(b"", 200, "text/event-stream")).reason is Reason.EMPTY


@pytest.mark.parametrize(("kind", "layer"), [("upstream_error", Layer.UPSTREAM), ("api_error", Layer.RELAY)])
def test_error_with_success_blames_the_relay_or_what_stands_behind_it(kind: str, layer: Layer) -> None:
    body = json.dumps({"error": {"message": "x", "type": kind}}).encode()

    assert fault(exchange(body)).layer is layer


def test_error_with_success_tells_when_to_come_back() -> None:
    assert fault(exchange(b'{"error":{"message":"x"}}', headers=(("Retry-After", "7"),))).retry_after_s == 7.0


def test_a_choice_that_was_asked_for_and_never_came_is_told() -> None:
    one_of_three = stream(text("a"), STOP, DONE)
    asked = replace(one_of_three, request=replace(one_of_three.request, body=b'{"n": 3}'))

    began = Said("choices_began", n=1, n2=3, said=Said("with_done"))

    assert fault(asked) == Fault(reason=Reason.TRUNCATED, layer=Layer.RELAY, message=began)


def test_a_date_is_one_instant_wherever_the_monitor_stands() -> None:
    with far_east():
        assert epoch_s("Tue, 14 Nov 2023 22:13:20 GMT", seen_s=0) == 1_700_000_000.0


@pytest.mark.parametrize(
    "value", ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
)
def test_a_date_is_read_in_each_form_of_http(value: str) -> None:
    assert epoch_s(value, seen_s=1_700_000_000.0) == 784_111_777.0


@pytest.mark.parametrize(
    "value",
    [
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov  6 08:49:37 1994 GMT",
        "Sun Nov  0 08:49:37 1994",
        "Sunday, 31-Feb-94 08:49:37 GMT",
        "Sunday, 06-Now-94 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "06 Nov 1994 08:49:37 GMT",
    ],
)
def test_what_is_in_no_form_of_http_is_no_date(value: str) -> None:
    assert epoch_s(value, seen_s=1_700_000_000.0) is None


@pytest.mark.parametrize(("digits", "year"), [("23", 2023), ("24", 2024), ("73", 2073), ("74", 1974), ("00", 2000)])
def test_a_year_of_two_digits_is_at_most_50_years_ahead(digits: str, year: int) -> None:
    in_full = epoch_s(f"Mon, 14 Nov {year} 22:13:20 GMT", seen_s=1_700_000_000.0)
    assert epoch_s(f"Monday, 14-Nov-{digits} 22:13:20 GMT", seen_s=1_700_000_000.0) == in_full

"""The event-stream parser, one rule of the standard or one known deviation at a time."""

from __future__ import annotations

import pytest

from wnmon.model.exchange import Chunk
from wnmon.model.said import Said
from wnmon.wire import sse
from wnmon.wire.reply import Event, EventStream
from wnmon.wire.sse import parse


def parsed(body: bytes) -> EventStream:
    return parse([Chunk(1, body)])


def only(body: bytes) -> Event:
    (event,) = parsed(body).events
    return event


def kinds(body: bytes) -> list[str]:
    return [oddity.kind for oddity in parsed(body).oddities]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"], ids=["LF", "CR", "CRLF"])
def test_every_line_end_of_the_standard_closes_an_event(end: bytes) -> None:
    stream = parsed(b"data: a" + end + end + b"data: b" + end + end)

    assert [event.data for event in stream.events] == ["a", "b"]


def test_crlf_split_over_two_chunks_is_one_line_end() -> None:
    stream = parse([Chunk(1, b"data: a\r"), Chunk(2, b"\ndata: b\r"), Chunk(3, b"\n\r"), Chunk(4, b"\n")])

    assert [event.data for event in stream.events] == ["a\nb"]


def test_event_is_stamped_with_the_chunk_of_its_closing_line_end() -> None:
    stream = parse([Chunk(10, b"data: a\n"), Chunk(20, b""), Chunk(30, b"\ndata: b\n\n")])

    assert [event.at_ns for event in stream.events] == [30, 30]


def test_a_closing_carriage_return_does_not_wait_for_a_line_feed() -> None:
    stream = parse([Chunk(10, b"data: a\r\n\r"), Chunk(20, b"\n")])

    assert stream.events[0].at_ns == 10


def test_data_without_a_space_keeps_its_first_character() -> None:
    assert only(b"data:[DONE]\n\n").data == "[DONE]"


def test_only_one_leading_space_is_dropped() -> None:
    assert only(b"data:  a\n\n").data == " a"


def test_data_lines_are_joined_with_a_line_feed() -> None:
    assert only(b"data: a\ndata: b\n\n").data == "a\nb"


def test_data_without_a_colon_is_an_event_with_empty_data() -> None:
    assert only(b"data\n\n").has_data


def test_unicode_line_separators_stay_data() -> None:
    assert only("data: a\u2028b\u0085c\u2029d\x0b\x0c\n\n".encode()).data == "a\u2028b\u0085c\u2029d\x0b\x0c"


def test_a_null_character_stays_data() -> None:
    assert only(b"data: a\0b\n\n").data == "a\0b"


def test_leading_byte_order_mark_is_dropped() -> None:
    assert only(b"\xef\xbb\xbfdata: a\n\n").data == "a"


def test_leading_byte_order_mark_is_an_oddity() -> None:
    assert kinds(b"\xef\xbb\xbfdata: a\n\n") == ["bom"]


def test_second_byte_order_mark_belongs_to_a_field_name() -> None:
    assert kinds(b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n") == ["bom", "unknown_field"]


def test_comment_is_kept_with_the_event_after_it() -> None:
    assert only(b": OPENROUTER PROCESSING\n\ndata: a\n\n").comments == (" OPENROUTER PROCESSING",)


def test_comment_is_no_event() -> None:
    assert parsed(b": ping\n\n:\n\n").events == ()


def test_comments_are_counted_also_when_nothing_follows() -> None:
    assert parsed(b": ping\n\n:\n\n").comment_count == 2


def test_comment_glued_to_a_data_line_does_not_hide_it() -> None:
    assert only(b": ping\ndata: a\n\n").data == "a"


def test_comment_alone_is_no_oddity() -> None:
    assert kinds(b": ping\n\n") == []


def test_event_name_is_kept() -> None:
    assert only(b"event: error\ndata: {}\n\n").name == "error"


def test_id_is_kept() -> None:
    assert only(b"id: 7\ndata: a\n\n").id == "7"


def test_id_with_a_null_character_is_ignored_and_odd() -> None:
    assert (only(b"id: 7\0\ndata: a\n\n").id, kinds(b"id: 7\0\ndata: a\n\n")) == (None, ["nul_id"])


def test_retry_is_kept_as_written() -> None:
    assert only(b"retry: 1500\ndata: a\n\n").retry == "1500"


@pytest.mark.parametrize("value", ["soon", "-1", "", "١"])
def test_retry_that_is_no_number_is_an_oddity(value: str) -> None:
    assert kinds(f"retry: {value}\ndata: a\n\n".encode()) == ["bad_retry"]


def test_unknown_field_is_kept() -> None:
    assert only(b"x-note: hi\ndata: a\n\n").fields == (("x-note", "hi"),)


def test_unknown_field_is_an_oddity() -> None:
    assert kinds(b"Data: a\n\n") == ["unknown_field"]


@pytest.mark.parametrize(
    ("value", "kind"),
    [('{"code":500}', "unknown_field_json"), ("{oops", "unknown_field"), ("[1]", "unknown_field")],
)
def test_unknown_field_with_a_json_object_is_an_oddity_of_its_own(value: str, kind: str) -> None:
    assert kinds(f"error: {value}\n\n".encode()) == [kind]


def test_block_without_data_is_an_event_that_says_so() -> None:
    assert not only(b'error: {"code":500}\n\n').has_data


def test_invalid_utf8_is_replaced() -> None:
    assert only(b"data: a\xffb\n\n").data == "a\ufffdb"


def test_invalid_utf8_is_an_oddity_of_its_event() -> None:
    (oddity,) = parsed(b"data: ok\n\ndata: a\xffb\n\n").oddities

    assert (oddity.kind, oddity.place, oddity.seen) == ("invalid_utf8", "event 1", "byte 0xff")


def test_character_split_over_chunks_is_whole() -> None:
    raw = "data: 世\n\n".encode()

    assert parse([Chunk(1, raw[:7]), Chunk(2, raw[7:])]).events[0].data == "世"


@pytest.mark.parametrize("rest", [b"data: b", b"data: b\n", b"event: x", b"odd: y\r\n"])
def test_rest_without_a_blank_line_is_an_unterminated_event(rest: bytes) -> None:
    assert [event.terminated for event in parsed(b"data: a\n\n" + rest).events] == [True, False]


def test_unterminated_event_is_stamped_with_the_last_chunk() -> None:
    stream = parse([Chunk(1, b"data: a"), Chunk(2, b"b"), Chunk(9, b"")])

    assert stream.events[0].at_ns == 2


def test_unterminated_event_is_an_oddity() -> None:
    assert kinds(b"data: a\n") == ["unterminated"]


def test_comment_without_a_line_end_is_counted() -> None:
    assert parsed(b"data: a\n\n: bye").comment_count == 1


def test_no_bytes_are_no_events() -> None:
    assert parse([]) == EventStream()


def test_events_are_numbered_in_order() -> None:
    assert [event.index for event in parsed(b"data: a\n\nid: 1\n\ndata: b\n\n").events] == [0, 1, 2]


def test_events_beyond_the_cap_are_not_read() -> None:
    assert len(parsed(b"data:\n\n" * (sse.MAX_EVENTS + 1)).events) == sse.MAX_EVENTS


def test_events_beyond_the_cap_are_an_oddity() -> None:
    assert kinds(b"data:\n\n" * (sse.MAX_EVENTS + 1)) == ["too_many"]


def test_exactly_as_many_events_as_the_cap_are_no_oddity() -> None:
    assert kinds(b"data:\n\n" * sse.MAX_EVENTS) == []


def test_lines_beyond_the_cap_are_an_oddity() -> None:
    assert kinds(b"\n" * (sse.MAX_LINES + 1)) == ["too_many"]


def test_unknown_fields_beyond_the_cap_are_dropped() -> None:
    assert len(only(b"x:\n" * (sse.MAX_FIELDS_KEPT + 5) + b"\n").fields) == sse.MAX_FIELDS_KEPT


def test_oddities_beyond_the_cap_are_dropped() -> None:
    assert len(kinds(b"retry: x\n" * (sse.MAX_ODDITIES + 5))) == sse.MAX_ODDITIES


def test_comment_texts_beyond_the_cap_are_dropped() -> None:
    body = b":\n" * (sse.MAX_COMMENTS_KEPT + 5) + b"data: a\n\n"

    assert len(only(body).comments) == sse.MAX_COMMENTS_KEPT


@pytest.mark.parametrize("field", [b"event", b"id", b"odd"])
def test_long_values_of_fields_are_cut(field: bytes) -> None:
    event = only(field + b": " + b"1" * 100_000 + b"\n\n")

    assert len(event.name + (event.id or "") + "".join(value for _, value in event.fields)) <= sse.MAX_VALUE_CHARS


def test_two_events_glued_on_one_line_stay_one_event() -> None:
    assert only(b'data: {"a":1}data: {"b":2}\n\n').data == '{"a":1}data: {"b":2}'


@pytest.mark.parametrize("line", [b"id: a\0b", b"retry: soon", b"odd: x"])
def test_oddity_of_a_field_knows_its_event(line: bytes) -> None:
    (oddity,) = parsed(b"data: a\n\n" + line + b"\n\n").oddities

    assert oddity.place == "event 1"


def test_events_beyond_the_cap_are_told_with_the_byte_where_reading_ended() -> None:
    (oddity,) = parsed(b"data:\n\n" * (sse.MAX_EVENTS + 1)).oddities

    assert (oddity.place, oddity.seen) == (f"byte {7 * sse.MAX_EVENTS}", Said("stream_over_limit"))


def test_a_rest_without_a_line_end_after_as_many_events_as_the_cap_is_not_read() -> None:
    assert kinds(b"data:\n\n" * sse.MAX_EVENTS + b"data: a") == ["too_many"]


def test_an_event_without_a_retry_field_has_none() -> None:
    assert only(b"data: a\n\n").retry is None


def test_an_unterminated_event_is_told_with_its_place() -> None:
    (oddity,) = parsed(b"data: a\n\ndata: b\n").oddities

    assert (oddity.place, oddity.seen) == ("event 1", Said("last_event_not_ended"))

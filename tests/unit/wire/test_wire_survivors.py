"""What mutants in wnmon/wire survived before it was tested here (docs/mutation.md)."""

from __future__ import annotations

from wnmon.model.exchange import Chunk
from wnmon.wire.document import read_document
from wnmon.wire.sse import parse
from wnmon.wire.stream import fold


def test_a_long_number_that_is_odd_is_shown_in_forty_characters() -> None:
    (odd,) = read_document(b"[" + b"9" * 100 + b"]").oddities

    assert len(str(odd.seen)) == 40


def test_an_error_event_without_data_is_placed_at_its_event() -> None:
    error = fold(parse([Chunk(1, b"data: {}\n\nevent: error\n\n")]), None).error

    assert error is not None
    assert error.place == "event 1"

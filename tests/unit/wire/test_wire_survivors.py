"""What mutants in wnmon/wire survived before it was tested here (docs/mutation.md)."""

from __future__ import annotations

from wnmon.wire.document import read_document


def test_a_long_number_that_is_odd_is_shown_in_forty_characters() -> None:
    (odd,) = read_document(b"[" + b"9" * 100 + b"]").oddities

    assert len(str(odd.seen)) == 40

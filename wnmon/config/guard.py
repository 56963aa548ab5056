"""The `guard` of the YAML: where to connect to, to know that it is not this machine's own network that is down."""

from __future__ import annotations

from wnmon.config.node import Cursor
from wnmon.config.schema import is_sound
from wnmon.config.urls import BadUrl, place_to_reach


def read_guard(place: Cursor | None) -> tuple[str, ...]:
    """Return the addresses, as URLs without a path. Reports what is none."""
    if place is None or not is_sound("guard", place):  # the schema has told what is not
        return ()
    return tuple(url for one in place.elements() if (url := _read(one)) is not None)


def _read(place: Cursor) -> str | None:
    try:
        return place_to_reach(str(place.node.value))
    except BadUrl as bad:
        place.report(bad.message, bad.hint)
        return None

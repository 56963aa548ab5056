"""What speaks HTTP with a target, and whether what that needs is installed."""

from __future__ import annotations

from importlib.util import find_spec

from wnmon.config.node import Cursor
from wnmon.model.said import Said
from wnmon.model.target import SensorKind

_EXTRAS = {"fast": "httptools", "socks": "socksio", "http2": "h2", "auth": "bcrypt"}
"""Extra of this package -> what it brings and wnmon looks for."""


def read_transport(place: Cursor | None) -> SensorKind:
    """Return the kind at `place`, wnmon's own where nothing is said."""
    if place is None:
        return SensorKind.OWN
    kind = SensorKind(place.text)
    if kind is SensorKind.FAST and not has_extra("fast"):
        place.report(*lack_of("fast"))
    return kind


def speaks_http2(kind: SensorKind) -> bool:
    """Tell whether HTTP/2 can be offered to a target asked so: by httpx alone, and with an extra."""
    return kind is SensorKind.HTTPX and has_extra("http2")


def has_extra(extra: str) -> bool:
    """Tell whether an extra is installed."""
    return find_spec(_EXTRAS[extra]) is not None


def lack_of(extra: str) -> tuple[Said, Said]:
    """Return what is said where an extra is wanted and not installed, and what to do."""
    return Said("extra_missing", name=extra), Said("install_extra", name=extra)

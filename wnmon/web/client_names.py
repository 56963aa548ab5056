"""The names in a client's certificate, as `client_allowed_sans` of a web configuration writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Any

_KINDS = frozenset({"DNS", "email", "URI"})


def names_of(certificate: Mapping[str, Any]) -> frozenset[str]:
    """Return the subject alternative names of a verified certificate, as `ssl` tells of it: DNS, IP, e-mail and URI."""
    pairs: Iterable[tuple[str, str]] = certificate.get("subjectAltName", ())
    return frozenset(name for kind, value in pairs if (name := _name(kind, value)) is not None)


def _name(kind: str, value: str) -> str | None:
    if kind in _KINDS:
        return value
    if kind != "IP Address":
        return None
    try:
        return str(ip_address(value.strip()))  # OpenSSL writes IPv6 in capitals, without ::
    except ValueError:
        return None

"""What a TLS connection shows of itself while it is open."""

from __future__ import annotations

import hashlib
import ssl

from wnmon.model.exchange import Certificate, Tls


def read_tls(ssl_object: ssl.SSLObject | None) -> Tls | None:
    """Return version, cipher and leaf certificate; None for a plain connection."""
    if ssl_object is None:
        return None
    cipher = ssl_object.cipher()
    return Tls(
        version=ssl_object.version() or "unknown",
        cipher=cipher[0] if cipher else "unknown",
        certificate=_certificate(ssl_object),
    )


def _certificate(ssl_object: ssl.SSLObject) -> Certificate | None:
    shown = ssl_object.getpeercert()
    if not shown:
        return None
    return Certificate(
        subject=_name(shown.get("subject")),
        issuer=_name(shown.get("issuer")),
        not_after_s=float(ssl.cert_time_to_seconds(str(shown["notAfter"]))),
        # SHA-256 fingerprints from leaf to root, where this Python can tell: 3.13 and later.
        chain=tuple(hashlib.sha256(one).hexdigest() for one in getattr(ssl_object, "get_verified_chain", tuple)()),
    )


def _name(relative_names: object) -> str:
    """Write a distinguished name on one line: `CN=relay.example, O=...`."""
    if not isinstance(relative_names, tuple):
        return ""
    short = {"commonName": "CN", "organizationName": "O", "countryName": "C"}
    return ", ".join(f"{short.get(key, key)}={value}" for each in relative_names for key, value in each)

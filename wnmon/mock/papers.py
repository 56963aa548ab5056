"""A certificate of our own, made on the spot by the standard library alone, so that no key is kept anywhere.

ECDSA over P-256 (FIPS 186-5; the curve is in SP 800-186 section 3.2.1.3), written in DER (X.690) as RFC 5280 and RFC
5915 ask. Good for a relay on loopback that lives for seconds, and for nothing else: its arithmetic takes as long as the
secret wants.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import secrets
from dataclasses import dataclass

_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
_EC_KEY = bytes.fromhex("06072a8648ce3d0201")  # 1.2.840.10045.2.1
_P256 = bytes.fromhex("06082a8648ce3d030107")  # 1.2.840.10045.3.1.7
_ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")  # 1.2.840.10045.4.3.2
_COMMON_NAME = bytes.fromhex("0603550403")  # 2.5.4.3
_ALT_NAME = bytes.fromhex("0603551d11")  # 2.5.29.17
_INTEGER, _BITS, _OCTETS, _UTF8, _UTC, _SEQUENCE, _SET = 0x02, 0x03, 0x04, 0x0C, 0x17, 0x30, 0x31
_LIVES = datetime.timedelta(hours=1)

Point = tuple[int, int] | None
"""A point of the curve; None is the one at infinity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """A certificate for 127.0.0.1 and localhost, signed by itself, and its key: both PEM."""

    certificate: bytes
    key: bytes


def make_papers(now_s: float) -> Papers:
    """Return papers that hold for an hour before and after `now_s` (epoch seconds)."""
    secret = 1 + secrets.randbelow(_N - 1)
    public = _times(secret, _G)
    signed = _statement(public, now_s)
    certificate = _der(_SEQUENCE, signed, _ECDSA_SHA256, _bits(_signature(secret, signed)))
    key = _der(
        _SEQUENCE,
        _number(1),
        _der(_OCTETS, secret.to_bytes(32)),
        _der(0xA0, _P256),
        _der(0xA1, _bits(_written(public))),
    )
    return Papers(certificate=_pem("CERTIFICATE", certificate), key=_pem("EC PRIVATE KEY", key))


def _statement(public: Point, now_s: float) -> bytes:
    """Return what the certificate says (TBSCertificate, RFC 5280 section 4.1)."""
    name = _der(_SEQUENCE, _der(_SET, _der(_SEQUENCE, _COMMON_NAME, _der(_UTF8, b"wnmon selftest"))))
    hosts = _der(_SEQUENCE, _der(0x82, b"localhost"), _der(0x87, bytes((127, 0, 0, 1))))
    now = datetime.datetime.fromtimestamp(now_s, datetime.UTC)
    return _der(
        _SEQUENCE,
        _der(0xA0, _number(2)),
        _number(secrets.randbits(63) | 1),
        _ECDSA_SHA256,
        name,
        _der(_SEQUENCE, _moment(now - _LIVES), _moment(now + _LIVES)),
        name,
        _der(_SEQUENCE, _der(_SEQUENCE, _EC_KEY, _P256), _bits(_written(public))),
        _der(0xA3, _der(_SEQUENCE, _der(_SEQUENCE, _ALT_NAME, _der(_OCTETS, hosts)))),
    )


def _signature(secret: int, signed: bytes) -> bytes:
    digest, r, s = int.from_bytes(hashlib.sha256(signed).digest()), 0, 0
    while not (r and s):
        once = 1 + secrets.randbelow(_N - 1)
        point = _times(once, _G)
        assert point is not None
        r = point[0] % _N
        s = pow(once, -1, _N) * (digest + r * secret) % _N
    return _der(_SEQUENCE, _number(r), _number(s))


def _times(factor: int, point: Point) -> Point:
    total: Point = None
    while factor:
        if factor & 1:
            total = _plus(total, point)
        point = _plus(point, point)
        factor >>= 1
    return total


def _plus(one: Point, other: Point) -> Point:
    if one is None or other is None:
        return one or other
    if one[0] == other[0] and (one[1] + other[1]) % _P == 0:
        return None
    slope = (
        (3 * one[0] ** 2 - 3) * pow(2 * one[1], -1, _P)
        if one == other
        else (other[1] - one[1]) * pow(other[0] - one[0], -1, _P)
    )
    x = (slope**2 - one[0] - other[0]) % _P
    return x, (slope * (one[0] - x) - one[1]) % _P


def _written(point: Point) -> bytes:
    assert point is not None
    return b"\x04" + point[0].to_bytes(32) + point[1].to_bytes(32)


def _der(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(length))) + length + content


def _number(value: int) -> bytes:
    return _der(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1))


def _bits(content: bytes) -> bytes:
    return _der(_BITS, b"\0", content)


def _moment(when: datetime.datetime) -> bytes:
    return _der(_UTC, f"{when:%y%m%d%H%M%SZ}".encode())


def _pem(label: str, content: bytes) -> bytes:
    text = base64.b64encode(content).decode()
    lines = [text[place : place + 64] for place in range(0, len(text), 64)]
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", "")).encode()

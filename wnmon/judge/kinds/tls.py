"""`tls: {min: "1.2", days: 14}`: what the handshake agreed on, and how long the certificate still holds.

Chain and name are checked by the handshake itself (RFC 9110 §4.3.4, RFC 9325 §7.1): where they are wrong there is no
connection.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wnmon.judge.kind import Kind
from wnmon.judge.subject import Subject, Unfit, complaint
from wnmon.judge.values import number
from wnmon.model.exchange import FailureKind, Tls
from wnmon.model.json import Json, kind_of
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said, Why, either

FAILURES = frozenset({FailureKind.TLS})
"""A handshake that failed is an answer to what is asked here."""

_VERSIONS = ("1.2", "1.3")
_DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The lowest version and how many days the certificate must still hold."""

    version: str
    days: int


def prepare(value: Json) -> Wanted:
    """Return what is asked; TLS 1.2 and 0 days unless given."""
    if not isinstance(value, dict) or set(value) - {"min", "days"}:
        raise Unfit("", Said("mapping_or_both", one="min", other="days"), kind_of(value))
    version = value.get("min", "1.2")
    if version not in _VERSIONS:
        raise Unfit("/min", either(f'"{known}"' for known in _VERSIONS), repr(version))
    days = number(value.get("days", 0), Said("a_number_of_days"), least=0, where="/days")
    return Wanted(version=str(version), days=days)


def doubt(_: Wanted, subject: Subject) -> Said | None:
    """Return why there is nothing to judge: plain http has no TLS."""
    return Said(Why.NOT_HTTPS) if subject.exchange.request.url.startswith("http:") else None


def assess(expected: Wanted, subject: Subject) -> Iterator[Finding]:
    """Complain about a handshake that failed, an old version, and a certificate about to end."""
    failure, tls = subject.exchange.failure, subject.exchange.tls
    if failure is not None and failure.kind is FailureKind.TLS:
        wanted = Said("tls_or_later_valid", code=expected.version)
        yield complaint(subject, Said("no_secure_connection"), wanted, failure.detail, "tls", Reason.TLS)
    elif tls is None:
        wanted = Said("tls_or_later", code=expected.version)
        yield complaint(subject, Said("connection_not_secured"), wanted, Said("none"), "tls", Reason.TLS)
    else:
        yield from _outdated(expected, tls, subject)


def _outdated(expected: Wanted, tls: Tls, subject: Subject) -> Iterator[Finding]:
    accepted = [f"TLSv{one}" for one in _VERSIONS[_VERSIONS.index(expected.version) :]]
    if tls.version not in accepted:
        yield complaint(subject, Said("tls_too_old"), either(accepted), tls.version, "tls", Reason.TLS)
    if tls.certificate is None:
        return
    left_days = (tls.certificate.not_after_s - subject.exchange.started_at_s) / _DAY_S
    if left_days < expected.days:
        wanted, actual = Said("days_left", n=expected.days), Said("n_days", n=f"{left_days:.1f}")
        yield complaint(subject, Said("certificate_ends_soon"), wanted, actual, "tls", Reason.TLS)


KIND = Kind(prepare, assess, doubt, FAILURES)

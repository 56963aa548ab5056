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
from wnmon.model.exchange import Certificate, FailureKind
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


def assess(expected: Wanted, subject: Subject) -> list[Finding]:
    """Complain about a handshake that failed, an old version, and a certificate about to end."""
    exchange = subject.exchange
    if exchange.failure is not None and exchange.failure.kind is FailureKind.TLS:
        wanted = Said("tls_or_later_valid", code=expected.version)
        return [complaint(subject, Said("no_secure_connection"), wanted, exchange.failure.detail, "tls", Reason.TLS)]
    if exchange.tls is None:
        return [
            complaint(
                subject,
                Said("connection_not_secured"),
                Said("tls_or_later", code=expected.version),
                Said("none"),
                "tls",
                Reason.TLS,
            )
        ]
    return [*_old(expected, exchange.tls.version, subject), *_ending(expected, exchange.tls.certificate, subject)]


def _old(expected: Wanted, version: str, subject: Subject) -> Iterator[Finding]:
    accepted = [f"TLSv{one}" for one in _VERSIONS[_VERSIONS.index(expected.version) :]]
    if version not in accepted:
        yield complaint(subject, Said("tls_too_old"), either(accepted), version, "tls", Reason.TLS)


def _ending(expected: Wanted, certificate: Certificate | None, subject: Subject) -> Iterator[Finding]:
    if certificate is None:
        return
    left_days = (certificate.not_after_s - subject.exchange.started_at_s) / _DAY_S
    if left_days < expected.days:
        wanted = Said("days_left", n=expected.days)
        yield complaint(
            subject, Said("certificate_ends_soon"), wanted, Said("n_days", n=f"{left_days:.1f}"), "tls", Reason.TLS
        )


KIND = Kind(prepare, assess, doubt, FAILURES)

"""`tls: {min: "1.2", days: 14}`: what the handshake agreed on, and how long the certificate still holds.

Chain and name are checked by the handshake itself (RFC 9110 §4.3.4, RFC 9325 §7.1): where they are wrong there is no
connection.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wnmon.judge.kind import Kind
from wnmon.judge.subject import Subject, Unfit
from wnmon.judge.values import number
from wnmon.model.check import NOT_HTTPS
from wnmon.model.exchange import Certificate, FailureKind
from wnmon.model.json import Json, kind_of
from wnmon.model.result import Finding, Reason

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
        raise Unfit("", f"a mapping with min, days, or both, not {kind_of(value)}")
    version = value.get("min", "1.2")
    if version not in _VERSIONS:
        raise Unfit("/min", f'"1.2" or "1.3", not {version!r}')
    days = number(value.get("days", 0), "a number of days", least=0, where="/days")
    return Wanted(version=str(version), days=days)


def doubt(_: Wanted, subject: Subject) -> str | None:
    """Return why there is nothing to judge: plain http has no TLS."""
    return NOT_HTTPS if subject.exchange.request.url.startswith("http:") else None


def assess(expected: Wanted, subject: Subject) -> list[Finding]:
    """Complain about a handshake that failed, an old version, and a certificate about to end."""
    exchange = subject.exchange
    if exchange.failure is not None and exchange.failure.kind is FailureKind.TLS:
        wanted = f"TLS {expected.version} or later with a valid chain and name"
        return [_finding("there is no secure connection", wanted, exchange.failure.detail, subject)]
    if exchange.tls is None:
        return [_finding("the connection is not secured", f"TLS {expected.version} or later", "none", subject)]
    return [*_old(expected, exchange.tls.version, subject), *_ending(expected, exchange.tls.certificate, subject)]


def _old(expected: Wanted, version: str, subject: Subject) -> Iterator[Finding]:
    accepted = [f"TLSv{one}" for one in _VERSIONS[_VERSIONS.index(expected.version) :]]
    if version not in accepted:
        yield _finding("the TLS version is too old", " or ".join(accepted), version, subject)


def _ending(expected: Wanted, certificate: Certificate | None, subject: Subject) -> Iterator[Finding]:
    if certificate is None:
        return
    left_days = (certificate.not_after_s - subject.exchange.started_at_s) / _DAY_S
    if left_days < expected.days:
        wanted = f"at least {expected.days} days left"
        yield _finding("the certificate is about to end", wanted, f"{left_days:.1f} days", subject)


def _finding(message: str, expected: str, actual: str, subject: Subject) -> Finding:
    return Finding(message=message, expected=expected, actual=actual, place="tls", step=subject.step, reason=Reason.TLS)


KIND = Kind(prepare, assess, doubt, FAILURES)

"""`plain_http: refused`: an https relay does not serve its API to who asks without TLS.

Refused is: no answer at all, a lasting redirect to https, or an error that says nothing about the key. A 401 means that
the request, and any real key in it, was read.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from wnmon.judge.kind import Kind
from wnmon.judge.subject import Subject, complaint
from wnmon.judge.values import only
from wnmon.model.exchange import Exchange, FailureKind
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said, Text
from wnmon.model.text import cut

FAILURES = frozenset(FailureKind) - {FailureKind.CLIENT, FailureKind.SHUTDOWN, FailureKind.DNS}
"""Whatever keeps the connection from carrying an answer is what is wanted here."""

_LASTING = frozenset({301, 308})
_REDIRECTS = range(300, 400)


prepare = partial(only, "refused")


def assess(_: None, subject: Subject) -> Iterator[Finding]:
    """Complain where the answer shows that the API is open on plain http, or only lost by a redirect elsewhere."""
    exchange = subject.exchange
    seen = None if exchange.status is None else _seen(exchange, exchange.status)
    if seen is not None:
        yield complaint(subject, Said("plain_http_open"), Said("no_connection_or_https"), seen, "status", Reason.TLS)


def _seen(exchange: Exchange, status: int) -> Text | None:
    """Return what is wrong with a status, None for a refusal."""
    location = exchange.header("location") or ""
    if status in _REDIRECTS:
        lasting = status in _LASTING and location.lower().startswith("https://")
        return None if lasting else Said("status_to", n=status, said=cut(location, 80) or Said("nowhere"))
    return str(status) if status < 300 or status == 401 else None


KIND = Kind(prepare, assess, failures=FAILURES)

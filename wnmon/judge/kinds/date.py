"""`date: present`: the answer carries a Date in the form of HTTP (RFC 9110 §6.6.1 and §5.6.7).

A server with a clock must send it with every 2xx, 3xx and 4xx, and may with a 5xx.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from wnmon.judge.kind import Kind
from wnmon.judge.patterns import compile_pattern
from wnmon.judge.subject import Subject, complaint
from wnmon.judge.values import only
from wnmon.model.result import Finding
from wnmon.model.said import Said
from wnmon.model.text import cut

_FORM = compile_pattern(
    r"^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4}"
    r" [0-9]{2}:[0-9]{2}:[0-9]{2} GMT$"
)


prepare = partial(only, "present")


def doubt(_: None, subject: Subject) -> Said | None:
    """Return why nothing can be said: an error of the server, which may go without."""
    return Said("server_error_without_date") if (subject.exchange.status or 0) >= 500 else None


def assess(_: None, subject: Subject) -> Iterator[Finding]:
    """Complain about no date, and one in another form. Nothing is said of an exchange without a status."""
    date = subject.exchange.header("date")
    if subject.exchange.status is not None and (date is None or _FORM.search(date) is None):
        actual = Said("absent") if date is None else cut(date)
        yield complaint(subject, Said("header_off", code="date"), Said("a_date"), actual, "header:date")


KIND = Kind(prepare, assess, doubt)

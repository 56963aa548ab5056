"""`status: 200`, `status: 4xx`, `status: [200, 201]`; `5xx?` in such a list says nothing, for or against."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from wnmon.judge.kind import Kind
from wnmon.judge.patterns import compile_pattern
from wnmon.judge.subject import Subject, Unfit, complaint, status_seen
from wnmon.model.json import Json
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said, either
from wnmon.model.text import one_line
from wnmon.wire.reply import ErrorEnvelope

_STATUS = re.compile(r"[1-5](?:[0-9]{2}|xx)\??")
_OPEN = "?"
_ANOTHER = Said("another_status")
_WRONG_REQUEST = frozenset({400, 422})
_UNTAKEN = compile_pattern(
    r"(?i)unsupported_?(parameter|value|params)|integer_below_min_value"
    r"|\b(temperature|top_p|max_tokens|seed|stop|n|frequency_penalty|presence_penalty)\b[^.]{0,80}"
    r"\b(not supported|unsupported|deprecated|not allowed|cannot both be)\b"
    r"|\bdoes not support\b.{0,40}\b(temperature|top_p|max_tokens|seed|stop|parameters?)\b"
)


def prepare(value: Json) -> tuple[str, ...]:
    """Return the accepted codes and classes, as text."""
    wanted = value if isinstance(value, list) else [value]
    if not wanted:
        raise Unfit("", Said("a_status_at_least"), Said("an_empty_list"))
    return tuple(_one(item) for item in wanted)


def _one(item: Json) -> str:
    text = str(item).lower()
    if isinstance(item, bool) or _STATUS.fullmatch(text) is None:
        raise Unfit("", Said("status_or_class"), repr(item))
    return text


def accepts(wanted: tuple[str, ...], status: int | None) -> bool:
    """Tell whether a status is among the wanted codes and classes."""
    return status is not None and any(str(status) == want or f"{status // 100}xx" == want for want in wanted)


def doubt(expected: tuple[str, ...], subject: Subject) -> Said | None:
    """Return why a refusal says nothing: the model itself does not take a parameter of the request.

    Models that think refuse temperature or max_tokens (OpenAI, code unsupported_parameter or unsupported_value). A rule
    leaves open what it names with a question mark: another rule complains of that status.
    """
    error, status = subject.reply.error, subject.exchange.status
    if accepts(tuple(want.removesuffix(_OPEN) for want in expected if want.endswith(_OPEN)), status):
        return Said("status_says_nothing", n=str(status))
    if error is None or accepts(expected, status) or not refuses_parameter(error, status):
        return None
    return Said("parameter_refused", text=one_line(str(error.message), 120))


def refuses_parameter(error: ErrorEnvelope | None, status: int | None) -> bool:
    """Tell whether a refusal says that the model does not take a parameter of the request."""
    if error is None or status not in _WRONG_REQUEST:
        return False
    return _UNTAKEN.search(f"{error.code or ''} {error.type or ''} {error.message}") is not None


def assess(expected: tuple[str, ...], subject: Subject) -> Iterator[Finding]:
    """Complain when the status is another one."""
    status, fault = subject.exchange.status, subject.fault
    if not accepts(expected, status):
        message = _ANOTHER if status else Said("status_missing")
        reason = fault.reason if fault else Reason.PROTOCOL
        yield complaint(subject, message, either(expected), status_seen(subject), "status", reason)


def as_note(finding: Finding) -> Finding:
    """Return a complaint about another status as a note, which says what was done and not that it is wrong."""
    if finding.message != _ANOTHER:
        return finding
    status = dict(finding.actual.holes)["n"] if isinstance(finding.actual, Said) else finding.actual
    return replace(finding, message=Said("refused_with", n=status))


KIND = Kind(prepare, assess, doubt)

"""`status: 200`, `status: 4xx`, `status: [200, 201]`."""

from __future__ import annotations

from wnmon.judge.patterns import compile_pattern
from wnmon.judge.subject import Subject, Unfit
from wnmon.model.json import Json
from wnmon.model.result import Finding, Reason
from wnmon.model.text import one_line

_WRONG_REQUEST = frozenset({400, 422})
_UNTAKEN = compile_pattern(
    r"(?i)unsupported_?(parameter|value|params)"
    r"|\b(temperature|top_p|max_tokens|seed|stop|n|frequency_penalty|presence_penalty)\b[^.]{0,80}"
    r"\b(not supported|unsupported|deprecated|not allowed|cannot both be)\b"
    r"|\bdoes not support\b.{0,40}\b(temperature|top_p|max_tokens|seed|stop|parameters?)\b"
)


def prepare(value: Json) -> tuple[str, ...]:
    """Return the accepted codes and classes, as text."""
    wanted = value if isinstance(value, list) else [value]
    if not wanted:
        raise Unfit("", "at least one status, not an empty list")
    return tuple(_one(item) for item in wanted)


def _one(item: Json) -> str:
    text = str(item).lower()
    if (
        isinstance(item, bool)
        or len(text) != 3
        or text[0] not in "12345"
        or not (text[1:].isdigit() or text[1:] == "xx")
    ):
        raise Unfit("", f'a status such as 200 or "4xx", not {item!r}')
    return text


def accepts(wanted: tuple[str, ...], status: int | None) -> bool:
    """Tell whether a status is among the wanted codes and classes."""
    return status is not None and any(str(status) == want or f"{status // 100}xx" == want for want in wanted)


def doubt(expected: tuple[str, ...], subject: Subject) -> str | None:
    """Return why a refusal says nothing: the model itself does not take a parameter of the request.

    Models that think refuse temperature or max_tokens (OpenAI, code unsupported_parameter or unsupported_value).
    """
    error, status = subject.reply.error, subject.exchange.status
    if error is None or status not in _WRONG_REQUEST or accepts(expected, status):
        return None
    said = f"{error.code or ''} {error.type or ''} {error.message}"
    return f"the model does not take a parameter: {one_line(error.message, 120)}" if _UNTAKEN.search(said) else None


def assess(expected: tuple[str, ...], subject: Subject) -> list[Finding]:
    """Complain when the status is another one."""
    status = subject.exchange.status
    if accepts(expected, status):
        return []
    fault = subject.fault
    return [
        Finding(
            message="the status is not the expected one" if status else "there is no HTTP status to read",
            expected=" or ".join(expected),
            actual=_actual(subject),
            place="status",
            step=subject.step,
            # Every refusal is a recognised fault; what is left is a success nobody asked for.
            reason=fault.reason if fault else Reason.PROTOCOL,
        )
    ]


def _actual(subject: Subject) -> str:
    status = subject.exchange.status
    if status is None:
        return subject.exchange.failure.detail if subject.exchange.failure else "no status"
    return f"{status} ({subject.fault.message})" if subject.fault else str(status)

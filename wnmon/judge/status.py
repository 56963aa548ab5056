"""`status: 200`, `status: 4xx`, `status: [200, 201]`."""

from __future__ import annotations

from wnmon.judge.subject import Subject, Unfit
from wnmon.model.json import Json
from wnmon.model.result import Finding, Reason


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

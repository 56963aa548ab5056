"""`problem: valid`: an error of the media type application/problem+json holds what RFC 9457 §3.1 says."""

from __future__ import annotations

from functools import partial

from wnmon.judge.kind import Kind, On
from wnmon.judge.schema import show
from wnmon.judge.subject import Subject, form_seen
from wnmon.judge.values import only
from wnmon.model.json import Json
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said, Text

_TEXTS = ("type", "title", "detail", "instance")


prepare = partial(only, "valid")


def assess(_: None, subject: Subject) -> list[Finding]:
    """Complain about members of a wrong type, and a status that is not the response's. Every member is optional."""
    document = subject.reply.document
    body = document.value if document is not None and document.problem is None else None
    if not isinstance(body, dict):
        return [_finding(Said("body_no_object"), "object", form_seen(subject), "", subject.step)]
    findings = [
        _finding(Said("member_of_wrong_type"), "string", show(body[name]), f"/{name}", subject.step)
        for name in _TEXTS
        if name in body and not isinstance(body[name], str)
    ]
    return [*findings, *_status(body, subject)]


def _status(body: dict[str, Json], subject: Subject) -> list[Finding]:
    said, sent = body.get("status"), subject.exchange.status
    if "status" not in body or (said == sent and not isinstance(said, bool)):
        return []
    return [_finding(Said("problem_status_differs"), f"integer {sent}", show(said), "/status", subject.step)]


def _finding(message: Said, expected: Text, actual: Text, place: str, step: str) -> Finding:
    return Finding(message=message, expected=expected, actual=actual, place=place, step=step, reason=Reason.SCHEMA)


KIND = Kind(prepare, assess, on=On.BODY)

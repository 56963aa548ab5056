"""`problem: valid`: an error of the media type application/problem+json holds what RFC 9457 §3.1 says."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from wnmon.judge.kind import Kind, On
from wnmon.judge.schema import show
from wnmon.judge.subject import Subject, complaint, form_seen
from wnmon.judge.values import only
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said

_TEXTS = ("type", "title", "detail", "instance")


prepare = partial(only, "valid")


def assess(_: None, subject: Subject) -> Iterator[Finding]:
    """Complain about members of a wrong type, and a status that is not the response's. Every member is optional."""
    document, sent = subject.reply.document, subject.exchange.status
    body = document.value if document is not None and document.problem is None else None
    if not isinstance(body, dict):
        yield complaint(subject, Said("body_no_object"), "object", form_seen(subject), "", Reason.SCHEMA)
        return
    for name in _TEXTS:
        if name in body and not isinstance(body[name], str):
            message, actual = Said("member_of_wrong_type"), show(body[name])
            yield complaint(subject, message, "string", actual, f"/{name}", Reason.SCHEMA)
    said = body.get("status", sent)
    if said != sent or isinstance(said, bool):
        message, wanted = Said("problem_status_differs"), f"integer {sent}"
        yield complaint(subject, message, wanted, show(said), "/status", Reason.SCHEMA)


KIND = Kind(prepare, assess, on=On.BODY)

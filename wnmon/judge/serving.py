"""Kinds that compare how requests were served: `request_id`, `backend` and `same_form`, each a list of requests."""

from __future__ import annotations

from collections.abc import Mapping

from wnmon.judge.across import Places
from wnmon.judge.schema import show
from wnmon.judge.subject import NOT_CODED, Subject, Unfit, Unjudged
from wnmon.model.json import Json, at, kind_of
from wnmon.model.result import Finding, Reason
from wnmon.model.text import cut

# openai-node reads x-request-id; one-api and new-api write X-Oneapi-Request-Id.
REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-oneapi-request-id", "x-requestid", "x-req-id", "x-trace-id")


def prepare(value: Json) -> Places:
    """Return the requests whose answers are compared: at least two names."""
    names = [item for item in value if isinstance(item, str) and item] if isinstance(value, list) else []
    if len(names) < 2 or len(names) != len(value if isinstance(value, list) else ()):
        raise Unfit("", f"a list of at least two requests, not {kind_of(value)}")
    return Places(places=tuple((name, "") for name in names))


def assess_request_id(expected: Places, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain where no header names every request, or where it names two alike."""
    answers = [subjects[name].exchange for name in expected.requests]
    for header in REQUEST_ID_HEADERS:
        values = [value for answer in answers if (value := (answer.header(header) or "").strip())]
        if len(values) == len(answers):
            place = f"header:{header}"
            alike = len(set(values)) < len(values)
            return [_finding("request ids repeat", "different ids", cut(", ".join(values)), place)] if alike else []
    wanted = " or ".join(REQUEST_ID_HEADERS[:3])
    return [_finding("the answers carry no request id", wanted, "absent", "headers")]


def assess_backend(expected: Places, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain where model, system_fingerprint or the set of header names is not the same in all answers."""
    answers = [subjects[name] for name in expected.requests]
    documents = [answer.reply.document for answer in answers]
    if any(document is None or document.problem is not None for document in documents):
        return Unjudged("an answer cannot be read")
    seen = {
        f"/{name}": [show(at(document.value, f"/{name}")) for document in documents if document is not None]
        for name in ("model", "system_fingerprint")
    }
    seen["headers"] = [_names(answer) for answer in answers]
    return [
        _finding("another backend seems to answer", "the same in every answer", cut(" / ".join(values)), place)
        for place, values in seen.items()
        if len(set(values)) > 1
    ]


def assess_same_form(expected: Places, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain where the first answer is a JSON object and another is not, or has other members.

    Where nothing was compressed nothing was decoded, and there is nothing to judge.
    """
    first, *others = expected.requests
    wanted = _members(subjects[first])
    if wanted is None:
        return Unjudged(f"the answer to {first} cannot be read")
    findings = [
        _finding(f"the body of {name} has another form than that of {first}", wanted, _seen(subjects[name]), "body")
        for name in others
        if _members(subjects[name]) != wanted
    ]
    coded = any(subjects[name].exchange.header("content-encoding") is not None for name in others)
    return findings if findings or coded else Unjudged(NOT_CODED)


def _members(subject: Subject) -> str | None:
    document = subject.reply.document
    return " ".join(sorted(document.value)) if document and isinstance(document.value, dict) else None


def _seen(subject: Subject) -> str:
    failure = subject.exchange.failure
    return cut(_members(subject) or (failure.detail if failure is not None else subject.reply.form.value))


def _names(subject: Subject) -> str:
    return " ".join(sorted({name.lower() for name, _ in subject.exchange.headers}))


def _finding(message: str, expected: str, actual: str, place: str) -> Finding:
    return Finding(message=message, expected=expected, actual=actual, place=place, reason=Reason.RULE)

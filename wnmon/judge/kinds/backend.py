"""`backend: [a, b]`: model, system_fingerprint and the set of header names are the same in all answers."""

from __future__ import annotations

from collections.abc import Mapping

from wnmon.judge.kind import AcrossKind
from wnmon.judge.places import Places, complaint_across, prepare_requests
from wnmon.judge.schema import show
from wnmon.judge.subject import Subject, Unjudged
from wnmon.model.json import at
from wnmon.model.result import Finding
from wnmon.model.said import Said
from wnmon.model.text import cut


def assess(expected: Places, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain where model, system_fingerprint or the set of header names is not the same in all answers."""
    answers = [subjects[name] for name in expected.requests]
    documents = [answer.reply.document for answer in answers]
    if any(document is None or document.problem is not None for document in documents):
        return Unjudged(Said("one_answer_unreadable"))
    seen = {
        f"/{name}": [show(at(document.value, f"/{name}")) for document in documents if document is not None]
        for name in ("model", "system_fingerprint")
    }
    seen["headers"] = [" ".join(sorted({name.lower() for name, _ in answer.exchange.headers})) for answer in answers]
    return [
        complaint_across(Said("another_backend"), Said("same_in_every_answer"), cut(" / ".join(values)), place)
        for place, values in seen.items()
        if len(set(values)) > 1
    ]


KIND = AcrossKind(prepare_requests, assess)

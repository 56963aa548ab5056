"""`same_form: [plain, odd]`: where the first answer is a JSON object, the others have the same members."""

from __future__ import annotations

from collections.abc import Mapping

from wnmon.judge.forms import form_of, members_of
from wnmon.judge.kind import AcrossKind
from wnmon.judge.places import Places, complaint_across, prepare_requests
from wnmon.judge.subject import Subject, Unjudged
from wnmon.model.result import Finding
from wnmon.model.said import Said, Why


def assess(expected: Places, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain where the first answer is a JSON object and another is not, or has other members.

    Where nothing was compressed nothing was decoded, and there is nothing to judge.
    """
    first, *others = expected.requests
    wanted = members_of(subjects[first])
    if wanted is None:
        return Unjudged(Said("answer_to_unreadable", code=first))
    findings = [
        complaint_across(Said("body_form_differs", code=name, code2=first), wanted, form_of(subjects[name]), "body")
        for name in others
        if members_of(subjects[name]) != wanted
    ]
    coded = any(subjects[name].exchange.is_coded for name in others)
    return findings if findings or coded else Unjudged(Said(Why.NOT_CODED))


KIND = AcrossKind(prepare_requests, assess)

"""`cut_told: [cut, longer]`: an answer that was cut at the limit says `length`.

How a text ends does not tell whether it was cut. A longer answer to the same prompt does: where it begins with the
shorter one and goes on, the limit cut that one.
"""

from __future__ import annotations

from collections.abc import Mapping

from wnmon.judge.kind import AcrossKind
from wnmon.judge.places import Places, prepare_requests
from wnmon.judge.subject import ENDED_BY_ITSELF, Subject, Unjudged, complaint, finish_reason
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said
from wnmon.model.text import cut


def assess(expected: Places, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain where the first answer does not say `length`, while the second begins with its text and goes on."""
    short, longer = (subjects[name] for name in expected.requests[:2])
    finish, text = finish_reason(short), short.reply.text.rstrip()
    if finish == "length":
        return []
    if not text or not longer.reply.text.startswith(text) or longer.reply.text.rstrip() == text:
        return Unjudged(ENDED_BY_ITSELF)
    actual = cut(finish, 80) if finish else Said("absent")
    return [complaint(short, Said("cut_not_told"), "length", actual, "/choices/0/finish_reason", Reason.CONTENT)]


KIND = AcrossKind(prepare_requests, assess)

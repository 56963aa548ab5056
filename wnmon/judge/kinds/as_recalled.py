"""`as_recalled: {of: [whole, one, other], holding: "{{nonce}}"}`: one word alone, asked for in several requests.

The first is plain: where its answer holds the word, the model does as told, and the word is in the other answers too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wnmon.judge import codes
from wnmon.judge.kind import AcrossKind, On
from wnmon.judge.places import Places, places
from wnmon.judge.subject import CUT, Subject, Unfit, Unjudged, was_cut
from wnmon.model.json import Json
from wnmon.model.result import Finding
from wnmon.model.said import Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled(Places):
    """The requests to compare, the plain one first, and the word each of them holds."""

    holding: str


def prepare(value: Json) -> Recalled:
    """Return the requests and their word. Raises Unfit for anything but a mapping with of and holding."""
    holding = value.get("holding") if isinstance(value, dict) else None
    if not isinstance(value, dict) or set(value) != {"of", "holding"} or not isinstance(holding, str) or not holding:
        raise Unfit("", Said("mapping_with_holding"))
    return Recalled(places=places(value["of"], "/of"), holding=holding)


def assess(expected: Recalled, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain about each further answer without the word. One that is empty or was cut shows nothing."""
    first, *others = (subjects[name] for name in expected.requests)
    word = codes.wanted(expected.holding, first)
    if word not in codes.said(first):
        return Unjudged(CUT if was_cut(first) else Said("plain_answer_lacks_word", code=first.step))
    without = [subject for subject in others if word not in codes.said(subject)]
    findings = [codes.not_recalled(word, subject) for subject in without if subject.reply.text and not was_cut(subject)]
    if findings or not without:
        return findings
    return Unjudged(CUT if was_cut(without[0]) else Said("answer_without_text"))


KIND = AcrossKind(prepare, assess, on=On.MEANING)

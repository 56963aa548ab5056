"""`recall: ["{{nonce}}", "{{nonce2}}"]`: words the request held far from each other are all in the answer.

The last of them stands beside the question: where it came back, the model was asked and did as told, and any other that
is missing was cut from the request. Where it did not, the model did as it liked, or says less than it was asked for,
which proves nothing; neither does an answer that ran into max_tokens. A refusal is another assertion's matter.

`as_recalled: {of: [whole, one, other], holding: "{{nonce}}"}` asks for one word alone, in several requests. The first
is plain: where its answer holds the word, the model does as told, and the word is in the other answers too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wnmon.judge import across, codes
from wnmon.judge.subject import CUT, Subject, Unfit, Unjudged, was_cut
from wnmon.model.json import Json, kind_of
from wnmon.model.result import Finding, Reason
from wnmon.model.text import cut


def prepare(value: Json) -> tuple[str, ...]:
    """Return the words; they may hold `{{nonce}}`, `{{nonce2}}` and `{{model}}`."""
    words = tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
    if len(words) < 2 or len(words) != len(value if isinstance(value, list) else ()):
        raise Unfit("", f"a list of at least two texts, not {kind_of(value)}")
    return words


def doubt(expected: tuple[str, ...], subject: Subject) -> str | None:
    """Return why nothing can be said: no tokens were left, or the model leaves out what it was told last."""
    missing = _missing(expected, subject)
    if missing and was_cut(subject):
        return CUT
    if expected[-1] in missing:
        return "the answer lacks the word that stood beside the question, so its model did not do as it was told"
    return None


def assess(expected: tuple[str, ...], subject: Subject) -> list[Finding]:
    """Complain about each word that is missing while the last is there."""
    missing = _missing(expected, subject)
    return [] if expected[-1] in missing else [_finding(codes.wanted(word, subject), subject) for word in missing]


def _missing(expected: tuple[str, ...], subject: Subject) -> list[str]:
    said = codes.said(subject)
    return [word for word in expected if codes.wanted(word, subject) not in said]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled(across.Places):
    """The requests to compare, the plain one first, and the word each of them holds."""

    holding: str


def prepare_as_recalled(value: Json) -> Recalled:
    """Return the requests and their word. Raises Unfit for anything but a mapping with of and holding."""
    holding = value.get("holding") if isinstance(value, dict) else None
    if not isinstance(value, dict) or set(value) != {"of", "holding"} or not isinstance(holding, str) or not holding:
        raise Unfit("", "a mapping with of, a list of requests, and holding, a text")
    return Recalled(places=across.places(value["of"], "/of"), holding=holding)


def assess_as_recalled(expected: Recalled, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain about each further answer without the word. One that is empty or was cut shows nothing."""
    first, *others = (subjects[name] for name in expected.requests)
    word = codes.wanted(expected.holding, first)
    if word not in codes.said(first):
        why = f"the answer to {first.step} lacks the word too, so its model did not do as it was told"
        return Unjudged(CUT if was_cut(first) else why)
    without = [subject for subject in others if word not in codes.said(subject)]
    findings = [_finding(word, subject) for subject in without if subject.reply.text and not was_cut(subject)]
    if findings or not without:
        return findings
    return Unjudged(CUT if was_cut(without[0]) else "the answer holds no text")


def _finding(word: str, subject: Subject) -> Finding:
    return Finding(
        message="a part of the request was not read",
        expected=word,
        actual=cut(subject.reply.text),
        place="content",
        step=subject.step,
        reason=Reason.CONTENT,
    )

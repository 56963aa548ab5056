"""`recall: ["{{nonce}}", "{{nonce2}}"]`: words the request held far from each other are all in the answer.

The last of them stands beside the question: where it came back, the model was asked and did as told, and any other that
is missing was cut from the request. Where it did not, the model did as it liked, or says less than it was asked for,
which proves nothing; neither does an answer that ran into max_tokens. A refusal is another assertion's matter.
"""

from __future__ import annotations

from collections.abc import Iterator

from wnmon.judge import codes
from wnmon.judge.kind import Kind, On
from wnmon.judge.subject import CUT, Subject, Unfit, was_cut
from wnmon.model.json import Json, kind_of
from wnmon.model.result import Finding
from wnmon.model.said import Said


def prepare(value: Json) -> tuple[str, ...]:
    """Return the words; they may hold `{{nonce}}`, `{{nonce2}}` and `{{model}}`."""
    words = tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
    if len(words) < 2 or len(words) != len(value if isinstance(value, list) else ()):
        raise Unfit("", Said("two_texts"), kind_of(value))
    return words


def doubt(expected: tuple[str, ...], subject: Subject) -> Said | None:
    """Return why nothing can be said: no tokens were left, or the model leaves out what it was told last."""
    missing = _missing(expected, subject)
    if missing and was_cut(subject):
        return CUT
    return Said("word_beside_question_lacking") if expected[-1] in missing else None


def assess(expected: tuple[str, ...], subject: Subject) -> Iterator[Finding]:
    """Complain about each word that is missing while the last is there."""
    missing = _missing(expected, subject)
    if expected[-1] not in missing:
        yield from (codes.not_recalled(codes.wanted(word, subject), subject) for word in missing)


def _missing(expected: tuple[str, ...], subject: Subject) -> list[str]:
    said = codes.said(subject)
    return [word for word in expected if codes.wanted(word, subject) not in said]


KIND = Kind(prepare, assess, doubt, on=On.MEANING)

"""`recall: ["{{nonce}}", "{{nonce2}}"]`: words the request held far from each other are all in the answer.

Some of them but not all is a request that was cut before the model read it. None of them is a model that did as it
liked, which proves nothing, and neither does an answer that ran into max_tokens. A refusal is another assertion's
matter.
"""

from __future__ import annotations

from wnmon.judge.subject import CUT, Subject, Unfit, was_cut
from wnmon.model.json import Json, kind_of
from wnmon.model.result import Finding, Reason
from wnmon.model.text import cut
from wnmon.wire.request import fill


def prepare(value: Json) -> tuple[str, ...]:
    """Return the words; they may hold `{{nonce}}`, `{{nonce2}}` and `{{model}}`."""
    words = tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
    if len(words) < 2 or len(words) != len(value if isinstance(value, list) else ()):
        raise Unfit("", f"a list of at least two texts, not {kind_of(value)}")
    return words


def doubt(expected: tuple[str, ...], subject: Subject) -> str | None:
    """Return why nothing can be said: a model that recalls nothing at all, or had no tokens left to say the rest."""
    if not _recalled(expected, subject):
        return "the answer holds none of the words, as if it had not been asked"
    return CUT if assess(expected, subject) and was_cut(subject) else None


def assess(expected: tuple[str, ...], subject: Subject) -> list[Finding]:
    """Complain about each word that is missing while another is there."""
    recalled = _recalled(expected, subject)
    missing = [word for word in _filled(expected, subject) if word not in recalled] if recalled else []
    return [
        Finding(
            message="a part of the request was not read",
            expected=word,
            actual=cut(subject.reply.text),
            place="content",
            step=subject.step,
            reason=Reason.CONTENT,
        )
        for word in missing
    ]


def _filled(expected: tuple[str, ...], subject: Subject) -> list[str]:
    return [str(fill(word, subject.model, subject.nonce)) for word in expected]


def _recalled(expected: tuple[str, ...], subject: Subject) -> list[str]:
    return [word for word in _filled(expected, subject) if word in subject.reply.text]

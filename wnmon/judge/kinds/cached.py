"""`cached: {one: "{{nonce}}", other: "{{nonce2}}"}`: who asks for a word of its own gets no answer made for another.

Two signs of a cache: an answer holds the word of the other request and not its own, or both answers are one and the
same word of that form, which neither asked for. A server that says one sentence whatever it is asked shows neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from wnmon.judge import codes
from wnmon.judge.kind import AcrossKind
from wnmon.judge.patterns import compile_pattern
from wnmon.judge.places import Places
from wnmon.judge.subject import Subject, Unfit, Unjudged
from wnmon.model.json import Json, kind_of
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said, Text, fitted
from wnmon.wire.request import NONCE_CHARS

_FORM = compile_pattern(rf"(?i)^\W*[a-z0-9]{{{NONCE_CHARS}}}\W*$")
_DIGIT = compile_pattern("[0-9]")
"""A code without a digit could be any word of the language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Places):
    """The word each request asked for, by request."""

    words: Mapping[str, str] = field(default_factory=dict)


def prepare(value: Json) -> Asked:
    """Return the words; they may hold `{{nonce}}` and `{{nonce2}}`."""
    words = {name: word for name, word in value.items() if isinstance(word, str)} if isinstance(value, dict) else {}
    if len(words) < 2 or not isinstance(value, dict) or len(words) != len(value):
        raise Unfit("", Said("request_words"), kind_of(value))
    return Asked(places=tuple((name, "") for name in words), words=words)


def assess(expected: Asked, subjects: Mapping[str, Subject]) -> list[Finding] | Unjudged:
    """Complain about an answer that was made for another request."""
    words = {name: codes.wanted(word, subjects[name]) for name, word in expected.words.items()}
    texts = {name: codes.said(subjects[name]) for name in words}
    findings = [*_of_another(words, texts), *_of_nobody(words, texts)]
    if findings or all(words[name] in texts[name] for name in words):
        return findings
    return Unjudged(Said("words_not_held"))


def _of_another(words: Mapping[str, str], texts: Mapping[str, str]) -> Iterator[Finding]:
    for name, text in texts.items():
        if words[name] not in text and any(word in text for word in words.values()):
            yield _finding(Said("answer_of_another_request"), words[name], text, name)


def _of_nobody(words: Mapping[str, str], texts: Mapping[str, str]) -> Iterator[Finding]:
    text, *others = texts.values()
    alike = all(other == text for other in others) and not any(word in text for word in words.values())
    if alike and _FORM.search(text) is not None and _DIGIT.search(text) is not None:
        yield _finding(Said("one_word_for_all"), ", ".join(words.values()), text, "")


def _finding(message: Said, expected: Text, actual: Text, step: str) -> Finding:
    return Finding(
        message=message, expected=expected, actual=fitted(actual), place="content", step=step, reason=Reason.CONTENT
    )


KIND = AcrossKind(prepare, assess)

"""What the judge says, in the language of a report.

The judge speaks English alone: its texts are stable, and JSON, JUnit and TAP carry them as they are. Reports for a
person turn them into Chinese by a catalogue (`phrases_zh`) of templates with holes. A text without a template stays as
it is, and so does whatever the relay said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from wnmon.model.language import language_of
from wnmon.model.result import Finding, Reason
from wnmon.report.phrases_zh import PHRASES, SHORT

_PROBLEMS = (
    *("bom", "invalid_utf8", "empty", "syntax", "trailing", "nan", "duplicate_name"),
    *("too_deep", "too_many_values", "too_many_digits"),
)
"""The kinds of `wnmon.wire.reply.JsonProblem`."""
_STAGES = (
    *("resolving the name", "connecting", "performing the TLS handshake"),
    *("sending the request", "waiting for the response head", "reading the body"),
)
"""What the sensor was doing when it failed."""
_DUE = ("a value", "a value or ]", "a name or }", "a name", "a colon", "a comma or ]", "a comma or }", "the end")
"""What JSON wants next."""

_CODE = r"[A-Za-z0-9_.*/-]+"
_HOLES = {
    "n": r"-?(?:0x)?[0-9][0-9a-f.,]*%?",
    "code": _CODE,
    "kind": "|".join(map(re.escape, (*_PROBLEMS, *Reason))),
    "stage": "|".join(map(re.escape, _STAGES)),
    "due": "|".join(map(re.escape, _DUE)),
    "said": r".+?",
    "text": r".+?",
}
_SPOKEN = ("said", "stage", "due")
"""Holes that hold words of ours, which are translated in turn. `text` may be anybody's."""
_HOLE = re.compile(r"\{([a-z]+)(\d?)\}")
_ALTERNATIVES = re.compile(rf"{_CODE}(?: or {_CODE})+")

_WANT_A_TEXT = frozenset(
    {
        "a part of the request was not read",
        "all get one word, which none of them asked for",
        "an answer was made for another request",
        "content does not match",
        "content holds what it must not",
        "content is another text",
        "content lacks a text",
        "the arguments lack a text",
    }
)
"""Complaints whose `expected` is a text the check asks for."""
_SAW_A_TEXT = _WANT_A_TEXT | frozenset(
    {
        "an error came inside the stream",
        "another function is called",
        "another model answered than was asked for",
        "content is empty",
        "content is not a JSON object",
        "content is too long",
        "no function is called",
        "the answer is an error sentence",
        "the answer is longer than was allowed",
        "the last payload is not exactly [DONE]",
        "the arguments are not a JSON object",
    }
)
"""Complaints whose `actual` is a text of the relay or its model."""
_NOTHING = frozenset({"absent", "empty", "no call"})
_MAX_CHARS = 2000
_MAX_DEPTH = 4


def phrase(text: str, lang: str) -> str:
    """Return a sentence of the judge, the wire, the sensor or the runner in `lang`; one nobody knows as it is."""
    return _translated(text, _sentences(), _MAX_DEPTH) if _is_chinese(lang) else text


def message_of(finding: Finding, lang: str) -> str:
    """Return what a finding complains of in `lang`."""
    return phrase(finding.message, lang)


def expected_of(finding: Finding, lang: str) -> str:
    """Return what a finding says was expected in `lang`; a text the check asks for stays as it is."""
    if not _is_chinese(lang) or finding.message in _WANT_A_TEXT:
        return finding.expected
    if _ALTERNATIVES.fullmatch(finding.expected):
        return finding.expected.replace(" or ", " 或 ")
    return _translated(finding.expected, _values(), _MAX_DEPTH)


def actual_of(finding: Finding, lang: str) -> str:
    """Return what a finding says was seen in `lang`; what the relay or its model wrote stays as it is."""
    is_quoted = finding.message in _SAW_A_TEXT and finding.actual not in _NOTHING
    return finding.actual if is_quoted or not _is_chinese(lang) else _translated(finding.actual, _values(), _MAX_DEPTH)


def _is_chinese(lang: str) -> bool:
    return language_of(lang) == "zh"


Table = tuple[Mapping[str, str], tuple[tuple[re.Pattern[str], str], ...]]
"""Texts without holes, and the patterns of those with holes."""


def _translated(text: str, table: Table, depth: int) -> str:
    exact, templates = table
    if text in exact or depth == 0 or len(text) > _MAX_CHARS:
        return exact.get(text, text)
    for pattern, template in templates:
        match = pattern.fullmatch(text)
        if match is not None:
            holes = match.groupdict()
            ours = {name: value for name, value in holes.items() if name.startswith(_SPOKEN)}
            said = {name: _translated(value, _sentences(), depth - 1) for name, value in ours.items()}
            return template.format(**holes | said)
    return text


@cache
def _sentences() -> Table:
    return _table(PHRASES)


@cache
def _values() -> Table:
    return _table({**PHRASES, **SHORT})


def _table(catalogue: Mapping[str, str]) -> Table:
    """Return the catalogue to look up in: of its templates, those with most words of their own come first.

    What begins with a reason is taken apart before all others: the rest of it is a sentence by itself.
    """
    with_holes = [key for key in catalogue if _HOLE.search(key)]
    with_holes.sort(key=lambda key: (not key.startswith("{kind}"), -len(_HOLE.sub("", key))))
    exact = {key: chinese for key, chinese in catalogue.items() if not _HOLE.search(key)}
    return exact, tuple((re.compile("".join(_pattern(key)), re.DOTALL), catalogue[key]) for key in with_holes)


def _pattern(key: str) -> Iterator[str]:
    """Yield the parts of the pattern a template stands for."""
    at = 0
    for hole in _HOLE.finditer(key):
        yield re.escape(key[at : hole.start()])
        yield f"(?P<{hole[1]}{hole[2]}>{_HOLES[hole[1]]})"
        at = hole.end()
    yield re.escape(key[at:])

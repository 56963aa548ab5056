"""Why a text is not JSON: the first place where RFC 8259 is broken, in the order of the text.

Slower than the scanner of the standard library and run only after that one said no.
"""

from __future__ import annotations

import json
import re

from wnmon.model.possessive import possessive
from wnmon.model.said import Said
from wnmon.wire.reply import JsonProblem

MAX_DIGITS = 300
"""Longest number that is read. Below 1e300 every integer converts to a float, so no arithmetic overflows later."""

_STRING = r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"'
_TOKEN = possessive(
    rf"[ \t\n\r]*+(?:(?P<string>{_STRING})"
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<literal>true|false|null)|(?P<nan>-?Infinity|NaN)|(?P<mark>[\[\]{}:,]))"
)
_REST = re.compile(r"[ \t\n\r]*+")

_VALUE = frozenset({"string", "number", "literal", "[", "{"})
_ALLOWED: dict[str, frozenset[str]] = {  # by the sentence that says what is due
    "a_value": _VALUE,
    "due_value_or_end": _VALUE | {"]"},
    "due_name_or_end": frozenset({"string", "}"}),
    "due_name": frozenset({"string"}),
    "due_colon": frozenset({":"}),
    "due_comma_or_bracket": frozenset({",", "]"}),
    "due_comma_or_brace": frozenset({",", "}"}),
    "due_end": frozenset(),
}


def explain(text: str) -> JsonProblem | None:
    """Return the first problem of a text, None when it is one JSON text after all. `offset` counts UTF-8 bytes."""
    state = _State()
    at = 0
    while match := _TOKEN.match(text, at):
        token = match.group(match.lastgroup or 0)
        kind = token if match.lastgroup == "mark" else match.lastgroup or ""
        complaint = state.take(kind, token)
        if complaint is not None:
            return _problem(complaint, text, match.end() - len(token))
        at = match.end()
    rest = _REST.match(text, at)
    at = rest.end() if rest else at
    if at < len(text):
        return _problem(state.unexpected(), text, at)
    if state.expects == "due_end":
        return None
    return _problem(("syntax", Said("json_ends_where_due", due=Said(state.expects))), text, at)


def _problem(complaint: tuple[str, Said], text: str, at: int) -> JsonProblem:
    kind, message = complaint
    return JsonProblem(kind=kind, offset=len(text[:at].encode(errors="surrogatepass")), message=message)


class _State:
    """What is due next, and the names seen in each open object (None for an open array)."""

    def __init__(self) -> None:
        self.expects = "a_value"
        self._open: list[set[str] | None] = []

    def unexpected(self) -> tuple[str, Said]:
        """Return the complaint about a token that is not due."""
        if self.expects == "due_end":
            return "trailing", Said("json_trailing")
        return "syntax", Said("json_due", due=Said(self.expects))

    def take(self, kind: str, token: str) -> tuple[str, Said] | None:
        """Step over one token; return a complaint (kind, message) when it breaks a rule."""
        if kind == "nan" and "string" in _ALLOWED[self.expects] and not self.expects.startswith("due_name"):
            return "nan", Said("json_no_number", code=token)
        if kind not in _ALLOWED[self.expects]:
            return self.unexpected()
        if kind == "number" and len(token) > MAX_DIGITS:
            return "too_many_digits", Said("json_long_number", n=f"{len(token):,}")
        if kind == "string" and self.expects.startswith("due_name"):
            return self._take_name(token)
        self._step(kind)
        return None

    def _take_name(self, token: str) -> tuple[str, Said] | None:
        name, names = json.loads(token), self._open[-1]
        if names is None or name in names:
            return "duplicate_name", Said("json_name_twice", text=token[:80])
        names.add(name)
        self.expects = "due_colon"
        return None

    def _step(self, kind: str) -> None:
        match kind:
            case "{":
                self._open.append(set())
                self.expects = "due_name_or_end"
            case "[":
                self._open.append(None)
                self.expects = "due_value_or_end"
            case ":":
                self.expects = "a_value"
            case ",":
                self.expects = "a_value" if self._open[-1] is None else "due_name"
            case _:
                self._end_value(closes=kind in {"]", "}"})

    def _end_value(self, *, closes: bool) -> None:
        if closes:
            self._open.pop()
        if not self._open:
            self.expects = "due_end"
        else:
            self.expects = "due_comma_or_bracket" if self._open[-1] is None else "due_comma_or_brace"

"""Why a text is not JSON: the first place where RFC 8259 is broken, in the order of the text.

Slower than the scanner of the standard library and run only after that one said no.
"""

from __future__ import annotations

import json
import re

from wnmon.wire.reply import JsonProblem

MAX_DIGITS = 300
"""Longest number that is read. Below 1e300 every integer converts to a float, so no arithmetic overflows later."""

_STRING = r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"'
_TOKEN = re.compile(
    rf"[ \t\n\r]*+(?:(?P<string>{_STRING})"
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<literal>true|false|null)|(?P<nan>-?Infinity|NaN)|(?P<mark>[\[\]{}:,]))"
)
_REST = re.compile(r"[ \t\n\r]*+")

_VALUE = frozenset({"string", "number", "literal", "[", "{"})
_ALLOWED: dict[str, frozenset[str]] = {
    "a value": _VALUE,
    "a value or ]": _VALUE | {"]"},
    "a name or }": frozenset({"string", "}"}),
    "a name": frozenset({"string"}),
    "a colon": frozenset({":"}),
    "a comma or ]": frozenset({",", "]"}),
    "a comma or }": frozenset({",", "}"}),
    "the end": frozenset(),
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
    return None if state.expects == "the end" else _problem(("syntax", f"ends where {state.expects} is due"), text, at)


def _problem(complaint: tuple[str, str], text: str, at: int) -> JsonProblem:
    kind, message = complaint
    return JsonProblem(kind=kind, offset=len(text[:at].encode(errors="surrogatepass")), message=message)


class _State:
    """What is due next, and the names seen in each open object (None for an open array)."""

    def __init__(self) -> None:
        self.expects = "a value"
        self._open: list[set[str] | None] = []

    def unexpected(self) -> tuple[str, str]:
        """Return the complaint about a token that is not due."""
        if self.expects == "the end":
            return "trailing", "something follows the JSON text"
        return "syntax", f"{self.expects} is due"

    def take(self, kind: str, token: str) -> tuple[str, str] | None:
        """Step over one token; return a complaint (kind, message) when it breaks a rule."""
        if kind == "nan" and "string" in _ALLOWED[self.expects] and "name" not in self.expects:
            return "nan", f"{token} is no JSON number (RFC 8259 §6)"
        if kind not in _ALLOWED[self.expects]:
            return self.unexpected()
        if kind == "number" and len(token) > MAX_DIGITS:
            return "too_many_digits", f"a number of {len(token):,} characters"
        if kind == "string" and "name" in self.expects:
            return self._take_name(token)
        self._step(kind)
        return None

    def _take_name(self, token: str) -> tuple[str, str] | None:
        name, names = json.loads(token), self._open[-1]
        if names is None or name in names:
            return "duplicate_name", f"member {token[:80]} appears twice in one object"
        names.add(name)
        self.expects = "a colon"
        return None

    def _step(self, kind: str) -> None:
        match kind:
            case "{":
                self._open.append(set())
                self.expects = "a name or }"
            case "[":
                self._open.append(None)
                self.expects = "a value or ]"
            case ":":
                self.expects = "a value"
            case ",":
                self.expects = "a value" if self._open[-1] is None else "a name"
            case _:
                self._end_value(closes=kind in {"]", "}"})

    def _end_value(self, *, closes: bool) -> None:
        if closes:
            self._open.pop()
        if not self._open:
            self.expects = "the end"
        else:
            self.expects = "a comma or ]" if self._open[-1] is None else "a comma or }"

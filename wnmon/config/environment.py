"""`${NAME}` and `${NAME:-default}`, read from the environment in base_url, api_key, headers and proxy alone.

`$${` stands for a literal `${`; every other `$` is itself. What a variable holds never enters a message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from wnmon.config.node import Cursor
from wnmon.model.credentials import is_telling
from wnmon.model.said import Said
from wnmon.model.target import MIN_SECRET_CHARS, Secret

_REFERENCE = re.compile(r"\$\$\{|\$\{(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A text with its variables filled in. `from_environment` tells whether there were any."""

    text: str
    from_environment: bool

    def __repr__(self) -> str:
        """Return no word of the text: it may be a secret."""
        return "Filled(…)"


def fill(place: Cursor, env: Mapping[str, str]) -> Filled | None:
    """Return the text at `place` with its variables filled in; None, with a problem each, when one is unset."""
    before = len(place.problems)
    text = _REFERENCE.sub(lambda match: _value(match, place, env), place.text)
    references = (match for match in _REFERENCE.finditer(place.text) if match[0] != "$${")
    return None if len(place.problems) > before else Filled(text=text, from_environment=any(references))


def _value(match: re.Match[str], place: Cursor, env: Mapping[str, str]) -> str:
    if match[0] == "$${":
        return "${"
    name, default = match["name"], match["default"]
    if name is None:
        place.report(Said("no_variable"), Said("write_variable"))
        return ""
    value = env.get(name)
    if default is not None:
        return value or default  # as in a shell, `:-` also replaces an empty value
    if value is None:
        place.report(Said("variable_unset", name=name), Said("set_variable", name=name))
    return value or ""


def telling_values(place: Cursor | None, env: Mapping[str, str]) -> Iterator[str]:
    """Yield what the variables in a URL at `place` hold whose names speak of a credential; none is the URL itself."""
    for match in _REFERENCE.finditer(place.text if place is not None else ""):
        name = match["name"]
        value = env.get(name, "") if name is not None and is_telling(name) else ""
        if len(value) >= MIN_SECRET_CHARS and "/" not in value:
            yield value


def secret(text: str, name: str, place: Cursor) -> Secret | None:
    """Return the Secret; None, with a problem, when the text is too short to be kept out of outputs by its value."""
    if len(text) < MIN_SECRET_CHARS:
        got, hint = (len(text), Said("why_long")) if text else (Said("nothing"), Said("variable_empty"))
        place.report(Said("secret_too_short", n=MIN_SECRET_CHARS, got=got), hint)
        return None
    return Secret(text, name)

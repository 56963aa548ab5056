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
from wnmon.model.target import Secret

_REFERENCE = re.compile(r"\$\$\{|\$\{(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\})?")

STAND_IN = "stands-in-for-what-is-not-here"
"""The value of a variable or a key file that is not here, where a configuration is only looked at: it goes nowhere."""

# What stands before the value of a parameter that everyone may see.
_VERSION = re.compile(r"[?&](?:api[-_])?version=\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A text with its variables filled in. `from_environment` tells whether there were any."""

    text: str
    from_environment: bool

    def __repr__(self) -> str:
        """Return no word of the text: it may be a secret."""
        return "Filled(…)"


Complaint = tuple[Said, Said | None]
"""What is wrong with a text, and what to do."""


def fill(place: Cursor, env: Mapping[str, str]) -> Filled | None:
    """Return the text at `place` with its variables filled in; None, with a problem each, when one is unset."""
    filled, complaints = filled_in(place.text, env)
    for complaint in complaints:
        place.report(*complaint)
    return None if complaints else filled


def filled_in(text: str, env: Mapping[str, str]) -> tuple[Filled, list[Complaint]]:
    """Return a text with its variables filled in, and what is wrong with those that cannot be."""
    complaints: list[Complaint] = []
    filled = _REFERENCE.sub(lambda match: _value(match, env, complaints), text)
    references = (match for match in _REFERENCE.finditer(text) if match[0] != "$${")
    return Filled(text=filled, from_environment=any(references)), complaints


def _value(match: re.Match[str], env: Mapping[str, str], complaints: list[Complaint]) -> str:
    if match[0] == "$${":
        return "${"
    name, default = match["name"], match["default"]
    if name is None:
        complaints.append((Said("no_variable"), Said("write_variable")))
        return ""
    value = env.get(name)
    if default is not None:
        return value or default  # as in a shell, `:-` also replaces an empty value
    if value is None:
        complaints.append((Said("variable_unset", name=name), Said("set_variable", name=name)))
    return value or ""


def telling_values(place: Cursor | None, env: Mapping[str, str]) -> Iterator[str]:
    """Yield what the variables in a URL at `place` hold that no output may show; none is the URL itself.

    In the path those whose names speak of a credential; in the query all, but for the version of the API.
    """
    text = place.text if place is not None else ""
    query = text.find("?")
    for match in _REFERENCE.finditer(text):
        name = match["name"]
        is_in_query = 0 <= query < match.start() and _VERSION.search(text, 0, match.start()) is None
        value = env.get(name, "") if name is not None and (is_telling(name) or is_in_query) else ""
        if value and "/" not in value:
            yield value


def secret(text: str, name: str, place: Cursor) -> Secret | None:
    """Return the Secret; None, with a problem, where there is no text."""
    if not text:
        place.report(Said("secret_missing"), Said("variable_empty"))
        return None
    return Secret(text, name)

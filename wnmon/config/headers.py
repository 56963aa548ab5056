"""Request headers from YAML: legal names and values, and which of them are secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping

from wnmon.config.environment import fill, secret
from wnmon.config.node import Cursor
from wnmon.model.credentials import basic_login, is_telling
from wnmon.model.said import Said
from wnmon.model.target import Secret

# RFC 9110 section 5.1 and 5.6.2: a field name is a token.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}", re.ASCII)
# RFC 9110 section 5.5: visible characters with spaces and tabs between them.
_VALUE = re.compile(r"(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?")
_OF_THE_TRANSPORT = frozenset({"host", "content-length", "transfer-encoding", "connection", "expect", "upgrade"})


def target_headers(place: Cursor, env: Mapping[str, str]) -> tuple[tuple[str, Secret | str], ...]:
    """Return the headers of every request to a target. A value with `${}`, or a telling name, makes a Secret."""
    found: list[tuple[str, Secret | str]] = []
    for name, value in place.members("headers"):
        if not _is_usable(name, value):
            continue
        filled = fill(value, env)
        if filled is None or not _is_legal(filled.text, value):
            continue
        if not filled.from_environment and not is_telling(name):
            found.append((name, filled.text))
        elif (kept := _secret(filled.text, f"header:{name}", value)) is not None:
            found.append((name, kept))
    return tuple(found)


def _secret(text: str, name: str, place: Cursor) -> Secret | None:
    """Return the Secret; None, with a problem, when it or the password in it is too short to be one."""
    _, password = basic_login(text) or ("", "")
    if password and secret(password, name, place) is None:
        return None
    return secret(text, name, place)


def step_headers(place: Cursor) -> tuple[tuple[str, str], ...]:
    """Return the headers of one request alone, as they stand."""
    found: list[tuple[str, str]] = []
    for name, value in place.members("headers"):
        if "${" in value.text:
            value.report(Said("no_variable_here"), Said("header_into_target"))
        elif _is_usable(name, value) and _is_legal(value.text, value):
            found.append((name, value.text))
    return tuple(found)


def _is_usable(name: str, value: Cursor) -> bool:
    if not _NAME.fullmatch(name):
        value.report(Said("header_name"), key=True)
    elif name.lower() == "authorization":
        value.report(Said("header_authorization"), Said("use_api_key"), key=True)
    elif name.lower() in _OF_THE_TRANSPORT:
        value.report(Said("header_of_connection"), Said("leave_it_out"), key=True)
    else:
        return True
    return False


def _is_legal(text: str, place: Cursor) -> bool:
    if _VALUE.fullmatch(text):
        return True
    place.report(Said("header_value"), Said("break_at_end"))
    return False

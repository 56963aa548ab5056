"""Request headers from YAML: legal names and values, and which of them are secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping

from wnmon.config.environment import Complaint, fill, filled_in, secret
from wnmon.config.node import Cursor
from wnmon.errors import UsageError
from wnmon.model.credentials import is_no_name, is_telling, masked
from wnmon.model.said import Said
from wnmon.model.target import Secret

# RFC 9110 section 5.1 and 5.6.2: a field name is a token.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}", re.ASCII)
# RFC 9110 section 5.5: visible characters with spaces and tabs between them.
_VALUE = re.compile(r"(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?")
_OF_THE_TRANSPORT = frozenset({"host", "content-length", "transfer-encoding", "connection", "expect", "upgrade"})


Headers = tuple[tuple[str, Secret | str], ...]


def target_headers(place: Cursor, env: Mapping[str, str]) -> Headers:
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
        elif (kept := secret(filled.text, f"header:{name}", value)) is not None:
            found.append((name, kept))
    return tuple(found)


def header_of_option(text: str, env: Mapping[str, str]) -> tuple[str, Secret | str]:
    """Return the header of `NAME=VALUE`, by the rules of a configuration. Raises UsageError, which quotes no value."""
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(Said("reason", kind="--header", said=Said("header_option")), hint=Said("write_header_option"))
    filled, complaints = filled_in(value, env)
    wrong = _complaint_of_name(name) or next(iter(complaints), None) or _complaint_of_value(filled.text)
    if wrong is None and filled.from_environment and not filled.text:
        wrong = Said("secret_missing"), Said("variable_empty")
    if wrong is not None:
        raise UsageError(Said("reason", kind="--header", said=wrong[0]), hint=wrong[1])
    is_secret = filled.from_environment or is_telling(name)
    return name, Secret(filled.text, f"header:{name}") if is_secret else filled.text


def step_headers(place: Cursor) -> tuple[tuple[str, str], ...]:
    """Return the headers of one request alone, as they stand."""
    found: list[tuple[str, str]] = []
    for name, value in place.members("headers"):
        if "${" in value.text:
            value.report(Said("no_variable_here"), Said("header_into_target"))
        elif _is_usable(name, value) and _is_legal(value.text, value):
            found.append((name, value.text))
    return tuple(found)


def complaint_of_auth_header(name: str) -> Complaint | None:
    """Return what is wrong with a name for the header that the key goes into, None where nothing is."""
    if name.lower() == "authorization":
        return None  # some want the key there without `Bearer`
    return _complaint_of_name(name)


def _complaint_of_name(name: str) -> Complaint | None:
    if not _NAME.fullmatch(name):
        return Said("header_name"), None
    if is_no_name(name) or masked(name) != name:
        return Said("name_is_key"), Said("key_into_api_key")
    if name.lower() == "authorization":
        return Said("header_authorization"), Said("use_api_key")
    if name.lower() in _OF_THE_TRANSPORT:
        return Said("header_of_connection"), Said("leave_it_out")
    return None


def _complaint_of_value(text: str) -> Complaint | None:
    return None if _VALUE.fullmatch(text) else (Said("header_value"), Said("break_at_end"))


def _is_usable(name: str, value: Cursor) -> bool:
    complaint = _complaint_of_name(name)
    if complaint is not None:
        value.report(*complaint, key=True)
    return complaint is None


def _is_legal(text: str, place: Cursor) -> bool:
    complaint = _complaint_of_value(text)
    if complaint is not None:
        place.report(*complaint)
    return complaint is None

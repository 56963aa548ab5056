"""Turns a status and the words of an error into a cause, by the table of causes.

The rounds of `checks/tables/causes.yaml`, of which `cause_table` is made: codes, types, wordings, the status. In each
the first row that holds decides; what no row knows is `http_4xx` or `http_5xx`, and without a status nothing at all.
Codes that a message quotes count as codes, after those that stand where a code belongs: relays wrap errors in text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from wnmon.model.result import Layer, Reason, Scope
from wnmon.wire.cause_row import Row, Where, means, reads
from wnmon.wire.cause_table import ROWS
from wnmon.wire.reply import ErrorEnvelope

_UPSTREAM = re.compile(r"\bupstream|\bbad_response|上游", re.IGNORECASE)
# What gRPC and Google call a status, where an error names no number.
_STATUS_NAMED = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What a refusal comes from. `layer` is None where it is the relay, or what the error itself speaks of."""

    reason: Reason
    scope: Scope = Scope.MODEL
    layer: Layer | None = None


def cause_of(status: int, error: ErrorEnvelope | None) -> Cause:
    """Return the cause of a refusal."""
    cause = known_cause(status, error) or Cause(reason=Reason.HTTP_4XX)
    # A server that fails says nothing about the request, whatever it quotes.
    return replace(cause, reason=Reason.HTTP_5XX) if cause.reason is Reason.HTTP_4XX and status >= 500 else cause


def known_cause(status: int | None, error: ErrorEnvelope | None) -> Cause | None:
    """Return the cause of an error, None where no row knows it."""
    row = row_of(status, error)
    if row is None:
        return None
    return Cause(reason=row.reason, scope=Scope.KEY if _is_of_the_key(row, error) else row.scope, layer=row.layer)


def row_of(status: int | None, error: ErrorEnvelope | None, rows: Sequence[Row] = ROWS) -> Row | None:
    """Return the row that decides, None where none knows the error."""
    possible = [row for row in rows if _may_hold(row, status)]
    return next((row for where in Where for row in possible if row.where is where and _holds(row, status, error)), None)


def status_in(error: ErrorEnvelope) -> int | None:
    """Return the status an error inside a 200 claims by its code or type (OpenRouter, Google), None without one."""
    for code in error.clues.codes:
        if re.fullmatch(r"[45][0-9]{2}", code):
            return int(code)
    return next((_STATUS_NAMED[word] for word in error.clues.types if word in _STATUS_NAMED), None)


def blames_upstream(error: ErrorEnvelope | None) -> bool:
    """Tell whether the relay says that not it but what stands behind it failed."""
    return error is not None and any(
        _UPSTREAM.search(word) for word in (*error.clues.codes, *error.clues.types, error.clues.wording)
    )


def _is_of_the_key(row: Row, error: ErrorEnvelope | None) -> bool:
    """Tell whether words say that the key is meant, where a code or a type only says what for."""
    of_key = (one for one in ROWS if one.reason is row.reason and one.scope is Scope.KEY and one.where is Where.WORDING)
    return any(_holds(one, None, error) for one in of_key)


def _may_hold(row: Row, status: int | None) -> bool:
    """Tell whether a row holds for a status at all: a key that a failing server complains of is its own."""
    if status is None:
        return row.where is not Where.STATUS
    return not (row.reason is Reason.AUTH and status >= 500) and (not row.status or status in row.status)


def _holds(row: Row, status: int | None, error: ErrorEnvelope | None) -> bool:
    if row.where is Where.STATUS:
        return str(status) in row.says
    if error is None or (row.also is not None and not reads(row.also, error.clues.wording)):
        return False
    if row.where is Where.WORDING:
        return any(reads(wording, error.clues.wording) for wording in row.says)
    words = _words(row.where, error)
    return any(means(said, words) for said in row.says)


def _words(where: Where, error: ErrorEnvelope) -> Iterable[str]:
    match where:
        case Where.CODE:
            return (*error.clues.codes, *error.clues.quoted)
        case Where.BASE_RESP:
            return error.clues.base_codes
        case _:
            return error.clues.types

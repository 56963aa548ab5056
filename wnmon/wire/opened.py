"""A JSON answer of the endpoints beside chat completions, opened: its object with exact amounts, or why there is none.

There an error is written as anywhere, but in a success as well: `{"error": ...}` and `{"success": false}` with a 200,
and the page of a web site for any path it does not know.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from wnmon.model.json import Json
from wnmon.model.result import Reason
from wnmon.model.said import Said, Text
from wnmon.wire.answer import Answer
from wnmon.wire.envelope import error_in
from wnmon.wire.reply import Form

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
MOST_DIGITS = 18
"""Of an amount, before its point or behind: more is no money, and would be written out in full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """Nothing was told, and why not, in the relay's own words where it has any."""

    why: Text
    reason: Reason


def opened(answer: Answer) -> Json | Untold:
    """Return the value of a successful JSON answer, its fractions as Decimal; or why there is none. Never raises."""
    fault, status = answer.fault, answer.exchange.status
    document = answer.reply.document if answer.reply.form is Form.JSON else None  # a stream folds to one too
    if status is None or not 200 <= status < 300 or document is None or document.problem is not None:
        return Untold(why=fault.message, reason=fault.reason) if fault is not None else _no_json(answer)
    error = error_in(document.value)
    if error is not None:
        said = Said("success_error", n=str(status), said=error.message)
        return Untold(why=said, reason=fault.reason if fault is not None else Reason.SCHEMA)
    # The document was read within its bounds, so this is neither too deep nor anything but JSON in UTF-8.
    value: Json = json.loads(answer.exchange.body, parse_float=_fraction)
    return value


def without(what: Said, answer: Answer) -> Untold:
    """Return why a JSON that can be read tells nothing: it is without that, or says in its own way what is wrong."""
    error, fault = answer.reply.error, answer.fault
    if error is None or fault is None:
        return Untold(why=what, reason=Reason.SCHEMA)
    return Untold(why=fault.message, reason=fault.reason)


def _fraction(lexeme: str) -> Decimal:
    try:
        return Decimal(lexeme)
    except InvalidOperation:  # an exponent beyond all counting
        return Decimal("NaN")


def _no_json(answer: Answer) -> Untold:
    """Return why a success is no JSON where nothing is wrong with it: it is a stream."""
    said = Said("status_with", n=str(answer.exchange.status), said=answer.reply.form.value)
    return Untold(why=said, reason=Reason.CONTENT_TYPE)


def amount(value: object) -> Decimal | None:
    """Return a number, or one in text as some write money, exactly; None for anything else, or what is no money."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str) or len(str(value)) > 4 * MOST_DIGITS:
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return None
    found = Decimal(value)
    is_money = found.is_finite() and (not found or abs(found.adjusted()) <= MOST_DIGITS)
    return found if is_money else None

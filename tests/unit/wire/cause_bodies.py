"""Bodies made of the rows of the table of causes: what a relay writes that a row is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest

from wnmon.model.json import Json
from wnmon.model.result import Reason
from wnmon.wire.cause_row import Row, Where

_CHOICE = re.compile(r"\(([^()]*)\)")


def spelt(wording: str) -> list[str]:
    """Return texts that a wording stands for, each of its choices in one of them at least."""
    parts = _CHOICE.split(wording.removeprefix("= "))
    columns = [part.split("|") if at % 2 else [part] for at, part in enumerate(parts)]
    first = [column[0] for column in columns]
    rows = zip_longest(*columns)
    texts = ["".join(one if one is not None else first[at] for at, one in enumerate(row)) for row in rows]
    filled = (text.replace("…", " ").replace("#", "8").replace("<name>", " `abc-1` ") for text in texts)
    return [" ".join(text.split()) for text in filled]


def bodies(row: Row) -> Iterator[Json]:
    """Yield bodies that a row is about, whatever wraps them."""
    also = "" if row.also is None else f" {spelt(row.also)[0]}"
    for said in row.says:
        word = said.removesuffix("*")
        match row.where:
            case Where.CODE:
                yield {"message": f"x{also}", "code": word}
            case Where.TYPE:
                yield {"message": f"x{also}", "type": word}
            case Where.BASE_RESP:
                yield {"base_resp": {"status_code": int(word), "status_msg": "x"}}
            case Where.WORDING:
                for text in spelt(said):
                    yield {"message": text}
            case Where.STATUS:
                yield {"message": "x"}


def a_status(row: Row) -> int:
    """Return a status that says nothing by itself and for which a row holds."""
    if row.where is Where.STATUS:
        return int(row.says[0])
    if row.status:
        return row.status[0]
    return 403 if row.reason is Reason.AUTH else 400

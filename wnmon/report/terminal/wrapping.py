"""Where a line of text may end: after a blank, and between Chinese characters, which are written without blanks.

No line begins with a closing mark or ends with an opening one (UAX #14, classes CL, EX and OP).
"""

from __future__ import annotations

import re

from rich.cells import cell_len, chop_cells

_OPENING = "（［｛〔【《〈「『"
_CLOSING = "，。、；：？！）］｝〕】》〉」』％"
_WIDE = "\u2e80-\u2fff\u3001-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff60"
"""Chinese characters, kana, and the punctuation as wide as they are."""
_CLOSING_IN_ASCII = rf"[,.;:!?)\]}}]+(?=\s|$|[{_WIDE}])"
_UNIT = re.compile(rf"\s*[{_OPENING}]*(?:[{_WIDE}](?:[{_CLOSING}]|{_CLOSING_IN_ASCII})*|[^\s{_WIDE}]+[{_CLOSING}]*)\s*")


def breaks(text: str, width: int) -> list[int]:
    """Return where a line has to be divided so that each part takes at most `width` cells, blanks at its end aside."""
    offsets: list[int] = []
    used = 0
    for unit in _UNIT.finditer(text):
        needed = cell_len(unit[0].rstrip())
        if used and used + needed > width:
            offsets.append(unit.start())
            used = 0
        if needed <= width:
            used += cell_len(unit[0])
            continue
        *full, rest = _chopped(unit[0], width)
        ends = [sum(map(len, full[: number + 1])) for number in range(len(full))]
        offsets += [unit.start() + end for end in ends]
        used = cell_len(rest)
    return offsets


def _chopped(unit: str, width: int) -> list[str]:
    """Return a unit that is too wide in parts that fit. Marks left for the last one take characters with them."""
    *full, rest = chop_cells(unit, width)
    while rest[0] in _CLOSING and len(full[-1]) > 1 and cell_len(full[-1][-1] + rest.rstrip()) <= width:
        full[-1], rest = full[-1][:-1], full[-1][-1] + rest
    return [*full, rest]

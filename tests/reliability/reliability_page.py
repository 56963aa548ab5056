"""docs/reliability.md, made of what is promised and, in one column, of what was last measured."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from fault_rows import EVERY_S, LIMIT_S, NETWORK, ROWS, STORE, TIME, TOTAL_S, Row

_HEAD = """\
# Reliability

What `wnmon serve` makes of a fault, who says so, and how soon. Each row is a fault that a test makes for real, against
a running service on loopback ([tests/reliability](../tests/reliability)). The test fails where outcome, reason or a
witness is another one, and where this page says anything else. `make reliability` makes all faults again and writes
down what was measured.

**Promised:** a fault of one relay says nothing of another, and none stops the service: it goes on asking, or says why
not. Whatever a run ends with has a reason of a [closed set](metrics.md#closed-label-values). A relay is called down
only once [two runs confirm it](operations.md#what-is-confirmed), and a fault of wnmon's own, be it
[its network](operations.md#when-the-own-network-is-down), its process or its disk, is never an outage of a relay.
What was spent [stays spent](operations.md#what-it-remembers).

**Not promised:** results of the second before a `kill -9`, and of the seconds before a power cut. That anybody is told
while the service is stopped or its host gone: for that something else has to look, such as Prometheus (`WnmonAbsent` in
the [runbook](runbook.md)) or `wnmon healthcheck`. That lost packets are told from a slow relay, as long as TCP mends
the loss within every limit.

*At most* is in terms of the configuration, and of a machine that is not late. *Measured* is what the last
`make reliability` saw, on two cores with others at work: from when the fault was made to when the message came, or
where there is none, to when the metric said so. There: `every` {every:g} s; `connect`, `headers`, `first_token` and
`stall` {limit:g} s; `total` {total:g} s; `confirm.down` 2, no re-checks. Where a re-check comes between two slots, its
delay (30 s unless configured) stands in the place of the second `every`.

"""
_COLUMNS = ("fault", "how it is made", "outcome", "reason", "what says so", "at most", "measured", "afterwards")
_SECTIONS = (
    ("The network and the relay", "Outcome and reason are those of a run.", NETWORK),
    (
        "What is kept",
        "Probing goes on: the outcome is that of the runs meanwhile, the reason the `problem`. "
        "What lasts for a minute\nis told in [a message](messages.md#what-is-told-and-when) too.",
        STORE,
    ),
    ("Clocks and processes", "", TIME),
)
_TAIL = """\
More is proved elsewhere: thirty `kill -9` under load ([test](../tests/acceptance/test_serve_kills.py)); budgets over
processes that are killed, beside a relay that counts for itself ([test](../tests/acceptance/test_serve_ledger.py)); a
crash each 22 s for 10 minutes, which asks no relay more often ([test](../tests/acceptance/test_serve_crash_loop.py));
an own network that is cut ([test](../tests/acceptance/test_serve_own_network.py)); half an hour of outages under a real
Prometheus ([soak](soak.md)); and every fault of an answer itself ([conformance](conformance.md)).
"""


def render(measured: Mapping[str, str]) -> str:
    """Return the page; `measured` has the cell of each row by its name."""
    parts = [_HEAD.format(every=EVERY_S, limit=LIMIT_S, total=TOTAL_S)]
    for title, said, rows in _SECTIONS:
        parts.append(f"## {title}\n\n{said and said + chr(10) * 2}{_table(rows, measured)}\n")
    return "".join((*parts, _TAIL))


def measured_in(page: str) -> dict[str, str]:
    """Return what a page says was measured, by the name of the row."""
    cells = {row[0]: row for row in map(_cells, page.splitlines()) if len(row) == len(_COLUMNS)}
    at = _COLUMNS.index("measured")
    return {row.name: cells[row.fault][at] for row in ROWS if row.fault in cells}


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def _table(rows: Sequence[Row], measured: Mapping[str, str]) -> str:
    lines = [_COLUMNS, ("---",) * len(_COLUMNS), *(tuple(_of(row, measured)) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _of(row: Row, measured: Mapping[str, str]) -> Iterator[str]:
    yield from (row.fault, row.made, row.outcome, f"`{row.reason}`", "; ".join(row.says), row.at_most)
    yield measured.get(row.name, "–")
    yield row.afterwards

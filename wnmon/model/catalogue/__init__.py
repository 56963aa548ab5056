"""Every sentence wnmon says, by id, in English and Chinese: the only place where words for people stand, but for the rules of a suite (`checks/`).

Holes are filled by whoever says the sentence (`wnmon.model.said`). JSON types, members, YAML keys and option names stay
English in both: they are what a reader looks for. To change what is said, change it here; an id stays for good, since
reports carry it.
"""

from __future__ import annotations

from collections.abc import Mapping

from wnmon.model.catalogue import (
    account,
    answers,
    cli,
    config,
    exchanges,
    findings,
    first,
    pace,
    page,
    records,
    reports,
    selftest,
    verdicts,
)
from wnmon.model.language import Pair

ROOMS = (verdicts, findings, answers, exchanges, pace, account, reports, records, page, config, cli, first, selftest)

CATALOGUE: Mapping[str, Pair] = {name: pair for room in ROOMS for name, pair in room.SENTENCES.items()}

"""A run of a service as a transcript that can be kept: of bounded size, and with all that judges it again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from wnmon.engine.run import Run
from wnmon.model.check import Plan, Rule
from wnmon.model.exchange import Exchange
from wnmon.report.summary import CheckedTarget, CheckReport, Chosen, JudgedSuite, exit_code
from wnmon.report.transcript import Transcript, document_of, text_of
from wnmon.wire.bounds import beginning

MOST_BODY_BYTES = 65_536
"""Kept of one answer, as of one that is too large to be read (`wire.bounds`)."""
MOST_BYTES = 1_048_576
"""Kept of all answers of a run; what comes when that is used up is left empty."""
MOST_BODY_PIECES = 2_000
"""Kept of one answer: each with its stamp takes some 30 us to be written out."""
MOST_PIECES = 4_000


def render_kept(run: Run, version: str, redacted: Callable[[str], str]) -> str:
    """Return the transcript of a run as JSON text without layout. `redacted` takes secrets out of the plan."""
    kept = _bounded(run)
    document = document_of(_report(kept, version, Chosen() if run.plan is None else _chosen(run.plan)), redacted)
    if kept is not run:
        document["cut"] = True
    return json.dumps(document, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def laid_out(text: str) -> str:
    """Return a transcript as `wnmon check --report transcript=FILE` writes it."""
    return text_of(json.loads(text))


def report_of(recorded: Transcript, rules: Mapping[str, Rule]) -> CheckReport:
    """Return a recorded run as a report of it alone; `rules` are known by their id, for what they say."""
    report = _report(recorded.runs[0], recorded.head.wnmon, Chosen(profiles=recorded.head.selection.profiles))
    own = {rule.id: rule for plan in recorded.checks.values() for rule in plan.rules}
    return replace(report, rules={**own, **rules})


def _report(run: Run, version: str, chosen: Chosen) -> CheckReport:
    url = run.evidence.exchanges[0].request.url if run.evidence.exchanges else ""
    return CheckReport(
        version=version,
        started_at_s=run.started_at_s,
        ended_at_s=run.ended_at_s,
        targets=(CheckedTarget(name=run.target, url=url, model=run.model),),
        runs=(run,),
        rules={},
        strict=False,
        complete=True,
        exit_code=exit_code((run,), strict=False),
        chosen=chosen,
    )


def _chosen(plan: Plan) -> Chosen:
    """Return what selects of its suite the very rules that the plan of a service has."""
    if plan.whole is None:
        return Chosen()
    return Chosen(
        suites=(JudgedSuite(name=plan.asked_as, plan=plan.whole),),
        profiles=plan.profiles,
        only=tuple(rule.id for rule in plan.rules),
        gate=plan.gate,
    )


def _bounded(run: Run) -> Run:
    """Return the run itself, or one of whose answers only the beginning is there."""
    bytes_left, pieces_left, kept = MOST_BYTES, MOST_PIECES, list[Exchange]()
    for exchange in run.evidence.exchanges:
        first = exchange.chunks[: min(MOST_BODY_PIECES, pieces_left)]
        chunks = beginning(first, min(MOST_BODY_BYTES, bytes_left))
        bytes_left -= sum(len(chunk.data) for chunk in chunks)
        pieces_left -= len(chunks)
        kept.append(exchange if chunks == exchange.chunks else replace(exchange, chunks=chunks))
    if all(one is whole for one, whole in zip(kept, run.evidence.exchanges, strict=True)):
        return run
    return replace(run, evidence=replace(run.evidence, exchanges=tuple(kept)))

"""What was broken once and is put up with: a file to hold later checks against, which fail only on what got worse.

A known break excuses a rule where it was already broken: on the same target, model and suite, and only in places known
to be wrong. Numbers in a place (`/choices/0/index`, `event 12`) do not tell two places apart. Like a waiver it never
changes a verdict, and what a waiver excuses is left to the waiver, which has an end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from wnmon.engine.run import Run
from wnmon.model.json import JsonObject
from wnmon.model.result import RuleVerdict, Verdict
from wnmon.model.said import Said, Why, id_of
from wnmon.report.baseline.known import RANKS, Baseline, Ignored, KnownBreak, RunKey, known, places_of, plain
from wnmon.report.text import iso

FORMAT = "wnmon-baseline"
FORMAT_VERSION = 1


def key_of(run: Run) -> RunKey:
    """Return what a run is found again by."""
    return run.target, plain(run.model), run.title


def excuse_run(run: Run, baseline: Baseline | None) -> Run:
    """Return the run, its rules that are no worse than known marked as waived.

    A rule whose waiver is over is not excused: that somebody set it a date shall not be hidden.
    """
    breaks = baseline.runs.get(key_of(run)) if baseline else None
    if baseline is None or breaks is None:
        return run
    unknown = _never_judged(run, breaks)

    def excuse(row: RuleVerdict) -> RuleVerdict:
        is_over = row.verdict is Verdict.FAILED and row.why != ""
        found = breaks.get(row.rule) if row.rule not in unknown else None
        if row.waived or is_over or row.verdict not in RANKS or found is None or not found.covers(row):
            return row
        after = Said("after_that", said=row.why) if row.why else ""
        return replace(row, waived=True, why=Said(Why.KNOWN, text=baseline.name, said=after))

    return replace(run, result=replace(run.result, verdicts=tuple(map(excuse, run.result.verdicts))))


def _never_judged(run: Run, breaks: Mapping[str, KnownBreak]) -> frozenset[str]:
    """Return the rules that stay open because there was nothing to judge them by."""
    unsent, decided = frozenset(run.evidence.not_sent.values()), run.has_decided_rule
    failed = {rule for rule, known in breaks.items() if known.verdict is Verdict.FAILED}
    inconclusive = (row for row in run.result.verdicts if row.verdict is Verdict.INCONCLUSIVE)
    return frozenset(
        row.rule
        for row in inconclusive
        if not run.was_judged or row.why in unsent or (row.rule in failed and not decided)
    )


def ignored_by(baseline: Baseline, runs: Sequence[Run]) -> Ignored:
    """Return what the baseline came to, over runs it has excused."""
    held = {
        rule
        for run in runs
        for rule in baseline.runs.get(key_of(run), {})
        if any(row.rule == rule and row.verdict is Verdict.PASSED for row in run.result.verdicts)
    }
    return Ignored(
        name=baseline.name,
        breaks=sum(row.verdict is Verdict.FAILED for run in runs for row in known(run)),
        gone=tuple(sorted(held)),
        unknown=tuple(" ".join(key_of(run)) for run in runs if key_of(run) not in baseline.runs),
    )


def why_no_baseline(runs: Sequence[Run], *, complete: bool) -> Said | None:
    """Return why runs must not become a baseline, None when they may: what was not judged is not known."""
    if not complete:
        return Said("check_interrupted")
    silent = next((run for run in runs if not run.was_judged), None)
    return Said("suite_not_judged", text=silent.title, said=silent.result.message) if silent is not None else None


def render_baseline(runs: Sequence[Run], *, version: str, at_s: float) -> str:
    """Return what is broken or could not be judged in runs, as JSON text that ends in a newline."""
    document = encode_baseline(Baseline(name="", runs={key_of(run): _breaks(run) for run in runs}))
    document |= {"wnmon": version, "written_at": iso(at_s)}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _breaks(run: Run) -> dict[str, KnownBreak]:
    """Return what a later check may be excused; what a waiver excuses is left to it."""
    ours = [row for row in run.result.verdicts if not row.waived or id_of(row.why) == Why.KNOWN]
    return {row.rule: KnownBreak(verdict=row.verdict, places=places_of(row)) for row in ours if row.verdict in RANKS}


def encode_baseline(baseline: Baseline) -> JsonObject:
    """Return a baseline as JSON values; `decode_baseline` is the way back, but for the name."""
    return {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "runs": [
            {
                "target": target,
                "model": model,
                "suite": suite,
                "rules": {
                    rule: {"verdict": known.verdict.value, "places": [*sorted(known.places)]}
                    for rule, known in rules.items()
                },
            }
            for (target, model, suite), rules in baseline.runs.items()
        ],
    }


def read_baseline(text: str, name: str) -> Baseline:
    """Return the baseline `render_baseline` wrote. Raises ValueError for anything else."""
    try:
        return decode_baseline(json.loads(text), name)
    except RecursionError:
        raise ValueError(Said("record_too_deep")) from None


def decode_baseline(document: Any, name: str) -> Baseline:
    """Return the baseline of a document. Raises ValueError."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(Said("record_no_baseline"))
    if document.get("version") != FORMAT_VERSION:
        raise ValueError(Said("record_baseline_version", ours=FORMAT_VERSION))
    try:
        return Baseline(name=name, runs=dict(map(_decoded, document["runs"])))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(Said("record_damaged_baseline", why=type(error).__name__)) from None


def _decoded(run: Mapping[str, Any]) -> tuple[RunKey, dict[str, KnownBreak]]:
    key = str(run["target"]), str(run["model"]), str(run["suite"])
    breaks = {}
    for rule, said in run["rules"].items():
        verdict, places = said["verdict"], said["places"]
        if verdict not in RANKS or not isinstance(places, list):
            raise ValueError
        breaks[rule] = KnownBreak(verdict=Verdict(verdict), places=frozenset(map(str, places)))
    return key, breaks

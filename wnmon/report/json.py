"""The report as JSON, for machines. The format is `report.schema.json` beside this file."""

from __future__ import annotations

import json
import re
from dataclasses import asdict

from wnmon.engine.run import Run
from wnmon.model.json import Json, JsonObject
from wnmon.model.result import Finding, RuleVerdict
from wnmon.model.said import Text, id_of
from wnmon.model.text import cut, encodable
from wnmon.report.finding import view_of
from wnmon.report.gist import Gist, gists
from wnmon.report.notes import note_of
from wnmon.report.summary import CheckedTarget, CheckReport, totals
from wnmon.report.text import MAX_MESSAGE_CHARS, iso

FORMAT_VERSION = 1


def render_json(report: CheckReport) -> str:
    """Return the report as JSON text, ending in a newline. It holds no body of a request or an answer."""
    document: JsonObject = {
        "format": "wnmon-check",
        "version": FORMAT_VERSION,
        "wnmon": report.version,
        "started_at": iso(report.started_at_s),
        "ended_at": iso(report.ended_at_s),
        "complete": report.complete,
        "strict": report.strict,
        "exit_code": int(report.exit_code),
        "counts": {**totals(report)},
        "targets": [_target(target) for target in report.targets],
        "models": [_gist(gist) for gist in gists(report)],
        "runs": [_run(report, run) for run in report.runs],
    }
    return json_text(document) + "\n"


def _target(target: CheckedTarget) -> JsonObject:
    """Return a target; a reader of before there were remarks misses nothing where there is none."""
    remarks: JsonObject = {"remarks": [{"id": one.id, "message": _text(str(one))} for one in target.remarks]}
    named: JsonObject = {"name": target.name, "url": _text(target.url), "model": _text(target.model)}
    return named | remarks if target.remarks else named


def _gist(gist: Gist) -> JsonObject:
    tokens, cost = gist.first_tokens, gist.cost
    return {
        "target": gist.target.name,
        "model": _text(gist.target.model),
        "standing": gist.standing.value,
        "verdict": _text(gist.verdict),
        "answered_as": [{"name": _text(name), "answers": n} for name, n in gist.names],
        "first_token": {
            "median_s": tokens.median_s,
            "first_s": next(iter(tokens.measured_s), None),
            "measured": len(tokens.measured_s),
        },
        "spent": {
            "input_tokens": cost.input_tokens,
            "output_tokens": cost.output_tokens,
            "answers": cost.answers,
            "estimated": cost.estimated,
            "is_open": cost.is_open,
            "money": {currency: str(amount) for currency, amount in cost.money.items()},
        },
    }


_BEYOND_ASCII = re.compile(r"[^\n -~]")
_COMMAND = re.compile(r"#(?=#[A-Za-z]*\[)")


def json_text(document: Json) -> str:
    """Return a document as JSON that may be printed anywhere: what acts on a screen or in a CI is escaped, not lost."""
    plain = json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)
    return _COMMAND.sub(r"\\u0023", _BEYOND_ASCII.sub(_printable, plain))


def _printable(match: re.Match[str]) -> str:
    char = match.group()
    return char if char.isprintable() else json.dumps(char)[1:-1]


def _run(report: CheckReport, run: Run) -> JsonObject:
    result = run.result
    return {
        "id": run.id,
        "target": run.target,
        "check": run.check,
        "suite": run.suite,
        "model": _text(run.model),
        "started_at": iso(run.started_at_s),
        "ended_at": iso(run.ended_at_s),
        "requests": run.requests,
        "outcome": result.outcome.value,
        "reason": result.reason.value,
        "layer": result.layer.value if result.layer else None,
        "message": _text(result.message),
        "message_id": id_of(result.message),
        "status": result.status,
        "timing": asdict(result.timing),
        "usage": asdict(result.usage) if result.usage else None,
        "usage_doubts": [{"message": str(doubt.said), "message_id": doubt.said.id} for doubt in run.usage_doubts],
        "pauses": [
            {
                "step": one.step,
                "asked_s": one.asked_s,
                "waited_s": one.waited_s,
                "message": _text(one.said()),
                "message_id": one.said().id,
            }
            for one in run.pauses
        ],
        "learnt": [
            {
                "taught": lesson.taught.value,
                "parameter": lesson.parameter,
                "message": _text(lesson.how),
                "message_id": id_of(lesson.how),
                "exchange": lesson.exchange,
            }
            for lesson in run.evidence.lessons
        ],
        "findings": [_finding(finding) for finding in result.findings],
        "undecided": [
            {"kind": one.kind, "step": one.step, "why": _text(one.why), "why_id": id_of(one.why)}
            for one in result.undecided
        ],
        "rules": [_rule(report, row) for row in result.verdicts],
    }


def _rule(report: CheckReport, row: RuleVerdict) -> JsonObject:
    return {
        "id": row.rule,
        "level": row.level.value,
        "verdict": row.verdict.value,
        "waived": row.waived,
        "why": _text(row.why),
        "why_id": id_of(row.why),
        "says": {"en": report.says(row.rule, "en"), "zh": report.says(row.rule, "zh")},
        "source": report.source(row.rule),
        "note": {lang: note_of(report.rules.get(row.rule), row, lang) for lang in ("en", "zh")},
        "findings": [_finding(finding) for finding in row.findings],
    }


def _finding(finding: Finding) -> JsonObject:
    view = view_of(finding, "en")
    return {
        "id": view.id,
        "reason": view.reason,
        "degraded": view.degraded,
        "step": view.step,
        "exchange": finding.exchange,
        "place": _text(view.place),
        "message": _text(view.message),
        "expected": _text(view.expected),
        "actual": _text(view.actual),
    }


def _text(text: Text) -> str:
    return encodable(cut(str(text), MAX_MESSAGE_CHARS))

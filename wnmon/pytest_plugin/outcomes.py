"""What a test says of its rule: a verdict of wnmon in the words of pytest."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from wnmon.model.check import NEEDS_FULL, Rule
from wnmon.model.result import Finding, Outcome, RuleVerdict, Run, Verdict
from wnmon.report.curl import curl_command
from wnmon.report.phrases import actual_of, expected_of, message_of, phrase
from wnmon.report.summary import binding_levels, exchange_of, has_decided_rule
from wnmon.report.text import MAX_MESSAGE_CHARS, shown
from wnmon.report.words import advice, word

MAX_FINDINGS = 6


class Kind(StrEnum):
    """What becomes of a test. tolerated: broken, but it does not bind or is waived, which pytest calls xfail."""

    KEPT = "kept"
    BROKEN = "broken"
    TOLERATED = "tolerated"
    LEFT_OUT = "left out"
    UNJUDGED = "unjudged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a test says. `reason` is one line; `details` are for whoever mends the relay."""

    kind: Kind
    reason: str = ""
    details: str = ""


def said_of(rule: Rule, run: Run, *, beside: Collection[str], strict: bool, lang: str) -> Said:
    """Return what a run says of a rule. Every word of the relay in it is made visible and cut.

    `beside` are the rules that have a test too: what blocks a rule and fails there is not complained about again.
    """
    result = run.result
    row = next((row for row in result.verdicts if row.rule == rule.id), None)
    if result.outcome is Outcome.ERRORED or row is None:
        reason = shown(f"{result.reason.value}: {phrase(result.message, lang)}", MAX_MESSAGE_CHARS)
        return Said(kind=Kind.UNJUDGED, reason=reason, details=advice(result.reason, lang))
    match row.verdict:
        case Verdict.PASSED:
            return Said(kind=Kind.KEPT)
        case Verdict.FAILED:
            return _failed(rule, row, run, strict=strict, lang=lang)
        case Verdict.INCONCLUSIVE:
            matters = row.level in binding_levels(strict) or not has_decided_rule(run)
            told = any(
                _complains(other, strict) for other in result.verdicts if other.rule in {*rule.needs} & {*beside}
            )
            kind = Kind.UNJUDGED if matters and not told else Kind.LEFT_OUT
            return Said(kind=kind, reason=_line("INCONCLUSIVE", row.why))
        case Verdict.NOTED:
            complaints = "; ".join(finding.message for finding in row.findings)
            return Said(kind=Kind.LEFT_OUT, reason=_line("NOTED", f"{rule.id}: {complaints}"))
        case Verdict.SKIPPED:
            return Said(kind=Kind.LEFT_OUT, reason=shown(_OPTIONS.get(row.why, row.why), MAX_MESSAGE_CHARS))


def _complains(row: RuleVerdict, strict: bool) -> bool:
    binds = row.level in binding_levels(strict) and not row.waived
    return binds and row.verdict in {Verdict.FAILED, Verdict.INCONCLUSIVE}


_OPTIONS = {NEEDS_FULL: "needs --wnmon-full"}


def _line(what: str, why: str) -> str:
    return shown(f"{what}: {why}", MAX_MESSAGE_CHARS)


def _failed(rule: Rule, row: RuleVerdict, run: Run, *, strict: bool, lang: str) -> Said:
    title = f"{rule.id} {row.level.value} {_sentence(rule, lang)}"
    excuse = row.why if row.waived else ""
    binds = row.level in binding_levels(strict)
    return Said(
        kind=Kind.BROKEN if binds and not row.waived else Kind.TOLERATED,
        reason=_line("WAIVED", excuse) if excuse else shown(title, MAX_MESSAGE_CHARS),
        details="\n".join([shown(title, MAX_MESSAGE_CHARS), *_report(rule, row, run, lang)]),
    )


def _sentence(rule: Rule, lang: str) -> str:
    return rule.says.get(lang) or rule.says.get("en") or rule.id


def _report(rule: Rule, row: RuleVerdict, run: Run, lang: str) -> list[str]:
    """Return what was expected, what came, where, by which source, and the request again."""
    lines = [line for finding in row.findings[:MAX_FINDINGS] for line in _finding(finding, lang)]
    left = len(row.findings) - MAX_FINDINGS
    if left > 0:
        lines.append(f"  {word('more', lang).format(n=left)}")
    if row.why:
        lines.append(_labelled("note", phrase(row.why, lang), lang))
    lines.append(_labelled("source", rule.source, lang))
    return [*lines, *_reproduce(row, run, lang)]


def _finding(finding: Finding, lang: str) -> list[str]:
    where = " ".join(part for part in (finding.place, finding.step and f"({finding.step})") if part)
    return [
        f"  {shown(message_of(finding, lang), MAX_MESSAGE_CHARS)}",
        _labelled("expected", expected_of(finding, lang), lang),
        _labelled("actual", actual_of(finding, lang), lang),
        *([_labelled("place", where, lang)] if where else []),
    ]


def _labelled(key: str, value: str, lang: str) -> str:
    return f"    {word(key, lang)}: {shown(value, MAX_MESSAGE_CHARS)}"


def _reproduce(row: RuleVerdict, run: Run, lang: str) -> list[str]:
    step = next((finding.step or finding.place.partition("/")[0] for finding in row.findings), "")
    exchange = exchange_of(run, step)
    command = curl_command(exchange.request) if exchange else None
    return [f"{word('reproduce', lang).format(what=row.rule)}:", command] if command else []

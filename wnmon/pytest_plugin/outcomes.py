"""What a test says of its rule: a verdict of wnmon in the words of pytest."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from wnmon.engine.run import Run
from wnmon.model.check import Rule
from wnmon.model.result import Finding, RuleVerdict, Verdict
from wnmon.model.said import Why, id_of, in_language
from wnmon.report.advice import advice
from wnmon.report.curl import curl_command
from wnmon.report.finding import messages_of, view_of
from wnmon.report.notes import as_alternatives, note_of, ways_out
from wnmon.report.spelling import OF_PYTEST
from wnmon.report.summary import binding_levels, exchange_to_show, why_nothing
from wnmon.report.text import MAX_MESSAGE_CHARS, in_words, more, shown, word

MAX_FINDINGS = 6


class Ending(StrEnum):
    """What becomes of a test. tolerated: broken, but it does not bind or is waived, which pytest calls xfail."""

    KEPT = "kept"
    BROKEN = "broken"
    TOLERATED = "tolerated"
    LEFT_OUT = "left out"
    UNJUDGED = "unjudged"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOutcome:
    """What a test says. `reason` is one line; `details` are for whoever mends the relay."""

    ending: Ending
    reason: str = ""
    details: str = ""


def outcome_of(rule: Rule, run: Run, *, beside: Collection[str], strict: bool, lang: str) -> RuleOutcome:
    """Return what a run says of a rule. Every word of the relay in it is made visible and cut.

    `beside` are the rules that have a test too: what blocks a rule and fails there is not complained about again.
    """
    row = next((row for row in run.result.verdicts if row.rule == rule.id), None)
    if row is None:
        return _nothing(run, lang)
    match row.verdict:
        case Verdict.PASSED:
            return RuleOutcome(ending=Ending.KEPT)
        case Verdict.FAILED:
            return _failed(rule, row, run, strict=strict, lang=lang)
        case Verdict.INCONCLUSIVE:
            return _inconclusive(rule, row, run, beside=beside, strict=strict, lang=lang)
        case Verdict.NOTED:
            return RuleOutcome(ending=Ending.LEFT_OUT, reason=_line("NOTED", f"{rule.id}: {messages_of(row, lang)}"))
        case Verdict.SKIPPED:
            reason = in_language(row.why, lang)
            if id_of(row.why) == Why.NEEDS_FULL:
                reason = reason.replace("--full", "--wnmon-full")
            return RuleOutcome(ending=Ending.LEFT_OUT, reason=shown(reason, MAX_MESSAGE_CHARS))


def _inconclusive(
    rule: Rule, row: RuleVerdict, run: Run, *, beside: Collection[str], strict: bool, lang: str
) -> RuleOutcome:
    """An error where it matters and no other test tells it: one where nothing was judged tells why nothing was."""
    if not run.was_judged:
        return _nothing(run, lang)
    matters = row.level in binding_levels(strict) or not run.has_decided_rule
    told = any(_complains(other, strict) for other in run.result.verdicts if other.rule in {*rule.needs} & {*beside})
    ending = Ending.UNJUDGED if matters and not told else Ending.LEFT_OUT
    return RuleOutcome(ending=ending, reason=_line("INCONCLUSIVE", in_language(row.why, lang)))


def _nothing(run: Run, lang: str) -> RuleOutcome:
    """Return the outcome of a rule of a run of which nothing was judged."""
    why = shown(in_language(why_nothing(run.result), lang), MAX_MESSAGE_CHARS)
    return RuleOutcome(ending=Ending.UNJUDGED, reason=why, details=advice(run.result.reason, lang, OF_PYTEST))


def _complains(row: RuleVerdict, strict: bool) -> bool:
    binds = row.level in binding_levels(strict) and not row.waived
    return binds and row.verdict in {Verdict.FAILED, Verdict.INCONCLUSIVE}


def _line(what: str, why: str) -> str:
    return shown(f"{what}: {why}", MAX_MESSAGE_CHARS)


def _failed(rule: Rule, row: RuleVerdict, run: Run, *, strict: bool, lang: str) -> RuleOutcome:
    title = f"{rule.id} {row.level.value} {in_words(rule.says, lang) or rule.id}"
    excuse = in_language(row.why, lang) if row.waived else ""
    binds = row.level in binding_levels(strict)
    return RuleOutcome(
        ending=Ending.BROKEN if binds and not row.waived else Ending.TOLERATED,
        reason=_line("WAIVED", excuse) if excuse else shown(title, MAX_MESSAGE_CHARS),
        details="\n".join([shown(title, MAX_MESSAGE_CHARS), *_report(rule, row, run, lang, binds=binds)]),
    )


def _report(rule: Rule, row: RuleVerdict, run: Run, lang: str, *, binds: bool) -> list[str]:
    """Return what was expected, what came, where, by which source, and the request again."""
    lines = [line for finding in row.findings[:MAX_FINDINGS] for line in _finding(finding, lang)]
    lines += [f"  {line}" for line in more(len(row.findings) - MAX_FINDINGS, lang)]
    if row.why:
        lines.append(_labelled("note", in_language(row.why, lang), lang))
    lines.append(_labelled("source", rule.source, lang))
    if note := note_of(rule, row, lang):
        lines.append(_labelled("note", note, lang))
    if ways := ways_out(rule, row, run.started_at_s, lang, binds=binds, spelling=OF_PYTEST):
        lines.append(_labelled("ways_out", as_alternatives(ways, lang), lang))
    exchange = exchange_to_show(run, row)
    command = curl_command(exchange.request) if exchange else None
    return [*lines, f"{word('reproduce', lang, what=row.rule)}:", command] if command else lines


def _finding(finding: Finding, lang: str) -> list[str]:
    view = view_of(finding, lang)
    where = " ".join(part for part in (view.place, view.step and f"({view.step})") if part)
    return [
        f"  {shown(view.message, MAX_MESSAGE_CHARS)}",
        _labelled("expected", view.expected, lang),
        _labelled("actual", view.actual, lang),
        *([_labelled("place", where, lang)] if where else []),
    ]


def _labelled(key: str, value: str, lang: str) -> str:
    return f"    {word(key, lang)}: {shown(value, MAX_MESSAGE_CHARS)}"

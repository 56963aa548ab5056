"""What `wnmon check` found, as one value every format renders, and the exit code it means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import groupby

from wnmon.engine.run import Run
from wnmon.model.check import Level, Plan, Rule
from wnmon.model.exchange import Exchange
from wnmon.model.result import Outcome, Reason, Result, RuleVerdict, Verdict, because
from wnmon.model.said import Said, Text, in_language
from wnmon.report.baseline.known import Baseline, Ignored
from wnmon.report.text import in_words, word

COUNTED = ("passed", "failed", "inconclusive", "skipped", "noted", "waived")
"""What a rule may come to, in the order all formats count in; a waived rule counts as that only."""


class Exit(IntEnum):
    """The exit codes of `wnmon check`. Only the command line decides on USAGE and INTERRUPTED."""

    OK = 0
    BROKEN = 1
    USAGE = 2
    UNJUDGED = 3
    INTERNAL = 4
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedTarget:
    """A relay and one of its models, as asked for on the command line. `url` holds no secret.

    `remarks`: what a reader should know of how it was asked, such as through which proxy.
    """

    name: str
    url: str
    model: str
    remarks: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedSuite:
    """A suite as it was asked for (`builtin:NAME` or a path) and all of it that was loaded, nothing left out yet."""

    name: str
    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a check was asked to judge: the suites, what was selected of them, and what is known to be broken.

    `gate`: rules at or above this level decide the outcome of a run too.
    """

    suites: tuple[JudgedSuite, ...] = ()
    profiles: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    full: bool = False
    gate: Level | None = None
    baseline: Baseline | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """One invocation of `wnmon check`. Times are epoch seconds.

    `rules` holds every selected rule by id, for its sentence and source. `strict`: a broken SHOULD counts like a MUST.
    `complete` is False when the check was interrupted: then some runs are missing. `ignored`: what a baseline excused.
    `chosen`: what was asked for, so that the report can be made again from its evidence.
    `is_configured`: the target is one of a configuration.
    """

    version: str
    started_at_s: float
    ended_at_s: float
    targets: tuple[CheckedTarget, ...]
    runs: tuple[Run, ...]
    rules: Mapping[str, Rule]
    strict: bool
    complete: bool
    exit_code: int
    ignored: Ignored | None = None
    chosen: Chosen = Chosen()
    is_configured: bool = False

    def runs_of(self, target: CheckedTarget) -> tuple[Run, ...]:
        """Return the runs of one target and model, in the order they ended."""
        return tuple(run for run in self.runs if (run.target, run.model) == (target.name, target.model))

    def binds(self, level: Level) -> bool:
        """Tell whether a broken rule of this level fails the check."""
        return level in binding_levels(self.strict)

    def says(self, rule: str, lang: str) -> str:
        """Return the sentence of a rule in `lang`, else in English, else the id alone."""
        known = self.rules.get(rule)
        return (in_words(known.says, lang) if known else "") or rule

    def source(self, rule: str) -> str:
        """Return where the rule comes from, "" when it is not known."""
        known = self.rules.get(rule)
        return known.source if known else ""


def exit_code(runs: Sequence[Run], strict: bool) -> int:
    """Return what `wnmon check` exits with.

    4 a run broke inside wnmon; else 1 a binding rule failed and is not waived; else 3 a binding rule could not be
    judged, none of a run's rules could, a run had nothing to judge, or there was no run at all; else 0. Binding is
    MUST, and SHOULD when `strict`. A suite left out on purpose counts only where there is no other.
    Reason CLIENT (no file descriptors left, an unreadable CA file) is trouble of this machine: nothing judged, so 3.
    """
    if any(run.result.reason is Reason.INTERNAL for run in runs):
        return Exit.INTERNAL
    levels = binding_levels(strict)
    is_broken = any(row.level in levels for run in runs for row in broken(run))
    if is_broken or any(run.suite is None and run.result.outcome is Outcome.FAILED for run in runs):
        return Exit.BROKEN
    return Exit.UNJUDGED if not runs or unjudged(runs, strict) else Exit.OK


def unjudged(runs: Sequence[Run], strict: bool) -> list[Run]:
    """Return the runs that keep a check from being decided: left out on purpose counts only where that is all."""
    asked = [run for run in runs if not is_left_out(run)]
    return [run for run in asked if is_unjudged(run, strict)] if asked else list(runs)


def failing_open(report: CheckReport) -> list[Run]:
    """Return the unjudged runs by which a test report fails: one line where one thing went wrong, no wall of red.

    A run of which nothing was sent only follows another that could not be judged, or an interruption; where there is
    neither, such as a spent budget, the first run of each reason tells it.
    """
    still_open = unjudged(report.runs, report.strict)
    asked = [run for run in still_open if run.was_judged or run.result.outcome is Outcome.ERRORED]
    return asked if asked or not report.complete else [group[0] for group in alike(still_open)]


def is_left_out(run: Run) -> bool:
    """Tell whether nothing was judged on purpose: every rule is skipped, as for --full or a feature not claimed."""
    skipped = [row.verdict is Verdict.SKIPPED for row in run.result.verdicts]
    return run.result.outcome is Outcome.SKIPPED and bool(skipped) and all(skipped)


def alike(runs: Sequence[Run]) -> list[list[Run]]:
    """Put runs together of which nothing was sent for one reason: a wrong key need not be told again per suite."""

    def reason(run: Run) -> Text | int:
        return run.result.message if run.result.outcome is Outcome.SKIPPED else id(run)

    return [list(group) for _, group in groupby(runs, reason)]


def binding_levels(strict: bool) -> frozenset[Level]:
    """Return the levels whose broken rules fail a check."""
    return frozenset({Level.MUST, Level.SHOULD}) if strict else frozenset({Level.MUST})


def is_unjudged(run: Run, strict: bool) -> bool:
    """Tell whether a run is neither a pass nor a fail: nothing of it was judged, or not all that binds.

    A suite of SHOULD rules that all stay open is no pass either, though none of them binds.
    """
    if run.result.outcome in {Outcome.ERRORED, Outcome.SKIPPED}:
        return True
    still_open = of_verdict(run, Verdict.INCONCLUSIVE)
    binding = binding_levels(strict).intersection(row.level for row in still_open)
    return bool(binding) or (bool(still_open) and not run.has_decided_rule)


def came_to_nothing(run: Run) -> str:
    """Return the word (`report_…`) for what became of a run that was not judged, or not to its end."""
    if run.result.outcome is not Outcome.ERRORED:
        return "not_run"
    return "judged_in_part" if run.has_decided_rule else "no_answer"


def why_nothing(result: Result) -> Text:
    """Return why there is nothing to judge, its reason first."""
    if result.reason is Reason.OK:
        return result.message
    return because(result.reason, result.message)


def why_unjudged(run: Run) -> str:
    """Return in English why a run could not be judged: what became of the whole, else each reason with its rules."""
    if not run.was_judged:
        return str(why_nothing(run.result))
    return "; ".join(f"{why}: {rules}" for why, rules in whys(run, Verdict.INCONCLUSIVE, "en"))


def broken(run: Run) -> list[RuleVerdict]:
    """Return the failed rules nobody waived, the most binding first, then by id."""
    return sorted(of_verdict(run, Verdict.FAILED), key=lambda row: (row.level.rank, row.rule))


def undecided(run: Run) -> str:
    """Return the kinds of assertions that the monitor's own lag left open, each once."""
    return ", ".join(dict.fromkeys(one.kind for one in run.result.undecided))


def waived(run: Run) -> list[RuleVerdict]:
    """Return the rules that would have complained were they not waived."""
    return [row for row in run.result.verdicts if came_to(row) == "waived"]


def expired(run: Run) -> list[RuleVerdict]:
    """Return the broken rules that once were waived: their `why` says when that ended."""
    return [row for row in broken(run) if row.why]


def of_verdict(run: Run, verdict: Verdict) -> list[RuleVerdict]:
    """Return the rules of a run with this verdict that are not waived."""
    return [row for row in run.result.verdicts if row.verdict is verdict and not row.waived]


def whys(run: Run, verdict: Verdict, lang: str) -> list[tuple[str, str]]:
    """Return each reason why rules of a run have this verdict, in the order first seen, with their ids: `A-1, A-2`."""
    groups: dict[Text, list[str]] = {}
    for row in of_verdict(run, verdict):
        groups.setdefault(row.why, []).append(row.rule)
    return [(in_language(why, lang), ", ".join(rules)) for why, rules in groups.items()]


def came_to(row: RuleVerdict) -> str:
    """Return the one of `COUNTED` a rule counts as."""
    return "waived" if row.waived and row.verdict is not Verdict.PASSED else row.verdict.value


def counts(run: Run) -> Iterator[tuple[Level, dict[str, int]]]:
    """Yield each level that has rules with how many of its rules came to what."""
    for level in Level:
        counted = Counter(came_to(row) for row in run.result.verdicts if row.level is level)
        if counted:
            yield level, {name: counted[name] for name in COUNTED if counted[name]}


def totals(report: CheckReport) -> dict[str, int]:
    """Return how many rules of the whole report came to what, in the order all formats count in."""
    counted = Counter(came_to(row) for run in report.runs for row in run.result.verdicts)
    return {name: counted[name] for name in COUNTED}


def first_step(row: RuleVerdict) -> str:
    """Return the request a rule first complains of: where answers were compared, as `request/pointer` names it."""
    return next((finding.step or finding.place.partition("/")[0] for finding in row.findings), "")


def learnt(report: CheckReport, target: CheckedTarget) -> list[Text]:
    """Return how a model was asked otherwise than the suites are written, and why, in the order it was learnt."""
    return [one.how for run in report.runs_of(target) for one in run.evidence.lessons if one.exchange is not None]


def copies_of(run: Run, exchange: Exchange) -> int:
    """Return how many times the request of an exchange was sent: 1, or the copies of a burst."""
    return len([other for other in standing(run).values() if other.request.step == exchange.request.step]) or 1


def standing(run: Run) -> dict[int, Exchange]:
    """Return the exchanges that were judged, by their place among those of the run."""
    evidence = run.evidence
    return {place: one for place, one in enumerate(evidence.exchanges) if place not in evidence.superseded}


def at_once(run: Run, exchange: Exchange, lang: str) -> str:
    """Return how many copies of a request were sent at once, such as ` (3 at once)`, "" where it was one."""
    copies = copies_of(run, exchange)
    return f" ({word('at_once', lang, n=copies)})" if copies > 1 else ""


def index_of(run: Run, step: str) -> int | None:
    """Return the place of the last exchange of a step, of the run's own when `step` is "", else of the first there is.

    None when a run has no exchange at all.
    """
    exchanges = run.evidence.exchanges
    wanted = step or run.result.step
    found = [index for index, exchange in enumerate(exchanges) if exchange.request.step == wanted]
    return found[-1] if found else 0 if exchanges else None


def exchange_of(run: Run, step: str) -> Exchange | None:
    """Return the exchange `index_of` finds."""
    index = index_of(run, step)
    return None if index is None else run.evidence.exchanges[index]


def exchange_to_show(run: Run, row: RuleVerdict) -> Exchange | None:
    """Return the exchange that shows a broken rule again: the refusal that is its matter, or its request's last."""
    refused = (one.exchange for one in row.findings if one.exchange in run.evidence.superseded)
    place = next(refused, None)
    return exchange_of(run, first_step(row)) if place is None else run.evidence.exchanges[place]


def meaning(report: CheckReport, lang: str) -> str:
    """Return the verdict of the whole check in `lang`, with the number of binding rules that are broken, or waived.

    A rule that is waived, also by a baseline, fails no check, but nobody shall read that it holds.
    """
    if report.exit_code == Exit.OK:
        count = sum(report.binds(row.level) for run in report.runs for row in waived(run))
        return word("exit_0_waived" if count else "exit_0", lang, waived=count)
    if report.exit_code != Exit.BROKEN:
        return word(f"exit_{int(report.exit_code)}", lang)
    count = sum(report.binds(row.level) for run in report.runs for row in broken(run))
    key = {0: "exit_1_plain", 1: "exit_1_one"}.get(count, "exit_1")
    return word(key, lang, broken=count)


def tally(report: CheckReport, lang: str) -> str:
    """Return how many rules came to what, such as `8 rules: 5 passed, 1 failed, 2 inconclusive`; "" without rules."""
    counted = {name: count for name, count in totals(report).items() if count}
    if not counted:
        return ""
    number = sum(counted.values())
    rules = word("n_rules" if number != 1 else "one_rule", lang, n=number)
    parts = word("comma", lang).join(f"{count} {word(name, lang)}" for name, count in counted.items())
    return f"{rules}{word('colon', lang)}{parts}"

"""Rules of a suite: from the exchanges a rule is about to its verdict.

A rule that could not be judged is never shown as passed or failed: a failed `needs` blocks it, an answer that never
came leaves it inconclusive, a request that was not sent skips it or leaves it inconclusive, as the reason demands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wnmon.judge import status
from wnmon.judge.headers import media_type
from wnmon.judge.registry import ACROSS_KINDS, KINDS
from wnmon.judge.subject import Subject, Unjudged
from wnmon.model.check import NEEDS_FULL, Level, Plan, Rule, Selector
from wnmon.model.exchange import FailureKind
from wnmon.model.result import Evidence, Finding, Reason, RuleVerdict, Verdict

NOTHING_TO_JUDGE = frozenset({Reason.AUTH, Reason.BALANCE, Reason.MODEL_UNAVAILABLE, Reason.RATE_LIMITED})
"""Answers that say nothing about the contract: the account or the upstream is at fault, not the wire."""

_ON_MEANING = frozenset({"usage", "model", "content", "finish_reason"})
_ON_STREAMS = frozenset({"stream", "chunk"})

_ANSWERED_WRONGLY = frozenset({FailureKind.PROTOCOL, FailureKind.TRUNCATED})


def judge_rules(plan: Plan, evidence: Evidence, subjects: Sequence[Subject]) -> tuple[RuleVerdict, ...]:
    """Return one verdict for each rule that has a level in the selected profiles, in the order of the plan."""
    known: dict[str, RuleVerdict] = {}
    for rule in _in_order_of_needs(plan.rules):
        level = plan.level(rule) or Level.MUST  # judged only for those that need it
        known[rule.id] = _verdict(rule, level, known, subjects, evidence)
    return tuple(known[rule.id] for rule in plan.rules if plan.level(rule) is not None)


def _in_order_of_needs(rules: Sequence[Rule]) -> list[Rule]:
    """Return the rules so that each comes after all it needs. Cycles were refused at load."""
    by_id = {rule.id: rule for rule in rules}
    ordered: dict[str, Rule] = {}

    def place(rule: Rule) -> None:
        if rule.id in ordered:
            return
        for need in rule.needs:
            if need in by_id:
                place(by_id[need])
        ordered[rule.id] = rule

    for rule in rules:
        place(rule)
    return list(ordered.values())


def _verdict(
    rule: Rule, level: Level, known: Mapping[str, RuleVerdict], subjects: Sequence[Subject], evidence: Evidence
) -> RuleVerdict:
    blocked = _blocked(rule, known)
    if blocked is not None:
        return RuleVerdict(rule=rule.id, level=level, verdict=Verdict.INCONCLUSIVE, why=blocked)
    unsent = _unsent(rule, evidence)
    if unsent is not None:
        verdict = Verdict.SKIPPED if unsent == NEEDS_FULL else Verdict.INCONCLUSIVE
        return RuleVerdict(rule=rule.id, level=level, verdict=verdict, why=unsent)
    if _compares(rule):
        return _across(rule, level, subjects, evidence)
    return _single(rule, level, subjects, evidence)


def _blocked(rule: Rule, known: Mapping[str, RuleVerdict]) -> str | None:
    for need in rule.needs:
        verdict = known[need].verdict if need in known else None
        if verdict not in {Verdict.PASSED, Verdict.NOTED, None}:
            return f"blocked by {need}"
    return None


def _compares(rule: Rule) -> bool:
    return any(assertion.kind in ACROSS_KINDS for assertion in rule.expect)


def _requests(rule: Rule) -> tuple[str, ...]:
    across = (name for a in rule.expect if a.kind in ACROSS_KINDS for name in a.expected.requests)
    return tuple(dict.fromkeys((*(rule.on.requests or ()), *across)))


def _unsent(rule: Rule, evidence: Evidence) -> str | None:
    return next((evidence.not_sent[name] for name in _requests(rule) if name in evidence.not_sent), None)


def _single(rule: Rule, level: Level, subjects: Sequence[Subject], evidence: Evidence) -> RuleVerdict:
    chosen = [subject for subject in subjects if selects(rule.on, subject)]
    if not chosen:
        return RuleVerdict(rule=rule.id, level=level, verdict=Verdict.SKIPPED, why="no answer the rule is about")
    judged = [subject for subject in chosen if why_unjudgeable(rule, subject) is None]
    findings = tuple(finding for subject in judged for finding in assess(rule, subject))
    if findings or len(judged) == len(chosen):
        return _decided(rule, level, findings, evidence)
    why = next(why for subject in chosen if (why := why_unjudgeable(rule, subject)) is not None)
    return RuleVerdict(rule=rule.id, level=level, verdict=Verdict.INCONCLUSIVE, why=why)


def assess(rule: Rule, subject: Subject) -> list[Finding]:
    """Return all complaints of a rule's single-answer assertions."""
    return [f for a in rule.expect if a.kind in KINDS for f in KINDS[a.kind].assess(a.expected, subject)]


def _across(rule: Rule, level: Level, subjects: Sequence[Subject], evidence: Evidence) -> RuleVerdict:
    by_step = {subject.step: subject for subject in subjects}
    requests = _requests(rule)
    whys = [why_unjudgeable(rule, by_step[name]) if name in by_step else f"{name} was not sent" for name in requests]
    why = next((why for why in whys if why is not None), None)
    findings: list[Finding] = []
    for assertion in rule.expect if why is None else ():
        if assertion.kind not in ACROSS_KINDS:
            continue
        said = ACROSS_KINDS[assertion.kind].assess(assertion.expected, by_step)
        if isinstance(said, Unjudged):
            why = said.why
        else:
            findings.extend(said)
    if why is not None and not findings:
        return RuleVerdict(rule=rule.id, level=level, verdict=Verdict.INCONCLUSIVE, why=why)
    return _decided(rule, level, tuple(findings), evidence)


def _decided(rule: Rule, level: Level, findings: tuple[Finding, ...], evidence: Evidence) -> RuleVerdict:
    if not findings:
        return RuleVerdict(rule=rule.id, level=level, verdict=Verdict.PASSED)
    verdict = Verdict.NOTED if level is Level.INFO else Verdict.FAILED
    waived = verdict is Verdict.FAILED and rule.id in evidence.waivers
    why = evidence.waivers[rule.id] if waived else ""
    return RuleVerdict(rule=rule.id, level=level, verdict=verdict, findings=findings, waived=waived, why=why)


def selects(selector: Selector, subject: Subject) -> bool:
    """Tell whether a rule is about an exchange."""
    if selector.requests is not None and subject.step not in selector.requests:
        return False
    if selector.status is not None and not status.accepts((selector.status,), subject.exchange.status):
        return False
    return selector.stream is None or subject.exchange.request.stream == selector.stream


def why_unjudgeable(rule: Rule, subject: Subject) -> str | None:
    """Return why an exchange says nothing about a rule, None when it can be judged."""
    failure = subject.exchange.failure
    if failure is not None and failure.kind not in _ANSWERED_WRONGLY:
        return f"{failure.kind.value}: {failure.detail}"
    return _refused(rule, subject) or _unreadable(rule, subject)


def _refused(rule: Rule, subject: Subject) -> str | None:
    """A refusal says something about rules on the status; on anything else it says nothing."""
    fault, code = subject.fault, subject.exchange.status
    if fault is None or code is None:
        return None
    if fault.reason in NOTHING_TO_JUDGE:
        judged = fault.reason is not Reason.RATE_LIMITED and _is_about_refusals(rule, code)
    else:
        judged = code < 400 or rule.on.status is not None or _status_wanted(rule) != ()
    return None if judged else f"{fault.reason.value}: {fault.message}"


def _unreadable(rule: Rule, subject: Subject) -> str | None:
    """Rules on what an answer means leave an answer that cannot be read to the rules on its form."""
    kinds = {assertion.kind for assertion in rule.expect}
    document, error = subject.reply.document, subject.reply.error
    if kinds & _ON_MEANING and (document is None or document.problem is not None or error is not None):
        return f"the answer cannot be read: {subject.fault.message if subject.fault else subject.reply.form.value}"
    if kinds & _ON_STREAMS and media_type(subject.exchange.header("content-type") or "") != "text/event-stream":
        return "the answer is not sent as an event stream"
    return None


def _is_about_refusals(rule: Rule, code: int) -> bool:
    """Tell whether the rule asks for, or selects, the refusing status itself: then the refusal is what it judges."""
    if rule.on.status is not None and rule.on.status[0] == "4":
        return True
    return status.accepts(_status_wanted(rule), code)


def _status_wanted(rule: Rule) -> tuple[str, ...]:
    return next((tuple(a.expected) for a in rule.expect if a.kind == "status"), ())

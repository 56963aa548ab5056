"""judge(plan, evidence) -> Result: the whole decision. The first case that holds decides the outcome:

    case                                                      outcome   reason
    --------------------------------------------------------  --------  ----------------------------------------------
    no request was sent                                       skipped   ok
    of a suite, the first valid request got no answer; of a   errored   its fault's
        check, an answer says nothing about what is expected
    no rule of a suite could be judged: by a fault            errored   the fault's
    no rule of a suite could be judged, and nothing is wrong  skipped   ok
    an answer breaks its `expect`, or has a fault that this   failed    of the complaint about a fault, else the first
        did not ask for
    a rule at or above the gate is broken, and not waived,    failed    rule
        by another answer than those of the next case
    of a suite, a later valid request was refused as any is   errored   its fault's
        now (no answer, a limit of rate, balance, a 5xx), and
        a rule is left open
    a request of a plain check was not sent, though its       skipped   budget
        model may be asked it
    an answer is slower than a `degraded` limit               degraded  slow
    none of these                                             passed    ok

A limit that the monitor was too late to judge is no complaint: the others decide, and the result says so beside them.
So `expect` decides the outcome of a check, and with it uptime; rules are verdicts of their own, and touch it by a gate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from wnmon.judge.account import judge_account
from wnmon.judge.judgeable import ANSWERED_WRONGLY, asked_for_refusal, says_nothing, undecided
from wnmon.judge.preflight import answered_by_a_stranger, broke_down, is_down, left_unanswered
from wnmon.judge.rules import assess, judge_rules
from wnmon.judge.subject import Subject, complaint, subjects_of
from wnmon.model.check import Asks, Level, Plan, Step
from wnmon.model.exchange import FailureKind
from wnmon.model.result import (
    DECIDED,
    Evidence,
    Fault,
    Finding,
    Layer,
    Outcome,
    Reason,
    Result,
    RuleVerdict,
    Verdict,
)
from wnmon.model.said import OF_THE_MODEL, Said, Text, id_of
from wnmon.wire.answer import Answer


def judge(plan: Plan, evidence: Evidence, answers: Sequence[Answer]) -> Result:
    """Return what a run came to. Pure: the same plan, evidence and answers give the same Result anywhere.

    `answers` are the exchanges of the evidence, read. Of a request that was asked again the last answer counts, but for
    rules on refusals. What a plan asks of the relay itself, `account` judges.
    """
    if plan.asks is not Asks.CHAT:
        return judge_account(plan, evidence, answers)
    places = [place for place in range(len(answers)) if place not in evidence.superseded]
    standing = [answers[place] for place in places]
    seen = subjects_of(
        answers, evidence, is_down=is_down(plan, standing), stranger=answered_by_a_stranger(plan, standing)
    )
    subjects = [seen[place] for place in places]
    verdicts = judge_rules(plan, evidence, subjects, [one for one in seen if one.index in evidence.superseded])
    if not subjects:
        return Result(outcome=Outcome.SKIPPED, reason=Reason.OK, message=_why_unsent(evidence), verdicts=verdicts)
    steps = {step.name: step for step in plan.steps}
    findings = tuple(finding for subject in subjects for finding in _expectations(steps[subject.step], subject))
    blocker = left_unanswered(plan, standing) if plan.suite is not None else _first_blocker(steps, subjects)
    # Where every rule could be judged, they have told what there is to tell.
    is_open = any(verdict.verdict is Verdict.INCONCLUSIVE for verdict in verdicts)
    down = broke_down(plan, standing) if plan.suite is not None and is_open else {}
    broken = {places[index]: fault for index, fault in down.items()}
    outcome, reason, message, layer = _decide(plan, blocker, broken, findings, verdicts, subjects, evidence)
    faults = [subject.fault for subject in subjects if subject.fault]
    main = next((subject for subject in subjects if subject.exchange.request.stream), subjects[0])
    return Result(
        outcome=outcome,
        reason=reason,
        message=message,
        layer=layer,
        findings=findings,
        undecided=tuple(one for subject in subjects for one in undecided(steps[subject.step].expect, subject)),
        verdicts=verdicts,
        step=main.step,
        status=main.exchange.status,
        timing=main.timing,
        usage=main.reply.usage,
        retry_after_s=max((one.retry_after_s for one in faults if one.retry_after_s is not None), default=None),
        tls=next((subject.exchange.tls for subject in subjects if subject.exchange.tls), None),
    )


def _first_blocker(steps: Mapping[str, Step], subjects: Sequence[Subject]) -> Fault | None:
    """Return the first fault of a plain check that leaves nothing to judge."""
    return next((fault for subject in subjects if (fault := _blocker(steps[subject.step], subject))), None)


def _blocker(step: Step, subject: Subject) -> Fault | None:
    """Return the fault that leaves nothing to judge, unless the step asked for that very answer."""
    fault, failure = subject.fault, subject.exchange.failure
    if fault is None or says_nothing(fault, subject, step.expect):
        return fault
    # A plain check fails on an answer too large to read, whatever part of it was.
    answered = failure is None or failure.kind in ANSWERED_WRONGLY | {FailureKind.TOO_LARGE}
    return None if answered else fault


def _expectations(step: Step, subject: Subject) -> Iterable[Finding]:
    """Judge a step's `expect`. A fault nobody asked for is a complaint even where no assertion names it."""
    findings = assess(step.expect, subject)
    fault, failure = subject.fault, subject.exchange.failure
    if fault is None or not step.expect or (failure is None and asked_for_refusal(step.expect, subject.exchange)):
        return findings
    if any(finding.reason is fault.reason for finding in findings):
        return findings
    unnamed = complaint(subject, fault.message, Said("an_answer"), fault.reason.value, reason=fault.reason)
    return [replace(unnamed, exchange=subject.index), *findings]


Decision = tuple[Outcome, Reason, Text, Layer | None]


def _decide(
    plan: Plan,
    blocker: Fault | None,
    broken: Mapping[int, Fault],
    findings: Sequence[Finding],
    verdicts: Sequence[RuleVerdict],
    subjects: Sequence[Subject],
    evidence: Evidence,
) -> Decision:
    if blocker is not None:
        return _errored(blocker)
    if plan.suite is not None and not any(verdict.verdict in DECIDED for verdict in verdicts):
        return _undecided(verdicts, subjects)
    failing = [finding for finding in findings if not finding.degraded]
    if failing:
        first = _most_telling(failing, subjects)
        layer = next((s.fault.layer for s in subjects if s.fault and s.fault.reason is first.reason), None)
        return Outcome.FAILED, first.reason, _sentence(first), layer
    gated = [verdict.rule for verdict in verdicts if _breaks_gate(plan.gate, verdict, broken)]
    if gated:
        return Outcome.FAILED, Reason.RULE, Said("rules_broken", text=", ".join(gated)), None
    for fault in broken.values():
        return _errored(fault)
    if plan.suite is None and any(id_of(why) not in OF_THE_MODEL for why in evidence.not_sent.values()):
        return Outcome.SKIPPED, Reason.BUDGET, _why_unsent(evidence), None
    if findings:
        return Outcome.DEGRADED, findings[0].reason, _sentence(findings[0]), None
    return Outcome.PASSED, Reason.OK, "", None


def _errored(fault: Fault) -> Decision:
    return Outcome.ERRORED, fault.reason, fault.message, fault.layer


def _undecided(verdicts: Sequence[RuleVerdict], subjects: Sequence[Subject]) -> Decision:
    """Tell what became of a suite of which no rule could be judged: no pass, and nobody's failure without a fault."""
    fault = next((subject.fault for subject in subjects if subject.fault), None)
    if fault is not None:
        return _errored(fault)
    open_first = sorted(verdicts, key=lambda row: row.verdict is Verdict.SKIPPED)
    return Outcome.SKIPPED, Reason.OK, next((row.why for row in open_first), Said("nothing_sent")), None


def _most_telling(failing: Sequence[Finding], subjects: Sequence[Subject]) -> Finding:
    """Return the complaint that names the recognised fault, else the first: the cause before its consequences."""
    faults = {subject.fault.reason for subject in subjects if subject.fault}
    return next((finding for finding in failing if finding.reason in faults), failing[0])


def _sentence(finding: Finding) -> Said:
    return Said("expected_got", said=finding.message, said2=finding.expected, said3=finding.actual)


def _breaks_gate(gate: Level | None, verdict: RuleVerdict, broken: Mapping[int, Fault]) -> bool:
    """Tell whether a rule fails the run: not where it is broken by nothing but a relay that is broken itself."""
    if gate is None or verdict.waived or verdict.verdict is not Verdict.FAILED:
        return False
    return verdict.level.rank <= gate.rank and any(finding.exchange not in broken for finding in verdict.findings)


def _why_unsent(evidence: Evidence) -> Text:
    return next(iter(evidence.not_sent.values()), Said("nothing_sent"))

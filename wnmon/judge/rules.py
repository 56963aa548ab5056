"""Rules of a suite: from the exchanges a rule is about to its verdict. The first case that holds decides:

    a rule                                                   is                        it says why
    -------------------------------------------------------  ------------------------  ------------------------------
    needs one that is neither passed nor noted, but for a    inconclusive or skipped   which, or why that was skipped
        media type that the body belies
    on single answers: one that can be judged breaks it      failed, or noted if INFO  the waiver in force or over
    on single answers: one cannot be judged or was not sent  inconclusive or skipped   `judgeable`, or why not sent
        (beside others, one the model takes not counts not)
    on single answers: the monitor was too late to tell      inconclusive              between what and what it was
    on single answers: there is none it is about             skipped                   no_answer
    on several: one was not sent or cannot be judged         inconclusive or skipped   why not sent, or `judgeable`
    on several: they break it                                failed, or noted if INFO  the waiver in force or over
    on several: an assertion finds nothing to compare        inconclusive or skipped   the assertion's own
    none of these                                            passed

Skipped is what is left open for a reason that is nobody's fault (_LEFT_OUT), and what needs such a rule.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from graphlib import TopologicalSorter

from wnmon.judge.judgeable import asked_of, undecided, why_unjudgeable
from wnmon.judge.kinds import status
from wnmon.judge.kinds.header import is_label_alone
from wnmon.judge.registry import ACROSS_KINDS, KINDS, compared
from wnmon.judge.subject import Subject, Unjudged
from wnmon.model.check import Assertion, Level, Plan, Rule, Selector
from wnmon.model.result import Evidence, Finding, RuleVerdict, Verdict
from wnmon.model.said import OF_THE_MODEL, Said, Text, Why, id_of

_LEFT_OUT = frozenset(
    {
        *(Why.NEEDS_FULL, Why.NOT_CLAIMED, Why.NOT_HTTPS, Why.NO_HTTP2, Why.LACKS_HTTP2, Why.NO_KEY, Why.NO_SCHEME),
        *(Why.NO_ANSWER, Why.NOT_CODED, Why.NOT_OFFERED),
        *OF_THE_MODEL,
    }
)
"""Reasons that are nobody's fault: rules are skipped for them, not inconclusive, and so are those that need them."""


def judge_rules(
    plan: Plan, evidence: Evidence, subjects: Sequence[Subject], before: Sequence[Subject] = ()
) -> tuple[RuleVerdict, ...]:
    """Return one verdict for each rule that has a level in the selected profiles, in the order of the plan.

    `before` are the answers after which the same was asked again: a rule on refusals judges those too.
    """
    known: dict[str, RuleVerdict] = {}
    for rule in _in_order_of_needs(plan.rules):
        level = plan.level(rule) or Level.MUST  # judged only for those that need it
        is_of_refusals = (rule.on.status or "").startswith("4")
        seen = sorted([*before, *subjects], key=lambda one: one.index) if is_of_refusals else subjects
        known[rule.id] = _verdict(rule, level, known, seen, evidence)
    return tuple(known[rule.id] for rule in plan.rules if plan.level(rule) is not None)


def _in_order_of_needs(rules: Sequence[Rule]) -> list[Rule]:
    """Return the rules so that each comes after all it needs. Cycles were refused at load."""
    by_id = {rule.id: rule for rule in rules}
    needs = {rule.id: [need for need in rule.needs if need in by_id] for rule in rules}
    return [by_id[name] for name in TopologicalSorter(needs).static_order()]


def _verdict(
    rule: Rule, level: Level, known: Mapping[str, RuleVerdict], subjects: Sequence[Subject], evidence: Evidence
) -> RuleVerdict:
    blocked = _blocked(rule, known, subjects)
    if blocked is not None:
        # Without --full a rule on a request not sent is skipped, also where a rule it needs was skipped for the same.
        unsent = _unsent(rule, evidence)
        return _unjudged(rule, level, unsent if unsent is not None and id_of(unsent) in _LEFT_OUT else blocked)
    if compared(rule):
        return _across(rule, level, subjects, evidence)
    return _single(rule, level, subjects, evidence)


def _unjudged(rule: Rule, level: Level, why: Text) -> RuleVerdict:
    verdict = Verdict.SKIPPED if id_of(why) in _LEFT_OUT else Verdict.INCONCLUSIVE
    return RuleVerdict(rule=rule.id, level=level, verdict=verdict, why=why)


def _blocked(rule: Rule, known: Mapping[str, RuleVerdict], subjects: Sequence[Subject]) -> Text | None:
    """Return what keeps a rule from being judged. An INFO rule only notes, so it never blocks."""
    for need in rule.needs:
        if need in known and not _is_met(known[need], subjects):
            return known[need].why if id_of(known[need].why) in _LEFT_OUT else Said("blocked_by", code=need)
    return None


def _is_met(need: RuleVerdict, subjects: Sequence[Subject]) -> bool:
    """Tell whether what a rule asks for is there, also under a wrong label: what is needed is the thing itself."""
    if need.verdict is Verdict.FAILED:
        return all(one.exchange is not None and is_label_alone(one, subjects[one.exchange]) for one in need.findings)
    return need.verdict in {Verdict.PASSED, Verdict.NOTED}


def _requests(rule: Rule) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*(rule.on.requests or ()), *compared(rule))))


def _unsent(rule: Rule, evidence: Evidence, beside: Collection[str] = ()) -> Text | None:
    """Return why a request of a rule was not sent, for another reason than those `beside` what can be judged."""
    whys = (evidence.not_sent[name] for name in _requests(rule) if name in evidence.not_sent)
    return next((why for why in whys if id_of(why) not in beside), None)


def _single(rule: Rule, level: Level, subjects: Sequence[Subject], evidence: Evidence) -> RuleVerdict:
    """Judge what was answered: a complaint about one answer stands, whatever became of the others."""
    asked = [(subject, why_unjudgeable(rule, subject)) for subject in subjects if selects(rule.on, subject)]
    judged = [subject for subject, why in asked if why is None]
    findings = tuple(finding for subject in judged for finding in assess(asked_of(rule, subject), subject))
    late = (one.why for subject in judged for one in undecided(asked_of(rule, subject), subject))
    unsent = _unsent(rule, evidence, OF_THE_MODEL if judged else ())
    why = _first((*(why for _, why in asked), unsent, *late))
    if findings or (why is None and asked):
        return _decided(rule, level, findings, evidence)
    if why is None:
        return RuleVerdict(rule=rule.id, level=level, verdict=Verdict.SKIPPED, why=Said(Why.NO_ANSWER))
    return _unjudged(rule, level, why)


def _first(whys: Iterable[Text | None]) -> Text | None:
    return next((why for why in whys if why is not None), None)


def assess(expect: Sequence[Assertion], subject: Subject) -> list[Finding]:
    """Return all complaints of the assertions on a single answer; each names its exchange."""
    single = (one for one in expect if one.kind in KINDS)
    findings = (finding for one in single for finding in KINDS[one.kind].assess(one.expected, subject))
    return [replace(finding, exchange=subject.index) if finding.exchange is None else finding for finding in findings]


def _across(rule: Rule, level: Level, subjects: Sequence[Subject], evidence: Evidence) -> RuleVerdict:
    by_step = {subject.step: subject for subject in subjects}
    whys = (
        why_unjudgeable(rule, by_step[name]) if name in by_step else Said("request_not_sent", code=name)
        for name in _requests(rule)
    )
    why = _first((_unsent(rule, evidence), *whys))
    findings: list[Finding] = []
    for one in rule.expect if why is None else ():
        said = ACROSS_KINDS[one.kind].assess(one.expected, by_step) if one.kind in ACROSS_KINDS else []
        if isinstance(said, Unjudged):
            why = said.why
        else:
            findings.extend(_naming_exchange(finding, by_step) for finding in said)
    if why is not None and not findings:
        return _unjudged(rule, level, why)
    return _decided(rule, level, tuple(findings), evidence)


def _naming_exchange(finding: Finding, by_step: Mapping[str, Subject]) -> Finding:
    """Return the finding of a comparison with the exchange of its request; places such as `first/id` begin with one."""
    about = by_step.get(finding.step or finding.place.partition("/")[0])
    return replace(finding, exchange=about.index) if about else finding


def _decided(rule: Rule, level: Level, findings: tuple[Finding, ...], evidence: Evidence) -> RuleVerdict:
    if not findings:
        return RuleVerdict(rule=rule.id, level=level, verdict=Verdict.PASSED)
    verdict = Verdict.NOTED if level is Level.INFO else Verdict.FAILED
    waived = verdict is Verdict.FAILED and rule.id in evidence.waivers
    findings = tuple(map(status.as_note, findings)) if verdict is Verdict.NOTED else findings
    said = evidence.waivers if waived else evidence.expired if verdict is Verdict.FAILED else {}
    why = said.get(rule.id, "")
    return RuleVerdict(rule=rule.id, level=level, verdict=verdict, findings=findings, waived=waived, why=why)


def selects(selector: Selector, subject: Subject) -> bool:
    """Tell whether a rule is about an exchange."""
    if selector.requests is not None and subject.step not in selector.requests:
        return False
    if selector.status is not None and not status.accepts((selector.status,), subject.exchange.status):
        return False
    if selector.media is not None and subject.reply.media_type != selector.media:
        return False
    return selector.stream is None or subject.exchange.request.stream == selector.stream

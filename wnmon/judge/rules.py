"""Rules of a suite: from the exchanges a rule is about to its verdict.

A rule that could not be judged is never shown as passed or failed: a failed `needs` blocks it, an answer that never
came leaves it inconclusive, a request that was not sent skips it or leaves it inconclusive, as the reason demands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from wnmon.judge.kind import On
from wnmon.judge.kinds import status
from wnmon.judge.kinds.stream import FACTS, SPREADS
from wnmon.judge.registry import ACROSS_KINDS, KINDS, compared, looks_at
from wnmon.judge.subject import Subject, Unjudged, form_seen
from wnmon.model.check import Assertion, Auth, Level, Plan, Rule, Selector
from wnmon.model.exchange import Exchange, FailureKind
from wnmon.model.result import Evidence, Fault, Finding, Reason, RuleVerdict, Verdict
from wnmon.model.said import Said, Text, Why, id_of
from wnmon.wire.reply import Form

NOTHING_TO_JUDGE = frozenset({Reason.AUTH, Reason.BALANCE, Reason.MODEL_UNAVAILABLE, Reason.RATE_LIMITED})
"""Answers that say nothing about the contract: the account or the upstream is at fault, not the wire."""

_LEFT_OUT = frozenset({Why.NEEDS_FULL, Why.NOT_CLAIMED, Why.NOT_HTTPS, Why.NO_HTTP2, Why.NO_ANSWER, Why.NOT_CODED})
"""Reasons that are nobody's fault: rules are skipped for them, not inconclusive, and so are those that need them."""

_EVERY = frozenset({"2xx", "3xx", "4xx", "5xx"})
_OF_THE_KEY = frozenset({Reason.AUTH, Reason.BALANCE})

ANSWERED_WRONGLY = frozenset({FailureKind.PROTOCOL, FailureKind.TRUNCATED})
"""Failures that are an answer, a wrong one. One that was cut off as too large is incomplete by our own hand."""

_WRONG_REQUEST = frozenset({400, 422})
"""Statuses that blame the request itself (RFC 9110 sections 15.5.1 and 15.5.21)."""

_READ = frozenset({On.BODY, On.MEANING})
_BEYOND_US = frozenset({"too_deep", "too_many_digits", "too_many_values"})

_OF_EVENTS = frozenset(FACTS) - SPREADS - {"complete", "data", "done", "finish"}
"""Facts about the events there are. Where none came, that breaks `data` and `done`, and these stay open."""


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
        # Without --full a rule on a request not sent is skipped, also where a rule it needs was skipped for the same.
        unsent = _unsent(rule, evidence)
        return _unjudged(rule, level, unsent if unsent is not None and id_of(unsent) in _LEFT_OUT else blocked)
    if compared(rule):
        return _across(rule, level, subjects, evidence)
    return _single(rule, level, subjects, evidence)


def _unjudged(rule: Rule, level: Level, why: Text) -> RuleVerdict:
    verdict = Verdict.SKIPPED if id_of(why) in _LEFT_OUT else Verdict.INCONCLUSIVE
    return RuleVerdict(rule=rule.id, level=level, verdict=verdict, why=why)


def _blocked(rule: Rule, known: Mapping[str, RuleVerdict]) -> Text | None:
    """Return what keeps a rule from being judged. An INFO rule only notes, so it never blocks."""
    for need in rule.needs:
        verdict = known[need].verdict if need in known else None
        if verdict not in {Verdict.PASSED, Verdict.NOTED, None}:
            return known[need].why if id_of(known[need].why) in _LEFT_OUT else Said("blocked_by", code=need)
    return None


def _requests(rule: Rule) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*(rule.on.requests or ()), *compared(rule))))


def _unsent(rule: Rule, evidence: Evidence) -> Text | None:
    return next((evidence.not_sent[name] for name in _requests(rule) if name in evidence.not_sent), None)


def _single(rule: Rule, level: Level, subjects: Sequence[Subject], evidence: Evidence) -> RuleVerdict:
    """Judge what was answered: a complaint about one answer stands, whatever became of the others."""
    asked = [(subject, why_unjudgeable(rule, subject)) for subject in subjects if selects(rule.on, subject)]
    judged = [subject for subject, why in asked if why is None]
    findings = tuple(finding for subject in judged for finding in assess(_asked(rule, subject), subject))
    why = next((why for why in (*(why for _, why in asked), _unsent(rule, evidence)) if why is not None), None)
    if findings or (why is None and asked):
        return _decided(rule, level, findings, evidence)
    if why is None:
        return RuleVerdict(rule=rule.id, level=level, verdict=Verdict.SKIPPED, why=Said(Why.NO_ANSWER))
    return _unjudged(rule, level, why)


def _asked(rule: Rule, subject: Subject) -> tuple[Assertion, ...]:
    """Return what is asked of an answer: a refusal has no text, choices or usage.

    `status: [200, 4xx]` takes one; `status: 200` complains of one that blames the request, and of nothing else.
    """
    if not (asked_for_refusal(rule.expect, subject.exchange) or _is_blamed(rule, subject)):
        return rule.expect
    return tuple(assertion for assertion in rule.expect if looks_at(assertion) is not On.MEANING)


def _is_blamed(rule: Rule, subject: Subject) -> bool:
    """Tell whether the request is refused as a wrong one, by a relay that serves key and model (see _refused)."""
    return subject.exchange.status in _WRONG_REQUEST and statuses_wanted(rule.expect) != ()


def assess(expect: Sequence[Assertion], subject: Subject) -> list[Finding]:
    """Return all complaints of the assertions on a single answer; each names its exchange."""
    single = (one for one in expect if one.kind in KINDS)
    findings = (finding for one in single for finding in KINDS[one.kind].assess(one.expected, subject))
    return [replace(finding, exchange=subject.index) for finding in findings]


def _across(rule: Rule, level: Level, subjects: Sequence[Subject], evidence: Evidence) -> RuleVerdict:
    by_step = {subject.step: subject for subject in subjects}
    requests = _requests(rule)
    unsent = _unsent(rule, evidence)
    if unsent is not None:
        return _unjudged(rule, level, unsent)
    whys = [
        why_unjudgeable(rule, by_step[name]) if name in by_step else Said("request_not_sent", code=name)
        for name in requests
    ]
    why = next((why for why in whys if why is not None), None)
    findings: list[Finding] = []
    for assertion in rule.expect if why is None else ():
        if assertion.kind not in ACROSS_KINDS:
            continue
        said = ACROSS_KINDS[assertion.kind].assess(assertion.expected, by_step)
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


def why_unjudgeable(rule: Rule, subject: Subject) -> Text | None:
    """Return why an exchange says nothing about a rule, None when it can be judged."""
    failure = subject.exchange.failure
    if failure is not None and failure.kind not in ANSWERED_WRONGLY | _answering(rule):
        return Said("reason", kind=failure.kind.value, said=failure.detail)
    if subject.timing.suspect and any(_is_about_time(assertion) for assertion in rule.expect):
        return Said("monitor_late")
    return _refused(rule, subject) or _too_much(rule, subject) or _unreadable(rule, subject) or _doubtful(rule, subject)


def _answering(rule: Rule) -> frozenset[FailureKind]:
    """Return the failures every assertion of the rule takes for an answer."""
    taken = [KINDS[one.kind].failures if one.kind in KINDS else frozenset() for one in rule.expect]
    return frozenset.intersection(*taken) if taken else frozenset()


def _doubtful(rule: Rule, subject: Subject) -> Text | None:
    """Return why an assertion itself cannot tell."""
    doubts = ((KINDS[one.kind].doubt, one.expected) for one in _asked(rule, subject) if one.kind in KINDS)
    whys = (doubt(expected, subject) for doubt, expected in doubts if doubt is not None)
    return next((why for why in whys if why is not None), None)


def _refused(rule: Rule, subject: Subject) -> Text | None:
    """A refusal says something about rules on the status; on anything else it says nothing."""
    fault, code = subject.fault, subject.exchange.status
    if fault is None or code is None:
        return None
    if fault.reason in NOTHING_TO_JUDGE:
        says = not (_gave_out(subject, rule) or says_nothing(fault, subject, rule.expect))
        judged = (rule.on.status or "").startswith("4") or says
    else:
        judged = code < 400 or rule.on.status is not None or statuses_wanted(rule.expect) != ()
    return None if judged else Said("reason", kind=fault.reason.value, said=fault.message)


def _gave_out(subject: Subject, rule: Rule) -> bool:
    """Tell whether the key itself is refused where any refusal of the request was wanted.

    The suite began with this key, so the relay banned it on the way, and now refuses right and wrong requests alike. A
    rule that takes every status is about something else, such as the date.
    """
    code, request, wanted = subject.exchange.status, subject.exchange.request, statuses_wanted(rule.expect)
    banned = code in {401, 402, 403} and subject.fault is not None and subject.fault.reason in _OF_THE_KEY
    return banned and request.auth is Auth.NORMAL and str(code) not in wanted and not _EVERY.issubset(wanted)


def _too_much(rule: Rule, subject: Subject) -> Text | None:
    """RFC 8259 §9 leaves limits to the reader: JSON beyond ours is not read, which is no fault of the relay."""
    problem = subject.reply.document.problem if subject.reply.document else None
    if problem is None or problem.kind not in _BEYOND_US or not any(looks_at(a) in _READ for a in rule.expect):
        return None
    return Said("json_beyond_limits", said=problem.message)


def _unreadable(rule: Rule, subject: Subject) -> Text | None:
    """Rules on what an answer means leave an answer that cannot be read to the rules on its form."""
    on = {looks_at(assertion) for assertion in _asked(rule, subject)}
    document, error = subject.reply.document, subject.reply.error
    if On.MEANING in on and (document is None or document.problem is not None or error is not None):
        return Said("answer_unreadable", said=subject.fault.message if subject.fault else form_seen(subject))
    if On.EVENTS in on and subject.reply.media_type != "text/event-stream":
        return Said("not_an_event_stream")
    if subject.reply.form is not Form.STREAM and error is None and _is_about_events(rule):
        return Said("no_event")
    if subject.fault is not None and any(_is_about_spread(assertion) for assertion in rule.expect):
        return Said("answer_not_whole", said=subject.fault.message)
    return None


def _is_about_events(rule: Rule) -> bool:
    return all(assertion.kind == "stream" and _OF_EVENTS.issuperset(assertion.expected) for assertion in rule.expect)


def _is_about_time(assertion: Assertion) -> bool:
    return looks_at(assertion) is On.TIME or _is_about_spread(assertion)


def _is_about_spread(assertion: Assertion) -> bool:
    return assertion.kind == "stream" and not SPREADS.isdisjoint(assertion.expected)


def says_nothing(fault: Fault, subject: Subject, expect: Sequence[Assertion]) -> bool:
    """Tell whether a refusal says nothing about what is expected: neither was it asked for, nor is it the complaint.

    A request with a wrong or missing key asks about the key itself; one that wants any 4xx is answered by an
    unavailable model, wrongly; a rate limit answers only who wants 429.
    """
    if fault.reason not in NOTHING_TO_JUDGE:
        return False
    wanted = statuses_wanted(expect)
    match fault.reason:
        case Reason.RATE_LIMITED:
            return str(subject.exchange.status) not in wanted
        case Reason.AUTH if subject.exchange.request.auth is not Auth.NORMAL:
            return False
        case Reason.MODEL_UNAVAILABLE if any(code.startswith("4") for code in wanted):
            return False
        case _:
            return not asked_for_refusal(expect, subject.exchange)


def asked_for_refusal(expect: Sequence[Assertion], exchange: Exchange) -> bool:
    """Tell whether a status outside 2xx is one the assertions name."""
    return (exchange.status or 0) >= 300 and status.accepts(statuses_wanted(expect), exchange.status)


def statuses_wanted(expect: Sequence[Assertion]) -> tuple[str, ...]:
    """Return the codes and classes a `status` assertion accepts, () where there is none."""
    return next((tuple(assertion.expected) for assertion in expect if assertion.kind == "status"), ())

"""Whether an answer says anything about a rule. The cases, in the order in which they are asked:

    the answer                                 leaves open a rule that                         it says why
    -----------------------------------------  ----------------------------------------------  --------------------
    is of a run whose preflight nobody knows   is any                                          the preflight's fault
        to come from the API
    never came (dns, timeouts, too large ...)  does not take that failure for an answer        the failure
    refuses key, balance, model or rate        is not about refusals, nor asked for this one   the fault
    has a 5xx, of a relay that is down         is not about such answers                       the fault
    has another 4xx or 5xx                     names no status, and compares none              the fault
    is more JSON than we read                  reads the body                                  json_beyond_limits
    cannot be read, or is an error             is about what an answer means                   answer_unreadable
    neither is nor is called an event stream   looks at events                                 not_an_event_stream
    is no stream                               states facts about events, and nothing else     no_event
    has a fault, such as an early end          is about how tokens are spread                  answer_not_whole
    leaves an assertion in doubt               has that assertion                              the kind's own doubt

What is left is judged. Of a request that was refused as asked, or as a wrong one, only what a refusal has is judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wnmon.judge.kind import On
from wnmon.judge.kinds import status
from wnmon.judge.kinds.stream import FACTS, SPREADS
from wnmon.judge.registry import KINDS, looks_at
from wnmon.judge.subject import Subject, form_seen
from wnmon.model.check import Assertion, Auth, Rule
from wnmon.model.exchange import Exchange, FailureKind
from wnmon.model.result import Fault, Reason, Undecided, because
from wnmon.model.said import Said, Text
from wnmon.wire.reply import Form

NOTHING_TO_JUDGE = frozenset({Reason.AUTH, Reason.BALANCE, Reason.MODEL_UNAVAILABLE, Reason.RATE_LIMITED})
"""Answers that say nothing about the contract: the account or the upstream is at fault, not the wire."""

_EVERY = frozenset({"2xx", "3xx", "4xx", "5xx"})
_OF_THE_KEY = frozenset({Reason.AUTH, Reason.BALANCE})

ANSWERED_WRONGLY = frozenset({FailureKind.PROTOCOL, FailureKind.TRUNCATED})
"""Failures that are an answer, a wrong one. One that was cut off as too large is incomplete by our own hand."""

_READ = frozenset({On.BODY, On.MEANING})
_BEYOND_US = frozenset({"too_deep", "too_many_digits", "too_many_values"})

_OF_TIME = frozenset({"burst_at_end", "fixed_cadence", "held_back"})

_OF_EVENTS = frozenset(FACTS) - SPREADS - {"complete", "data", "finish"}
"""Facts about the events there are. Where none came, that breaks `data`, and these stay open."""

WRONG_REQUEST = frozenset({400, 422})
"""Statuses that blame the request itself (RFC 9110 sections 15.5.1 and 15.5.21)."""


def why_unjudgeable(rule: Rule, subject: Subject) -> Text | None:
    """Return why an exchange says nothing about a rule, None when it can be judged."""
    if subject.stranger is not None:
        return because(subject.stranger.reason, subject.stranger.message)
    failure = subject.exchange.failure
    if failure is not None and failure.kind not in ANSWERED_WRONGLY | _answering(rule):
        return because(failure.kind, failure.detail)
    return _refused(rule, subject) or _too_much(rule, subject) or _unreadable(rule, subject) or _doubtful(rule, subject)


def _answering(rule: Rule) -> frozenset[FailureKind]:
    """Return the failures every assertion of the rule takes for an answer."""
    taken = [KINDS[one.kind].failures if one.kind in KINDS else frozenset() for one in rule.expect]
    return frozenset.intersection(*taken) if taken else frozenset()


def undecided(expect: Sequence[Assertion], subject: Subject) -> Iterator[Undecided]:
    """Yield each assertion that the lag of the monitor leaves open, be the others broken or not."""
    for one in expect:
        leaves_open = KINDS[one.kind].undecided if one.kind in KINDS else None
        why = leaves_open(one.expected, subject) if leaves_open is not None else None
        if why is not None:
            yield Undecided(kind=one.kind, step=subject.step, why=why)


def _doubtful(rule: Rule, subject: Subject) -> Text | None:
    """Return why an assertion itself cannot tell."""
    doubts = ((KINDS[one.kind].doubt, one.expected) for one in asked_of(rule, subject) if one.kind in KINDS)
    whys = (doubt(expected, subject) for doubt, expected in doubts if doubt is not None)
    return next((why for why in whys if why is not None), None)


def _refused(rule: Rule, subject: Subject) -> Text | None:
    """A refusal says something about rules on the status; on anything else it says nothing."""
    fault, code = subject.fault, subject.exchange.status
    if fault is None or code is None:
        return None
    if fault.reason in NOTHING_TO_JUDGE:
        says = not (_gave_out(fault, subject, rule) or says_nothing(fault, subject, rule.expect))
        judged = (rule.on.status or "").startswith("4") or says
    elif subject.is_down and code >= 500:
        judged = rule.on.status is not None
    else:
        judged = code < 400 or rule.on.status is not None or _is_of_status(rule)
    return None if judged else because(fault.reason, fault.message)


def _is_of_status(rule: Rule) -> bool:
    """Tell whether a rule says which status an answer shall have."""
    return statuses_wanted(rule.expect) != () or any(looks_at(one) is On.ANY for one in rule.expect)


def _gave_out(fault: Fault, subject: Subject, rule: Rule) -> bool:
    """Tell whether the key itself is refused where any refusal of the request was wanted.

    The suite began with this key, so the relay banned it on the way, and now refuses right and wrong requests alike. A
    rule that takes every status is about something else, such as the date.
    """
    code, request, wanted = subject.exchange.status, subject.exchange.request, statuses_wanted(rule.expect)
    banned = code in {401, 402, 403} and fault.reason in _OF_THE_KEY
    return banned and request.auth is Auth.NORMAL and str(code) not in wanted and not _EVERY.issubset(wanted)


def _too_much(rule: Rule, subject: Subject) -> Text | None:
    """RFC 8259 §9 leaves limits to the reader: JSON beyond ours is not read, which is no fault of the relay."""
    problem = subject.reply.document.problem if subject.reply.document else None
    if problem is None or problem.kind not in _BEYOND_US or not any(looks_at(a) in _READ for a in rule.expect):
        return None
    return Said("json_beyond_limits", said=problem.message)


def _unreadable(rule: Rule, subject: Subject) -> Text | None:
    """Rules on what an answer means leave an answer that cannot be read to the rules on its form."""
    on = {looks_at(assertion) for assertion in asked_of(rule, subject)}
    document, error = subject.reply.document, subject.reply.error
    if On.MEANING in on and (document is None or document.problem is not None or error is not None):
        return Said("answer_unreadable", said=subject.fault.message if subject.fault else form_seen(subject))
    is_stream = subject.reply.form is Form.STREAM
    if On.EVENTS in on and not is_stream and subject.reply.media_type != "text/event-stream":
        return Said("not_an_event_stream")
    is_about_events = all(one.kind == "stream" and _OF_EVENTS.issuperset(one.expected) for one in rule.expect)
    if not is_stream and error is None and is_about_events:
        return Said("no_event")
    if subject.fault is not None and any(_is_about_time(assertion) for assertion in rule.expect):
        return Said("answer_not_whole", said=subject.fault.message)
    return None


def _is_about_time(assertion: Assertion) -> bool:
    """Tell whether an assertion is about when the pieces of a whole answer come."""
    return assertion.kind in _OF_TIME or (assertion.kind == "stream" and not SPREADS.isdisjoint(assertion.expected))


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
            return "429" not in wanted
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


def asked_of(rule: Rule, subject: Subject) -> tuple[Assertion, ...]:
    """Return what is asked of an answer: a refusal has no text, choices or usage.

    `status: [200, 4xx]` takes one; `status: 200` complains of one that blames the request, and of nothing else.
    """
    # By now the relay serves key and model, so a 400 blames the request.
    blamed = subject.exchange.status in WRONG_REQUEST and statuses_wanted(rule.expect) != ()
    if not (blamed or asked_for_refusal(rule.expect, subject.exchange)):
        return rule.expect
    return tuple(assertion for assertion in rule.expect if looks_at(assertion) is not On.MEANING)

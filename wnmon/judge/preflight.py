"""Whether a suite got its answers. Its preflight is the first valid request that was sent; what it leaves to be judged:

    the answer                                    nothing more is sent   the suite is   its rules
    --------------------------------------------  ---------------------  -------------  ------------------------------
    never came (dns, timeouts, too large ...)     yes                    errored        are open
    refuses key, balance, model or rate           yes                    errored        are open
    is a page, or a firewall's challenge,         yes                    errored        are open
        whatever its status
    has a status outside 2xx, which no rule on    yes                    errored        are open
        the request takes, and which blames no
        parameter that a model does not take
    is an error in a 2xx, or holds no choice:     no                     errored        are judged as far as they can
        empty, broken JSON, no HTTP
    holds a choice                                no                     by its rules   are judged

A request that a rule wants refused, or that goes out as none of a client's would, is not valid: whatever it is answered
with says nothing about a relay's health, but for a 429.

A relay may also break down after its preflight (`broke_down`). What is judged by then stands; what is not, stays open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wnmon.judge.judgeable import (
    ANSWERED_WRONGLY,
    NOTHING_TO_JUDGE,
    WRONG_REQUEST,
    asked_for_refusal,
    statuses_wanted,
)
from wnmon.judge.kinds import status
from wnmon.judge.registry import compared
from wnmon.judge.subject import is_success
from wnmon.model.check import Auth, Plan, Risk, Rule, Step
from wnmon.model.result import Fault, Layer, Reason
from wnmon.model.said import Said
from wnmon.wire.answer import Answer
from wnmon.wire.faults import is_challenge
from wnmon.wire.reply import Choice, Form

_REFUSES_ANYBODY = frozenset({Reason.RATE_LIMITED, Reason.BALANCE})
"""Refusals that no request of the key escapes. A 400, 403 or 404 that speaks of key or model may be about a feature."""

_AS_CLIENTS_DO = frozenset({Auth.NORMAL, Auth.LOWERCASE})


def stops_a_suite(plan: Plan, answers: Sequence[Answer]) -> Fault | None:
    """Return why the answers so far leave nothing of a suite to judge, None when it may go on."""
    first = answers[0]
    if first.fault is not None and first.exchange.request.auth is Auth.NORMAL and _never_came(first):
        return first.fault
    answer = _preflight(plan, answers)
    if answer is None or answer.fault is None:
        return None
    is_known = _never_came(answer) or answer.fault.reason in NOTHING_TO_JUDGE or _is_5xx(answer)
    return answer.fault if is_known or _is_strange(plan, answer, answers) else None


def answered_by_a_stranger(plan: Plan, answers: Sequence[Answer]) -> Fault | None:
    """Return why nothing shows that the API of a relay answers a suite at all, None where something does.

    A firewall, a wrong path, a web site, a port for TLS: whatever such an answer lacks, no relay is to blame for it.
    """
    answer = _preflight(plan, answers) if plan.suite is not None else None
    if answer is None or answer.fault is None or answer.fault.reason in NOTHING_TO_JUDGE or _never_came(answer):
        return None
    return answer.fault if _is_strange(plan, answer, answers) else None


def left_unanswered(plan: Plan, answers: Sequence[Answer]) -> Fault | None:
    """Return why the preflight of a suite got no answer, None where it got one, or was not sent."""
    stopped = stops_a_suite(plan, answers) if answers else None
    answer = _preflight(plan, answers)
    if stopped is not None or answer is None or _is_answered(plan, answer):
        return stopped
    return answer.fault or Fault(reason=Reason.EMPTY, layer=Layer.RELAY, message=Said("no_choice"))


def broke_down(plan: Plan, answers: Sequence[Answer]) -> Mapping[int, Fault]:
    """Return by place the faults that show a relay broken down, be its preflight answered or not.

    Such is the answer to a valid request that never came, or is a 5xx, a limit of rate, an empty balance or a 401,
    which no rule on the request takes; and a 429 that ends the sending. Any other 4xx is a word on the request.
    """
    steps, valid = {step.name: step for step in plan.steps}, valid_requests(plan)
    return {
        index: answer.fault
        for index, answer in enumerate(answers)
        if answer.fault is not None
        and (
            asks_to_be_left_alone(steps[answer.step], answer)
            or (answer.step in valid and _takes_no_part(answer, answer.fault) and not accepts_refusal(plan, answer))
        )
    }


def asks_to_be_left_alone(step: Step, answer: Answer) -> bool:
    """Tell whether a request that was sent alone got a 429 it did not ask for, so that nothing more is sent."""
    return step.burst == 1 and answer.exchange.status == 429 and "429" not in statuses_wanted(step.expect)


def is_rate_limited(plan: Plan, step: Step, answer: Answer) -> bool:
    """Tell whether an answer says no more than that requests come too fast, to one that nothing wants that answer to.

    An empty balance is none, whatever its status.
    """
    if step.burst > 1 or answer.fault is None or answer.fault.reason is not Reason.RATE_LIMITED:
        return False
    wanted = [statuses_wanted(rule.expect) for rule in plan.rules if step.name in _requests_of(rule)]
    refusals = (codes for codes in wanted if not any(code.startswith("2") for code in codes))
    return not any("429" in codes for codes in (statuses_wanted(step.expect), *refusals))


def is_down(plan: Plan, answers: Sequence[Answer]) -> bool:
    """Tell whether a relay answers the preflight of a suite with a 5xx."""
    answer = _preflight(plan, answers) if plan.suite is not None else None
    return answer is not None and _is_5xx(answer)


def _preflight(plan: Plan, answers: Sequence[Answer]) -> Answer | None:
    """Return the answer to the first valid request of a suite that was sent, None where there is none."""
    valid = valid_requests(plan)
    return next((answer for answer in answers if answer.step in valid), None)


def valid_requests(plan: Plan) -> frozenset[str]:
    """Return the names of the requests that a relay has to answer."""
    refusable = {name for rule in plan.rules if _wants_refusal(rule) for name in _requests_of(rule)}
    return frozenset(step.name for step in plan.steps if step.name not in refusable and _is_ordinary(step))


def _is_ordinary(step: Step) -> bool:
    is_alone = step.burst == 1 and not step.plain_http and not step.http2
    return is_alone and step.risk is not Risk.REFUSED and step.auth in _AS_CLIENTS_DO


def _wants_refusal(rule: Rule) -> bool:
    """Tell whether a rule is about requests that are not to be answered: it names statuses, and no success."""
    wanted = statuses_wanted(rule.expect)
    return wanted != () and not any(want.startswith("2") for want in wanted)


def _requests_of(rule: Rule) -> tuple[str, ...]:
    return (*(rule.on.requests or ()), *compared(rule))


def _is_strange(plan: Plan, answer: Answer, answers: Sequence[Answer]) -> bool:
    """Tell whether nothing shows that the API gave an answer: a page, a refusal of unknown cause, or no HTTP at all."""
    code = answer.exchange.status or 0
    if code >= 500:
        return False
    if answer.reply.form is Form.HTML or is_challenge(answer.exchange):
        return True
    is_known = 200 <= code < 300 or _refuses_for_itself(plan, answer)
    return not is_known and not _is_controlled(plan, answer, answers)


def _refuses_for_itself(plan: Plan, answer: Answer) -> bool:
    """Tell whether a refusal is the model's, which does not take a parameter, or one that a rule on it takes."""
    return status.refuses_parameter(answer.reply.error, answer.exchange.status) or accepts_refusal(plan, answer)


def _is_controlled(plan: Plan, refused: Answer, answers: Sequence[Answer]) -> bool:
    """Tell whether the same in another form was accepted, or is still to be asked."""
    if not blames_request(refused):
        return False
    controls = {step.name for step in plan.steps if step.if_refused == refused.step}
    asked = [answer for answer in answers if answer.step in controls]
    return any(map(is_success, asked)) or len(asked) < len(controls)


def blames_request(answer: Answer) -> bool:
    """Tell whether a refusal blames the request as such (RFC 9110 §15.5.1, §15.5.21), and not key, money or model."""
    is_of_the_account = answer.fault is not None and answer.fault.reason in NOTHING_TO_JUDGE
    return answer.exchange.status in WRONG_REQUEST and not is_of_the_account


def _never_came(answer: Answer) -> bool:
    failure = answer.exchange.failure
    return failure is not None and failure.kind not in ANSWERED_WRONGLY


def _is_5xx(answer: Answer) -> bool:
    return (answer.exchange.status or 0) >= 500


def _takes_no_part(answer: Answer, fault: Fault) -> bool:
    status_code = answer.exchange.status
    if status_code is None or status_code >= 500 or _never_came(answer):
        return True
    is_key_refused = status_code == 401 and answer.exchange.request.auth is Auth.NORMAL
    return is_key_refused or fault.reason in _REFUSES_ANYBODY


def _is_answered(plan: Plan, answer: Answer) -> bool:
    """Tell whether a client got something: a choice of a chat completion, any success of another path."""
    code, reply = answer.exchange.status or 0, answer.reply
    if not 200 <= code < 300:
        return _refuses_for_itself(plan, answer)
    is_chat = any(step.name == answer.step and (step.method, step.path) == ("POST", None) for step in plan.steps)
    return not is_chat or (any(map(_holds, reply.choices)) and (reply.error is None or bool(reply.tokens)))


def _holds(choice: Choice) -> bool:
    """Tell whether there is anything in a choice: OpenRouter writes an upstream's failure into an empty one."""
    return choice.says_something or choice.finish_reason not in {None, "error"}


def accepts_refusal(plan: Plan, answer: Answer) -> bool:
    """Tell whether a rule on the request takes the refusal. One that takes any 5xx as well is about something else."""
    rules = (rule for rule in plan.rules if answer.step in _requests_of(rule))
    return any(
        asked_for_refusal(rule.expect, answer.exchange) and not status.accepts(statuses_wanted(rule.expect), 500)
        for rule in rules
    )

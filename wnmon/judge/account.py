"""What a relay says of itself, judged: the models it offers, and what is left of the money.

    the answers                                            outcome   reason
    -----------------------------------------------------  --------  -------------------------------------------------
    none was sent                                          skipped   ok
    tell nothing, or nothing that can be held against the  errored   of the failure, or of the most telling answer
        least that is to remain
    list not every model that the target names             failed    model_unavailable
    list a page only, and not every model on it            errored   schema
    tell a balance below the least                         failed    balance
    tell anything else                                     passed    ok

That no endpoint tells a balance is no word on the key: many a relay refuses, with 401 or 403, what it does not have. So
only the list of models, which any key may read, has the reasons `auth` and `balance` for a refusal.
"""

from __future__ import annotations

from collections.abc import Sequence

from wnmon.model.check import Asks, Plan
from wnmon.model.result import Evidence, Finding, Outcome, Reason, Result
from wnmon.model.said import Said, Text
from wnmon.wire.answer import Answer
from wnmon.wire.balance import UNITS_WITHOUT_WORTH, Amount, Balance, read_balance, show_amount
from wnmon.wire.listing import read_listing
from wnmon.wire.opened import Untold

MAX_MISSING = 100
"""Findings on models that are not offered."""

_OF_THE_KEY = frozenset({Reason.AUTH, Reason.BALANCE, Reason.MODEL_UNAVAILABLE})


def judge_account(plan: Plan, evidence: Evidence, answers: Sequence[Answer]) -> Result:
    """Return what the answers to a plan that asks no model come to. Pure, as `judge` is."""
    if not answers:
        why = next(iter(evidence.not_sent.values()), Said("nothing_sent"))
        return Result(outcome=Outcome.SKIPPED, reason=Reason.OK, message=why)
    found = _of_models(plan, answers) if plan.asks is Asks.MODELS else _of_balance(plan, answers)
    last = answers[-1]
    outcome, reason, message, findings = found
    return Result(
        outcome=outcome,
        reason=reason,
        message=message,
        layer=last.fault.layer if last.fault is not None and last.fault.reason is reason else None,
        findings=findings,
        step=last.step,
        status=last.exchange.status,
        timing=last.timing,
        tls=next((answer.exchange.tls for answer in answers if answer.exchange.tls), None),
    )


_Found = tuple[Outcome, Reason, Text, tuple[Finding, ...]]
_HELD: _Found = (Outcome.PASSED, Reason.OK, "", ())


def _of_models(plan: Plan, answers: Sequence[Answer]) -> _Found:
    listing = read_listing(answers[-1])
    if isinstance(listing, Untold):
        return Outcome.ERRORED, listing.reason, listing.why, ()
    missing = [model for model in plan.wanted if model.removeprefix("models/") not in listing.names]
    if not missing:
        return _HELD
    if not listing.whole:
        return Outcome.ERRORED, Reason.SCHEMA, Said("model_list_in_part", names=", ".join(missing)), ()
    findings = tuple(_missing(model, answers[-1]) for model in missing[:MAX_MISSING])
    return Outcome.FAILED, Reason.MODEL_UNAVAILABLE, Said("models_not_listed", names=", ".join(missing)), findings


def _missing(model: str, answer: Answer) -> Finding:
    return Finding(
        message=Said("model_not_listed", name=model),
        expected=Said("a_listed_model", name=model),
        actual=Said("absent"),
        step=answer.step,
        reason=Reason.MODEL_UNAVAILABLE,
        exchange=0,
    )


def _of_balance(plan: Plan, answers: Sequence[Answer]) -> _Found:
    balance = read_balance(answers)
    if isinstance(balance, Untold):
        reason = Reason.HTTP_4XX if balance.reason in _OF_THE_KEY else balance.reason
        return Outcome.ERRORED, reason, Said("balance_unknown", said=balance.why), ()
    if plan.least is None or balance.unlimited:
        return _HELD
    if any(one.unit in UNITS_WITHOUT_WORTH for one in balance.amounts):
        return Outcome.ERRORED, Reason.SCHEMA, Said("balance_without_unit", said=amounts_said(balance)), ()
    # Who has several purses may spend each of them, so one that is full enough will do.
    if any(one.at_least >= plan.least for one in balance.amounts):
        return _HELD
    if any(one.at_most >= plan.least for one in balance.amounts):
        return Outcome.ERRORED, Reason.SCHEMA, Said("balance_in_bounds", said=amounts_said(balance)), ()
    low = Finding(
        message=Said("balance_low"),
        expected=Said("at_least_left", text=show_amount(plan.least)),
        actual=amounts_said(balance),
        step=answers[-1].step,
        reason=Reason.BALANCE,
        exchange=len(answers) - 1,
    )
    message = Said("expected_got", said=low.message, said2=low.expected, said3=low.actual)
    return Outcome.FAILED, Reason.BALANCE, message, (low,)


def amounts_said(balance: Balance) -> Text:
    """Return what remains, in words."""
    if balance.unlimited:
        return Said("balance_unlimited")
    first, *others = (_amount_said(one) for one in balance.amounts)
    for other in others:
        first = Said("balance_and", said=first, said2=other)
    return first


def _amount_said(one: Amount) -> Text:
    unit = Said(f"unit_{one.unit}") if one.unit in UNITS_WITHOUT_WORTH else one.unit
    if one.remaining is not None:
        return Said("amount_of", text=show_amount(one.remaining), said=unit)
    return Said("amount_between", text=show_amount(one.at_least), text2=show_amount(one.at_most), said=unit)

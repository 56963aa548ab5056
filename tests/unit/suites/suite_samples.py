"""The shortest way from recorded exchanges to the verdicts of a suite."""

from __future__ import annotations

from wnmon.judge.verdict import judge
from wnmon.model.check import Plan
from wnmon.model.exchange import Exchange
from wnmon.model.result import Evidence, Result
from wnmon.wire.answer import read_answer


def judge_exchanges(plan: Plan, *exchanges: Exchange, model: str = "m-1", nonce: str = "n0") -> Result:
    """Judge a suite on these exchanges."""
    evidence = Evidence(model=model, nonce=nonce, exchanges=exchanges)
    return judge(plan, evidence, [read_answer(exchange) for exchange in exchanges])

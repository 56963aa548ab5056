"""What one exchange cost: what a relay reports, as far as it can be believed."""

from __future__ import annotations

from wnmon.model.exchange import Exchange
from wnmon.wire.cost import worst_case_tokens
from wnmon.wire.read import read

MOST_TOKENS = 10_000_000


def spent_tokens(exchange: Exchange) -> tuple[int, int]:
    """Return (input, output) tokens: as reported, else the worst case where an answer may have been made, else 0."""
    if exchange.marks.sent_ns is None:
        return 0, 0
    usage = read(exchange).usage
    refused = exchange.status is not None and exchange.status >= 400
    worst_input, worst_output = (0, 0) if refused else worst_case_tokens(exchange.request.body)
    reported_input = usage.prompt_tokens if usage else None
    reported_output = usage.completion_tokens if usage else None
    return (
        worst_input if reported_input is None else _credible(reported_input),
        worst_output if reported_output is None else _credible(reported_output),
    )


def _credible(tokens: int) -> int:
    """Keep a count a relay reports within what a ledger can add up: never negative, never absurd."""
    return min(max(tokens, 0), MOST_TOKENS)

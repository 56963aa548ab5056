"""What one exchange cost: what a relay reports, as far as it can be believed."""

from __future__ import annotations

from wnmon.wire.answer import Answer

MOST_TOKENS = 10_000_000


def spent_tokens(answer: Answer, worst: tuple[int, int]) -> tuple[int, int]:
    """Return (input, output) tokens: as reported, else the worst case where an answer may have been made, else 0."""
    exchange, usage = answer.exchange, answer.reply.usage
    if exchange.marks.sent_ns is None:
        return 0, 0
    if exchange.status is not None and exchange.status >= 400:
        worst = (0, 0)
    reported = (usage.prompt_tokens, usage.completion_tokens) if usage else (None, None)
    spent = [most if said is None else _credible(said) for said, most in zip(reported, worst, strict=True)]
    return spent[0], spent[1]


def _credible(tokens: int) -> int:
    """Keep a count a relay reports within what a ledger can add up: never negative, never absurd."""
    return min(max(tokens, 0), MOST_TOKENS)

"""What a person can do about a reason, in terms of what the command they called takes."""

from __future__ import annotations

from wnmon.model.result import Reason
from wnmon.model.said import say
from wnmon.report.spelling import Spelling

# Reasons that are about what the relay wrote: all there is to do is to show it.
_OF_THE_ANSWER = frozenset(
    {
        Reason.BAD_JSON,
        Reason.SCHEMA,
        Reason.STREAM,
        Reason.TRUNCATED,
        Reason.EMPTY,
        Reason.CONTENT,
        Reason.USAGE,
        Reason.TOO_LARGE,
        Reason.RULE,
    }
)


def advice(reason: Reason, lang: str, spelling: Spelling) -> str:
    """Return what a person can do about a reason, "" where nothing is wrong. Names options of that command alone."""
    match reason:
        case Reason.OK:
            return ""
        case Reason.AUTH if spelling.key_variable:
            return say("advice_auth_with", lang, option=spelling.key_variable)
        case Reason.BUDGET if spelling.budget_tokens:
            return say("advice_budget_with", lang, option=spelling.budget_tokens)
        case Reason.INTERNAL if spelling.json_report:
            return say("advice_internal_with", lang, option=spelling.json_report)
        case _:
            return say(f"advice_{reason.value}", lang)


def advises_curl(reason: Reason) -> bool:
    """Tell whether that advice is to show the exchange to whoever runs the relay, for which a curl line serves."""
    return reason in _OF_THE_ANSWER

"""How the command somebody called spells what it takes: whatever advises an option asks here for its name."""

from __future__ import annotations

from typing import NamedTuple

from wnmon.report.curl import KEY_VARIABLE


class Spelling(NamedTuple):
    """The options of a command, and the variable it reads a key from; "" where it takes no such thing."""

    profile: str = ""
    waive: str = ""
    budget_tokens: str = ""
    json_report: str = ""
    key_variable: str = ""


OF_CHECK = Spelling(
    profile="--profile",
    waive="--waive",
    budget_tokens="--budget-tokens",
    json_report="--report json",
    key_variable=KEY_VARIABLE,
)
OF_PROBE = Spelling()
"""`wnmon validate --probe` asks what the configuration says, and takes nothing that changes it."""

OF_PYTEST = Spelling(profile="--wnmon-profile", key_variable=KEY_VARIABLE)

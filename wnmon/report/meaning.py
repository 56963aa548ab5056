"""What a check came to: what its exit code means as one sentence, and its rules counted in one line."""

from __future__ import annotations

from wnmon.report.summary import CheckReport, Exit, binding_levels, broken, totals, waived
from wnmon.report.words import word


def meaning(report: CheckReport, lang: str) -> str:
    """Return the verdict of the whole check in `lang`, with the number of binding rules that are broken, or waived.

    A rule that is waived, also by a baseline, fails no check, but nobody shall read that it holds.
    """
    levels = binding_levels(report.strict)
    if report.exit_code == Exit.OK:
        count = sum(row.level in levels for run in report.runs for row in waived(run))
        return word("exit_0_waived" if count else "exit_0", lang).format(waived=count)
    if report.exit_code != Exit.BROKEN:
        return word(f"exit_{int(report.exit_code)}", lang)
    count = sum(row.level in levels for run in report.runs for row in broken(run))
    key = {0: "exit_1_plain", 1: "exit_1_one"}.get(count, "exit_1")
    return word(key, lang).format(broken=count)


def tally(report: CheckReport, lang: str) -> str:
    """Return how many rules came to what, such as `8 rules: 5 passed, 1 failed, 2 inconclusive`; "" without rules."""
    came_to = {name: count for name, count in totals(report).items() if count}
    if not came_to:
        return ""
    number = sum(came_to.values())
    rules = word("n_rules" if number != 1 else "one_rule", lang).format(n=number)
    parts = word("comma", lang).join(f"{count} {word(name, lang)}" for name, count in came_to.items())
    return f"{rules}{word('colon', lang)}{parts}"

"""What the exit code of a check means, as one sentence."""

from __future__ import annotations

from wnmon.report.summary import CheckReport, Exit, binding_levels, broken
from wnmon.report.words import word


def meaning(report: CheckReport, lang: str) -> str:
    """Return the verdict of the whole check in `lang`, with the number of broken binding rules where there are any."""
    if report.exit_code != Exit.BROKEN:
        return word(f"exit_{int(report.exit_code)}", lang)
    levels = binding_levels(report.strict)
    count = sum(row.level in levels for run in report.runs for row in broken(run))
    key = {0: "exit_1_plain", 1: "exit_1_one"}.get(count, "exit_1")
    return word(key, lang).format(broken=count)

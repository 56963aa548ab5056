"""Runs for a person at a terminal. Rendered into a string: width, colour and language are given, never found out.

Relay text reaches the screen only through `shown`, inside `Text`, so neither escapes nor markup in it do anything.
"""

from wnmon.report.terminal.check import render_check
from wnmon.report.terminal.rule import RuleSheet, render_rule
from wnmon.report.terminal.runline import render_run_line

__all__ = ["RuleSheet", "render_check", "render_rule", "render_run_line"]

"""`wnmon explain`: what a rule wants, where that comes from, why it matters, how to fix it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from wnmon.cli.options import language_option
from wnmon.cli.suites import how_to_run, requests_of
from wnmon.cli.terminal import say, wants_color, width
from wnmon.config import built_in_suites, load_suites
from wnmon.config.shipped import PREFIX
from wnmon.errors import UsageError, did_you_mean
from wnmon.model.check import Plan
from wnmon.model.credentials import masked
from wnmon.model.said import Said
from wnmon.report.terminal import RuleSheet, render_rule


@click.command("explain")
@click.argument("rule")
@click.argument("suites", nargs=-1, metavar="[SUITE]...")
@language_option
def command(rule: str, suites: tuple[str, ...], lang: str) -> None:
    """Explain a rule of the built-in suites, or of those named."""
    plans = load_suites(suites, Path.cwd()) if suites else built_in_suites()
    page = page_of(rule, plans)
    text = render_rule(page, width=width(), color=wants_color(), lang=lang)
    names = suites or tuple(f"{PREFIX}{plan.suite}" for plan in plans)
    own = ((plan, name) for plan, name in zip(plans, dict.fromkeys(names), strict=True) if plan.suite == page.suite)
    run_it = (Said("cli_run_it", command=how_to_run(page.rule, *one)).text(lang) for one in own)
    say("".join([text, *(f"\n{line}\n" for line in run_it)]))


def page_of(name: str, plans: Sequence[Plan]) -> RuleSheet:
    """Return what is known of a rule, its id in any case. Raises UsageError with the nearest id."""
    wanted = name.upper()
    known = {rule.id: (rule, plan) for plan in plans for rule in plan.rules}
    if wanted not in known:
        hint = did_you_mean(wanted, known) or Said("cli_see_list")
        raise UsageError(Said("cli_unknown_rule", text=masked(name)[:40]), hint=hint)
    rule, plan = known[wanted]
    own = {one.id: one for one in plan.rules}
    return RuleSheet(
        rule=rule,
        suite=plan.suite or "",
        requests=requests_of(rule, plan),
        needed=tuple(own[need] for need in rule.needs),
    )

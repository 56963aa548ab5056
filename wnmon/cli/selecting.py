"""What a person meant who selected no rule, and how to select one."""

from __future__ import annotations

from collections.abc import Sequence

from wnmon.cli.listing import requests_of
from wnmon.config import built_in_suites, profiles_of
from wnmon.config.select import matches
from wnmon.config.shipped import PREFIX
from wnmon.errors import UsageError, did_you_mean
from wnmon.model.check import Plan, Rule, Step
from wnmon.model.said import Said


def nothing_selected(plans: Sequence[Plan], only: Sequence[str], *, full: bool) -> UsageError:
    """Return what to say when no rule of the plans is selected: where the rules are that were asked for."""
    own = [rule for plan in plans for rule in plan.rules]
    elsewhere = only and not any(matches(rule.id, only, ()) for rule in own)
    hint = _where(only, full=full) if elsewhere else None
    profiles = ", ".join(sorted(profiles_of(own)))
    return UsageError(Said("cli_no_rule"), hint=hint or Said("cli_profiles", profiles=profiles))


def _where(only: Sequence[str], *, full: bool) -> Said | None:
    """Return in which built-in suites rules match, else the nearest id, None where none is near."""
    plans = built_in_suites()
    found = [(plan, rule) for plan in plans for rule in plan.rules if matches(rule.id, only, ())]
    if not found:
        return did_you_mean(only[0], (rule.id for plan in plans for rule in plan.rules))
    risky = not full and all(needs_full(rule, plan) for plan, rule in found)
    suites = dict.fromkeys(f"{PREFIX}{plan.suite}" for plan, _ in found)
    return Said("cli_found_risky" if risky else "cli_found", rules=", ".join(only), suites=", ".join(suites))


def needs_full(rule: Rule, plan: Plan) -> bool:
    """Tell whether a rule is judged on risky requests alone."""
    asked = _asked(rule, plan)
    return bool(asked) and all(step.risk is not None for step in asked)


def _asked(rule: Rule, plan: Plan) -> list[Step]:
    """Return the requests that show something of a rule: of one on refusals, those that are there to be refused."""
    names = requests_of(rule, plan)
    steps = [step for step in plan.steps if step.name in names]
    on_refusals = (rule.on.status or "2")[0] != "2"
    return [step for step in steps if on_refusals and step.risk is not None] or steps


def how_to_run(rule: Rule, plan: Plan, suite: str) -> str:
    """Return the command that judges a rule of a suite, `suite` being what it is asked for by."""
    features = {step.feature for step in _asked(rule, plan)}
    flags = ["--full"] if needs_full(rule, plan) else []
    if None not in features:
        flags += [f"--feature {feature}" for feature in sorted(map(str, features))]
    return " ".join(["wnmon check", suite, "--only", rule.id, *flags, "--base-url URL --model NAME"])

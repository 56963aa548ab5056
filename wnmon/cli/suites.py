"""Which suites and rules a command is about, and what a person meant who selected none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from wnmon.cli.listing import ListedRule
from wnmon.config import built_in_suites, load_suites, profiles_of
from wnmon.config.globs import matches
from wnmon.config.shipped import DEFAULT_SUITES, PREFIX, shipped_files, shipped_folder
from wnmon.errors import UsageError, did_you_mean
from wnmon.judge.registry import compared
from wnmon.model.check import Plan, Risk, Rule, Step
from wnmon.model.credentials import masked
from wnmon.model.said import Said

_BY_NAME_ONLY = frozenset({PREFIX + "limits"})
"""Too dear or too rude even for `--full`, unless somebody asks for them."""


def names_of(named: Sequence[str], *, full: bool) -> tuple[str, ...]:
    """Return the suites to judge: those named, else the default ones, with `full` all others that come with wnmon too.

    Those that send the most requests a relay must refuse come last: it may lock the key out, and with it all after.
    """
    if named or not full:
        return tuple(dict.fromkeys(named or DEFAULT_SUITES))
    plans = sorted(built_in_suites(), key=lambda plan: sum(step.risk is Risk.REFUSED for step in plan.steps))
    others = tuple(f"{PREFIX}{plan.suite}" for plan in plans)
    return tuple(name for name in dict.fromkeys((*DEFAULT_SUITES, *others)) if name not in _BY_NAME_ONLY)


def load(names: Sequence[str]) -> tuple[Plan, ...]:
    """Return one plan per suite; files are relative to the working directory. Raises WnmonError."""
    shipped = {PREFIX + name for name in shipped_files(shipped_folder())}
    unknown = next((name for name in names if name.startswith(PREFIX) and name not in shipped), None)
    if unknown is not None:
        short = masked(unknown.removeprefix(PREFIX))[:40]
        suites = (str(plan.suite) for plan in built_in_suites())  # not every file that comes with wnmon is one
        raise UsageError(Said("cli_unknown_suite", text=short), hint=did_you_mean(short, suites))
    return load_suites(names, Path.cwd())


def listed(plans: Sequence[Plan]) -> list[ListedRule]:
    """Return what the list tells of every rule of some suites, in order."""
    return [
        ListedRule(
            id=rule.id,
            suite=plan.suite or "",
            levels={profile: level.value for profile, level in rule.levels.items()},
            says=dict(rule.says),
            source=rule.source,
            requests=requests_of(rule, plan),
            needs=rule.needs,
        )
        for plan in plans
        for rule in plan.rules
    ]


def requests_of(rule: Rule, plan: Plan) -> tuple[str, ...]:
    """Return the requests of the plan whose answers may be judged by the rule, in the order they are sent."""
    named = {*(rule.on.requests or ()), *compared(rule)}
    return tuple(
        step.name for step in plan.steps if step.name in named or (not named and rule.on.stream in {None, step.stream})
    )


def nothing_selected(plans: Sequence[Plan], only: Sequence[str], *, full: bool) -> UsageError:
    """Return what to say when no rule of the plans is selected: where the rules are that were asked for."""
    own = [rule for plan in plans for rule in plan.rules]
    elsewhere = only and not any(matches(rule.id, only, ()) for rule in own)
    hint = _where(only, full=full) if elsewhere else None
    return UsageError(
        Said("cli_no_rule"), hint=hint or Said("cli_profiles", profiles=", ".join(sorted(profiles_of(own))))
    )


def _where(only: Sequence[str], *, full: bool) -> Said | None:
    """Return in which built-in suites rules match, else the nearest id, None where none is near."""
    plans = built_in_suites()
    found = [(plan, rule) for plan in plans for rule in plan.rules if matches(rule.id, only, ())]
    if not found:
        return did_you_mean(only[0], (rule.id for plan in plans for rule in plan.rules))
    risky = not full and all(_needs_full(_telling(rule, plan)) for plan, rule in found)
    suites = dict.fromkeys(f"{PREFIX}{plan.suite}" for plan, _ in found)
    return Said("cli_found_risky" if risky else "cli_found", rules=", ".join(only), suites=", ".join(suites))


def how_to_run(rule: Rule, plan: Plan, suite: str) -> str:
    """Return the command that judges a rule of a suite, `suite` being what it is asked for by."""
    steps = _telling(rule, plan)
    features = {step.feature for step in steps}
    flags = ["--full"] if _needs_full(steps) else []
    if None not in features:
        flags += [f"--feature {feature}" for feature in sorted(map(str, features))]
    return " ".join(["wnmon check", suite, "--only", rule.id, *flags, "--base-url URL --model NAME"])


def _telling(rule: Rule, plan: Plan) -> list[Step]:
    """Return the requests that show something of a rule: of one on refusals, those that are there to be refused."""
    names = requests_of(rule, plan)
    steps = [step for step in plan.steps if step.name in names]
    on_refusals = (rule.on.status or "2")[0] != "2"
    return [step for step in steps if on_refusals and step.risk is not None] or steps


def _needs_full(steps: Sequence[Step]) -> bool:
    return bool(steps) and all(step.risk is not None for step in steps)

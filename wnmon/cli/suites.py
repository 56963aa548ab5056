"""Which suites `wnmon check` judges: those named, or the built-in ones it runs of itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from wnmon.config import built_in_suites, load_suites
from wnmon.config.shipped import DEFAULT_SUITES, PREFIX, shipped_files, shipped_folder
from wnmon.errors import UsageError, did_you_mean
from wnmon.model.check import Plan, Risk
from wnmon.model.said import Said

_BY_NAME_ONLY = frozenset({PREFIX + "limits"})
"""Too dear or too rude even for `--full`, unless somebody asks for them."""


def names_of(named: Sequence[str], *, full: bool) -> tuple[str, ...]:
    """Return the suites to judge: those named, else the default ones, with `full` all others that come with wnmon too.

    Those that send the most requests a relay must refuse come last: it may lock the key out, and with it all after.
    """
    if named or not full:
        return tuple(dict.fromkeys(named or DEFAULT_SUITES))
    plans = sorted(built_in_suites(), key=_rudeness)
    others = tuple(PREFIX + str(plan.suite) for plan in plans)
    return tuple(name for name in dict.fromkeys((*DEFAULT_SUITES, *others)) if name not in _BY_NAME_ONLY)


def load(names: Sequence[str]) -> tuple[Plan, ...]:
    """Return one plan per suite; files are relative to the working directory. Raises WnmonError."""
    shipped = {PREFIX + name for name in shipped_files(shipped_folder())}
    unknown = next((name for name in names if name.startswith(PREFIX) and name not in shipped), None)
    if unknown is not None:
        short = unknown.removeprefix(PREFIX)[:40]
        suites = (str(plan.suite) for plan in built_in_suites())  # not every file that comes with wnmon is one
        raise UsageError(Said("cli_unknown_suite", text=short), hint=did_you_mean(short, suites))
    return load_suites(names, Path.cwd())


def _rudeness(plan: Plan) -> int:
    return sum(step.risk is Risk.REFUSED for step in plan.steps)

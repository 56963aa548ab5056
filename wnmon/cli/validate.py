"""`wnmon validate`: is the file right, what does it resolve to, what will it cost."""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping, Sequence

import click

from wnmon.cli.terminal import note, say, spoken, words
from wnmon.config import Config, load_any, plan_spend, render
from wnmon.errors import ConfigError
from wnmon.model.check import Plan
from wnmon.model.credentials import is_telling
from wnmon.model.said import Said, Text
from wnmon.model.target import Target
from wnmon.redact.redactor import Redactor

_STAND_IN = "stands-in-for-a-key-that-is-not-here"


def assumed(text: str) -> tuple[str, str]:
    """Return name and value of `NAME=VALUE`. What is wrong is not quoted: it may be a key."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise click.BadParameter(words("cli_no_assumed"))
    return name, value


@click.command("validate")
@click.argument("files", nargs=-1, metavar="[CONFIG]...")
@click.option("--assume", type=assumed, multiple=True, metavar="VARIABLE=VALUE")
def command(files: tuple[str, ...], assume: tuple[tuple[str, str], ...]) -> None:
    """Check configuration files or suites, and print what they will cost. Shows all problems of all files."""
    env = {**dict(assume), **os.environ}
    gc.disable()  # a large file makes 50,000 values that live to the end: looking for garbage among them costs 15 %
    try:
        problems = [line for name in files or ("wnmon.yaml",) for line in _validate(name, env)]
    finally:
        gc.enable()
    if problems:
        raise ConfigError(problems)


def _validate(name: str, env: Mapping[str, str]) -> Sequence[Text]:
    """Print what a good file says; return the problems of a bad one.

    A file is not bad for a key that is not here: that is said, and what stands in for it goes nowhere.
    """
    try:
        say(describe(name, load_any(name, env)))
    except ConfigError as error:
        keys = {key for one in error.problems if (key := _unset_key(one)) is not None}
        if not keys:
            return error.problems
        try:
            say(describe(name, load_any(name, {**env, **dict.fromkeys(keys, _STAND_IN)})))
        except ConfigError:
            return error.problems
        for problem in error.problems:
            note(problem)
    return ()


def _unset_key(problem: Text) -> str | None:
    """Return the variable that a problem is about, where it is only unset and its name speaks of a credential."""
    while isinstance(problem, Said):
        holes = dict(problem.holes)
        if problem.id == "variable_unset":
            name = str(holes["name"])
            return name if is_telling(name) else None
        said = holes.get("said", "")
        problem = said if isinstance(said, Said) else ""
    return None


def describe(name: str, loaded: Config | Plan) -> str:
    """Return what a person wants to see of a good file: counts, resolved URLs, cost. Ends in a newline."""
    if isinstance(loaded, Plan):
        counts = _counts(request=len(loaded.steps), rule=len(loaded.rules))
        return words("cli_ok_suite", name=name, suite=str(loaded.suite), counts=counts) + "\n"
    counts = _counts(target=len(loaded.targets), check=len(loaded.checks), probe=len(loaded.probes))
    redactor = Redactor(loaded.secrets())
    lines = [line for target in loaded.targets for line in (f"{target.name}: {target.url}", *_remarks(target))]
    urls = "".join(f"  {redactor.text(line)}\n" for line in lines)
    spend = f"\n{render(plan_spend(loaded), spoken())}" if loaded.probes else ""
    return f"{words('cli_ok', name=name, counts=counts)}\n{urls}{spend}"


def _remarks(target: Target) -> list[str]:
    return [f"  {remark.text(spoken())}" for remark in target.remarks]


def _counts(**sizes: int) -> str:
    counts = (words(f"cli_{noun}" if size == 1 else f"cli_{noun}s", n=size) for noun, size in sizes.items())
    return words("report_comma").join(counts)

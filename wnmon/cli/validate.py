"""`wnmon validate`: is the file right, what does it resolve to, what will it cost."""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping, Sequence

import click

from wnmon.cli.terminal import say
from wnmon.config import Config, load_any, plan_spend, render
from wnmon.errors import ConfigError
from wnmon.model.check import Plan


class _Assumed(click.ParamType[tuple[str, str]]):
    name = "variable"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Return name and value of `NAME=VALUE`. What is wrong is not quoted: it may be a key."""
        if isinstance(value, tuple):
            return value
        name, equals, assumed = str(value).partition("=")
        return (name, assumed) if name and equals else self.fail("expected VARIABLE=VALUE", param, ctx)


ASSUMED = _Assumed()


@click.command("validate")
@click.argument("files", nargs=-1, metavar="[CONFIG]...")
@click.option(
    "--assume",
    type=ASSUMED,
    multiple=True,
    metavar="VARIABLE=VALUE",
    help="Where the environment has no VARIABLE, take this: a hook or a CI need not have the key.",
)
def command(files: tuple[str, ...], assume: tuple[tuple[str, str], ...]) -> None:
    """Check configuration files (./wnmon.yaml unless given) or suites, and print what they will cost.

    Nothing is sent. Exit code 2 when a file has a problem; all problems of all files are shown.
    """
    env = {**dict(assume), **os.environ}
    gc.disable()  # a large file makes 50,000 values that live to the end: looking for garbage among them costs 15 %
    try:
        problems = [line for name in files or ("wnmon.yaml",) for line in _validate(name, env)]
    finally:
        gc.enable()
    if problems:
        raise ConfigError(problems)


def _validate(name: str, env: Mapping[str, str]) -> Sequence[str]:
    """Print what a good file says; return the problems of a bad one."""
    try:
        say(describe(name, load_any(name, env)))
    except ConfigError as error:
        return error.problems
    return ()


def describe(name: str, loaded: Config | Plan) -> str:
    """Return what a person wants to see of a good file: counts, resolved URLs, cost. Ends in a newline."""
    if isinstance(loaded, Plan):
        counts = f"{_count(len(loaded.steps), 'request')}, {_count(len(loaded.rules), 'rule')}"
        return f"{name}: OK, suite {loaded.suite}, {counts}\n"
    sizes = ((loaded.targets, "target"), (loaded.checks, "check"), (loaded.probes, "probe"))
    counts = ", ".join(_count(len(things), noun) for things, noun in sizes)
    urls = "".join(f"  {target.name}: {target.url}\n" for target in loaded.targets)
    spend = f"\n{render(plan_spend(loaded))}" if loaded.probes else ""
    warnings = "".join(f"  warning: {waiver.warning}\n" for waiver in loaded.unknown_waivers)
    return f"{name}: OK, {counts}\n{urls}{warnings}{spend}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

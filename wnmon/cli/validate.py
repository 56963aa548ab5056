"""`wnmon validate`: is the file right, what does it resolve to, what will it cost."""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from wnmon.cli.next_windows import next_windows
from wnmon.cli.options import FILE, language_option
from wnmon.cli.terminal import note, say, spoken, width_or_none, words
from wnmon.clock import SystemClock
from wnmon.config import Config, load_any, load_web_config, never_missed, plan_spend, render
from wnmon.config.environment import STAND_IN, Complaint
from wnmon.config.key_file import NO_KEY_FILE, key_in
from wnmon.errors import ConfigError
from wnmon.model.check import Plan
from wnmon.model.credentials import is_telling, looks_like_key
from wnmon.model.said import Said, Text
from wnmon.model.target import Target
from wnmon.redact.redactor import Redactor
from wnmon.report.summary import Exit
from wnmon.watch.windows import span_of


def assumed(text: str) -> tuple[str, str]:
    """Return name and value of `NAME=VALUE`. What is wrong is not quoted: it may be a key."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise click.BadParameter(words("cli_no_assumed"))
    return name, value


@click.command("validate")
@click.argument("files", nargs=-1, metavar="[CONFIG]...")
@click.option("--web-config", type=FILE, metavar="FILE")
@click.option("--assume", type=assumed, multiple=True, metavar="VARIABLE=VALUE")
@click.option("--probe", is_flag=True)
@click.option("-y", "--yes", is_flag=True)
@language_option
def command(
    files: tuple[str, ...],
    web_config: Path | None,
    assume: tuple[tuple[str, str], ...],
    lang: str,
    *,
    probe: bool,
    yes: bool,
) -> int:
    """Check configuration files or suites, and print what they will cost. Shows all problems of all files."""
    if yes and not probe:
        raise click.UsageError(words("probe_yes_alone"))
    env = {**dict(assume), **os.environ}
    names = files or (("wnmon.yaml",) if web_config is None or probe else ())
    gc.disable()  # a large file makes 50,000 values that live to the end: looking for garbage among them costs 15 %
    try:
        validated = [_validate(name, env, needs_keys=probe) for name in names]
    finally:
        gc.enable()
    problems = [problem for one in validated if not isinstance(one, Config | Plan) for problem in one]
    problems += _validate_web(web_config) if web_config is not None else ()
    if problems:
        raise ConfigError(problems)
    if not probe:
        return Exit.OK
    from wnmon.cli.probing import ask_all

    return ask_all([one for one in validated if isinstance(one, Config)], yes=yes, lang=lang)


def _validate(name: str, env: Mapping[str, str], *, needs_keys: bool) -> Config | Plan | Sequence[Text]:
    """Print what a good file says and return it; return the problems of a bad one.

    A file is not bad for a key that is not here, unless it is needed: that is said.
    """
    try:
        loaded, problems = (load_any(name, env), ()) if needs_keys else load_with_stand_ins(name, env)
    except ConfigError as error:
        return error.problems
    say(describe(name, loaded))
    for problem in problems:
        note(problem)
    return loaded


def load_with_stand_ins(name: str, env: Mapping[str, str]) -> tuple[Config | Plan, Sequence[Text]]:
    """Return a file in which something stands in for each key that is not here, which goes nowhere; and what is not.

    Raises ConfigError for any other problem.
    """
    try:
        return load_any(name, env), ()
    except ConfigError as error:
        keys = {key for one in error.problems if (key := _key_not_here(one)) is not None}
        if not keys:
            raise
        try:
            stand_ins = {key: f"{STAND_IN}-{key}" for key in keys}  # of two keys each has budgets of its own
            return load_any(name, {**env, **stand_ins}, key_in=_key_or_stand_in), error.problems
        except ConfigError:
            raise error from None


def _validate_web(path: Path) -> Sequence[Text]:
    """Print what a good web configuration says; return the problems of a bad one."""
    try:
        web = load_web_config(path)
    except ConfigError as error:
        return error.problems
    good = "cli_ok_web" if web.tls is None else "cli_ok_web_tls"
    say(words(good, name=str(path), n=len(web.access.users), n2=len(web.access.tokens)) + "\n")
    return ()


def _key_or_stand_in(path: Path) -> tuple[str, Complaint | None]:
    """Return the key in a file, a stand-in where there is no file. A key in the place of the path is no path."""
    key, complaint = key_in(path)
    is_elsewhere = complaint == NO_KEY_FILE and not looks_like_key(path.name)
    return (f"{STAND_IN}-{hash(path)}", None) if is_elsewhere else (key, complaint)


def _key_not_here(problem: Text) -> str | None:
    """Return which key a problem is about, where it is only that the key is not here.

    That is the variable, where it is unset and its name speaks of a credential; "" for one in a file.
    """
    while isinstance(problem, Said):
        holes = dict(problem.holes)
        if (problem.id, holes.get("said"), holes.get("hint")) == ("with_hint", *NO_KEY_FILE):
            return ""
        if problem.id == "variable_unset":
            name = str(holes["name"])
            return name if is_telling(name) else None
        said = holes.get("said", "")
        problem = said if isinstance(said, Said) else ""
    return None


def describe(name: str, loaded: Config | Plan) -> str:
    """Return what a person wants to see of a good file: counts, resolved URLs, windows, cost. Ends in a newline."""
    if isinstance(loaded, Plan):
        counts = _counts(request=len(loaded.steps), rule=len(loaded.rules))
        return words("cli_ok_suite", name=name, suite=str(loaded.suite), counts=counts) + "\n"
    counts = _counts(target=len(loaded.targets), check=len(loaded.checks), probe=len(loaded.probes))
    redactor = Redactor(loaded.secrets())
    now_s = SystemClock().wall_s()
    for remark in (*over(loaded, now_s), *never_missed(loaded.probes)):
        note(remark)
    lines = [line for target in loaded.targets for line in (f"{target.name}: {target.url}", *_remarks(target))]
    lines += [said.text(spoken()) for said in next_windows(loaded, now_s)]
    lines += [
        words("notify_channel", name=one.name, service=one.service.value, host=one.host) for one in loaded.channels
    ]
    urls = "".join(f"  {redactor.text(line)}\n" for line in lines)
    spend = f"\n{render(plan_spend(loaded), spoken(), width_or_none())}" if loaded.probes else ""
    return f"{words('cli_ok', name=name, counts=counts)}\n{urls}{spend}"


def over(config: Config, now_s: float) -> list[Said]:
    """Return what to say of windows that are never in force again: somebody may think that they still are."""
    gone = (name for name, window in config.windows() if span_of(window, now_s) is None)
    return [Said("window_over", text=name) for name in dict.fromkeys(gone)]


def _remarks(target: Target) -> list[str]:
    return [f"  {remark.text(spoken())}" for remark in target.remarks]


def _counts(**sizes: int) -> str:
    counts = (words(f"cli_{noun}" if size == 1 else f"cli_{noun}s", n=size) for noun, size in sizes.items())
    return words("report_comma").join(counts)

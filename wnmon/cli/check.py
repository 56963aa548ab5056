"""`wnmon check`: judge a relay once."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import click

from wnmon.app.check import Guide, Selection, Terms, check
from wnmon.cli.asking import adhoc
from wnmon.cli.baseline import load as load_baseline
from wnmon.cli.baseline import write as write_baseline
from wnmon.cli.calls import calls_of, dry_run
from wnmon.cli.consent import ask_before_harm
from wnmon.cli.listing import listed, render_json, render_text
from wnmon.cli.options import language_option, quiet_option, report_option, verbose_option
from wnmon.cli.progress import progress_bar
from wnmon.cli.reports import Destination, write
from wnmon.cli.selecting import nothing_selected
from wnmon.cli.stopping import until_written
from wnmon.cli.suites import load, names_of
from wnmon.cli.terminal import note, say, wants_color, width, words
from wnmon.cli.types import DURATION, FILE, GLOBS, NAMES, NEW_FILE, joined
from wnmon.config import built_in_suites
from wnmon.config.named_target import Asked, asked_by_config, claiming
from wnmon.model.said import Said


@click.command("check")
@click.argument("suites", nargs=-1, metavar="[SUITE]...")
@click.option("--base-url", metavar="URL")
@click.option("--model", metavar="NAME")
@click.option("--api-key-env", metavar="VARIABLE")
@click.option("-c", "--config", type=click.Path(path_type=Path))
@click.option("--target", metavar="NAME")
@click.option("--profile", "profiles", type=NAMES, metavar="A,B")
@click.option("--only", type=GLOBS, multiple=True, callback=joined, metavar="GLOB,GLOB")
@click.option("--skip", type=GLOBS, multiple=True, callback=joined, metavar="GLOB,GLOB")
@click.option("--strict", is_flag=True)
@click.option("--full", is_flag=True)
@click.option("-y", "--yes", is_flag=True)
@click.option("--feature", "features", type=NAMES, multiple=True, callback=joined, metavar="A,B")
@click.option("--budget-tokens", type=click.IntRange(min=1), metavar="N")
@click.option("--dry-run", is_flag=True)
@click.option("--list", "list_rules", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
@report_option
@click.option("--baseline", type=FILE, metavar="FILE")
@click.option("--write-baseline", type=NEW_FILE, metavar="FILE")
@click.option("--fail-fast", is_flag=True)
@click.option("--wait", type=DURATION, metavar="DURATION")
@language_option
@quiet_option
@verbose_option
def command(suites: tuple[str, ...], reports: tuple[Destination, ...], **options: Any) -> int:
    """Judge a relay against suites of rules, once; or say what that would cost, or which rules there are."""
    if options["list_rules"]:
        return _list(suites, options)
    if options["as_json"]:
        raise click.UsageError(words("cli_json_alone"))
    asked = _asked(options)
    baseline = load_baseline(options["baseline"])
    selection = _selection(suites, options)
    if not selection.narrowed():
        raise nothing_selected(selection.plans, selection.only, full=selection.full)
    asked = claiming(asked, options["features"], selection.plans)
    if options["dry_run"]:
        say(dry_run(asked, selection, options["budget_tokens"], options["lang"]) + "\n")
        return 0
    lang, quiet = options["lang"], options["quiet"]
    calls = calls_of(asked, selection)
    ask_before_harm(calls, asked.target, yes=options["yes"], quiet=quiet)
    terms = Terms(
        strict=options["strict"],
        fail_fast=options["fail_fast"],
        wait_s=options["wait"],
        budget_tokens=options["budget_tokens"],
        baseline=baseline,
    )
    with until_written() as stopping:
        with progress_bar(sum(call.left_out is None for call in calls), quiet=quiet) as bar:
            guide = Guide(progress=bar.advance, ending=stopping.ending, unreachable=_tell_nobody)
            report = asyncio.run(check(asked, selection, terms, guide))
        if options["write_baseline"] is not None:
            write_baseline(options["write_baseline"], report)
        write(report, reports, width=width(), color=wants_color(), lang=lang, quiet=quiet, every=options["verbose"])
    return report.exit_code


def _tell_nobody(waited_s: float) -> None:
    note(Said("cli_error", message=Said("cli_nobody", n=f"{waited_s:g}")))


def _selection(suites: tuple[str, ...], options: dict[str, Any]) -> Selection:
    names = names_of(suites, full=options["full"])
    return Selection(
        plans=load(names),
        names=names,
        profiles=options["profiles"] or (),
        only=options["only"],
        skip=options["skip"],
        full=options["full"],
    )


def _list(suites: tuple[str, ...], options: dict[str, Any]) -> int:
    plans = load(suites) if suites else built_in_suites()
    rules = listed(plans, profiles=options["profiles"] or (), only=options["only"], skip=options["skip"])
    if not rules:
        raise nothing_selected(plans, options["only"], full=True)
    as_json = options["as_json"]
    say(render_json(rules) if as_json else render_text(rules, options["lang"]), as_utf8=as_json)
    return 0


def _asked(options: dict[str, Any]) -> Asked:
    if options["config"] is not None:
        if options["base_url"] is not None:
            raise click.UsageError(words("cli_url_twice"))
        if options["api_key_env"] is not None:
            raise click.UsageError(words("cli_key_twice"))
        return asked_by_config(options["config"], options["target"], options["model"], os.environ)
    if options["target"] is not None:
        raise click.UsageError(words("cli_target_alone"))
    needs_key = not options["dry_run"]
    named = options["base_url"], options["model"], options["api_key_env"]
    return adhoc(*named, os.environ, needs_key=needs_key)

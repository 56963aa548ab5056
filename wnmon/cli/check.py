"""`wnmon check`: judge a relay once."""

from __future__ import annotations

from typing import Any

import click

from wnmon.app.check import Guide, Selection, Terms, check
from wnmon.app.loop import run
from wnmon.cli.baseline import load_baseline, write_baseline
from wnmon.cli.calls import calls_of, dry_run, takes
from wnmon.cli.consent import ask_before_harm
from wnmon.cli.listing import listed, render_json, render_text
from wnmon.cli.options import (
    FILE,
    distinct,
    duration,
    globs,
    joined,
    names,
    new_file,
    quiet_option,
    verbose_option,
    waiver,
)
from wnmon.cli.progress import progress_bar
from wnmon.cli.reports import Destination, report_option, write
from wnmon.cli.stopping import until_written
from wnmon.cli.suites import load, names_of, nothing_selected
from wnmon.cli.terminal import say, tell, words
from wnmon.cli.whom import named as named_relay
from wnmon.cli.whom import relay_options
from wnmon.config import built_in_suites
from wnmon.config.named_target import claiming, rules_of, with_a_key
from wnmon.config.waive_option import waiving
from wnmon.engine.patience import DEFAULT_S


@click.command("check")
@click.argument("suites", nargs=-1, metavar="[SUITE]...")
@relay_options
@click.option("--model", "models", type=names, multiple=True, callback=distinct, metavar="A,B")
@click.option("--profile", "profiles", type=names, metavar="A,B")
@click.option("--only", type=globs, multiple=True, callback=joined, metavar="GLOB,GLOB")
@click.option("--skip", type=globs, multiple=True, callback=joined, metavar="GLOB,GLOB")
@click.option("--waive", "waivers", type=waiver, multiple=True, metavar="RULE=REASON@DATE")
@click.option("--strict", is_flag=True)
@click.option("--full", is_flag=True)
@click.option("-y", "--yes", is_flag=True)
@click.option("--feature", "features", type=names, multiple=True, callback=joined, metavar="A,B")
@click.option("--budget-tokens", type=click.IntRange(min=1), metavar="N")
@click.option("--dry-run", is_flag=True)
@click.option("--list", "list_rules", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
@report_option
@click.option("--baseline", type=FILE, metavar="FILE")
@click.option("--write-baseline", type=new_file, metavar="FILE")
@click.option("--fail-fast", is_flag=True)
@click.option("--wait", type=duration, metavar="DURATION")
@click.option("--patience", type=duration, metavar="DURATION", default=f"{DEFAULT_S:g}s")
@quiet_option
@verbose_option
def command(suites: tuple[str, ...], reports: tuple[Destination, ...], **options: Any) -> int:
    """Judge a relay against suites of rules, once; or say what that would cost, or which rules there are."""
    if options["list_rules"]:
        return _list(suites, options)
    if options["as_json"]:
        raise click.UsageError(words("cli_json_alone"))
    selection = _selection(suites, options)
    named = named_relay(options, rules=rules_of(selection.plans), sends=not options["dry_run"])
    baseline = load_baseline(options["baseline"])
    if not selection.narrowed():
        raise nothing_selected(selection.plans, selection.only, full=selection.full)
    named = claiming(named, options["features"], selection.plans)
    named = waiving(named, options["waivers"], rules_of(selection.plans), lambda: rules_of(built_in_suites()))
    if options["dry_run"]:
        # Upper bounds hold for whoever sets the key before the check as well.
        named = named if options["config"] is not None else with_a_key(named)
        say(dry_run(named, selection, options["budget_tokens"], options["lang"]) + "\n")
        return 0
    lang, quiet = options["lang"], options["quiet"]
    calls = calls_of(named, selection)
    ask_before_harm(calls, named.target, yes=options["yes"], quiet=quiet)
    for said in () if quiet else takes(calls):
        tell(said)
    terms = Terms(
        strict=options["strict"],
        fail_fast=options["fail_fast"],
        wait_s=options["wait"],
        patience_s=options["patience"],
        budget_tokens=options["budget_tokens"],
        baseline=baseline,
    )
    with until_written() as stopping:
        with progress_bar(sum(call.left_out is None for call in calls), quiet=quiet) as advance:
            pausing = (lambda _: None) if quiet else tell
            guide = Guide(progress=advance, ending=stopping.ending, tell=tell, pausing=pausing)
            report = run(check(named, selection, terms, guide))
        if options["write_baseline"] is not None:
            write_baseline(options["write_baseline"], report)
        write(report, reports, lang=lang, quiet=quiet, every=options["verbose"])
    return report.exit_code


def _selection(suites: tuple[str, ...], options: dict[str, Any]) -> Selection:
    judged = names_of(suites, full=options["full"])
    return Selection(
        plans=load(judged),
        names=judged,
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

"""`wnmon check`: judge a relay once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from wnmon.cli.asking import adhoc
from wnmon.cli.baseline import load as load_baseline
from wnmon.cli.baseline import write as write_baseline
from wnmon.cli.calls import calls_of, dry_run
from wnmon.cli.checking import Selection, check
from wnmon.cli.consent import ask_before_harm
from wnmon.cli.listing import listed, render_json, render_text
from wnmon.cli.options import language_option, quiet_option, report_option, verbose_option
from wnmon.cli.reports import Destination, write
from wnmon.cli.selecting import nothing_selected
from wnmon.cli.stopping import until_written
from wnmon.cli.suites import load, names_of
from wnmon.cli.terminal import say, wants_color, width
from wnmon.cli.types import DURATION, FILE, GLOBS, NAMES, NEW_FILE, joined
from wnmon.config import built_in_suites
from wnmon.config.named_target import Asked, asked_by_config, claiming

_EPILOG = """\b
Exit codes: 0 kept, 1 a MUST rule is broken, 2 usage or configuration,
3 could not be judged (dead host, wrong key, empty balance), 4 internal, 130 interrupted.

\b
wnmon check --base-url https://relay.example/v1 --model gpt-4o
wnmon check -c wnmon.yaml --target wn --report junit=report.xml
wnmon check --full --dry-run -c wnmon.yaml

The key is read from WNMON_API_KEY, then OPENAI_API_KEY, or from the variable --api-key-env names.
"""


@click.command("check", epilog=_EPILOG)
@click.argument("suites", nargs=-1, metavar="[SUITE]...")
@click.option("--base-url", metavar="URL", help="The relay: host, /v1 or the full path.")
@click.option("--model", metavar="NAME", help="The model to ask (with -c: only this one of the target's).")
@click.option("--api-key-env", metavar="VARIABLE", help="Environment variable that holds the key.")
@click.option("-c", "--config", type=click.Path(path_type=Path), help="Take the target from this configuration.")
@click.option("--target", metavar="NAME", help="Which target of the configuration.")
@click.option(
    "--profile", "profiles", type=NAMES, metavar="A,B", help="Judge these profiles instead of the suite's own."
)
@click.option(
    "--only",
    type=GLOBS,
    multiple=True,
    callback=joined,
    metavar="GLOB,GLOB",
    help="Only rules that match, such as 'STR-*'.",
)
@click.option(
    "--skip", type=GLOBS, multiple=True, callback=joined, metavar="GLOB,GLOB", help="Leave out rules that match."
)
@click.option("--strict", is_flag=True, help="A broken SHOULD counts like a broken MUST.")
@click.option("--full", is_flag=True, help="Also send risky requests: refused, bursting and long ones.")
@click.option("-y", "--yes", is_flag=True, help="Agree to the risky requests of --full; else a person is asked.")
@click.option(
    "--feature",
    "features",
    type=NAMES,
    multiple=True,
    callback=joined,
    metavar="A,B",
    help="The relay claims these, such as tools.",
)
@click.option(
    "--budget-tokens",
    type=click.IntRange(min=1),
    metavar="N",
    help="Send nothing more once a request could exceed N tokens in all.",
)
@click.option("--dry-run", is_flag=True, help="Print the calls and what they may cost; send nothing.")
@click.option("--list", "list_rules", is_flag=True, help="List the rules (all built-in ones unless suites are named).")
@click.option("--json", "as_json", is_flag=True, help="With --list: as JSON.")
@report_option
@click.option("--baseline", type=FILE, metavar="FILE", help="Fail only on what got worse than this.")
@click.option("--write-baseline", type=NEW_FILE, metavar="FILE", help="Write what is broken now, for --baseline.")
@click.option("--fail-fast", is_flag=True, help="Send nothing more once a MUST rule is broken.")
@click.option("--wait", type=DURATION, metavar="DURATION", help="Wait this long for the relay to accept connections.")
@language_option
@quiet_option
@verbose_option
def command(suites: tuple[str, ...], reports: tuple[Destination, ...], **options: Any) -> int:
    """Judge a relay against suites of rules, once, with an exit code a CI can trust.

    SUITE is builtin:NAME or a suite file. Without one, builtin:documented, builtin:stream and builtin:http are judged;
    with --full every built-in suite but builtin:limits.
    """
    if options["list_rules"]:
        return _list(suites, options)
    if options["as_json"]:
        raise click.UsageError("--json needs --list; a report as JSON is --report json")
    asked = _asked(options)
    baseline = load_baseline(options["baseline"])
    selection = _selection(suites, options)
    asked = claiming(asked, options["features"], selection.plans)
    if options["dry_run"]:
        say(dry_run(asked, selection, options["budget_tokens"]) + "\n")
        return 0
    lang, quiet = options["lang"], options["quiet"]
    ask_before_harm(calls_of(asked, selection), asked.target, yes=options["yes"], lang=lang, quiet=quiet)
    with until_written() as stopping:
        report = check(
            asked,
            selection,
            stopping,
            strict=options["strict"],
            fail_fast=options["fail_fast"],
            wait_s=options["wait"],
            quiet=quiet,
            baseline=baseline,
            budget_tokens=options["budget_tokens"],
        )
        if options["write_baseline"] is not None:
            write_baseline(options["write_baseline"], report, lang)
        write(report, reports, width=width(), color=wants_color(), lang=lang, quiet=quiet, every=options["verbose"])
    return report.exit_code


def _selection(suites: tuple[str, ...], options: dict[str, Any]) -> Selection:
    names = names_of(suites, full=options["full"])
    return Selection(
        plans=load(names),
        names=names,
        profiles=options["profiles"] or (),
        only=options["only"],
        skip=options["skip"],
        full=options["full"],
        lang=options["lang"],
    )


def _list(suites: tuple[str, ...], options: dict[str, Any]) -> int:
    plans = load(suites) if suites else built_in_suites()
    rules = listed(plans, profiles=options["profiles"] or (), only=options["only"], skip=options["skip"])
    lang = options["lang"]
    if not rules:
        raise nothing_selected(plans, options["only"], full=True, lang=lang)
    as_json = options["as_json"]
    say(render_json(rules) if as_json else render_text(rules, lang), as_utf8=as_json)
    return 0


def _asked(options: dict[str, Any]) -> Asked:
    if options["config"] is not None:
        if options["base_url"] is not None:
            raise click.UsageError("--base-url and --config exclude each other: the configuration names the URL")
        if options["api_key_env"] is not None:
            raise click.UsageError("--api-key-env and --config exclude each other: the configuration names the key")
        return asked_by_config(options["config"], options["target"], options["model"], os.environ)
    if options["target"] is not None:
        raise click.UsageError("--target needs --config")
    needs_key = not options["dry_run"]
    named = options["base_url"], options["model"], options["api_key_env"]
    return adhoc(*named, os.environ, needs_key=needs_key, lang=options["lang"])

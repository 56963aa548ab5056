"""`wnmon check`: judge a relay once."""

from __future__ import annotations

from typing import Any

import click

from wnmon.cli.destinations import Destination, report_option
from wnmon.cli.options import (
    FILE,
    distinct,
    duration,
    folder,
    globs,
    joined,
    names,
    new_file,
    quiet_option,
    relay_options,
    verbose_option,
    waiver,
)
from wnmon.cli.terminal import words


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
@click.option("--data", type=folder, metavar="DIR")
@click.option("--dry-run", is_flag=True)
@click.option("--list", "list_rules", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
@report_option
@click.option("--baseline", type=FILE, metavar="FILE")
@click.option("--write-baseline", type=new_file, metavar="FILE")
@click.option("--fail-fast", is_flag=True)
@click.option("--wait", type=duration, metavar="DURATION")
@click.option("--patience", type=duration, metavar="DURATION")
@quiet_option
@verbose_option
def command(suites: tuple[str, ...], reports: tuple[Destination, ...], **options: Any) -> int:
    """Judge a relay against suites of rules, once; or say what that would cost, or which rules there are."""
    if options["list_rules"]:
        from wnmon.cli.rule_list import list_rules

        return list_rules(suites, options)
    if options["as_json"]:
        raise click.UsageError(words("cli_json_alone"))
    from wnmon.cli.judging import judge_relay  # with all that asks and judges: neither a list nor a help page needs it

    return judge_relay(suites, reports, options)

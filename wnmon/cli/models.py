"""`wnmon models`: what a relay offers, and with `--alive` which of it answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import click

from wnmon.app.account import ALIVE, ask
from wnmon.app.check import Guide
from wnmon.cli.calls import cost_of_asking
from wnmon.cli.consent import agree
from wnmon.cli.model_table import Asked, as_csv, as_json, as_text, head_of
from wnmon.cli.options import quiet_option, relay_options
from wnmon.cli.progress import progress_bar
from wnmon.cli.stopping import until_written
from wnmon.cli.terminal import note, say, tell, words
from wnmon.cli.whom import named
from wnmon.config.named_target import NamedTarget
from wnmon.engine.session import was_interrupted
from wnmon.model.said import Said, in_language
from wnmon.report.summary import Exit
from wnmon.wire.listing import Listing, models_plan, read_listing
from wnmon.wire.opened import Untold


@click.command("models")
@relay_options
@click.option("--alive", is_flag=True)
@click.option("-y", "--yes", is_flag=True)
@click.option("--json", "json_wanted", is_flag=True)
@click.option("--csv", "csv_wanted", is_flag=True)
@quiet_option
def command(**options: Any) -> int:
    """List the models a relay offers; with --alive ask each of them once."""
    if options["json_wanted"] and options["csv_wanted"]:
        raise click.UsageError(words("models_json_or_csv"))
    relay = named(options, needs_model=False)
    with until_written() as stopping:
        (run,) = asyncio.run(ask(relay, models_plan(), guide=Guide(ending=stopping.ending)))
    if was_interrupted([run]) or not run.answers:
        tell(Said("cli_declined") if not run.answers else Said("interrupted"))
        return Exit.INTERRUPTED if was_interrupted([run]) else Exit.UNJUDGED
    listing = read_listing(run.answers[0])
    if isinstance(listing, Untold):
        return _unlisted(relay, listing, options)
    if not options["alive"]:
        _print(Asked.of(relay.target.name, listing), options)
        return Exit.OK
    return _ask_each(relay, listing, options)


def _unlisted(relay: NamedTarget, untold: Untold, options: Mapping[str, Any]) -> int:
    """Say why there is no list; as JSON too where that was asked for."""
    if options["json_wanted"]:
        why = {"reason": untold.reason.value, "message": in_language(untold.why, options["lang"])}
        say(
            json.dumps(head_of(relay.target.name) | {"models": None} | why, ensure_ascii=False, indent=2) + "\n",
            as_utf8=True,
        )
    else:
        tell(Said("models_untold", said=untold.why))
    return Exit.UNJUDGED


def _ask_each(relay: NamedTarget, listing: Listing, options: Mapping[str, Any]) -> int:
    """Ask each model once, once that is agreed to, and show what there is, however far that went."""
    names = [offer.name for offer in listing.offers if offer.as_named]
    if not (options["yes"] and options["quiet"]):
        note(cost_of_asking(relay, names))
    agree(agreed=options["yes"] or not names, hint=Said("models_say_yes"))
    with until_written() as stopping:
        with progress_bar(len(names), quiet=options["quiet"]) as advance:
            guide = Guide(progress=advance, ending=stopping.ending)
            runs = asyncio.run(ask(relay, ALIVE, names, guide)) if names else []
        asked = Asked.of(relay.target.name, listing, runs)
        _print(asked, options)
        if was_interrupted(runs):
            tell(Said("models_interrupted", n=sum(row.state != "not_asked" for row in asked.rows), n2=len(asked.rows)))
            return Exit.INTERRUPTED
    return Exit.OK


def _print(asked: Asked, options: Mapping[str, Any]) -> None:
    if options["json_wanted"]:
        say(as_json(asked, options["lang"]), as_utf8=True)
    elif options["csv_wanted"]:
        say(as_csv(asked, options["lang"]), as_utf8=True)
    else:
        say(as_text(asked, options["lang"]))

"""`wnmon check` once its options are read: whom to ask, what it costs, consent, the check, its reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wnmon.app.check import Guide, Selection, Terms, check
from wnmon.app.loop import run
from wnmon.cli.baseline import load_baseline, write_baseline
from wnmon.cli.calls import calls_of, dry_run, takes
from wnmon.cli.consent import ask_before_harm
from wnmon.cli.destinations import Destination
from wnmon.cli.progress import progress_bar
from wnmon.cli.reports import write
from wnmon.cli.stopping import until_written
from wnmon.cli.suites import load, names_of, nothing_selected
from wnmon.cli.terminal import say, tell
from wnmon.cli.whom import named as named_relay
from wnmon.config import built_in_suites
from wnmon.config.named_target import claiming, rules_of, with_a_key
from wnmon.config.waive_option import waiving
from wnmon.engine.patience import DEFAULT_S


def judge_relay(suites: tuple[str, ...], reports: tuple[Destination, ...], options: Mapping[str, Any]) -> int:
    """Judge a relay by some suites, or say what that would cost, and return the exit code. Raises WnmonError."""
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
        patience_s=DEFAULT_S if options["patience"] is None else options["patience"],
        budget_tokens=options["budget_tokens"],
        baseline=baseline,
        data=options["data"],
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


def _selection(suites: tuple[str, ...], options: Mapping[str, Any]) -> Selection:
    judged = names_of(suites, full=options["full"])
    return Selection(
        plans=load(judged),
        names=judged,
        profiles=options["profiles"] or (),
        only=options["only"],
        skip=options["skip"],
        full=options["full"],
    )

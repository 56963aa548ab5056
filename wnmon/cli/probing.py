"""`wnmon validate --probe`: each model of each target asked once, as `wnmon models --alive` asks it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import click

from wnmon.app.account import ALIVE, ask
from wnmon.app.check import Guide
from wnmon.cli.calls import cost_of_asking
from wnmon.cli.consent import agree
from wnmon.cli.model_table import Row, State, row_of
from wnmon.cli.stopping import until_written
from wnmon.cli.terminal import note, say, tell, words
from wnmon.config import Config
from wnmon.config.named_target import NamedTarget
from wnmon.engine.run import Run
from wnmon.engine.session import was_interrupted
from wnmon.model.duration import show_duration
from wnmon.model.result import Reason
from wnmon.model.said import Said, in_language
from wnmon.model.said import say as said_in
from wnmon.model.text import one_line
from wnmon.report.advice import advice, advises_curl
from wnmon.report.curl import curl_command
from wnmon.report.spelling import OF_PROBE
from wnmon.report.summary import Exit
from wnmon.wire.listing import Offer

_MAX_MESSAGE_CHARS = 200


def ask_all(configs: Sequence[Config], *, yes: bool, lang: str) -> int:
    """Ask each model of each target once, once what that costs is agreed to; return the exit code. Raises UsageError.

    The budget of a target holds here too: a question that is over it is not sent.
    """
    relays = [relay for config in configs for relay in _relays(config)]
    if not relays:
        raise click.UsageError(words("probe_no_targets"))
    for relay in relays:
        note(cost_of_asking(relay, relay.models))
    agree(agreed=yes, hint=Said("models_say_yes"))
    states: list[State | None] = []
    for relay in relays:
        with until_written() as stopping:
            runs = asyncio.run(ask(relay, ALIVE, relay.models, Guide(ending=stopping.ending)))
            rows = [row_of(Offer(name=run.model), run) for run in runs]
            for row, run in zip(rows, runs, strict=True):
                say("".join(f"{line}\n" for line in _lines(relay, row, run, lang)))
            states += [row.state for row in rows]
            if was_interrupted(runs):
                tell(Said("interrupted"))
                return Exit.INTERRUPTED
    say(said_in("probe_foot", lang, n=len(states), n2=states.count(State.ALIVE)) + "\n")
    return Exit.OK if set(states) <= {State.ALIVE} else Exit.UNJUDGED


def _relays(config: Config) -> Iterator[NamedTarget]:
    for target in config.targets:
        yield NamedTarget(
            target=target,
            models=target.models,
            timeouts=config.timeouts,
            beside=tuple(config.secrets()),
            is_configured=True,
        )


def _lines(relay: NamedTarget, row: Row, run: Run, lang: str) -> Iterator[str]:
    """Yield a line for a model, and below it what is wrong and what to do about it."""
    facts = [said_in(f"models_state_{row.state}", lang)]
    if row.ttft_s is not None:
        facts.append(said_in("probe_ttft", lang, text=show_duration(row.ttft_s)))
    if row.answered_as not in {None, row.offer.name}:
        facts.append(said_in("probe_answered_as", lang, name=row.answered_as))
    yield "  ".join([f"{relay.target.name}/{row.offer.name}", *facts])
    if row.reason in {None, Reason.OK}:
        return
    said = one_line(in_language(row.message, lang), _MAX_MESSAGE_CHARS)
    yield "    " + said_in("probe_why", lang, reason=Said(f"reason_{row.reason}"), said=said)
    yield "    → " + advice(row.reason, lang, OF_PROBE)
    if advises_curl(row.reason) and run.answers:
        yield from (f"    {line}" for line in (curl_command(run.answers[-1].exchange.request) or "").splitlines())

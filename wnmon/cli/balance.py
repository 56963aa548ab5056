"""`wnmon balance`: what is left of the money, as the relay tells it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import click

from wnmon import __version__
from wnmon.app.account import ask
from wnmon.app.check import Guide
from wnmon.cli.options import relay_options
from wnmon.cli.stopping import until_written
from wnmon.cli.terminal import say, tell, words
from wnmon.cli.whom import named
from wnmon.engine.session import was_interrupted
from wnmon.judge.account import amounts_said
from wnmon.model.json import JsonObject
from wnmon.model.said import Said, in_language
from wnmon.report.summary import Exit
from wnmon.wire.balance import Amount, Balance, balance_plan, read_balance, show_amount
from wnmon.wire.opened import Untold

FORMAT_VERSION = 1


@click.command("balance")
@relay_options
@click.option("--json", "as_json", is_flag=True)
def command(*, as_json: bool, lang: str, **options: Any) -> int:
    """Ask a relay what is left of the money, at no cost."""
    relay = named(options, needs_model=False)
    with until_written() as stopping:
        plan = balance_plan(relay.target.host)
        (run,) = asyncio.run(ask(relay, plan, guide=Guide(ending=stopping.ending)))
        if was_interrupted([run]):
            tell(Said("interrupted"))
            return Exit.INTERRUPTED
        told = read_balance(run.answers)
        if as_json:
            say(json.dumps(_document(relay.target.name, told, lang), ensure_ascii=False, indent=2) + "\n", as_utf8=True)
        else:
            say(_text(told))
    return Exit.OK if isinstance(told, Balance) else Exit.UNJUDGED


def _text(told: Balance | Untold) -> str:
    if isinstance(told, Untold):
        return words("balance_unknown_line", said=told.why) + "\n"
    lines = ["balance_line_remaining", "balance_line_scope", "balance_line_source"]
    holes = (amounts_said(told), Said(f"balance_of_{told.owner}"), told.endpoint)
    return "".join(f"{words(line, said=said)}\n" for line, said in zip(lines, holes, strict=True))


def _document(target: str, told: Balance | Untold, lang: str) -> JsonObject:
    """Return what `--json` prints. Amounts are text, so that no reader makes binary fractions of them."""
    head: JsonObject = {"format": "wnmon-balance", "version": FORMAT_VERSION, "wnmon": __version__, "target": target}
    if isinstance(told, Untold):
        reason: JsonObject = {"reason": told.reason.value, "message": in_language(told.why, lang)}
        return head | {"known": False} | reason
    return head | {
        "known": True,
        "unlimited": told.unlimited,
        "scope": told.owner.value,
        "amounts": [_amount(one) for one in told.amounts],
        "endpoint": told.endpoint,
    }


def _amount(one: Amount) -> JsonObject:
    """Return an amount; where only its bounds are known, `remaining` is null and they stand beside."""
    if one.remaining is not None:
        return {"unit": one.unit, "remaining": show_amount(one.remaining)}
    bounds: JsonObject = {"at_least": show_amount(one.at_least), "at_most": show_amount(one.at_most)}
    return {"unit": one.unit, "remaining": None} | bounds

"""Whom to ask: what the options that name a relay stand for, in `wnmon check` and in what asks the relay itself."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import click

from wnmon.cli.terminal import words
from wnmon.clock import SystemClock
from wnmon.config.access import Access
from wnmon.config.named_target import MissingOptionError, NamedTarget, named_by_config, named_by_options
from wnmon.errors import WnmonError
from wnmon.model.check import Timeouts
from wnmon.model.result import Reason
from wnmon.model.said import Said, Text
from wnmon.report.curl import KEY_VARIABLES
from wnmon.watch.windows import span_of
from wnmon.wire.listing import Listing, models_plan, read_listing
from wnmon.wire.opened import Untold

NAMES_SHOWN = 20
"""Of the models a relay offers, where `--model` is missing."""
_PATIENCE = Timeouts(connect_s=5, headers_s=5, first_token_s=5, stall_s=5, total_s=5)
_PATIENCE_S = 5.0


def named(
    options: Mapping[str, Any], *, rules: frozenset[str] = frozenset(), sends: bool = True, needs_model: bool = True
) -> NamedTarget:
    """Return the relay that options name, which may waive these rules beside those of shipped suites.

    Raises UsageError; where only the model is missing, with what is offered.
    """
    access = Access(**{name: options[name] for name in ("headers", "auth_header", "proxy", "ca_file")})
    models = options.get("models", ())
    if options["config"] is not None:
        if options["base_url"] is not None:
            raise click.UsageError(words("cli_url_twice", url="--base-url", config="--config"))
        if options["api_key_env"] is not None:
            raise click.UsageError(words("cli_key_twice"))
        configured = named_by_config(
            options["config"], options["target"], models, os.environ, access=access, rules=rules
        )
        return _told_of_windows(configured, SystemClock().wall_s())
    if options["target"] is not None:
        raise click.UsageError(words("cli_target_alone"))
    # A variable that is named is meant; without a name, whoever asks a relay of their own may have no key.
    needs_key = options["api_key_env"] is not None and sends
    key_variables = (options["api_key_env"],) if options["api_key_env"] else KEY_VARIABLES
    try:
        given = options["base_url"], models, key_variables, os.environ
        return named_by_options(*given, access=access, needs_key=needs_key, needs_model=needs_model)
    except MissingOptionError as missing:
        said = words("cli_or_config", missing=missing.message)
        if options["base_url"] is not None and sends:
            said = f"{said}\n{words('models_see', offered=_offered(options))}"
        raise click.UsageError(said) from None


def _told_of_windows(named: NamedTarget, now_s: float) -> NamedTarget:
    """Return the target with a remark for each window it is in: a person asks, so it is asked all the same."""
    spans = ((span_of(window, now_s), window.reason) for window in named.windows)
    remarks = [
        Said("asked_in_window", until=datetime.fromtimestamp(span.until_s, UTC).isoformat(" ", "minutes"), text=reason)
        for span, reason in spans
        if span is not None and span.holds(now_s)
    ]
    return replace(named, target=replace(named.target, remarks=(*named.target.remarks, *remarks)))


def _offered(options: Mapping[str, Any]) -> Text:
    """Return which models the relay offers, in words, where it says so within a moment; asking costs nothing."""
    try:
        listing = listed_by(named({**options, "models": ()}, needs_model=False))
    except (WnmonError, click.UsageError):
        return ""
    if not isinstance(listing, Listing) or not listing.offers:
        return ""
    names = ", ".join(offer.name for offer in listing.offers[:NAMES_SHOWN])
    more = len(listing.offers) - NAMES_SHOWN
    return Said("models_offered_some", names=names, n=more) if more > 0 else Said("models_offered", names=names)


def listed_by(relay: NamedTarget) -> Listing | Untold:
    """Return which models a relay offers, or why it does not say so within a moment. Raises UsageError."""
    from wnmon.app.account import ask

    hasty = replace(relay, timeouts=_PATIENCE)
    try:
        (run,) = asyncio.run(asyncio.wait_for(ask(hasty, models_plan()), _PATIENCE_S))
    except TimeoutError:
        return Untold(why=Said("reason_timeout_total"), reason=Reason.TIMEOUT_TOTAL)
    return read_listing(run.answers[0]) if run.answers else Untold(why=run.result.message, reason=run.result.reason)

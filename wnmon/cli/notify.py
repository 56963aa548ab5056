"""`wnmon notify`: does what is to tell people of outages reach them?"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import click

from wnmon.app.messages import Tried, tried
from wnmon.cli.options import language_option
from wnmon.cli.terminal import note, say, words
from wnmon.config import load_config
from wnmon.errors import UsageError, did_you_mean
from wnmon.model.channel import Channel
from wnmon.model.said import Said
from wnmon.model.text import visible
from wnmon.redact.redactor import Redactor
from wnmon.report.summary import Exit


@click.group("notify")
def command() -> None:
    """Look after the channels by which people are told of outages."""


@command.command("test")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("-c", "--config", type=click.Path(path_type=Path), default=Path("wnmon.yaml"), show_default=True)
@language_option
def test(names: tuple[str, ...], config: Path, lang: str) -> int:
    """Send a test message to each channel, or to those that are named, and say what each service answered."""
    loaded = load_config(config, os.environ)
    known, code = Redactor(loaded.secrets()), Exit.OK
    for channel in _chosen(loaded.channels, names, config):
        answer = asyncio.run(tried(channel, lang, known))
        if answer.is_delivered:
            say(f"{words('notify_delivered', name=channel.name)}\n")
        if answer.why:
            note(_why(channel, answer))
        code = code if answer.is_delivered else Exit.UNJUDGED
    return code


def _why(channel: Channel, answer: Tried) -> Said:
    """Return what keeps a channel from the message, or some of its recipients."""
    why = Said("notify_answered", said=answer.why, text=visible(answer.answer)) if answer.answer else answer.why
    if answer.is_delivered:
        return Said("reason", kind=channel.name, said=why)
    return Said("notify_not_delivered", name=channel.name, said=why)


def _chosen(channels: Sequence[Channel], names: Sequence[str], config: Path) -> list[Channel]:
    """Return the named channels, all where none is named. Raises UsageError."""
    if not channels:
        raise UsageError(Said("cli_no_channels", path=str(config)), hint=Said("cli_add_channel"))
    by_name = {channel.name: channel for channel in channels}
    unknown = next((name for name in names if name not in by_name), None)
    if unknown is not None:
        raise UsageError(Said("cli_no_channel", text=repr(unknown)), hint=did_you_mean(unknown, by_name))
    return [by_name[name] for name in dict.fromkeys(names)] or list(channels)

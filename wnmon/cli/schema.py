"""`wnmon schema`: the JSON Schema of the YAML, for editors."""

from __future__ import annotations

import json

import click

from wnmon.cli.terminal import say
from wnmon.config.schema import language


@click.command("schema")
@click.option("--suite", is_flag=True)
def command(*, suite: bool) -> None:
    """Print the JSON Schema of configurations or of suites."""
    say(json.dumps(language(suite=suite), indent=2, ensure_ascii=False) + "\n")

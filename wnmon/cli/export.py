"""`wnmon export`: write the shipped Grafana boards or Prometheus alert rules to a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from wnmon.cli.files import unwritable
from wnmon.cli.terminal import say
from wnmon.config.shipped import shipped_folder
from wnmon.errors import UsageError
from wnmon.model.said import Said

_BOARDS = ("*.json", "zh/*.json", "provisioning/*/*.yml")
_ALERTS = ("prometheus/*.yml", "alertmanager/*.yml")

_FOLDER = click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
_FORCE = click.option("--force", is_flag=True)


@click.group("export")
def command() -> None:
    """Write dashboards or alert rules to a folder."""


@command.command("dashboards")
@_FOLDER
@_FORCE
def dashboards(folder: Path, *, force: bool) -> None:
    """Write the Grafana boards and their provisioning files."""
    write(shipped(_BOARDS), folder, force=force)


@command.command("alerts")
@_FOLDER
@_FORCE
def alerts(folder: Path, *, force: bool) -> None:
    """Write the alert rules, and examples of how to use them."""
    write(shipped(_ALERTS), folder, force=force)


def shipped(patterns: tuple[str, ...]) -> dict[str, bytes]:
    """Return the boards or alerts that come with wnmon, by their path below `dashboards`."""
    root = shipped_folder("dashboards")
    found = sorted(path for pattern in patterns for path in root.glob(pattern))
    return {str(path.relative_to(root)): path.read_bytes() for path in found}


def write(files: Mapping[str, bytes], folder: Path, *, force: bool) -> None:
    """Write all files or, where one would overwrite something else, none. Raises UsageError."""
    there = [(name, folder / name) for name in files if (folder / name).exists()]
    differing = [name for name, path in there if not path.is_file() or path.read_bytes() != files[name]]
    if differing and not force:
        others = Said("cli_differing", folder=str(folder), names=", ".join(differing))
        raise UsageError(others, hint=Said("cli_use_force"))
    for name, body in files.items():
        try:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(body)
        except OSError as error:
            raise unwritable(folder / name, error) from error
        say(f"{folder / name}\n")

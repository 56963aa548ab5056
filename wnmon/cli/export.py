"""`wnmon export`: write the shipped Grafana boards, Prometheus alert rules or deployment files to a folder.

Files that link to a board say `https://GRAFANA/d/UID`; `--grafana-url` puts the address in. Where wnmon itself lives
they say already: that is one setting of the build (scripts/repository.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from wnmon.cli.files import unwritable, write_all
from wnmon.cli.options import folder as new_folder
from wnmon.cli.options import web_address
from wnmon.cli.terminal import note, say
from wnmon.config.shipped import shipped_folder
from wnmon.errors import UsageError
from wnmon.model.language import LANGUAGES
from wnmon.model.said import Said

Files = Mapping[str, bytes]

_BOARDS = {"en": ("*.json", "kustomization.yaml"), "zh": ("zh/*.json", "zh/kustomization.yaml")}
_ALERTS = ("prometheus/*.yml", "alertmanager/*.yml")
_GRAFANA = b"https://GRAFANA"
_BOARD = re.compile(_GRAFANA + rb"/d/[a-z-]+")


def _options(run: Callable[..., None]) -> Callable[..., None]:
    """Give a command the folder and the options that all exports have."""
    for decorate in (
        click.option("--force", is_flag=True),
        click.option("--grafana-url", "grafana", type=web_address, metavar="URL"),
        click.option("--lang", "boards", type=click.Choice(LANGUAGES)),
        click.argument("folder", metavar="DIR", type=new_folder),
    ):
        run = decorate(run)
    return run


@click.group("export")
def command() -> None:
    """Write dashboards, alert rules or deployment files to a folder."""


@command.command("dashboards")
@_options
def dashboards(folder: Path, boards: str | None, grafana: str | None, *, force: bool) -> None:
    """Write the Grafana boards and their provisioning files."""
    files = {name: body for name, body in _boards(boards).items() if name.endswith(".json")}
    files |= shipped("dashboards", ("provisioning/*/*.yml",))
    write(linked(files, boards, grafana), folder, force=force)


@command.command("alerts")
@_options
def alerts(folder: Path, boards: str | None, grafana: str | None, *, force: bool) -> None:
    """Write the alert rules, and examples of how to use them."""
    write(linked(shipped("dashboards", _ALERTS), boards, grafana), folder, force=force)


@command.command("deploy")
@_options
def deploy(folder: Path, boards: str | None, grafana: str | None, *, force: bool) -> None:
    """Write what Kubernetes and systemd want. Lies in DIR as in the repository: one part refers to the other."""
    files = {f"deploy/{name}": body for name, body in shipped("deploy", ("kubernetes/*", "systemd/*")).items()}
    files |= {f"dashboards/{name}": body for name, body in _boards(boards).items()}
    for other in (one for one in LANGUAGES if boards and one != boards):
        name = "deploy/kubernetes/kustomization.yaml"
        files[name] = files[name].replace(f"  - ../../dashboards{_below(other)}\n".encode(), b"")
    write(linked(files, boards, grafana), folder, force=force)


def _boards(lang: str | None) -> dict[str, bytes]:
    patterns = [pattern for one in LANGUAGES if lang in {None, one} for pattern in _BOARDS[one]]
    return shipped("dashboards", tuple(patterns))


def _below(lang: str) -> str:
    return "" if lang == "en" else f"/{lang}"


def shipped(folder: str, patterns: tuple[str, ...]) -> dict[str, bytes]:
    """Return files that come with wnmon, by their path below a shipped folder."""
    root = shipped_folder(folder)
    found = sorted(path for pattern in patterns for path in root.glob(pattern) if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


def linked(files: Files, lang: str | None, grafana: str | None) -> Files:
    """Return the files with their links leading to a Grafana and its boards of a language. Says where they do not."""
    if lang == "zh":
        files = {name: _BOARD.sub(lambda link: link[0].removesuffix(b"-zh") + b"-zh", files[name]) for name in files}
    if grafana is not None:
        files = {name: body.replace(_GRAFANA, grafana.encode()) for name, body in files.items()}
    if any(_GRAFANA in body for body in files.values()):
        note(Said("cli_links_open"))
    return files


def write(files: Files, folder: Path, *, force: bool) -> None:
    """Write all files or, where one would overwrite something else or finds no room, none. Raises UsageError."""
    differing = [name for name, body in files.items() if _differs(folder / name, body)]
    if differing and not force:
        others = Said("cli_differing", folder=str(folder), names=", ".join(differing))
        raise UsageError(others, hint=Said("cli_use_force"))
    write_all(folder, files)
    for name in files:
        say(f"{folder / name}\n")


def _differs(path: Path, body: bytes) -> bool:
    """Tell whether something else is at a path. Raises UsageError where nobody may look."""
    try:
        return path.exists() and (not path.is_file() or path.read_bytes() != body)
    except OSError as error:
        raise unwritable(path, error) from error

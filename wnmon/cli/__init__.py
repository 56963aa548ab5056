"""The command line: one file per sub-command, each imported only when it is called."""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from wnmon import __version__
from wnmon.cli.localized import worded
from wnmon.cli.terminal import make_do, note, refused_stdout, speak, wanted_language, words
from wnmon.errors import ConfigError, InternalError, UsageError, WnmonError, place_of
from wnmon.model.said import Said

COMMANDS = (
    "check",
    "models",
    "balance",
    "explain",
    "replay",
    "diff",
    "serve",
    "history",
    "validate",
    "plan",
    "notify",
    "schema",
    "init",
    "mock",
    "export",
    "healthcheck",
    "selftest",
)
"""In the order of the help page."""


class LazyGroup(click.Group):
    """Imports a sub-command's module when it is called: `--help` must not pay for httpx."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of the help page."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"wnmon.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return worded(command, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands, importing none of them."""
        with formatter.section(words("click_commands")):
            formatter.write_dl([(name, words(f"help_{name}_short")) for name in COMMANDS])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="wnmon")
def root() -> None:
    """Run one of the commands."""


def run(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: the only place where an error becomes an exit code."""
    make_do()
    arguments = sys.argv[1:] if arguments is None else arguments
    speak(wanted_language(arguments, os.environ))
    worded(root, "wnmon")
    stdout = sys.stdout
    try:
        code = root.main(args=arguments, prog_name="wnmon", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        _show_refusal(error)
        sys.exit(2)
    except WnmonError as error:
        _show(error)
        sys.exit(error.exit_code)
    except OSError as error:
        _end_with(error)
    except SystemExit as ended:
        # click replaces a stdout whose reader has gone, and calls that a failure; the reader has seen enough.
        sys.exit(ended.code if sys.stdout is stdout else 0)
    except Exception as error:  # noqa: BLE001 - the last boundary: Python's own exit code 1 means a broken rule here
        _show_crash(error)
        sys.exit(InternalError.exit_code)
    sys.exit(code if isinstance(code, int) else 0)


def _end_with(error: OSError) -> NoReturn:
    """End for a stdout that took none of click's own pages, which is the disk's fault, else for an error of wnmon."""
    import traceback  # as below: no command that goes well has a use for it

    if traceback.extract_tb(error.__traceback__)[-1].filename != click.utils.__file__:
        _show_crash(error)
        sys.exit(InternalError.exit_code)
    _show(refused_stdout(error))
    sys.exit(UsageError.exit_code)


def _show_refusal(error: click.ClickException) -> None:
    """Show what click has against the command line, which it quotes; what looks like a key is masked."""
    from wnmon.model.credentials import masked

    told = io.StringIO()
    error.show(told)
    note(masked(told.getvalue()).rstrip("\n"))


def _show(error: WnmonError) -> None:
    for line in error.problems if isinstance(error, ConfigError) else [Said("cli_error", message=error.message)]:
        note(line)
    if error.hint:
        note(Said("cli_hint", hint=error.hint))


def _show_crash(error: Exception) -> None:
    """Show where wnmon broke, fit for a bug report. Never the error's own text: it may quote a secret."""
    import traceback

    for frame in traceback.format_tb(error.__traceback__):
        note(frame.rstrip("\n"))
    note(Said("cli_crash", place=place_of(error)))

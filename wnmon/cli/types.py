"""Parameter types of the command line."""

from __future__ import annotations

from pathlib import Path

import click

from wnmon.cli.files import is_stdout
from wnmon.cli.terminal import words
from wnmon.model.duration import parse_duration_s


class _Duration(click.ParamType[float]):
    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return seconds. Nothing needs no unit: a bare 0 is taken too."""
        if isinstance(value, float):
            return value
        try:
            return 0.0 if value == "0" else parse_duration_s(str(value))
        except ValueError:
            self.fail(words("cli_no_duration", text=str(value)[:32]), param, ctx)


class _Globs(click.ParamType[tuple[str, ...]]):
    name = "globs"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Return the globs of a list such as `doc-*,STR-001` as ids of rules are written, in capitals."""
        return tuple(glob.upper() for glob in NAMES.convert(value, param, ctx))


def joined(_: click.Context, __: click.Parameter, lists: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """Return the items of an option that may be given more than once, each time with a list."""
    return tuple(item for items in lists for item in items)


class _NewFile(click.ParamType[Path]):
    name = "file"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path of a file to write. Stdout is none: what is printed goes there."""
        if is_stdout(str(value)):
            self.fail(words("cli_no_new_file", text=str(value)), param, ctx)
        return Path(str(FILE.convert(str(value), param, ctx)))


class _Names(click.ParamType[tuple[str, ...]]):
    name = "names"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Return the names of a list such as `a,b`, blanks and empty names dropped."""
        if isinstance(value, tuple):
            return value
        names = tuple(name.strip() for name in str(value).split(",") if name.strip())
        return names or self.fail(words("cli_no_names", text=str(value)), param, ctx)


class _Listen(click.ParamType[tuple[str, int]]):
    name = "host:port"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        """Return host and port of `127.0.0.1:9877`, `[::1]:9877` or `:9877`."""
        if isinstance(value, tuple):
            return value
        host, _, port = str(value).rpartition(":")
        if not port.isascii() or not port.isdigit() or int(port) > 65535:
            self.fail(words("cli_no_listen", text=str(value)), param, ctx)
        return host.strip("[]") or "127.0.0.1", int(port)


DURATION = _Duration()
FILE: click.Path = click.Path(dir_okay=False, path_type=Path)
NEW_FILE = _NewFile()
NAMES = _Names()
GLOBS = _Globs()
LISTEN = _Listen()

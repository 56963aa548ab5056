"""Parameter types of the command line."""

from __future__ import annotations

from pathlib import Path

import click

from wnmon.model.duration import parse_duration_s


class _Duration(click.ParamType[float]):
    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return seconds."""
        if isinstance(value, float):
            return value
        try:
            return parse_duration_s(str(value))
        except ValueError as wrong:
            self.fail(f"expected {wrong}", param, ctx)


class _Names(click.ParamType[tuple[str, ...]]):
    name = "names"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Return the names of a list such as `a,b`, blanks and empty names dropped."""
        if isinstance(value, tuple):
            return value
        names = tuple(name.strip() for name in str(value).split(",") if name.strip())
        return names or self.fail(f"expected names such as a,b, not {value!r}", param, ctx)


class _Listen(click.ParamType[tuple[str, int]]):
    name = "host:port"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        """Return host and port of `127.0.0.1:9877`, `[::1]:9877` or `:9877`."""
        if isinstance(value, tuple):
            return value
        host, _, port = str(value).rpartition(":")
        if not port.isascii() or not port.isdigit() or int(port) > 65535:
            self.fail(f"expected host:port such as 127.0.0.1:9877, not {value!r}", param, ctx)
        return host.strip("[]") or "127.0.0.1", int(port)


DURATION = _Duration()
FILE: click.Path = click.Path(dir_okay=False, path_type=Path)
NAMES = _Names()
LISTEN = _Listen()

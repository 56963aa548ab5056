"""Where the files that come with wnmon live: inside the wheel, or beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path

PREFIX = "builtin:"

DEFAULT_SUITES = tuple(PREFIX + name for name in ("documented", "stream", "http"))
"""What is judged by hand when no suite is named."""

_PACKAGE = Path(__file__).parent.parent


def shipped_folder(name: str = "checks") -> Path:
    """Return a folder that comes with wnmon: `checks` holds the suites and checks, `dashboards` boards and alerts."""
    in_wheel = _PACKAGE / "_shipped" / name
    return in_wheel if in_wheel.is_dir() else _PACKAGE.parent / name


def shipped_files(folder: Path) -> dict[str, Path]:
    """Return the built-in files by name, in the order of their names."""
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}

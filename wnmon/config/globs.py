"""Globs against the ids of rules: those of `--only` and `--skip`."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase


def matches(rule: str, only: Sequence[str], skip: Sequence[str]) -> bool:
    """Tell whether an id matches a glob of `only` (any, when there is none) and none of `skip`."""
    return (not only or matches_any(rule, only)) and not matches_any(rule, skip)


def matches_any(rule: str, globs: Sequence[str]) -> bool:
    """Tell whether an id matches one of the globs."""
    return any(fnmatchcase(rule, glob) for glob in globs)

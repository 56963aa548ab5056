"""`proxy` and `ca_file` of the YAML: how a target or a channel is reached, by the same rules."""

from __future__ import annotations

from collections.abc import Mapping

from wnmon.config.environment import fill
from wnmon.config.node import Cursor
from wnmon.config.reaching import problem_of_authorities, through, trusting
from wnmon.config.urls import BadUrl
from wnmon.model.said import Said
from wnmon.model.target import Target


def proxied(target: Target, place: Cursor, env: Mapping[str, str], url_key: str) -> Target:
    """Return the target, asked through the `proxy` at `place`, or that of the environment.

    What cannot be used is reported there, or at `url_key`: to that URL a proxy of the environment applies.
    """
    said = place.get("proxy")
    filled = fill(said, env) if said is not None else None
    if said is not None and filled is None:
        return target
    try:
        return through(target, env, (filled.text or None) if filled is not None else None)
    except BadUrl as bad:
        # A variable's value is not quoted: it may hold what does not belong there.
        is_quoted = filled is None or not filled.from_environment
        (said or place.at(url_key)).report(bad.message, bad.hint if is_quoted else None)
        return target


def trusted(target: Target, place: Cursor, env: Mapping[str, str], url_key: str) -> Target:
    """Return the target, whose certificate is judged by the `ca_file` at `place`, or by what the environment names."""
    said = place.get("ca_file")
    path = said.folder / said.text if said is not None else None
    problem = problem_of_authorities(path) if path is not None else None
    if said is not None and problem is not None:
        said.report(problem, Said("relative_path"))
    try:
        return trusting(target, env, str(path) if path is not None else None)
    except BadUrl as bad:
        place.at(url_key).report(bad.message, bad.hint)
        return target

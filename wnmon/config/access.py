"""How `wnmon check` reaches a target where options say more than a configuration: headers, the key's place, a proxy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from wnmon.config.headers import complaint_of_auth_header, header_of_option
from wnmon.config.reaching import problem_of_authorities, through, trusting
from wnmon.config.urls import BadUrl
from wnmon.errors import UsageError
from wnmon.model.said import Said
from wnmon.model.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What options say, as written; each goes before what a configuration says. `headers` are `NAME=VALUE`."""

    headers: tuple[str, ...] = ()
    auth_header: str | None = None
    proxy: str | None = None
    ca_file: Path | None = None


def reached_by(target: Target, access: Access, env: Mapping[str, str], *, adhoc: bool = False) -> Target:
    """Return the target as the options have it. `adhoc`: there is no configuration, so the environment counts too.

    Raises UsageError, which names the option or the variable.
    """
    target = _with_headers(target, access, env)
    if access.auth_header is not None:
        complaint = complaint_of_auth_header(access.auth_header)
        if complaint is not None:
            raise UsageError(Said("reason", kind="--auth-header", said=complaint[0]), hint=complaint[1])
        target = replace(target, auth_header=access.auth_header)
    if access.ca_file is not None and (problem := problem_of_authorities(access.ca_file)) is not None:
        raise UsageError(Said("reason", kind="--ca-file", said=problem))
    try:
        if adhoc or access.proxy is not None:
            target = through(target, env, access.proxy)
        if adhoc or access.ca_file is not None:
            target = trusting(target, env, str(access.ca_file) if access.ca_file is not None else None)
    except BadUrl as bad:
        said = bad.message if access.proxy is None else Said("reason", kind="--proxy", said=bad.message)
        raise UsageError(said, hint=bad.hint) from None
    return target


def _with_headers(target: Target, access: Access, env: Mapping[str, str]) -> Target:
    """Return the target with the headers of options, each in place of its namesakes."""
    given = tuple(header_of_option(text, env) for text in access.headers)
    own = {name.lower() for name, _ in given}
    return replace(target, headers=(*(one for one in target.headers if one[0].lower() not in own), *given))

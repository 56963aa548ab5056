"""A web configuration: exporter-toolkit's file of TLS and log-ins, and beside its keys one of wnmon's own.

A file that exporter-toolkit takes means the same here; what wnmon cannot do is refused, with the place. Own additions,
scopes and tokens, stand under `wnmon`. Files are relative to the folder of the web configuration.
"""

from __future__ import annotations

from pathlib import Path

from wnmon.config.node import Cursor
from wnmon.config.schema import fits, keys_of_part, sound
from wnmon.config.server_tls import read_server_tls
from wnmon.config.sources import Sources
from wnmon.config.transports import has_extra, lack_of
from wnmon.engine.web_config import WebConfig
from wnmon.errors import did_you_mean
from wnmon.model.duration import parse_duration_s
from wnmon.model.said import Said
from wnmon.model.web_access import RequestRate, Scope, WebAccess, WebToken, WebUser

_KEYS = keys_of_part("web_config")


def load_web_config(path: Path) -> WebConfig:
    """Return what a web configuration says. Raises BrokenConfigError with every problem; none quotes a hash."""
    sources = Sources(keys=_KEYS, kinds=Said("web_config_keys"))
    root = sources.root(path)
    config = WebConfig() if root is None else _read(root, sources)
    sources.refuse_broken()
    return config


def _read(root: Cursor, sources: Sources) -> WebConfig:
    """Return what the file says; what breaks its schema is reported, and left out of what is looked at further."""
    fits("web_config", root)
    names = frozenset(name for name, _ in root.members("basic_auth_users"))
    root = sound("web_config", root)
    place = root.get("tls_server_config")
    contexts = None if place is None else read_server_tls(place, sources)
    asking, open_to_all = contexts or (None, None)
    access = WebAccess(
        users=_users(root, names),
        tokens=_tokens(root),
        headers=_headers(root),
        rate=_rate(root.get("rate_limit")),
        client_names=frozenset(place.texts_of("client_allowed_sans") if place is not None else ()),
    )
    return WebConfig(access=access, tls=asking, public_tls=open_to_all, files=sources.files)


def _users(root: Cursor, names: frozenset[str]) -> tuple[WebUser, ...]:
    """Return who logs in by a password. As with exporter-toolkit each may do everything, unless `scopes` says less.

    `names` are those of the file, sound or not.
    """
    own = root.get("wnmon")
    scopes = dict(own.members("scopes")) if own is not None else {}
    for name, place in scopes.items():
        if name not in names:
            place.report(Said("web_unknown_user"), did_you_mean(name, names), key=True)
    users = root.get("basic_auth_users")
    if users is None or not users.node.value:
        return ()
    if not has_extra("auth"):
        users.report(*lack_of("auth"), key=True)
    return tuple(
        WebUser(name=name, bcrypt=member.text, scope=Scope(scopes[name].text) if name in scopes else Scope.ADMIN)
        for name, member in users.members()
    )


def _tokens(root: Cursor) -> tuple[WebToken, ...]:
    own, tokens, seen = root.get("wnmon"), [], set[bytes]()
    for name, member in own.members("tokens") if own is not None else ():
        digest = bytes.fromhex(member.text_of("sha256") or "")
        if digest in seen:
            member.report(Said("web_token_twice"), Said("keep_one"), key=True)
        seen.add(digest)
        tokens.append(WebToken(name=name, sha256=digest, scope=Scope(member.text_of("scope") or "")))
    return tuple(tokens)


def _headers(root: Cursor) -> tuple[tuple[str, str], ...]:
    """Return the headers that are said; a blank one is none, as with exporter-toolkit."""
    place = root.get("http_server_config")
    members = place.members("headers") if place is not None else ()
    return tuple((name, member.text) for name, member in members if member.text)


def _rate(place: Cursor | None) -> RequestRate | None:
    if place is None:
        return None
    interval_s = parse_duration_s(place.text_of("interval") or "")
    return RequestRate(interval_s=interval_s, burst=place.whole_of("burst") or 1) if interval_s else None

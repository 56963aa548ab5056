"""How a target is reached: through which proxy, and whose word on certificates counts. Each is said in a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from wnmon.config.proxies import choose_proxy
from wnmon.config.urls import BadUrl, proxy_login
from wnmon.judge.values import listed
from wnmon.model.said import Said
from wnmon.model.target import MIN_SECRET_CHARS, Secret, SensorKind, Target

_MOST_BYTES = 16 * 1024 * 1024
_PEM = (b"-----BEGIN CERTIFICATE-----", b"-----BEGIN TRUSTED CERTIFICATE-----", b"-----BEGIN X509 CERTIFICATE-----")


def through(target: Target, env: Mapping[str, str], explicit: str | None) -> Target:
    """Return the target, asked through the proxy that is said, or that the environment names; see `proxies`.

    Raises BadUrl, which names the variable and quotes nothing of what it holds.
    """
    target = _without_remark(replace(target, proxy=None), "through_proxy", "through_proxy_of")
    chosen = choose_proxy(target.url, env, explicit) if target.url else None
    if chosen is None:
        return target
    try:
        user, password = proxy_login(chosen.url, socks=target.transport is SensorKind.HTTPX)
    except BadUrl as bad:
        if chosen.variable is None:
            raise
        raise BadUrl(Said("reason", kind=chosen.variable, said=bad.message), bad.hint) from None
    parts = urlsplit(chosen.url)
    shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    remark = (
        Said("through_proxy", proxy=shown)
        if chosen.variable is None
        else Said("through_proxy_of", name=chosen.variable, proxy=shown)
    )
    return replace(
        target,
        proxy=Secret(chosen.url, "proxy"),
        extra_secrets=(*target.extra_secrets, *_login_secrets(user, password)),
        remarks=(*target.remarks, remark),
    )


def _login_secrets(user: str | None, password: str | None) -> Iterator[Secret]:
    """Yield what must not be shown of a proxy: its password, and a user long enough to be a key."""
    if password:
        yield from (Secret(text, "proxy password") for text in dict.fromkeys((unquote(password), password)))
    if user is not None and len(user) >= MIN_SECRET_CHARS:
        yield from (Secret(text, "proxy user") for text in dict.fromkeys((unquote(user), user)))


def trusting(target: Target, env: Mapping[str, str], ca_file: str | None) -> Target:
    """Return the target, whose certificate is judged by a file, or by what SSL_CERT_FILE and SSL_CERT_DIR name.

    As OpenSSL has them, both count, and instead of the usual authorities. Raises BadUrl for a variable that names
    nothing, where the target is asked over TLS.
    """
    target = _without_remark(replace(target, ca_file=ca_file, ca_folder=None), "trusting_authorities")
    if ca_file is not None or not target.url.startswith("https:"):
        return target
    file, folder = env.get("SSL_CERT_FILE") or None, env.get("SSL_CERT_DIR") or None
    if file is not None and (problem := problem_of_authorities(Path(file))) is not None:
        raise BadUrl(Said("reason", kind="SSL_CERT_FILE", said=problem), Said("unset_or_mend"))
    if folder is not None and not Path(folder.split(":")[0]).is_dir():
        raise BadUrl(Said("reason", kind="SSL_CERT_DIR", said=Said("no_folder")), Said("unset_or_mend"))
    names = [name for name, value in (("SSL_CERT_FILE", file), ("SSL_CERT_DIR", folder)) if value is not None]
    remark = Said("trusting_authorities", names=listed("and", names))
    return replace(target, ca_file=file, ca_folder=folder, remarks=(*target.remarks, *([remark] if names else [])))


def problem_of_authorities(path: Path) -> Said | None:
    """Return what is wrong with a file of certificate authorities, None where it holds a certificate in PEM."""
    try:
        if not path.is_file():
            return Said("no_file")
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
    except OSError:
        return Said("no_file")
    return None if any(begin in data for begin in _PEM) else Said("no_certificate")


def _without_remark(target: Target, *ids: str) -> Target:
    return replace(target, remarks=tuple(remark for remark in target.remarks if remark.id not in ids))

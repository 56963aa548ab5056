"""`tls_server_config` of a web configuration -> contexts that speak TLS, or what is wrong with which file.

As exporter-toolkit has the keys, so far as OpenSSL under Python can do the same. What it cannot is refused, not
ignored: certificates within the YAML, those of clients that are asked for but not verified, a choice of curves.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path

from wnmon.config.node import Cursor
from wnmon.config.reaching import problem_of_authorities
from wnmon.config.sources import Sources
from wnmon.model.said import Said

_MOST_BYTES = 1024 * 1024
_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_NO_CLIENTS = "NoClientCert"
_CLIENTS = {
    _NO_CLIENTS: ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}
_INSTEAD: Mapping[str, Said | None] = {
    "cert": Said("web_use_file", name="cert_file"),
    "key": Said("web_use_file", name="key_file"),
    "client_ca": Said("web_use_file", name="client_ca_file"),
    "curve_preferences": None,
}
"""Keys of exporter-toolkit that are not supported, and what to write in their place."""

# Names of the registry of IANA, as Go has them, and OpenSSL's own. Which of TLS 1.3 are used is not configurable, here
# as in Go: they are taken and change nothing.
_OF_TLS13 = frozenset({"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"})
_CIPHERS = {
    f"TLS_ECDHE_{key}_WITH_{name}": f"ECDHE-{key}-{own}"
    for key in ("ECDSA", "RSA")
    for name, own in (
        ("AES_128_CBC_SHA", "AES128-SHA"),
        ("AES_256_CBC_SHA", "AES256-SHA"),
        ("AES_128_GCM_SHA256", "AES128-GCM-SHA256"),
        ("AES_256_GCM_SHA384", "AES256-GCM-SHA384"),
        ("CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305"),
    )
}


def read_server_tls(place: Cursor, sources: Sources) -> tuple[ssl.SSLContext, ssl.SSLContext] | None:
    """Return the context for visitors, and one that asks no client for a certificate; None with a problem each.

    Every file it names is watched: a new certificate asks for a reload.
    """
    before = len(place.problems)
    for key, instead in _INSTEAD.items():
        if (member := place.get(key)) is not None:
            member.report(Said("web_not_supported"), instead, key=True)
    chain = _chain(place, sources)
    authorities = _authorities(place, sources)
    _compare_versions(place)
    if len(place.problems) > before:
        return None
    open_to_all, asking = _context(place, *chain), _context(place, *chain)
    if authorities is not None:
        _trust(asking, authorities)
    asking.verify_mode = _CLIENTS[_policy(place)]
    return (asking, open_to_all) if len(place.problems) == before else None


def _chain(place: Cursor, sources: Sources) -> tuple[Path, Path]:
    """Return the files of certificate and key, each with a problem where it does not hold what it should."""
    paths = []
    for key, problem_of in (("cert_file", problem_of_authorities), ("key_file", _problem_of_key)):
        named = place.get(key)
        assert named is not None  # the schema requires both
        path = _path(named, sources)
        problem = problem_of(path)
        if problem is not None:
            named.report(problem)
        paths.append(path)
    return paths[0], paths[1]


def _authorities(place: Cursor, sources: Sources) -> Cursor | None:
    """Return where the certificate authorities of clients are named; None where there are none, or wrong ones."""
    named, policy = place.get("client_ca_file"), place.get("client_auth_type")
    verifies = _policy(place) != _NO_CLIENTS
    if named is None:
        if verifies and policy is not None:
            policy.report(Said("missing_key", name='"client_ca_file"'), Said("web_name_client_ca"))
        elif (names := place.get("client_allowed_sans")) is not None:
            names.report(Said("web_sans_alone"), Said("web_require_clients"), key=True)
        return None
    if not verifies:
        named.report(Said("web_ca_alone"), Said("web_require_clients"), key=True)
        return None
    if _policy(place) != "RequireAndVerifyClientCert" and (names := place.get("client_allowed_sans")) is not None:
        names.report(Said("web_sans_alone"), Said("web_require_clients"), key=True)
    problem = problem_of_authorities(_path(named, sources))
    if problem is not None:
        named.report(problem)
        return None
    return named


def _policy(place: Cursor) -> str:
    return place.text_of("client_auth_type") or _NO_CLIENTS


def _path(named: Cursor, sources: Sources) -> Path:
    """Return the file that is named, from the folder of the web configuration."""
    path = named.folder / named.text.replace("\0", "�")
    sources.watch(path)
    return path


def _problem_of_key(path: Path) -> Said | None:
    """Return what is wrong with a file of a private key; nothing of it is quoted."""
    try:
        if not path.is_file():
            return Said("no_file")
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
    except OSError as error:
        return Said("cannot_be_read", text=str(error.strerror or error).lower())
    if b"PRIVATE KEY-----" not in data:
        return Said("web_no_private_key")
    return Said("web_key_encrypted") if b"ENCRYPTED" in data else None


def _compare_versions(place: Cursor) -> None:
    if _lowest(place) > _highest(place) and (least := place.get("min_version")) is not None:
        least.report(Said("web_versions_crossed"))


def _lowest(place: Cursor) -> ssl.TLSVersion:
    return _VERSIONS[place.text_of("min_version") or "TLS12"]


def _highest(place: Cursor) -> ssl.TLSVersion:
    return _VERSIONS[place.text_of("max_version") or "TLS13"]


def _context(place: Cursor, certificate: Path, key: Path) -> ssl.SSLContext:
    """Return a context that shows this certificate; where it cannot, that is reported."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version, context.maximum_version = _lowest(place), _highest(place)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    if place.get("prefer_server_cipher_suites") is None or place.is_true("prefer_server_cipher_suites"):
        context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    else:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_alpn_protocols(["http/1.1"])
    names = [_CIPHERS[name] for name in place.texts_of("cipher_suites") if name not in _OF_TLS13]
    if names:
        context.set_ciphers(":".join(names))
    try:
        # So that no passphrase is asked for at the terminal; an encrypted key was refused by what its file says of it.
        context.load_cert_chain(certificate, key, password="")
    except OSError as error:  # which OpenSSL's errors are too
        reason: str | None = getattr(error, "reason", None)
        why = reason.lower().replace("_", " ") if reason else Said("web_broken_pem")
        named = place.get("key_file") or place
        named.report(Said("web_no_pair", text=why), Said("web_pair_goes_together"))
    return context


def _trust(context: ssl.SSLContext, named: Cursor) -> None:
    try:
        context.load_verify_locations(cafile=named.folder / named.text)
    except OSError:  # which OpenSSL's errors are too
        named.report(Said("no_certificate"))

"""Through which proxy a URL is asked. Pure: the environment is an argument, and httpx reads none.

    said by                       counts where
    ----------------------------  -------------------------------------------------------------------------------
    `proxy:` or `--proxy`         always; `none` asks without one, whatever the environment says
    nobody, to loopback           never: `localhost` and its addresses are this machine, as Go's clients take them
    NO_PROXY                      it names the host: without a proxy
    HTTPS_PROXY, HTTP_PROXY       the URL has that scheme
    ALL_PROXY                     no other counts

Small letters go before capitals, and an empty variable is none, as in curl. HTTP_PROXY in capitals does not count where
REQUEST_METHOD is set: to a CGI program that is the header `Proxy` of whoever asks it (CVE-2016-5385).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

NONE = "none"
"""What `proxy:` and `--proxy` say to ask without one."""

_PORTS = {"http": 80, "https": 443}
_ENTRY = re.compile(r"[^\s,]+")
_WITH_PORT = re.compile(r"(\[[^\]]*\]|[^:\[\]]*):([0-9]{1,5})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A proxy's URL, which may hold a password, and the variable that names it, None where a person did."""

    url: str = field(repr=False)
    variable: str | None = None


def choose_proxy(url: str, env: Mapping[str, str], explicit: str | None = None) -> Chosen | None:
    """Return the proxy for an http or https URL, None to ask without one. Without a scheme it is an http proxy."""
    if explicit is not None:
        return None if explicit == NONE else Chosen(url=explicit)
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or _PORTS.get(parts.scheme, 0)
    if _is_loopback(host) or is_exempt(host, port, env.get("no_proxy") or env.get("NO_PROXY") or ""):
        return None
    for name in (f"{parts.scheme}_proxy", "all_proxy"):
        for variable in (name, name.upper()):
            value = env.get(variable, "").strip()
            if value and not (variable == "HTTP_PROXY" and "REQUEST_METHOD" in env):
                return Chosen(url=value if "://" in value else f"http://{value}", variable=variable)
    return None


def is_exempt(host: str, port: int, no_proxy: str) -> bool:
    """Tell whether a list as in NO_PROXY names a host: all of them, a domain, an address, a network, each with a port.

    `example.com` and `.example.com` mean the domain and all below it.
    """
    return any(_names(entry, host.lower(), port) for entry in _ENTRY.findall(no_proxy.lower()))


def _names(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    found = _WITH_PORT.fullmatch(entry)
    if found is not None:
        entry = found[1]
        if int(found[2]) != port:
            return False
    address = _address(host)
    if address is not None:
        network = _network(entry.strip("[]"))
        return network is not None and address in network
    domain = entry.removeprefix("*").strip(".")
    return domain != "" and (host == domain or host.endswith(f".{domain}"))


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return address.is_loopback if address is not None else host == "localhost" or host.endswith(".localhost")


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None

"""By which names the pages may be asked for: a page of another site must not become one of ours by its DNS.

A browser sends in Host the name its user typed. Where a stranger's name suddenly means this machine (DNS rebinding),
the stranger's page could read ours as its own.

    the Host of a request                              is let in
    -------------------------------------------------  -------------------------------------------------------------
    an address, `localhost` or a name below it         always: no DNS decides what it means
    that of `--listen`, one of `--allowed-host`        always
    another name                                       only where all may come: the listener is not on loopback, and
                                                       no name was allowed
    none (HTTP/1.0)                                    always: no browser leaves it out
"""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address


class Hosts:
    """The names that may be asked for. `listen` is the host that is listened on, as it was written."""

    def __init__(self, listen: str, allowed: Collection[str] = ()) -> None:
        self._names = {_plain(name) for name in (listen, *allowed)}
        self._all_may_come = not allowed and not is_loopback(listen)

    def know(self, host: str | None) -> bool:
        """Tell whether a request with this Host is let in."""
        if host is None or self._all_may_come:
            return True
        name = _plain(_without_port(host))
        return name in self._names or is_local_name(name) or _is_address(name)


def means_here(host: str | None) -> bool:
    """Tell whether whoever asks by this Host speaks of this machine as their own: of another they give its name."""
    return host is None or is_loopback(_without_port(host))


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches a listener on a host."""
    name = _plain(host)
    return is_local_name(name) or (_is_address(name) and ip_address(name).is_loopback)


def is_local_name(name: str) -> bool:
    """Tell whether a name means this machine without asking DNS (RFC 6761 §6.3)."""
    return name == "localhost" or name.endswith(".localhost")


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _plain(name: str) -> str:
    """Return a name as it is compared: letters small, no dot at the end."""
    return name.strip("[]").rstrip(".").lower()

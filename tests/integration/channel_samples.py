"""Channels to the stand-ins, by the same door as those of a configuration."""

from __future__ import annotations

from dataclasses import replace

from message_services import BOT, CHAT, PATHS, SECRET, SENDKEY, TOKEN

from wnmon.model.channel import Channel, Service
from wnmon.model.target import Secret

_TOKENS = {Service.TELEGRAM: BOT, Service.BARK: TOKEN, Service.SERVERCHAN: SENDKEY}


def channel(kind: str = "webhook", base: str = "http://127.0.0.1:9", **more: object) -> Channel:
    """Return a channel of a kind, whose service is at `base`."""
    service = Service(kind)
    url = f"{base}{PATHS.get(kind, '')}"
    keys = (Secret(TOKEN, "url"),) if TOKEN in url else ()
    signs = service in {Service.WEBHOOK, Service.DINGTALK, Service.FEISHU}
    made = Channel(
        name="team",
        service=service,
        url=Secret(url, "url"),
        host="127.0.0.1",
        token=Secret(_TOKENS[service], "token") if service in _TOKENS else None,
        secret=Secret(SECRET, "secret") if signs else None,
        chat=CHAT if service is Service.TELEGRAM else "",
        more_secrets=keys,
    )
    return replace(made, **more)  # type: ignore[arg-type]  # the tests name real members

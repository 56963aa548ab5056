"""What a web configuration came to, once its files are read: handed from who reads them to who serves."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path

from wnmon.model.web_access import WebAccess


@dataclass(frozen=True, slots=True, kw_only=True)
class WebConfig:
    """`tls` speaks with visitors, `public_tls` with those of the public view, of whom no certificate is asked.

    Without a context it is plain HTTP. `files` are all that was read: a change of one asks for a reload.
    """

    access: WebAccess = field(default_factory=WebAccess)
    tls: ssl.SSLContext | None = None
    public_tls: ssl.SSLContext | None = None
    files: tuple[Path, ...] = ()


NO_WEB_CONFIG = WebConfig()
"""Plain HTTP, and nobody is asked who is there."""

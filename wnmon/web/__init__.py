"""What a running service shows over HTTP: metrics, health, reload, and a page. Knows only the ports of the engine."""

from wnmon.web.routes import Site
from wnmon.web.server import WebAddress, WebServer

__all__ = ["Site", "WebAddress", "WebServer"]

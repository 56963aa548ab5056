"""What a running service shows over HTTP: metrics, health, reload, and pages. Knows only the ports of the engine."""

from wnmon.web.guard import Entry
from wnmon.web.public import PublicSite
from wnmon.web.routes import NothingKept, Site
from wnmon.web.runs import NoEvidence
from wnmon.web.server import PublicServer, WebAddress, WebServer

__all__ = ["Entry", "NoEvidence", "NothingKept", "PublicServer", "PublicSite", "Site", "WebAddress", "WebServer"]

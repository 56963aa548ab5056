"""The listeners of a service: the page for whoever may come in, and the public view where one is wanted."""

from __future__ import annotations

from collections.abc import Callable

from wnmon.engine.public_states import public_rows
from wnmon.errors import UsageError
from wnmon.web import Entry, PublicServer, PublicSite, Site, WebServer

HostPort = tuple[str, int]


class Pages:
    """Both listeners. Of the site the public view is given its rows for everybody, and nothing to ask for more.

    `refused` is told, on a server's thread, how many connections were closed for want of room.
    """

    def __init__(
        self, site: Site, entry: Entry, at: HostPort, public_at: HostPort | None, refused: Callable[[int], None]
    ) -> None:
        self._web = WebServer(*at, site, refused, entry=entry, doors=1 if public_at is None else 2)
        self._public: PublicServer | None = None
        if public_at is not None:
            states, courses = site.states.states, site.past.courses
            rows = lambda: public_rows(states(), courses())  # noqa: E731 - so that the view is given nothing else
            public = PublicSite(rows=rows, wall_s=site.clock.wall_s, lang=site.lang)
            self._public = PublicServer(*public_at, public, site.clock, refused, entry=entry)

    def open(self, announce: Callable[[str], None], announce_public: Callable[[str], None]) -> None:
        """Listen, and tell where. Raises UsageError where an address cannot be had; then nothing listens."""
        announce(self._web.start().url)
        if self._public is None:
            return
        try:
            announce_public(self._public.start().url)
        except UsageError:
            self._web.stop()
            raise

    def close(self) -> None:
        """Stop listening; waits for the threads to end, so call it in one where nobody minds."""
        self._web.stop()
        if self._public is not None:
            self._public.stop()

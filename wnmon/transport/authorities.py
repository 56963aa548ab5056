"""Whose word on certificates counts: one TLS context for each choice, for building one takes some 30 ms."""

from __future__ import annotations

import ssl

import certifi


class Authorities:
    """TLS contexts by the file and the folder of authorities; without either those that certifi brings."""

    def __init__(self) -> None:
        self._contexts: dict[tuple[str | None, str | None], ssl.SSLContext] = {}

    def context(self, ca_file: str | None = None, ca_folder: str | None = None) -> ssl.SSLContext:
        """Return the context. Raises OSError for a file that cannot be read."""
        where = ca_file, ca_folder
        if where not in self._contexts:
            context = ssl.create_default_context(
                cafile=ca_file if any(where) else certifi.where(), capath=ca_folder if any(where) else None
            )
            context.set_alpn_protocols(["http/1.1"])
            # Strict by default from Python 3.13 on, nowhere else: the verdict on a relay is not one on who judges.
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
            self._contexts[where] = context
        return self._contexts[where]

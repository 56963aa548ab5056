"""What no output may show: the secrets of all targets at once, since one relay may quote what another was sent."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from threading import Lock

from wnmon.model.target import Secret
from wnmon.redact.redactor import Redactor

MAX_FORMER = 1000
"""Secrets of configurations before that stay known: runs under way were sent them, and a relay may quote them later."""


class KnownSecrets:
    """Every secret told so far, and the one redactor that knows them all."""

    def __init__(self) -> None:
        self._redactor = Redactor(())
        self._known: dict[Secret, None] = {}
        self._learning = Lock()

    def learn(self, secrets: Iterable[Secret]) -> Redactor:
        """Return a redactor that knows these secrets and those before; a millisecond for each where one is new.

        May be called in another thread: who tells nothing new does not wait for it.
        """
        told = dict.fromkeys(secrets)
        if told.keys() <= self._known.keys():
            return self._redactor
        with self._learning:
            former = islice((one for one in self._known if one not in told), MAX_FORMER)
            known = {**told, **dict.fromkeys(former)}
            self._redactor = Redactor(known)
            self._known = known  # last: what is known, the redactor knows
            return self._redactor

"""The folder that is kept: whose it is, and who writes into it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

FILE = "wnmon.db"
_OWNERS = "owners"


def state_folder(env: Mapping[str, str]) -> Path:
    """Return where a user's programs keep their state (XDG Base Directory Specification); of no user, the system's."""
    named = env.get("XDG_STATE_HOME", "")
    if named.startswith("/"):  # the specification: a relative path is to be ignored
        return Path(named) / "wnmon"
    home = env.get("HOME", "")
    return Path(home) / ".local" / "state" / "wnmon" if home.startswith("/") else Path("/var/lib/wnmon")


@dataclass(slots=True, kw_only=True)
class Place:
    """A folder, and this process's signs of life in it: locks that end with the process, however it ends.

    `owner` names this process in the file. `is_service`: the one that writes what runs came to.
    """

    folder: Path
    owner: str
    is_service: bool
    _held: list[IO[bytes]] = field(default_factory=list)
    _seen: tuple[int, int] | None = None

    @property
    def file(self) -> Path:
        """Return the database."""
        return self.folder / FILE

    def take(self) -> bool:
        """Make the folder, for nobody else's eyes, and hold the locks; False where another service holds its own.

        Raises OSError where the folder cannot be written.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._owners.mkdir(mode=0o700, exist_ok=True)
        if self.is_service and not self._hold(self.folder / "service.lock"):
            return False
        with self._gate():
            return self._hold(self._owners / f"{self.owner}.lock")

    def is_nobodys_else(self) -> bool:
        """Tell whether no service but this process, if it is one, writes the file."""
        if self.is_service:
            return True
        with _lock_file(self.folder / "service.lock") as lock:
            return _holds(lock)

    def note_file(self) -> None:
        """Remember which file is there now."""
        self._seen = self._identity()

    def is_there(self) -> bool:
        """Tell whether that file is still there, and no other one."""
        return self._seen is None or self._identity() == self._seen

    def _identity(self) -> tuple[int, int] | None:
        try:
            stat = self.file.stat()
        except OSError:
            return None
        return stat.st_dev, stat.st_ino

    def gone(self) -> list[str]:
        """Return the owners that live no more. Their locks are this process's from now on, until `forget`."""
        with self._gate():
            names = (file.stem for file in self._owners.glob("*.lock") if file.stem != self.owner)
            return [name for name in sorted(names) if self._can_hold(self._owners / f"{name}.lock")]

    def forget(self, owner: str) -> None:
        """Remove what an owner that is gone left behind."""
        (self._owners / f"{owner}.lock").unlink(missing_ok=True)

    def leave(self) -> None:
        """Let go of everything."""
        if self._held:
            self.forget(self.owner)
        for lock in self._held:
            lock.close()
        self._held.clear()

    @property
    def _owners(self) -> Path:
        return self.folder / _OWNERS

    @contextmanager
    def _gate(self) -> Iterator[None]:
        """Keep who comes and who looks for the gone apart: a lock file that nobody holds yet is no sign of death."""
        with _lock_file(self.folder / "owners.gate") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            yield

    def _can_hold(self, file: Path) -> bool:
        """Hold a lock of somebody else's; one that cannot be opened, perhaps another user's, is left alone."""
        try:
            return self._hold(file)
        except OSError:
            return False

    def _hold(self, file: Path) -> bool:
        lock = _lock_file(file)
        if not _holds(lock):
            lock.close()
            return False
        self._held.append(lock)
        return True


def _holds(lock: IO[bytes]) -> bool:
    """Hold a lock until it is closed; tell whether nobody else does."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_file(file: Path) -> IO[bytes]:
    return os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b")

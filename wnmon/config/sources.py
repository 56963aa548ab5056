"""Files: what to read, each once, with its problems, and a digest of everything read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches
from glob import glob, has_magic
from hashlib import sha256
from os.path import realpath
from pathlib import Path

from wnmon.config.environment import Complaint
from wnmon.config.key_file import KeyFile, key_in
from wnmon.config.load import MAX_BYTES, load
from wnmon.config.node import Cursor, quote
from wnmon.config.problems import BrokenConfigError, Problem
from wnmon.config.schema import keys_of_part
from wnmon.config.shipped import PREFIX, shipped_files, shipped_folder
from wnmon.errors import did_you_mean
from wnmon.model.said import Said

_MAX_FILES = 1000
_YAML = ("*.yaml", "*.yml")
_CONFIG_KEYS = keys_of_part("config")
_SUITE_KEYS = ("suite", "rules", "requests")
_LONGEST_KEY = 32


class Sources:
    """Reads YAML files, each once, and gathers every problem of every file in `problems`.

    A file with none of the `keys` was written for somebody else; `kinds` says which keys are looked for.
    """

    def __init__(
        self,
        shipped: Path | None = None,
        key_in: KeyFile = key_in,
        keys: Collection[str] = (*_CONFIG_KEYS, *_SUITE_KEYS),
        kinds: Said = Said("files_of_wnmon"),  # noqa: B008 - frozen
    ) -> None:
        self.problems: list[Problem] = []
        self._shipped_folder = shipped
        self._key_in = key_in
        self._keys = keys
        self._kinds = kinds
        self.built_in = shipped_files(shipped or shipped_folder())
        self._roots: dict[Path, tuple[Path, Cursor | None]] = {}
        self._digest = sha256()
        self._watched: list[Path] = []

    @property
    def files(self) -> tuple[Path, ...]:
        """Return every file asked for so far, readable or not, every folder searched for more, all else watched.

        Each as it was named: a watcher must follow its links.
        """
        return (*(path for path, _ in self._roots.values()), *self._watched)

    @property
    def sha(self) -> str:
        """Return the SHA-256 over the contents of all files read so far, as hexadecimal digits."""
        return self._digest.hexdigest()

    def apart(self) -> Sources:
        """Return sources with the same built-in files and nothing read: what is looked up there is no part of these."""
        return Sources(self._shipped_folder)

    def refuse_broken(self) -> None:
        """Raise BrokenConfigError where any file has a problem."""
        if self.problems:
            raise BrokenConfigError(self.problems, self.files)

    def watch(self, path: Path) -> None:
        """Count what is there among the files: a change of it asks for a reload."""
        self._watched.append(path)

    def key_in(self, path: Path) -> tuple[str, Complaint | None]:
        """Return the key in a file and what is wrong with it. A new key asks for a reload."""
        self.watch(path)
        return self._key_in(path)

    def root(self, path: Path, place: Cursor | None = None) -> Cursor | None:
        """Return the document of a file, None when it cannot be had. `place` is the value that named the file."""
        identity = identity_of(path)
        if identity not in self._roots:
            self._roots[identity] = (path, self._read(path, place))
        return self._roots[identity][1]

    def find(self, name: str, base: Path, place: Cursor | None = None) -> Path | None:
        """Return the file that `builtin:NAME` or a path relative to `base` stands for, None for an unknown built-in."""
        if not name.startswith(PREFIX):
            return base / name.replace("\0", "�")  # a NUL is in no name; so "no such file" is all there is to say
        short = name.removeprefix(PREFIX)
        if short not in self.built_in:
            missing = Said("no_built_in_file", name=quote(short))
            self._complain(place, name, missing, did_you_mean(short, self.built_in))
            return None
        return self.built_in[short]

    def expand(self, place: Cursor) -> Iterator[Path]:
        """Yield the files one element of `include` stands for: itself, those of a folder, those a glob finds."""
        name = place.text
        path = self.find(name, place.folder, place)
        if path is None:
            return
        folder = path if is_folder(path) else None
        if folder is None and not has_magic(name):
            yield path
            return
        # Of a glob, the deepest folder it names in full: what appears below further wildcards is not looked for.
        self.watch(folder or next(above for above in path.parents if not has_magic(str(above))))
        found = sorted(_globbed(_YAML, folder) if folder else _globbed((name,), place.folder))
        if not found:
            place.report(Said("no_yaml_file", name=quote(name)), Said("yaml_endings"))
        if len(found) > _MAX_FILES:
            place.report(Said("too_many_files", n=len(found), name=quote(name), most=_MAX_FILES))
            return
        yield from found

    def _read(self, path: Path, place: Cursor | None) -> Cursor | None:
        data = self._bytes(path, place)
        if data is None:
            return None
        self._digest.update(len(data).to_bytes(8, "big") + data)
        found: list[Problem] = []
        node = load(data, str(path), found)
        root = None if node is None else Cursor(node, str(path), (), self.problems)
        if root is not None and is_foreign(root, self._keys):
            self._complain(place, str(path), Said("foreign_file"), self._kinds)
            return None
        # Nobody knows whose a file is that cannot be read to its end: only what ended it is said, which quotes nothing.
        self.problems += found if root is not None else found[-1:]
        return root

    def _bytes(self, path: Path, place: Cursor | None) -> bytes | None:
        try:
            if path.exists() and not path.is_file():
                self._complain(place, str(path), Said("no_regular_file"))
                return None
            with path.open("rb") as file:
                return file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            self._complain(place, str(path), Said("no_file"), self._hint(path))
        except OSError as error:
            self._complain(place, str(path), Said("cannot_be_read", text=str(error.strerror or error).lower()))
        return None

    def _hint(self, path: Path) -> Said | None:
        if path.stem in self.built_in:
            return Said("did_you_mean", text=f"{PREFIX}{path.stem}")
        return Said("init_writes_one") if path.name == "wnmon.yaml" else None

    def _complain(self, place: Cursor | None, file: str, message: Said, hint: Said | None = None) -> None:
        if place is None:
            self.problems.append(Problem(file=file, line=1, column=1, path="", message=message, hint=hint))
        else:
            place.report(message if file == place.node.value else Said("reason", kind=message, said=file), hint)


def _globbed(patterns: Iterable[str], base: Path) -> Iterable[Path]:
    """Yield the files found; a folder that cannot be read holds none."""
    found = (one for pattern in patterns for one in glob(pattern, root_dir=base, recursive=True))  # noqa: PTH207 - Path.glob refuses an absolute pattern
    return (base / one for one in found if (base / one).is_file())


def identity_of(path: Path) -> Path:
    """Return what tells a file from others, its links followed; as far as they lead where they go in a circle."""
    return Path(realpath(path))  # Path.resolve refuses a circle up to Python 3.12


def is_folder(path: Path) -> bool:
    """Tell whether a path is a folder; one the system refuses to look at is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def is_foreign(root: Cursor, known: Collection[str]) -> bool:
    """Tell whether a document was not written for wnmon, such as /etc/passwd: then no message may quote it."""
    value = root.node.value
    if isinstance(value, list):
        return False
    return not isinstance(value, dict) or not any(
        get_close_matches(key[:_LONGEST_KEY], known, n=1, cutoff=0.8) for key in value or known
    )


def is_suite(root: Cursor) -> bool:
    """Tell by its keys whether a document is a suite rather than a configuration."""
    return sum(map(root.has, _SUITE_KEYS)) > sum(map(root.has, _CONFIG_KEYS))


def is_config(root: Cursor) -> bool:
    """Tell by its keys whether a document is a configuration rather than a suite."""
    return sum(map(root.has, _CONFIG_KEYS)) > sum(map(root.has, _SUITE_KEYS))

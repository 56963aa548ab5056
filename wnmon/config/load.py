"""YAML text -> nodes with places. Scalars follow the YAML 1.2 core schema (spec 1.2.2, section 10.3).

PyYAML itself reads YAML 1.1, where `lint: off` is false, the key `on` is true, `1:30` is ninety, a date is an object.
So only its event parser is used (libyaml's where present) and the scalars are resolved here. Mapping keys are always
text. Every way a small file can become large or endless has a cap.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import isfinite
from typing import Any

import yaml

from wnmon.config.node import Mark, Node, Scalar, Value, quote
from wnmon.config.problems import Problem
from wnmon.model.said import Said

MAX_BYTES = 10 * 1024 * 1024
MAX_NODES = 1_000_000
MAX_DEPTH = 64
_MAX_NUMBER_CHARS = 64

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# YAML 1.2.2 section 5.1: everything else must not appear in a stream.
_UNPRINTABLE = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", re.ASCII)
_WORDS: dict[str, Scalar] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# PyYAML's own scanner quotes words of the text, unlike libyaml's. Signs and names of its tokens (`<scalar>`) may stay.
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_NUMBER_STARTS = frozenset("-+.0123456789")
_TEXT_TAGS = frozenset({"!", "tag:yaml.org,2002:str"})
_PLAIN_TAGS = {yaml.MappingStartEvent: "tag:yaml.org,2002:map", yaml.SequenceStartEvent: "tag:yaml.org,2002:seq"}


def load(data: bytes, file: str, problems: list[Problem], loader: Any = LOADER) -> Node | None:
    """Return the one document of `data`, None (and at least one problem) when there is none to be had.

    Never raises for what the bytes hold. Problems that leave a usable tree (a duplicate key) are noted and the tree
    is returned.
    """
    try:
        return _Builder(file, problems).build(_decode(data), loader)
    except _UnreadableError as fault:
        line, column = fault.at
        problems.append(Problem(file=file, line=line, column=column, path="", message=fault.message, hint=fault.hint))
    return None


class _UnreadableError(Exception):
    """The file cannot be read any further."""

    def __init__(self, at: Mark, message: Said, hint: Said | None = None) -> None:
        super().__init__(message)
        self.at = at
        self.message = message
        self.hint = hint


def _decode(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise _UnreadableError((1, 1), Said("file_too_large", n=MAX_BYTES // 1024 // 1024))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = _place(data[: error.start].decode("utf-8", "replace"))
        raise _UnreadableError(at, Said("no_utf8"), Said("save_utf8")) from None
    odd = _UNPRINTABLE.search(text)
    if odd is not None:
        raise _UnreadableError(_place(text[: odd.start()]), Said("odd_character", code=f"U+{ord(odd[0]):04X}"))
    return text


def _place(before: str) -> Mark:
    lines = before.split("\n")
    return len(lines), len(lines[-1]) + 1


class _Open:
    """A list or mapping being filled; `seen` is how many values stood before it.

    Of `members` and `elements` one is what is filled, the other None.
    """

    __slots__ = ("anchor", "elements", "key", "key_at", "members", "node", "seen")

    def __init__(self, node: Node, anchor: str | None, seen: int) -> None:
        self.node = node
        self.members = node.value if isinstance(node.value, dict) else None
        self.elements = node.value if isinstance(node.value, list) else None
        self.anchor = anchor
        self.seen = seen
        self.key: str | None = None
        self.key_at: Mark | None = None

    @property
    def awaits_key(self) -> bool:
        """Tell whether what comes next is the key of a member."""
        return self.key is None and self.members is not None


class _Builder:
    """Folds events into nodes without recursion, so that nesting is limited by MAX_DEPTH and nothing else."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self._file = file
        self._problems = problems
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int] | None] = {}
        self._root: Node | None = None
        self._seen = 0  # values so far, aliases written out
        self._take: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._start,
            yaml.SequenceStartEvent: self._start,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }

    def build(self, text: str, loader: Any) -> Node:
        """Return the root of the only document in `text`."""
        take, reader = self._take, loader(text)
        try:
            # As yaml.parse does, which asks twice for each event.
            while type(event := reader.get_event()) is not yaml.StreamEndEvent:
                step = take.get(type(event))
                if step is not None:
                    step(event)
        except yaml.MarkedYAMLError as error:
            raise _syntax(error) from None
        finally:
            reader.dispose()
        if self._root is None:
            raise _UnreadableError((1, 1), Said("empty_file"))
        return self._root

    def _document(self, event: Any) -> None:
        if self._root is not None:
            raise _UnreadableError(_mark(event), Said("second_document"), Said("remove_dashes"))

    def _scalar(self, event: Any) -> None:
        frame = self._open[-1] if self._open else None
        start = event.start_mark
        line, column = start.line + 1, start.column + 1
        if frame is not None and frame.key is None and frame.members is not None:
            self._key(event.value, (line, column), frame)
            return
        tag = event.tag
        if tag is None:
            value = self._resolve(event) if event.implicit[0] else event.value
        elif tag in _TEXT_TAGS:
            value = event.value
        else:
            raise _odd_tag(event)
        node = Node(value, line, column, frame.key_at if frame else None)
        if event.anchor is not None:
            self._anchors[event.anchor] = (node, 1)
        self._count(1, event)
        self._add(node)

    def _resolve(self, event: Any) -> Scalar:
        text: str = event.value
        if text in _WORDS:
            return _WORDS[text]
        if text[0] not in _NUMBER_STARTS:
            return text
        if _NOT_FINITE.fullmatch(text):
            raise _UnreadableError(_mark(event), Said("not_finite", text=text), Said("quote_to_mean_text"))
        is_integer = _INTEGER.fullmatch(text)
        if not is_integer and not _NUMBER.fullmatch(text):
            return text
        if len(text) <= _MAX_NUMBER_CHARS:
            number = float(text) if not is_integer else int(text, 0 if text[:2] in {"0x", "0o"} else 10)
            if isfinite(number):
                return number
        raise _UnreadableError(_mark(event), Said("not_sensible"), Said("quote_to_mean_text"))

    def _key(self, key: str, at: Mark, frame: _Open) -> None:
        if key == "<<":
            raise _UnreadableError(at, Said("merge_key"), Said("write_members"))
        first = frame.members.get(key) if frame.members is not None else None
        if first is not None and first.key is not None:
            said, hint = Said("duplicate_key", name=quote(key), line=first.key[0]), Said("keep_one")
            self._problems.append(Problem(file=self._file, line=at[0], column=at[1], path="", message=said, hint=hint))
        frame.key, frame.key_at = key, at

    def _start(self, event: Any) -> None:
        frame = self._open[-1] if self._open else None
        if frame is not None and frame.awaits_key:
            raise _UnreadableError(_mark(event), Said("key_no_text"), Said("quote_braces"))
        if event.tag not in (None, "!", _PLAIN_TAGS[type(event)]):
            raise _odd_tag(event)
        if len(self._open) >= MAX_DEPTH:
            raise _UnreadableError(_mark(event), Said("nested_too_deep", n=MAX_DEPTH))
        value: Value = {} if type(event) is yaml.MappingStartEvent else []
        node = Node(value, *_mark(event), frame.key_at if frame else None)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._open.append(_Open(node, event.anchor, self._seen))
        self._count(1, event)

    def _end(self, _event: Any) -> None:
        done = self._open.pop()
        if done.anchor is not None:
            self._anchors[done.anchor] = (done.node, self._seen - done.seen)
        self._add(done.node)

    def _alias(self, event: Any) -> None:
        frame = self._open[-1] if self._open else None
        if event.anchor not in self._anchors:
            raise _UnreadableError(_mark(event), Said("unknown_alias"), Said("no_anchor"))
        anchored = self._anchors[event.anchor]
        if anchored is None:
            raise _UnreadableError(_mark(event), Said("alias_in_anchor"))
        if frame is not None and frame.awaits_key:
            raise _UnreadableError(_mark(event), Said("key_no_alias"))
        node, size = anchored
        self._count(size, event)
        self._add(Node(node.value, node.line, node.column, frame.key_at if frame else None))

    def _count(self, size: int, event: Any) -> None:
        self._seen += size
        if self._seen > MAX_NODES:
            raise _UnreadableError(_mark(event), Said("many_values", n=f"{MAX_NODES:,}"))

    def _add(self, node: Node) -> None:
        if not self._open:
            self._root = node
            return
        frame = self._open[-1]
        if frame.elements is not None:
            frame.elements.append(node)
            return
        assert frame.members is not None
        assert frame.key is not None
        frame.members[frame.key] = node
        frame.key = frame.key_at = None


def _mark(event: Any) -> Mark:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _odd_tag(event: Any) -> _UnreadableError:
    return _UnreadableError(_mark(event), Said("odd_tag"), Said("leave_it_out"))


def _syntax(error: yaml.MarkedYAMLError) -> _UnreadableError:
    mark = error.problem_mark or error.context_mark
    at = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    what = str(error.problem or error.context).split("\n", 1)[0]
    what = _QUOTED.sub(lambda quoted: quoted[0] if len(quoted[0]) <= 3 or quoted[0][1] == "<" else "…", what)
    hint = Said("tab_or_quotes") if "start any token" in what else None
    return _UnreadableError(at, Said("not_yaml", text=what), hint)

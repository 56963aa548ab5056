"""Where 8 bytes of a secret show in an output: in any case, as they are or in what they travel in."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

import re2

WINDOW = 8
_LAYOUT = re.compile("[\\s\u2500-\u257f|]|\x1b\\[[0-9;]*m")


class LeakDetector:
    """Knows some secrets by name; made by other means than the product's own redaction."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        named = ((name, case) for name, value in secrets.items() for case in (value, value.lower(), value.upper()))
        self._secret_of = {needle.lower().encode(): name for name, value in named for needle in _needles(value)}
        # Thousands of needles in megabytes of reports: an automaton finds them in one pass.
        options = re2.Options()
        options.max_mem = 2**28
        self._any_of_them = re2.compile(b"|".join(map(re2.escape, self._secret_of)), options)

    def leaks(self, name: str, text: str) -> list[str]:
        """Return one line per secret of which a window shows; also where a layout broke it over lines."""
        found = {secret: hit for form in {text, _LAYOUT.sub("", text)} for hit, secret in self._hits(form)}
        return [f"{name} shows {secret}: {hit}" for secret, hit in sorted(found.items())]

    def all_leaks(self, outputs: Iterable[tuple[str, str]]) -> list[str]:
        """Return the leaks of many outputs."""
        return [leak for name, text in outputs for leak in self.leaks(name, text)]

    def _hits(self, text: str) -> Iterator[tuple[str, str]]:
        for match in self._any_of_them.finditer(text.encode("utf-8", "surrogatepass").lower()):
            needle: bytes = match.group()
            yield needle.decode(), self._secret_of[needle]


def _needles(value: str) -> Iterator[str]:
    """Yield every window of 8 bytes in every coat."""
    data = value.encode()
    for at in range(len(data) - WINDOW + 1):
        piece = data[at : at + WINDOW]
        text = piece.decode()
        yield from (
            text,
            json.dumps(text)[1:-1],
            html.escape(text),
            quote(text, safe=""),
            quote(text),
            repr(text)[1:-1],
        )
        yield from (piece.hex(), piece.hex().upper())
        yield from _in_base64(piece)


def _in_base64(piece: bytes) -> Iterator[str]:
    """Yield the characters the piece alone determines, wherever it stands in what is encoded."""
    for lead in range(3):
        encoded = base64.b64encode(bytes(lead) + piece)
        sure = encoded[-(-8 * lead // 6) : 8 * (lead + len(piece)) // 6].decode()
        yield from (sure, sure.translate(str.maketrans("+/", "-_")))

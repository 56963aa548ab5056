"""The first configuration: one template, `starter.yaml`, its comments in both languages and its values holes.

A line of comment begins with `#en` or `#zh`; a hole is the name of a field of `First` between `<` and `>`.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wnmon.config.environment import STAND_IN
from wnmon.config.resolve import Config, resolve_config
from wnmon.config.sources import Sources
from wnmon.model.json import Json
from wnmon.model.language import LANGUAGES

_COMMENT = re.compile(rf"^( *)#({'|'.join(LANGUAGES)}) (.*\n)", re.MULTILINE)
_HOLE = re.compile(r"<([a-z_]+)>")
# With a dash in it a text is neither a number nor a word that YAML takes for a value.
_PLAIN = re.compile(
    r"[A-Za-z][A-Za-z0-9_.]*-[A-Za-z0-9_.-]*|https?://[A-Za-z0-9_./-]+(?::[0-9]+)?(?:/[A-Za-z0-9_./-]*)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """What the first configuration says. Without `key_variable` and `key_file` the relay asks for no key.

    `key_file` is as the configuration has it: absolute, or relative to its folder.
    """

    base_url: str = "https://relay.example/v1"
    key_variable: str | None = "WN_API_KEY"
    key_file: str | None = None
    models: tuple[str, ...] = ("claude-3-5-sonnet-20241022",)
    tokens_per_day: int = 200_000
    every: str = "15m"


def starter(lang: str = "en", first: First | None = None) -> str:
    """Return the commented first configuration, its comments in `lang`."""
    first = first or First()
    values = {
        "base_url": _plain(first.base_url),
        "api_key": _api_key(first),
        "models": f"[{', '.join(map(_plain, first.models))}]",
        "tokens_per_day": str(first.tokens_per_day),
        "every": first.every,
    }
    text = Path(__file__).with_suffix(".yaml").read_text("utf-8")
    if first.key_variable is None and first.key_file is None:
        text = re.sub(r"^(?: +#.*\n)+ +api_key: .*\n", "", text, count=1, flags=re.MULTILINE)
    text = _COMMENT.sub(lambda line: f"{line[1]}# {line[3]}" if line[2] == lang else "", text)
    return _HOLE.sub(lambda hole: values[hole[1]], text)


def _api_key(first: First) -> str:
    return f"${{{first.key_variable}}}" if first.key_file is None else f"{{file: {as_yaml(first.key_file)}}}"


def _plain(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else as_yaml(text)


def as_yaml(value: Json) -> str:
    """Return a value as JSON on one line, which YAML 1.2 takes; what is not printable as an escape."""
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else "".join(char if char.isprintable() else _escape(char) for char in text)


def _escape(char: str) -> str:
    return f"\\u{ord(char):04X}" if ord(char) < 0x10000 else f"\\U{ord(char):08X}"


def as_written(text: str, env: Mapping[str, str]) -> Config:
    """Return what a configuration that no file holds yet says; nothing is left behind. Raises BrokenConfigError.

    Something else stands in for a key in a file.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "wnmon.yaml"
        path.write_text(text, encoding="utf-8")
        return resolve_config(path, env, Sources(key_in=lambda _: (STAND_IN, None)))

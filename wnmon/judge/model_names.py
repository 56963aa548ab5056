"""Whether two names of models stand for one model. What of a name is no part of the model:

    what                         as in                                            and then
    ---------------------------  -----------------------------------------------  --------------------------------------
    who offers it                openai/gpt-4o, models/gemini-1.5-pro,            one has none, or ends as the other;
                                 us.anthropic.claude-3-haiku-20240307-v1:0        a cloud such as azure/ is none
    how it is routed             :free, :nitro, :floor, :beta, :exacto            ignored
    that it floats               -latest, :latest, @default, claude-sonnet-4-0    ignored
    a snapshot: a date, or 0NN   -2024-08-06, -20240806, @20241022, -0613,        any is one of the asked name; two are
                                 -2407, -08-2024, -002                            one where their digits are
    how it is spelt              GPT-4o, claude-3.5-sonnet, gpt-35-turbo          case, dots and Azure's 35 do not count

Anything else, such as -mini, -turbo, -32k, -instruct, :70b or :thinking, makes another model. That an undated name is
the dated one that was asked for, or a preview the model itself, cannot be told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

MAX_NAME_CHARS = 256
"""A longer name is only compared: it is the relay's, and taking it apart takes the square of its length."""

_DAY = r"(?:0[1-9]|[12]\d|3[01])"
_MONTH = r"(?:0[1-9]|1[0-2])"
_SNAPSHOT = re.compile(
    rf"[-_@:](20\d\d-?{_MONTH}-?{_DAY}|20\d\d-{_MONTH}|{_MONTH}-20\d\d|2\d{_MONTH}{_DAY}|{_MONTH}-?{_DAY}|2\d{_MONTH}|0\d\d)$",
    re.ASCII,
)
_FLOATS = re.compile(r"[-_@:](?:latest|default)$|(?<=\d)[-.]0$")
_PREVIEW = "-preview"
_ROUTED = re.compile(r":(?:free|nitro|floor|beta|exacto)$")
_BEDROCK = re.compile(r"-v\d+:\d+$", re.ASCII)
_BEDROCK_OWNER = re.compile(
    r"^(?:(?:us|eu|apac|global)\.)?(?:ai21|amazon|anthropic|cohere|deepseek|meta|mistral|openai|qwen)\.(?=\D)"
)
# Parts of a path, and clouds that offer the models of others.
_NO_OWNERS = frozenset({"", "models", "publishers", "accounts", "deployments"}) | {
    *("azure", "azure_ai", "bedrock", "vertex_ai", "openrouter", "litellm_proxy")
}
_DOT = re.compile(r"(?<=\d)\.(?=\d)")
_AZURE = re.compile(r"^gpt-35(?=-)")
_FEWEST_DIGITS = 4
"""A day of a month; fewer digits are a number, of which no part is the same."""


class Kinship(Enum):
    """What two names of models are to each other. MAYBE: they may stand for one model, and nobody can tell."""

    SAME = auto()
    MAYBE = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelName:
    """A name taken apart. `digits` are those of its snapshot, "" without one."""

    owners: tuple[str, ...]
    stem: str
    digits: str
    is_preview: bool


def kinship(asked: str, answered: str) -> Kinship:
    """Tell what the name of an answer is to the name that was asked for."""
    if len(answered) > MAX_NAME_CHARS:
        return Kinship.SAME if asked == answered else Kinship.OTHER
    wanted, seen = _parse(asked), _parse(answered)
    if not _are_one_offer(wanted.owners, seen.owners):
        return Kinship.OTHER
    if wanted.is_preview or seen.is_preview:
        return _of_previews(wanted, seen)
    return _of_snapshots(wanted, seen) if wanted.stem == seen.stem else Kinship.OTHER


def _of_previews(wanted: ModelName, seen: ModelName) -> Kinship:
    """A preview may be the model by now, or float to one of a shorter name: gpt-4-turbo-preview, gpt-4-0125-preview."""
    if wanted.is_preview and seen.is_preview and wanted.stem == seen.stem:
        return _of_snapshots(wanted, seen)
    is_shorter = wanted.is_preview and seen.is_preview and wanted.stem.startswith(f"{seen.stem}-")
    return Kinship.MAYBE if not wanted.digits and (is_shorter or wanted.stem == seen.stem) else Kinship.OTHER


def _of_snapshots(wanted: ModelName, seen: ModelName) -> Kinship:
    if not wanted.digits or wanted.digits == seen.digits:
        return Kinship.SAME
    if not seen.digits:
        return Kinship.MAYBE
    short, long = sorted((wanted.digits, seen.digits), key=len)
    return Kinship.SAME if len(short) >= _FEWEST_DIGITS and long.endswith(short) else Kinship.OTHER


def _are_one_offer(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    short, long = sorted((one, other), key=len)
    return long[len(long) - len(short) :] == short


def _parse(name: str) -> ModelName:
    *path, last = name.strip().casefold().split("/")
    owners = [part for part in path if part not in _NO_OWNERS]
    if owner := _BEDROCK_OWNER.match(last):
        owners.append(owner[0].removesuffix(".").rpartition(".")[2])
        last = last[owner.end() :]
    stem, digits, is_preview = _without_endings(_BEDROCK.sub("", _ROUTED.sub("", last)))
    return ModelName(
        owners=tuple(owners), stem=_AZURE.sub("gpt-3-5", _DOT.sub("-", stem)), digits=digits, is_preview=is_preview
    )


def _without_endings(name: str) -> tuple[str, str, bool]:
    """Return a name without its endings, whatever their order; then its snapshot, and whether it is a preview."""
    digits, is_preview = "", False
    while True:
        if name.endswith(_PREVIEW):
            name, is_preview = name.removesuffix(_PREVIEW), True
        elif not digits and (snapshot := _SNAPSHOT.search(name)) is not None:
            name, digits = name[: snapshot.start()], snapshot[1].replace("-", "")
        elif (floats := _FLOATS.search(name)) is not None:
            name = name[: floats.start()]
        else:
            return name, digits, is_preview

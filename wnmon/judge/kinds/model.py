"""`model: same` or `model: [gpt-4o-*]`: the name the relay answers with.

`same` accepts the asked name, a numbered or dated snapshot of it (`gpt-4o` -> `gpt-4o-2024-08-06`, `-20241022`,
`-002`), and the aliases the target declares: three of four relays answer with such a snapshot, which is no swap. A name
that floats (`claude-3-5-sonnet-latest`, `llama3:latest`, `claude-sonnet-4-0`) is answered by what it stands for today.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from wnmon.judge.kind import Kind, On
from wnmon.judge.schema import seen
from wnmon.judge.subject import Subject, Unfit, complaint
from wnmon.model.json import ABSENT, Json, at, kind_of
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said, either, fitted

Accepted = tuple[str, ...] | None

_DATED = r"-(?:\d{4}-\d{2}-\d{2}|\d{2}-\d{2}|\d{8}|\d{4}|\d{3})"
_SNAPSHOT = re.compile(_DATED, re.ASCII)
_FLOATS = re.compile(r"(?:-latest|:latest|-0)$")
"""A preview is a model of its own, so it is none of these."""
_PREVIEW = re.compile(rf"-preview(?:{_DATED})?$", re.ASCII)
_ENDING = re.compile(rf"(?:-latest|:latest|-0|-preview|{_DATED})+$", re.ASCII)


def prepare(value: Json) -> Accepted:
    """Return accepted globs; None stands for `same`."""
    if value == "same":
        return None
    wanted = value if isinstance(value, list) else [value]
    texts = tuple(item for item in wanted if isinstance(item, str))
    if not texts or len(texts) != len(wanted):
        raise Unfit("", Said("same_or_models"), kind_of(value))
    return texts


def doubt(expected: Accepted, subject: Subject) -> Said | None:
    """Return why another name may be no other model: two previews of one family, or a preview of the asked model."""
    answered = subject.reply.model
    if expected is not None or answered is None or not any(assess(expected, subject)):
        return None
    return Said("names_float") if _may_be_same(subject.model, answered) else None


def assess(expected: Accepted, subject: Subject) -> Iterator[Finding]:
    """Complain when another model answered than was asked for."""
    answered, document = subject.reply.model, subject.reply.document
    accepted = expected if expected is not None else (subject.model, *subject.aliases.get(subject.model, ()))
    if answered is None or not any(_matches(answered, name, subject.model) for name in accepted):
        value = at(document.value, "/model") if document and not document.problem else ABSENT
        actual = fitted(seen(value) if answered is None else answered, 80)
        yield complaint(subject, Said("another_model"), either(accepted), actual, "/model", Reason.MODEL)


def _matches(answered: str, name: str, asked: str) -> bool:
    if answered == name or fnmatchcase(answered, name):
        return True
    return name == asked and any(_stands_for(answered, one) for one in (asked, _settled(asked)))


def _stands_for(answered: str, name: str) -> bool:
    """Tell whether an answer names a model itself, what it floats to, or a snapshot of it."""
    return _settled(answered) == name or (
        answered.startswith(name) and _SNAPSHOT.fullmatch(answered[len(name) :]) is not None
    )


def _settled(name: str) -> str:
    """Return a name without the ending that lets it float."""
    return _FLOATS.sub("", name)


def _may_be_same(asked: str, answered: str) -> bool:
    """Tell whether only a preview stands between two names, such as o1-preview and o1.

    A preview may float to one of a shorter name: gpt-4-turbo-preview is gpt-4-0125-preview.
    """
    wanted, seen = _ENDING.sub("", asked), _ENDING.sub("", answered)
    previews = [_PREVIEW.search(name) is not None for name in (asked, answered)]
    if not any(previews) or _SNAPSHOT.search(asked[len(wanted) :]) is not None:
        return False
    return wanted == seen or (all(previews) and wanted.startswith(seen + "-"))


KIND = Kind(prepare, assess, doubt, on=On.MEANING)

"""`model: same` or `model: [gpt-4o-*]`: the name the relay answers with.

`same` accepts the asked name, a dated snapshot of it (`gpt-4o` -> `gpt-4o-2024-08-06`, `-20241022`), and the aliases
the target declares: three of four relays answer with such a snapshot, which is no swap.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from wnmon.judge.schema import show
from wnmon.judge.subject import Subject, Unfit
from wnmon.model.json import Json, at, kind_of
from wnmon.model.result import Finding, Reason
from wnmon.model.text import cut

_SNAPSHOT = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|\d{8}|\d{4})", re.ASCII)


def prepare(value: Json) -> tuple[str, ...] | None:
    """Return accepted globs; None stands for `same`."""
    if value == "same":
        return None
    wanted = value if isinstance(value, list) else [value]
    texts = tuple(item for item in wanted if isinstance(item, str))
    if not texts or len(texts) != len(wanted):
        raise Unfit("", f"same, or a list of model names and globs, not {kind_of(value)}")
    return texts


def assess(expected: tuple[str, ...] | None, subject: Subject) -> list[Finding]:
    """Complain when another model answered than was asked for."""
    answered = subject.reply.model
    accepted = expected if expected is not None else (subject.model, *subject.aliases.get(subject.model, ()))
    if answered is not None and any(_matches(answered, name, subject.model) for name in accepted):
        return []
    return [
        Finding(
            message="another model answered than was asked for",
            expected=" or ".join(accepted),
            actual=cut(answered, 80) if answered is not None else _shown(subject),
            place="/model",
            step=subject.step,
            reason=Reason.MODEL,
        )
    ]


def _shown(subject: Subject) -> str:
    document = subject.reply.document
    return cut(show(at(document.value, "/model")), 80) if document and not document.problem else "absent"


def _matches(answered: str, name: str, asked: str) -> bool:
    if answered == name or fnmatchcase(answered, name):
        return True
    return name == asked and answered.startswith(asked) and _SNAPSHOT.fullmatch(answered[len(asked) :]) is not None

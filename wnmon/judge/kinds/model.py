"""`model: same` or `model: [gpt-4o-*]`: the name the relay answers with.

`same` accepts the asked name and the aliases the target declares, and whatever is the same by `model_names`: three of
four relays answer with a snapshot, which is no swap. In a plain check another name is degraded: somebody answered. A
list is what must hold, so that a name it does not hold is a failure; a name like `sam` is only taken in a list.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches
from fnmatch import fnmatchcase

from wnmon.judge.kind import Kind, On
from wnmon.judge.model_names import Kinship, kinship
from wnmon.judge.schema import seen
from wnmon.judge.subject import Subject, Unfit, complaint
from wnmon.model.json import ABSENT, Json, at, kind_of
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said, either, fitted

Accepted = tuple[str, ...] | None

_SAME = "same"
_NEAR = 0.75
"""How near to `same` a word is no model but a slip: one letter of it left out, changed or moved."""


def prepare(value: Json) -> Accepted:
    """Return accepted globs; None stands for `same`."""
    if value == _SAME:
        return None
    if isinstance(value, str) and get_close_matches(value.lower(), (_SAME,), cutoff=_NEAR):
        raise Unfit("", Said("same_or_models"), repr(value), hint=Said("did_you_mean", text=_SAME))
    wanted = value if isinstance(value, list) else [value]
    texts = tuple(item for item in wanted if isinstance(item, str))
    if not texts or len(texts) != len(wanted):
        raise Unfit("", Said("same_or_models"), kind_of(value))
    return texts


def doubt(expected: Accepted, subject: Subject) -> Said | None:
    """Return why another name may be no other model, such as an undated one where a dated one was asked for."""
    answered = subject.reply.model
    if expected is not None or answered is None:
        return None
    return Said("names_float") if _best(answered, _names(subject), subject) is Kinship.MAYBE else None


def assess(expected: Accepted, subject: Subject) -> Iterator[Finding]:
    """Complain when another model answered than was asked for."""
    answered, document = subject.reply.model, subject.reply.document
    accepted = _names(subject) if expected is None else expected
    found = Kinship.OTHER if answered is None else _best(answered, accepted, subject)
    if found is Kinship.SAME or (found is Kinship.MAYBE and expected is None):
        return
    value = at(document.value, "/model") if document and not document.problem else ABSENT
    actual = fitted(seen(value) if answered is None else answered, 80)
    another = complaint(subject, Said("another_model"), either(accepted), actual, "/model", Reason.MODEL)
    yield replace(another, degraded=expected is None)


def _names(subject: Subject) -> tuple[str, ...]:
    """Return the asked name and the aliases of it."""
    return (subject.model, *subject.aliases.get(subject.model, ()))


def _best(answered: str, accepted: tuple[str, ...], subject: Subject) -> Kinship:
    """Return the closest that a name is to accepted ones. One that is no name of the asked model is a glob alone."""
    if any(answered == name or fnmatchcase(answered, name) for name in accepted):
        return Kinship.SAME
    names = set(accepted).intersection(_names(subject))
    return min((kinship(name, answered) for name in names), key=list(Kinship).index, default=Kinship.OTHER)


KIND = Kind(prepare, assess, doubt, on=On.MEANING)

"""The form of a body: the members of a JSON object, whatever their values."""

from __future__ import annotations

from wnmon.judge.subject import Subject, form_seen
from wnmon.model.said import Text, fitted


def members_of(subject: Subject) -> str | None:
    """Return the sorted names of the members of an answer, None where it is no JSON object."""
    document = subject.reply.document
    return " ".join(sorted(document.value)) if document and isinstance(document.value, dict) else None


def form_of(subject: Subject) -> Text:
    """Return the form of an answer as findings show it, or why it is not whole."""
    failure = subject.exchange.failure
    return fitted(failure.detail if failure is not None else members_of(subject) or form_seen(subject))

"""`mode: consistent`: a success is one JSON text or one event stream, and its media type says which."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from wnmon.judge.kind import Kind
from wnmon.judge.subject import Subject, complaint, form_seen
from wnmon.judge.values import only
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said
from wnmon.wire.reply import Form

prepare = partial(only, "consistent")


def assess(_: None, subject: Subject) -> Iterator[Finding]:
    """Complain about a 2xx whose body is something else than its Content-Type declares."""
    media, place = subject.reply.media_type, "header:content-type"
    if 200 <= (subject.exchange.status or 0) < 300 and not _agree(subject.reply.form, media or ""):
        message, wanted = Said("body_belies_media_type"), Said("json_or_events")
        actual = Said("form_as_media", code=form_seen(subject), said=media or Said("no_media_type"))
        yield complaint(subject, message, wanted, actual, place, Reason.CONTENT_TYPE)


def _agree(form: Form, media: str) -> bool:
    if form is Form.STREAM:
        return media == "text/event-stream"
    return form is Form.JSON and (media == "application/json" or media.endswith("+json"))


KIND = Kind(prepare, assess)

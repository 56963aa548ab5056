"""One test message to one channel, by the same way as any other."""

from __future__ import annotations

from dataclasses import dataclass

from wnmon import __version__
from wnmon.clock import SystemClock
from wnmon.model.channel import Channel
from wnmon.model.said import Text
from wnmon.notify.news import Kind, Notice
from wnmon.notify.notifier import delivery_of, redacted
from wnmon.notify.sending import send
from wnmon.notify.services import Result
from wnmon.redact.redactor import Redactor
from wnmon.transport.carrying import Carrying

MAIL_S = 60.0
"""How long a mail may take that somebody waits for at a terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """Whether a channel has the test message, and what is to be said of it. `answer`: the service's words, redacted."""

    is_delivered: bool
    why: Text = ""
    answer: str = ""


async def tried(channel: Channel, lang: str, known: Redactor) -> Tried:
    """Send a test message once, and return what became of it. `known` knows all secrets of the configuration."""
    carrier, now_s = Carrying(mail_s=MAIL_S), SystemClock().wall_s()
    delivery = delivery_of(Notice(kind=Kind.TEST), channel, now_s, version=__version__, lang=lang)
    try:
        answer = await send(carrier, channel, delivery, now_s)
    finally:
        await carrier.close()
    said = redacted(answer.answer, channel, known)
    return Tried(is_delivered=answer.result is Result.DELIVERED, why=answer.why, answer=said)

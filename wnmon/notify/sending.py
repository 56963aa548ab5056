"""One try to deliver one message: document to parcel, parcel to service, answer to what became of it."""

from __future__ import annotations

import json

from wnmon.engine.deliveries import Carrier, Delivery
from wnmon.model.channel import Channel
from wnmon.notify.services import SERVICES, Heard, Letter, heard

FIRST_RETRY_S = 15.0
LAST_RETRY_S = 900.0
LONGEST_RETRY_S = 3600.0


async def send(carrier: Carrier, channel: Channel, delivery: Delivery, at_s: float) -> Heard:
    """Return what the channel's service said to a delivery, sent at `at_s` (epoch).

    What was not taken once is sent again without the relay's own words: what a service thinks of a link, or of a word,
    in the text of an error must not keep people from hearing of it.
    """
    document = json.loads(delivery.payload)
    text = document["text"] if not delivery.attempts else document.get("text_without_quotes", document["text"])
    letter = Letter(id=delivery.id, payload=delivery.payload, title=document["title"], text=text, at_s=at_s)
    return heard(channel.service, await carrier.carry(SERVICES[channel.service].ask(channel, letter)))


def retry_s(attempts: int, answer: Heard) -> float:
    """Return in how many seconds a delivery is tried again that has failed so often.

    After 15 s, then twice as long each time up to 15 min, and as long as the service asks for; after a second refusal,
    which stays one until somebody does something, each hour. A message is never given up: it is the only one of
    its channel, and what comes after it waits to be told with it.
    """
    if answer.retry_after_s is not None:
        return min(max(answer.retry_after_s, FIRST_RETRY_S), LONGEST_RETRY_S)
    if answer.result.is_refusal and attempts > 1:
        return LONGEST_RETRY_S
    return min(FIRST_RETRY_S * 2.0 ** min(attempts - 1, 10), LAST_RETRY_S)

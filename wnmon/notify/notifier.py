"""Tells people what runs and turns say of relays: one desk for each channel, each with a task and a memory of its own.

A desk has one message under way at the most. While its service does not take that one, news gathers, and is told in
one message afterwards. What was told is kept with the message, or not at all: nothing is told twice after a restart.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, unquote, urlsplit

from wnmon.engine.deliveries import Carrier, ChannelState, Delivery, Outbox
from wnmon.engine.ports import Clock
from wnmon.engine.run import Run
from wnmon.errors import place_of
from wnmon.model.channel import Channel
from wnmon.model.events import InternalFault, MonitorEvent, NetworkTold, Notified, Turned
from wnmon.model.said import Text
from wnmon.model.target import Probe, ProbeId, Secret
from wnmon.model.text import cut
from wnmon.notify.message import Voice, document
from wnmon.notify.news import Notice, Outage
from wnmon.notify.policy import Memory, decide, quiet_until_s
from wnmon.notify.sending import LONGEST_RETRY_S, retry_s, send
from wnmon.notify.services import Result
from wnmon.notify.situation import Situation
from wnmon.redact.redactor import Redactor

LOOK_EVERY_S = 60.0
"""The longest a desk sleeps: the wall clock may be set, and the machine may sleep."""
AFTER_FAULT_S = 60.0
MIN_PIECE_CHARS = 8
"""A part of a URL as long as this may be what somebody keeps secret."""

MAX_ANSWER_CHARS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What all desks work with. `tell` takes what they have to say; `lang` is for channels that name none.

    `known` returns the redactor of all secrets: a service may quote what another one was sent.
    """

    clock: Clock
    outbox: Outbox
    carrier: Carrier
    tell: Callable[[MonitorEvent], None]
    known: Callable[[], Redactor]
    version: str
    lang: str = "en"


class Desk:
    """One channel: what it was told, what is under way to it, and the task that sees to both.

    `gathers`: there is news that waits for other probes to run.
    """

    def __init__(self, channel: Channel, situation: Situation, means: Means) -> None:
        self.channel = channel
        self.memory = Memory()
        self.gathers = False
        self._situation = situation
        self._means = means
        self._woken = asyncio.Event()
        self._saved = self.memory.revision
        self._under_way: Delivery | None = None
        self._delivered_s: float | None = None
        self._why: Text = ""
        self._held_until_s: float | None = None

    def remember(self, text: str) -> None:
        """Take over what was remembered of the channel."""
        self.memory = Memory.load(text)
        self._saved = self.memory.revision

    def change(self, channel: Channel) -> None:
        """Take over new settings; what waits is tried with them at once."""
        if channel != self.channel and self._under_way is not None:
            self._under_way = replace(self._under_way, next_try_s=0.0)
        self.channel = channel
        self.wake()

    def wake(self) -> None:
        """Have it look at once whether there is anything to tell."""
        self._woken.set()

    def state(self) -> ChannelState:
        """Return how it stands."""
        under_way = self._under_way
        return ChannelState(
            name=self.channel.name,
            service=self.channel.service.value,
            delivered_s=self._delivered_s,
            waiting_since_s=None if under_way is None else under_way.at_s,
            attempts=0 if under_way is None else under_way.attempts,
            why=self._why,
            held_until_s=self._held_until_s,
        )

    async def work(self) -> None:
        """Tell what there is to tell, until cancelled."""
        while True:
            self._woken.clear()
            try:
                wait_s = await self._turn()
            except Exception as error:  # noqa: BLE001 - a bug in one message must not end all of them
                self._means.tell(InternalFault(component="notify", error=place_of(error)))
                wait_s = AFTER_FAULT_S
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._woken.wait()

    async def _turn(self) -> float:
        """Do the next thing there is to do, and return in how many seconds to look again."""
        now_s = self._means.clock.wall_s()
        if self._under_way is not None:
            await self._save()  # what comes and goes meanwhile is told afterwards, over a restart as well
            wait_s = self._rest_s(self._under_way, now_s)
            return await self._try(self._under_way, now_s) if wait_s is None else min(wait_s, LOOK_EVERY_S)
        verdict = decide(self.channel, self.memory, self._situation, now_s)
        self._held_until_s, self.gathers = verdict.held_until_s, verdict.gathers
        self.memory.hold(held=verdict.held)
        if verdict.notice is not None:
            await self._put(verdict.notice, now_s)
            return 0.0
        await self._save()
        return LOOK_EVERY_S if verdict.wait_s is None else min(max(verdict.wait_s, 0.1), LOOK_EVERY_S)

    def _rest_s(self, delivery: Delivery, now_s: float) -> float | None:
        """Return for how long a message is not tried again, None where it is now."""
        self._held_until_s = quiet_until_s(self.channel, now_s)
        if self._held_until_s is not None:
            return self._held_until_s - now_s
        wait_s = delivery.next_try_s - now_s
        return wait_s if 0 < wait_s <= LONGEST_RETRY_S else None  # longer only where the clock was set back

    async def _put(self, notice: Notice, now_s: float) -> None:
        delivery = delivery_of(notice, self.channel, now_s, version=self._means.version, lang=self._means.lang)
        self.memory.note(notice, now_s)
        self._saved = self.memory.revision
        self._under_way = delivery
        await self._means.outbox.put(self.channel.name, self.memory.dump(), delivery)

    async def _save(self) -> None:
        if self.memory.revision != self._saved:
            self._saved = self.memory.revision
            await self._means.outbox.put(self.channel.name, self.memory.dump())

    async def _try(self, delivery: Delivery, now_s: float) -> float:
        channel = self.channel
        answer = await send(self._means.carrier, channel, delivery, now_s)
        now_s, attempts = self._means.clock.wall_s(), delivery.attempts + 1
        said = redacted(answer.answer, self.channel, self._means.known())
        self._means.tell(
            Notified(channel=self.channel.name, result=answer.result.value, at_s=now_s, why=answer.why, answer=said)
        )
        if answer.result is Result.DELIVERED:
            self._under_way, self._why, self._delivered_s = None, "", now_s
            self.memory.hold(held=self.memory.held or attempts > 1)  # what gathered meanwhile is told in one
            await self._means.outbox.delivered(delivery.id, at_s=now_s)
            return 0.0
        # What a reload has changed meanwhile is tried at once.
        next_try_s = now_s + (retry_s(attempts, answer) if channel == self.channel else 0.0)
        self._under_way = replace(delivery, next_try_s=next_try_s, attempts=attempts)
        self._why = answer.why
        await self._means.outbox.tried(delivery.id, attempts=attempts, next_try_s=next_try_s)
        return min(next_try_s - now_s, LOOK_EVERY_S)

    def take_over(self, delivery: Delivery) -> None:
        """Go on with a message that was under way before a restart, at once."""
        if self._under_way is None:
            self._under_way = replace(delivery, next_try_s=0.0)


def delivery_of(notice: Notice, channel: Channel, now_s: float, *, version: str, lang: str) -> Delivery:
    """Return the message that tells a channel this. Its id follows from what it tells and when."""
    voice = Voice(lang=channel.lang or lang, zone=channel.zone)
    given = (channel.name, notice.kind.value, round(now_s, 3), *(one.probe for one in notice.began), *notice.targets)
    id_ = hashlib.sha256(json.dumps(given).encode()).hexdigest()[:32]
    payload = document(notice, voice, id=id_, channel=channel.name, at_s=now_s, version=version)
    return Delivery(id=id_, channel=channel.name, payload=payload, at_s=now_s)


def redacted(text: str, channel: Channel, known: Redactor) -> str:
    """Return what a service said without any secret that is known, and without a longer part of its channel's URL."""
    parts = urlsplit(channel.url.reveal())
    pieces = (*unquote(parts.path).split("/"), *(value for _, value in parse_qsl(parts.query)))
    of_url = (Secret(piece, "url") for piece in pieces if len(piece) >= MIN_PIECE_CHARS)
    return cut(Redactor(of_url).text(known.text(text)), MAX_ANSWER_CHARS) if text else ""


class Notifier:
    """A sink of runs and an observer of turns that tells people."""

    name = "notify"

    def __init__(self, means: Means) -> None:
        self._means = means
        self._situation = Situation()
        self._desks: dict[str, Desk] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def recall(self, channels: Sequence[Channel]) -> Collection[ProbeId]:
        """Take over what an outbox kept, and return the probes that some channel believes to be down."""
        memories = await self._means.outbox.memories()
        for channel in channels:
            desk = self._desk(channel)
            if channel.name in memories:
                desk.remember(memories[channel.name])
        for delivery in await self._means.outbox.waiting():
            if delivery.channel in self._desks:
                self._desks[delivery.channel].take_over(delivery)
        told = (desk.memory.told.items() for desk in self._desks.values())
        return {id_ for items in told for id_, one in items if one.until_s is None}

    async def adopt(self, channels: Sequence[Channel], probes: Sequence[Probe]) -> None:
        """Tell exactly these channels of exactly these probes; what each was told before is kept."""
        self._situation.declare(probes)
        names = {channel.name for channel in channels}
        for name in [name for name in self._desks if name not in names]:
            del self._desks[name]
            await self._end(name)
        for channel in channels:
            desk = self._desk(channel)
            known = self._situation.probes.items()
            watched = {id_: one.target for id_, one in known if channel.watches(one.target, one.check)}
            desk.memory.keep(watched, frozenset(watched.values()))
            desk.change(channel)
            if channel.name not in self._tasks:
                self._tasks[channel.name] = asyncio.create_task(desk.work(), name=f"notify {channel.name}")
        await self._means.outbox.keep(names)

    async def close(self) -> None:
        """End every desk. What is not delivered stays in the outbox."""
        for name in list(self._tasks):
            await self._end(name)
        await self._means.carrier.close()

    def take(self, run: Run) -> None:
        """Note what a run found."""
        self._situation.take(run)
        for desk in self._desks.values():
            if desk.gathers:  # else no run is news by itself
                desk.wake()

    def observe(self, event: MonitorEvent) -> None:
        """Note that a probe went down, or came up again, or is not known any more."""
        match event:
            case Turned(up=False):
                outage = self._situation.begin(event)
                for desk in self._desks.values():
                    desk.memory.began(outage)
            case Turned(up=True):
                self._ended(event, self._situation.end(event.probe))
            case NetworkTold(is_down=False, since_s=since_s):
                for desk in self._desks.values():
                    desk.memory.cut_off(since_s, self._means.clock.wall_s())
            case _ if not self._situation.hear(event, self._means.clock.wall_s()):
                return
        for desk in self._desks.values():
            desk.wake()

    def channels(self) -> Sequence[ChannelState]:
        """Return how each channel stands."""
        return [desk.state() for desk in list(self._desks.values())]

    def _ended(self, turned: Turned, outage: Outage | None) -> None:
        last = self._situation.last.get(turned.probe)
        ttft_s = None if last is None else last.ttft_s
        for desk in self._desks.values():
            desk.memory.ended(turned.probe, outage, desk.channel, until_s=turned.since_s, ttft_s=ttft_s)

    def _desk(self, channel: Channel) -> Desk:
        return self._desks.setdefault(channel.name, Desk(channel, self._situation, self._means))

    async def _end(self, name: str) -> None:
        task = self._tasks.pop(name, None)
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

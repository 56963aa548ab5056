"""The desks: what becomes of a message whose service does not take it, and what a restart remembers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from notify_samples import CHANNEL, NOON_S, probe, run_of, turned

from wnmon.engine.deliveries import Answered, ChannelState, Delivery, Parcel, Post
from wnmon.model.channel import Channel, QuietHours
from wnmon.model.events import (
    InternalFault,
    MonitorEvent,
    NetworkTold,
    Notified,
    StateExpired,
    StoreProblem,
    StoreTold,
)
from wnmon.model.exchange import FailureKind
from wnmon.model.target import Probe, ProbeId, Secret
from wnmon.notify.notifier import Means, Notifier, redacted
from wnmon.notify.outbox import MemoryOutbox
from wnmon.redact.redactor import Redactor

TAKEN = Answered(status=204)
AWAY = Answered(failure=FailureKind.CONNECT)
REFUSED = Answered(status=401)
PROBE = probe()
KNOWN = Redactor([Secret("of-another-channel", "token")])


@dataclass
class FakeClock:
    """The wall stands still until told otherwise."""

    wall: float = NOON_S

    def now_ns(self) -> int:
        return 0

    def boot_ns(self) -> int:
        return 0

    def wall_s(self) -> float:
        return self.wall


@dataclass
class FakeCarrier:
    """Answers as told, the last answer for ever."""

    answers: list[Answered] = field(default_factory=lambda: [TAKEN])
    carried: list[dict[str, Any]] = field(default_factory=list)

    async def carry(self, parcel: Parcel) -> Answered:
        assert isinstance(parcel, Post)
        self.carried.append(json.loads(parcel.body))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def close(self) -> None:
        return

    def kinds(self) -> list[str]:
        return [one["kind"] for one in self.carried]


@dataclass
class Scene:
    """A notifier with all it needs."""

    clock: FakeClock = field(default_factory=FakeClock)
    carrier: FakeCarrier = field(default_factory=FakeCarrier)
    outbox: MemoryOutbox = field(default_factory=MemoryOutbox)
    told: list[MonitorEvent] = field(default_factory=list)
    channels: tuple[Channel, ...] = (CHANNEL,)
    probes: tuple[Probe, ...] = (PROBE,)

    def notifier(self) -> Notifier:
        return Notifier(
            Means(
                clock=self.clock,
                outbox=self.outbox,
                carrier=self.carrier,
                tell=self.told.append,
                known=lambda: KNOWN,
                version="0.1.0",
            )
        )


async def settle() -> None:
    """Let every desk do what it can do now."""
    for _ in range(50):
        await asyncio.sleep(0)


Act = Callable[[Notifier, Scene], Awaitable[None]]


def played(act: Act, scene: Scene) -> Scene:
    """Let a service live for one act."""

    async def live() -> None:
        notifier = scene.notifier()
        await notifier.recall(scene.channels)
        await notifier.adopt(scene.channels, scene.probes)
        await settle()
        try:
            await act(notifier, scene)
            await settle()
        finally:
            await notifier.close()

    asyncio.run(live())
    return scene


async def goes_down(notifier: Notifier, scene: Scene) -> None:
    notifier.take(run_of(PROBE, scene.clock.wall, good=False))
    notifier.observe(turned(PROBE, scene.clock.wall, up=False))
    await settle()


async def comes_up(notifier: Notifier, scene: Scene) -> None:
    notifier.take(run_of(PROBE, scene.clock.wall, good=True))
    notifier.observe(turned(PROBE, scene.clock.wall, up=True))
    await settle()


async def later(notifier: Notifier, scene: Scene, seconds: float) -> None:
    """Let time pass, and have the desks look: in life they do so by themselves, once it is time to."""
    scene.clock.wall += seconds
    notifier.observe(StateExpired(probe=ProbeId("another/alive/m")))
    await settle()


async def down_and_up(notifier: Notifier, scene: Scene) -> None:
    await goes_down(notifier, scene)
    scene.clock.wall += 300
    await comes_up(notifier, scene)


def test_an_outage_and_its_end_are_two_messages() -> None:
    assert played(down_and_up, Scene()).carrier.kinds() == ["down", "up"]


def test_a_delivery_is_told_of() -> None:
    scene = played(goes_down, Scene())
    assert scene.told == [Notified(channel="team", result="delivered", at_s=NOON_S)]


def test_a_message_that_was_not_taken_is_tried_again_as_it_was() -> None:
    async def act(notifier: Notifier, scene: Scene) -> None:
        await goes_down(notifier, scene)
        await later(notifier, scene, 20)

    scene = played(act, Scene(carrier=FakeCarrier([AWAY, TAKEN])))
    assert scene.carrier.carried[0] == scene.carrier.carried[1]


def test_a_message_is_not_tried_again_before_its_time() -> None:
    async def act(notifier: Notifier, scene: Scene) -> None:
        await goes_down(notifier, scene)
        await later(notifier, scene, 14)

    assert len(played(act, Scene(carrier=FakeCarrier([AWAY]))).carrier.carried) == 1


def test_tries_keep_a_growing_distance() -> None:
    tried: list[float] = []

    async def act(notifier: Notifier, scene: Scene) -> None:
        await goes_down(notifier, scene)
        for _ in range(4000):
            before = len(scene.carrier.carried)
            await later(notifier, scene, 1)
            if len(scene.carrier.carried) > before:
                tried.append(scene.clock.wall - NOON_S)

    played(act, Scene(carrier=FakeCarrier([AWAY])))
    assert tried == [15, 45, 105, 225, 465, 945, 1845, 2745, 3645]


def test_a_refusal_is_tried_again_at_once_and_then_each_hour() -> None:
    async def act(notifier: Notifier, scene: Scene) -> None:
        await goes_down(notifier, scene)
        await later(notifier, scene, 15)
        await later(notifier, scene, 3599)
        assert len(scene.carrier.carried) == 2
        await later(notifier, scene, 2)

    assert len(played(act, Scene(carrier=FakeCarrier([REFUSED]))).carrier.carried) == 3


OTHER = probe(target="other")


@pytest.mark.parametrize("what", ["an outage that passed", "a cut of the own network"])
def test_what_comes_and_goes_while_a_message_is_refused_is_told_after_a_restart(what: str) -> None:
    async def refused(notifier: Notifier, scene: Scene) -> None:
        await goes_down(notifier, scene)
        if what == "a cut of the own network":
            notifier.observe(NetworkTold(is_down=False, since_s=NOON_S))
        else:
            for up in (False, True):
                notifier.take(run_of(OTHER, NOON_S, good=up))
                notifier.observe(turned(OTHER, NOON_S + up, up=up))
        await settle()

    async def taken(notifier: Notifier, scene: Scene) -> None:
        for _ in range(400):
            await later(notifier, scene, 1)

    before = played(refused, Scene(carrier=FakeCarrier([REFUSED]), probes=(PROBE, OTHER)))
    after = played(taken, Scene(outbox=before.outbox, probes=(PROBE, OTHER)))

    told = {"network"} if what == "a cut of the own network" else {"up", "digest"}
    assert told & set(after.carrier.kinds())


def test_of_a_target_that_a_channel_wants_no_more_nothing_is_told() -> None:
    async def act(notifier: Notifier, scene: Scene) -> None:
        await goes_down(notifier, scene)
        await notifier.adopt([replace(CHANNEL, targets=("other",))], (PROBE, OTHER))
        await later(notifier, scene, 7 * 3600)
        await comes_up(notifier, scene)

    assert played(act, Scene(probes=(PROBE, OTHER))).carrier.kinds() == ["down"]


def test_a_service_is_tried_again_when_it_asks_for_it() -> None:
    async def act(notifier: Notifier, scene: Scene) -> None:
        await goes_down(notifier, scene)
        await later(notifier, scene, 99)
        assert len(scene.carrier.carried) == 1
        await later(notifier, scene, 2)

    busy = Answered(status=429, headers={"retry-after": "100"})
    assert len(played(act, Scene(carrier=FakeCarrier([busy]))).carrier.carried) == 2


def test_what_gathers_while_a_service_is_away_is_one_message() -> None:
    async def act(notifier: Notifier, scene: Scene) -> None:
        await goes_down(notifier, scene)
        for _ in range(3):
            scene.clock.wall += 60
            await comes_up(notifier, scene)
            scene.clock.wall += 60
            await goes_down(notifier, scene)
        scene.clock.wall += 60
        await comes_up(notifier, scene)
        scene.carrier.answers = [TAKEN]
        scene.clock.wall += 900
        await later(notifier, scene, 1)

    scene = played(act, Scene(carrier=FakeCarrier([AWAY])))
    assert scene.carrier.kinds()[-2:] == ["down", "digest"]
    assert scene.carrier.carried[-1]["outages"][0]["times"] == 4


def test_new_settings_are_tried_at_once() -> None:
    async def act(notifier: Notifier, scene: Scene) -> None:
        await goes_down(notifier, scene)
        await notifier.adopt([replace(CHANNEL, secret=Secret("another-secret", "secret"))], [PROBE])

    assert len(played(act, Scene(carrier=FakeCarrier([REFUSED]))).carrier.carried) == 2


def test_the_same_settings_are_no_reason_to_try_again() -> None:
    async def act(notifier: Notifier, scene: Scene) -> None:
        await goes_down(notifier, scene)
        await notifier.adopt([CHANNEL], [PROBE])

    assert len(played(act, Scene(carrier=FakeCarrier([REFUSED]))).carrier.carried) == 1


def test_a_channel_that_is_taken_away_is_told_nothing_more() -> None:
    async def act(notifier: Notifier, scene: Scene) -> None:
        await notifier.adopt([], [PROBE])
        await goes_down(notifier, scene)

    assert played(act, Scene()).carrier.carried == []


def test_a_new_channel_is_told_what_is_down() -> None:
    async def act(notifier: Notifier, scene: Scene) -> None:
        await goes_down(notifier, scene)
        await notifier.adopt([CHANNEL, replace(CHANNEL, name="other")], [PROBE])

    assert [one["channel"] for one in played(act, Scene()).carrier.carried] == ["team", "other"]


def test_a_message_outlives_a_restart() -> None:
    scene = played(goes_down, Scene(carrier=FakeCarrier([AWAY])))
    scene.carrier.answers = [TAKEN]

    async def nothing(_: Notifier, __: Scene) -> None:
        return

    before = scene.carrier.carried[0]
    assert played(nothing, scene).carrier.carried == [before, before]


def test_what_was_told_is_not_told_again_after_a_restart() -> None:
    scene = played(goes_down, Scene())

    async def goes_on(notifier: Notifier, scene: Scene) -> None:
        await later(notifier, scene, 60)

    assert len(played(goes_on, scene).carrier.carried) == 1


def recalled(scene: Scene) -> set[ProbeId]:
    return set(asyncio.run(scene.notifier().recall(scene.channels)))


def test_what_a_channel_believes_to_be_down_is_known_after_a_restart() -> None:
    assert recalled(played(goes_down, Scene())) == {PROBE.id}


def test_what_a_channel_knows_to_be_up_is_nothing_to_recall() -> None:
    assert recalled(played(down_and_up, Scene())) == set()


def test_the_end_of_an_outage_is_told_after_a_restart() -> None:
    scene = played(goes_down, Scene())
    scene.clock.wall += 600
    assert played(comes_up, scene).carrier.carried[-1]["outages"][0]["down_s"] == 600


def test_what_passed_in_quiet_hours_is_told_after_a_restart() -> None:
    quiet = replace(CHANNEL, quiet=QuietHours(from_min=12 * 60, until_min=13 * 60))
    scene = played(down_and_up, Scene(channels=(quiet,)))
    assert scene.carrier.carried == []
    scene.clock.wall = NOON_S + 3700

    async def goes_on(notifier: Notifier, scene: Scene) -> None:
        await later(notifier, scene, 1)

    assert [one["state"] for one in played(goes_on, scene).carrier.carried[0]["outages"]] == ["passed"]


def test_nobody_is_reminded_of_what_is_not_known_any_more() -> None:
    async def act(notifier: Notifier, scene: Scene) -> None:
        await goes_down(notifier, scene)
        notifier.observe(StateExpired(probe=PROBE.id))
        scene.clock.wall += 7 * 3600
        await settle()

    assert played(act, Scene()).carrier.kinds() == ["down"]


def test_the_page_is_told_why_a_message_is_not_delivered() -> None:
    states: list[ChannelState] = []

    async def act(notifier: Notifier, scene: Scene) -> None:
        await goes_down(notifier, scene)
        states.extend(notifier.channels())

    played(act, Scene(carrier=FakeCarrier([AWAY])))
    (state,) = states
    assert (state.waiting_since_s, state.attempts, str(state.why)) == (NOON_S, 1, "cannot connect")


def test_the_page_is_told_when_a_channel_last_took_a_message() -> None:
    states: list[ChannelState] = []

    async def act(notifier: Notifier, scene: Scene) -> None:
        await goes_down(notifier, scene)
        states.extend(notifier.channels())

    played(act, Scene())
    assert (states[0].delivered_s, states[0].waiting_since_s) == (NOON_S, None)


def test_a_fault_of_one_desk_is_told_and_ends_nothing() -> None:
    @dataclass
    class Broken(FakeCarrier):
        async def carry(self, parcel: Parcel) -> Answered:
            raise ValueError("a secret word")

    scene = played(goes_down, Scene(carrier=Broken()))
    (fault,) = scene.told
    assert isinstance(fault, InternalFault)
    assert (fault.component, "secret" in fault.error) == ("notify", False)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://hooks.example/v1/plain-words-only", "no hook plain-words-only"),
        ("https://hooks.example/send?to=plain-words-only", "plain-words-only is gone"),
        ("https://hooks.example/%70lain-words-only", "no hook plain-words-only"),
    ],
)
def test_no_longer_part_of_a_url_is_quoted_from_an_answer(url: str, said: str) -> None:
    assert "plain-words" not in redacted(said, replace(CHANNEL, url=Secret(url, "url")), KNOWN)


def test_no_secret_of_another_channel_is_quoted_from_an_answer() -> None:
    assert "of-another" not in redacted("no of-another-channel", CHANNEL, KNOWN)


def test_a_secret_is_taken_out_before_an_answer_is_cut() -> None:
    said = redacted(f"{'x' * 195} of-another-channel", CHANNEL, KNOWN)
    assert (len(said), "of-a" in said) == (200, False)


def test_a_clock_that_is_set_back_puts_no_message_off() -> None:
    async def act(notifier: Notifier, scene: Scene) -> None:
        await goes_down(notifier, scene)
        await later(notifier, scene, -86_400)

    assert len(played(act, Scene(carrier=FakeCarrier([AWAY, TAKEN]))).carrier.carried) == 2


def test_an_outbox_is_not_written_to_while_nothing_changes() -> None:
    written: list[str] = []

    class Watched(MemoryOutbox):
        async def put(self, channel: str, memory: str, delivery: Delivery | None = None) -> None:
            written.append(memory)
            await super().put(channel, memory, delivery)

    async def act(notifier: Notifier, scene: Scene) -> None:
        await goes_down(notifier, scene)
        written.clear()
        for _ in range(10):
            await later(notifier, scene, 60)

    played(act, Scene(outbox=Watched()))
    assert written == []


def test_how_often_a_message_was_tried_outlives_a_restart() -> None:
    scene = played(goes_down, Scene(carrier=FakeCarrier([AWAY])))
    (waiting,) = asyncio.run(scene.outbox.waiting())
    assert (waiting.attempts, waiting.next_try_s) == (1, NOON_S + 15)


def test_a_channel_that_is_taken_away_is_forgotten() -> None:
    async def act(notifier: Notifier, scene: Scene) -> None:
        await goes_down(notifier, scene)
        await notifier.adopt([], [PROBE])

    scene = played(act, Scene(carrier=FakeCarrier([AWAY])))
    assert (asyncio.run(scene.outbox.memories()), asyncio.run(scene.outbox.waiting())) == ({}, ())


def test_a_probe_that_is_taken_away_is_not_believed_to_be_down_any_more() -> None:
    async def act(notifier: Notifier, scene: Scene) -> None:
        await goes_down(notifier, scene)
        await notifier.adopt([CHANNEL], [])

    assert recalled(played(act, Scene())) == set()


def test_a_run_that_was_waited_for_has_a_message_sent_at_once() -> None:
    other = probe(model="other")

    async def act(notifier: Notifier, scene: Scene) -> None:
        notifier.take(run_of(other, scene.clock.wall, good=True))
        scene.clock.wall += 1
        await goes_down(notifier, scene)
        assert scene.carrier.carried == []
        notifier.take(run_of(other, scene.clock.wall, good=True))
        await settle()

    assert len(played(act, Scene(probes=(PROBE, other))).carrier.carried) == 1


def test_a_message_that_was_not_taken_is_not_tried_again_in_quiet_hours() -> None:
    quiet = replace(CHANNEL, quiet=QuietHours(from_min=12 * 60 + 10, until_min=13 * 60))

    async def act(notifier: Notifier, scene: Scene) -> None:
        await goes_down(notifier, scene)
        await later(notifier, scene, 900)
        assert len(scene.carrier.carried) == 1
        await later(notifier, scene, 2701)

    assert len(played(act, Scene(carrier=FakeCarrier([AWAY, TAKEN]), channels=(quiet,))).carrier.carried) == 2


def test_people_are_told_that_nothing_can_be_kept() -> None:
    async def filled(notifier: Notifier, scene: Scene) -> None:
        notifier.observe(StoreTold(problem=StoreProblem.FULL))
        await later(notifier, scene, 61)

    assert played(filled, Scene()).carrier.kinds() == ["store"]

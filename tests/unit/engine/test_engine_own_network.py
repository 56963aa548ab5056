"""Whose fault it is that a relay cannot be reached: never concluded from one host."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

import pytest
from engine_samples import NOON_S, FakeClock, probe, target

from wnmon.engine.own_network import HOLDS_S, MOST_ASKED, OwnNetwork
from wnmon.model.events import NetworkTold
from wnmon.model.target import Probe, Secret, Target
from wnmon.model.window import Window

GUARD = "https://guard.example"


def at(url: str, proxy: Secret | None = None) -> Target:
    return replace(target(url), url=f"{url}/v1/chat/completions", proxy=proxy)


ONE, TWO, THREE = (at(f"https://{name}.example") for name in ("one", "two", "three"))
OTHER_PORT = at("https://one.example:8443")
HERE = at("http://127.0.0.1:9")
BEHIND = at("https://behind.example", Secret("http://proxy.example:3128", "proxy"))


@dataclass
class World:
    """Which hosts can be connected to, and who was asked for."""

    up: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    told: list[NetworkTold] = field(default_factory=list)
    clock: FakeClock = field(default_factory=FakeClock)

    async def reach(self, url: str) -> bool:
        self.asked.append(url)
        await asyncio.sleep(0)
        return any(name in url for name in self.up)

    def network(self, *targets: Target, guard: tuple[str, ...] = ()) -> OwnNetwork:
        return self.asking(*(probe(where=target) for target in targets), guard=guard)

    def asking(self, *probes: Probe, guard: tuple[str, ...] = ()) -> OwnNetwork:
        network = OwnNetwork(self.reach, self.clock, self.told.append)
        network.declare(probes, guard)
        return network


@pytest.mark.parametrize(
    ("targets", "guard", "up", "is_down"),
    [
        ((ONE,), (), set(), False),
        ((ONE, OTHER_PORT), (), set(), False),
        ((ONE, HERE), (), set(), False),
        ((ONE, BEHIND), (), set(), False),
        ((ONE, TWO), (), set(), True),
        ((ONE, TWO, THREE), (), {"three"}, False),
        ((ONE,), (GUARD,), set(), True),
        ((ONE,), (GUARD,), {"guard"}, False),
        ((ONE, TWO), (GUARD,), {"two"}, True),
    ],
)
def test_the_own_network_is_down_where_nothing_on_another_host_is_reached(
    targets: tuple[Target, ...], guard: tuple[str, ...], up: set[str], is_down: bool
) -> None:
    assert asyncio.run(World(up).network(*targets, guard=guard).is_down(ONE)) is is_down


@pytest.mark.parametrize("unreached", [HERE, BEHIND])
def test_a_relay_on_this_machine_or_behind_a_proxy_tells_nothing(unreached: Target) -> None:
    assert not asyncio.run(World().network(ONE, TWO, unreached).is_down(unreached))


def test_few_others_are_asked() -> None:
    world = World()
    many = [at(f"https://r{number}.example") for number in range(9)]
    asyncio.run(world.network(ONE, *many).is_down(ONE))

    assert len(world.asked) == MOST_ASKED


def test_many_probes_that_fail_together_ask_once() -> None:
    world = World()
    network = world.network(ONE, TWO)

    async def all_fail() -> None:
        await asyncio.gather(*(network.is_down(ONE) for _ in range(100)))

    asyncio.run(all_fail())

    assert len(world.asked) == 1


@pytest.mark.parametrize(("later_s", "times"), [(HOLDS_S / 2, 1), (HOLDS_S * 2, 2)])
def test_what_was_found_holds_for_a_moment(later_s: float, times: int) -> None:
    world = World()
    network = world.network(ONE, TWO)

    async def twice() -> None:
        await network.is_down(ONE)
        world.clock.pass_s(later_s)
        await network.is_down(ONE)

    asyncio.run(twice())

    assert len(world.asked) == times


def test_who_gives_up_waiting_does_not_end_what_others_wait_for() -> None:
    network = World().network(ONE, TWO)

    async def one_gives_up() -> bool:
        first, second = (asyncio.ensure_future(network.is_down(ONE)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        return await second

    assert asyncio.run(one_gives_up())


def test_that_it_is_down_is_told_once() -> None:
    world = World()
    network = world.network(ONE, TWO)

    async def twice() -> None:
        await network.is_down(ONE)
        world.clock.pass_s(60)
        await network.is_down(TWO)

    asyncio.run(twice())

    assert [one.is_down for one in world.told] == [True]


def test_that_it_is_back_is_told_with_since_when_it_was_down() -> None:
    world = World()
    network = world.network(ONE, TWO)
    began_s = world.clock.wall_s()
    asyncio.run(network.is_down(ONE))
    world.clock.pass_s(60)
    network.reached(TWO)

    assert world.told[-1] == NetworkTold(is_down=False, since_s=began_s)


def test_that_it_works_is_no_news() -> None:
    world = World()
    world.network(ONE, TWO).reached(ONE)

    assert world.told == []


def test_a_relay_that_is_known_to_be_dead_is_no_witness() -> None:
    world = World({"two"})
    network = world.network(ONE, TWO)

    async def one_after_the_other() -> bool:
        await network.is_down(ONE)
        world.up.clear()
        world.clock.pass_s(86_400)
        return await network.is_down(TWO)

    assert not asyncio.run(one_after_the_other())


def test_of_many_relays_most_of_which_are_dead_those_that_answer_are_asked() -> None:
    world = World({"r5"})
    many = [at(f"https://r{number}.example") for number in range(6)]
    network = world.network(*many)

    async def one_by_one() -> list[bool]:
        network.reached(many[5])
        return [await network.is_down(dead) for dead in many[:5]]

    assert (asyncio.run(one_by_one()), world.told) == ([False] * 5, [])


def test_a_relay_that_answers_again_is_a_witness_again() -> None:
    world = World({"two"})
    network = world.network(ONE, TWO)

    async def one_after_the_other() -> bool:
        await network.is_down(ONE)
        network.reached(ONE)
        world.up.clear()
        world.clock.pass_s(86_400)
        return await network.is_down(TWO)

    assert asyncio.run(one_after_the_other())


def test_a_relay_in_maintenance_is_no_witness() -> None:
    world = World()
    pause = Window(reason="moved", is_pause=True, until_s=NOON_S + 1e6)
    network = world.asking(probe(where=ONE), replace(probe(where=TWO), windows=(pause,)))

    assert not asyncio.run(network.is_down(ONE))


def test_a_relay_of_which_one_check_is_in_maintenance_is_a_witness() -> None:
    world = World()
    pause = Window(reason="moved", is_pause=True, until_s=NOON_S + 1e6)
    network = world.asking(probe(where=ONE), replace(probe(where=TWO), windows=(pause,)), probe(where=TWO))

    assert asyncio.run(network.is_down(ONE))


def test_a_relay_that_is_a_guard_as_well_asks_once_for_all_its_probes() -> None:
    world = World()
    network = world.network(ONE, guard=(ONE.url, GUARD))

    async def all_fail() -> None:
        await asyncio.gather(*(network.is_down(ONE) for _ in range(100)))

    asyncio.run(all_fail())

    assert len(world.asked) == 2


def test_of_a_host_in_maintenance_at_one_port_another_one_is_asked() -> None:
    world = World({"8443"})
    pause = Window(reason="moved", is_pause=True, until_s=NOON_S + 1e6)
    network = world.asking(
        probe(where=TWO), replace(probe(where=ONE), windows=(pause,)), probe(where=OTHER_PORT, name="other")
    )

    assert not asyncio.run(network.is_down(TWO))

"""Sensors in processes of their own: what happens to an exchange, and to a service, whose process ends or hangs."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import pytest
from transport_samples import KEY, request_to, target_of

from wnmon.clock import SystemClock
from wnmon.engine.loopwatch import with_lags
from wnmon.engine.ports import CaughtUp
from wnmon.mock.server import MockRelay, serve
from wnmon.mock.settings import MockSettings
from wnmon.model.check import Caps, Timeouts
from wnmon.model.events import InternalFault, LoopLagged
from wnmon.model.exchange import Exchange, FailureKind
from wnmon.model.said import Said
from wnmon.model.target import Secret
from wnmon.transport.handover import pack, unpack
from wnmon.transport.processes import SensorProcesses

T = TypeVar("T")
Event = LoopLagged | InternalFault


class Service:
    """What has sensors, and a relay to ask."""

    def __init__(self, relay: MockRelay, sensors: SensorProcesses, told: list[Event]) -> None:
        self.relay = relay
        self.sensors = sensors
        self.told = told

    async def ask(self, *, stream: bool = True, total_s: float = 20.0) -> Exchange:
        url = f"{self.relay.url}/v1/chat/completions"
        exchange, proofs = await self.sensors.send(
            request_to(url, stream=stream),
            target_of(url, api_key=Secret(KEY, "api_key")),
            timeouts=Timeouts(total_s=total_s),
            caps=Caps(),
        )
        return with_lags(exchange, proofs)

    def processes(self) -> list[int]:
        """Return the pids of the processes that measure."""
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()
        found = []
        for pid in children:
            with suppress(FileNotFoundError):  # one has ended meanwhile
                if b"wnmon.app.sensor_process" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.append(int(pid))
        return found

    def signal_all(self, number: int) -> None:
        for pid in self.processes():
            os.kill(pid, number)

    def faults(self) -> list[InternalFault]:
        return [event for event in self.told if isinstance(event, InternalFault)]


def serving(
    talk: Callable[[Service], Awaitable[T]], *, size: int = 1, grace_s: float = 10.0, ttft_s: float = 0.02
) -> T:
    """Run one conversation of a service with a relay."""

    async def scenario() -> T:
        told: list[Event] = []
        sensors = SensorProcesses("wnmon.app.sensor_process", size, SystemClock(), told.append, grace_s=grace_s)
        async with serve(MockSettings(ttft_s=ttft_s, gap_s=0.005)) as relay:
            await sensors.warm_up()
            try:
                return await talk(Service(relay, sensors, told))
            finally:
                await sensors.close()

    return asyncio.run(scenario())


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not is_so():
            await asyncio.sleep(0.01)


def test_an_exchange_is_handed_over_whole() -> None:
    exchange = serving(Service.ask)

    assert (exchange.status, exchange.failure) == (200, None)
    assert exchange.body.endswith(b"data: [DONE]\n\n")


def test_the_stamps_of_a_process_are_of_this_hosts_clock() -> None:
    async def talk(service: Service) -> tuple[int, Exchange, int]:
        before_ns = SystemClock().now_ns()
        return before_ns, await service.ask(), SystemClock().now_ns()

    before_ns, exchange, after_ns = serving(talk)
    stamps = [exchange.marks.started_ns, *(chunk.at_ns for chunk in exchange.chunks), exchange.marks.end_ns or 0]

    assert [before_ns, *stamps, after_ns] == sorted([before_ns, *stamps, after_ns])


def test_the_key_comes_to_the_relay() -> None:
    async def talk(service: Service) -> str | None:
        await service.ask()
        return dict(service.relay.last.headers).get("authorization")

    assert serving(talk) == f"Bearer {KEY}"


def test_each_stamp_of_a_process_has_its_lag() -> None:
    exchange = serving(Service.ask)

    assert {chunk.at_ns for chunk in exchange.chunks} <= {lag.at_ns for lag in exchange.lags}


def test_what_happened_travels_unchanged() -> None:
    exchange, proofs = serving(Service.ask), (CaughtUp(1, 2), CaughtUp(3, 5))

    assert unpack(pack(exchange, proofs), exchange.request) == (exchange, proofs)


def test_the_lag_of_the_loop_that_measures_is_told() -> None:
    async def talk(service: Service) -> list[Event]:
        await service.ask()
        return service.told

    assert any(isinstance(event, LoopLagged) for event in serving(talk))


def test_exchanges_are_shared_out_among_the_processes() -> None:
    async def talk(service: Service) -> set[int]:
        await service.ask()  # what the first exchange, of warming up, left is closed by then
        await service.ask()
        idle = {pid: _sockets(pid) for pid in service.processes()}
        asked = [asyncio.ensure_future(service.ask()) for _ in range(2)]
        more = set[int]()
        with suppress(TimeoutError):
            async with asyncio.timeout(1.5):
                while more != {1}:
                    more = {_sockets(pid) - before for pid, before in idle.items()}
                    await asyncio.sleep(0.01)
        await asyncio.gather(*asked)
        return more

    assert serving(talk, size=2, ttft_s=2.0) == {1}


def _sockets(pid: int) -> int:
    return sum(str(link.readlink()).startswith("socket:") for link in Path(f"/proc/{pid}/fd").iterdir())


def test_a_process_that_dies_leaves_a_failure_of_wnmon() -> None:
    async def talk(service: Service) -> Exchange:
        asked = asyncio.ensure_future(service.ask())
        await until(lambda: service.relay.connections == 1)
        service.signal_all(signal.SIGKILL)
        return await asked

    failure = serving(talk, ttft_s=30.0).failure

    assert failure is not None
    assert (failure.kind, failure.detail) == (FailureKind.INTERNAL, Said("sensor_ended"))


def test_a_process_that_dies_is_told() -> None:
    async def talk(service: Service) -> list[InternalFault]:
        service.signal_all(signal.SIGKILL)
        await until(lambda: bool(service.faults()))
        return service.faults()

    assert serving(talk) == [InternalFault(component="sensor", error="exit code -9")]


def test_a_process_that_dies_comes_anew() -> None:
    async def talk(service: Service) -> Exchange:
        service.signal_all(signal.SIGKILL)
        await until(lambda: bool(service.faults()))
        await until(lambda: service.sensors.ready == 1)
        return await service.ask()

    assert serving(talk).status == 200


def test_while_no_process_is_there_an_exchange_fails_at_once() -> None:
    async def talk(service: Service) -> Exchange:
        service.signal_all(signal.SIGKILL)
        await until(lambda: service.sensors.ready == 0)
        return await service.ask()

    failure = serving(talk).failure

    assert failure is not None
    assert failure.kind is FailureKind.INTERNAL


def test_a_process_that_hangs_is_replaced() -> None:
    async def talk(service: Service) -> tuple[Exchange, Exchange]:
        service.signal_all(signal.SIGSTOP)
        lost = await service.ask(total_s=0.1)
        await until(lambda: bool(service.faults()) and service.sensors.ready == 1)
        return lost, await service.ask()

    lost, found = serving(talk, grace_s=0.0)

    assert (lost.failure is not None and lost.failure.kind, found.status) == (FailureKind.INTERNAL, 200)


def test_nobody_waits_for_an_exchange_that_is_given_up() -> None:
    async def talk(service: Service) -> int:
        asked = asyncio.ensure_future(service.ask())
        await until(lambda: service.relay.connections == 1)
        asked.cancel()
        await until(lambda: service.relay.connections == 0)
        return len(service.processes())

    assert serving(talk, ttft_s=30.0) == 1


def test_fewer_processes_end_what_they_have_begun() -> None:
    async def talk(service: Service) -> list[Exchange]:
        asked = [asyncio.ensure_future(service.ask()) for _ in range(2)]
        await until(lambda: service.relay.connections == 2)
        service.sensors.resize(1)
        exchanges = await asyncio.gather(*asked)
        await until(lambda: len(service.processes()) == 1)
        return exchanges

    assert [exchange.failure for exchange in serving(talk, size=2, ttft_s=0.5)] == [None, None]


def test_more_processes_may_come_later() -> None:
    async def talk(service: Service) -> int:
        service.sensors.resize(3)
        await until(lambda: service.sensors.ready == 3)
        return len(service.processes())

    assert serving(talk) == 3


def test_no_process_is_left_behind() -> None:
    async def talk(service: Service) -> list[int]:
        return service.processes()

    (pid,) = serving(talk)

    assert not Path(f"/proc/{pid}").exists()


def test_a_process_ends_where_its_service_is_killed(tmp_path: Path) -> None:
    program = tmp_path / "service.py"
    program.write_text(
        "import asyncio\nfrom wnmon.clock import SystemClock\nfrom wnmon.transport.processes import SensorProcesses\n"
        "async def main():\n"
        "    await SensorProcesses('wnmon.app.sensor_process', 1, SystemClock(), print).warm_up()\n"
        "    print(open('/proc/self/task/%d/children' % __import__('os').getpid()).read(), flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n",
        encoding="utf-8",
    )
    with subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE) as service:
        assert service.stdout is not None
        pid = int(service.stdout.readline())
        service.kill()

    asyncio.run(until(lambda: not Path(f"/proc/{pid}/fd").exists() or not _is_alive(pid)))


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("size", [1, 2])
def test_an_interrupt_at_the_terminal_is_left_to_the_service(size: int) -> None:
    async def talk(service: Service) -> Exchange:
        service.signal_all(signal.SIGINT)
        return await service.ask()

    assert serving(talk, size=size).status == 200

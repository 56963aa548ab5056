"""How long an address waits after log-ins that failed."""

from __future__ import annotations

import pytest

from wnmon.web.throttle import FORGOTTEN_AFTER_S, FREE_ATTEMPTS, LONGEST_WAIT_S, MOST_ADDRESSES, Throttle

ONE = "192.0.2.1"


class Hand:
    """A clock that is set by hand, in seconds."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def throttle(clock: Hand) -> Throttle:
    return Throttle(clock)


def fail(throttle: Throttle, times: int, address: str = ONE) -> None:
    for _ in range(times):
        throttle.attempt(address)


def test_some_attempts_are_free(throttle: Throttle) -> None:
    fail(throttle, FREE_ATTEMPTS)
    assert throttle.wait_s(ONE) == 0


@pytest.mark.parametrize(
    ("more", "waits_s"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, LONGEST_WAIT_S), (2000, LONGEST_WAIT_S)]
)
def test_each_further_one_waits_twice_as_long(throttle: Throttle, more: int, waits_s: float) -> None:
    fail(throttle, FREE_ATTEMPTS + more)
    assert throttle.wait_s(ONE) == waits_s


def test_the_wait_ends(throttle: Throttle, clock: Hand) -> None:
    fail(throttle, FREE_ATTEMPTS + 1)
    clock.now_s += 1
    assert throttle.wait_s(ONE) == 0


def test_another_address_does_not_wait(throttle: Throttle) -> None:
    fail(throttle, 100)
    assert throttle.wait_s("192.0.2.2") == 0


def test_a_log_in_makes_up_for_those_that_failed(throttle: Throttle) -> None:
    fail(throttle, 100)
    throttle.succeeded(ONE)
    assert throttle.wait_s(ONE) == 0


def test_what_failed_long_ago_is_forgotten(throttle: Throttle, clock: Hand) -> None:
    fail(throttle, 100)
    clock.now_s += FORGOTTEN_AFTER_S + 1
    fail(throttle, FREE_ATTEMPTS)
    assert throttle.wait_s(ONE) == 0


def test_addresses_of_one_network_of_ipv6_are_one_visitor(throttle: Throttle) -> None:
    fail(throttle, 100, "2001:db8::1")
    assert throttle.wait_s("2001:db8::ffff:2") > 0


def test_another_network_of_ipv6_is_another_visitor(throttle: Throttle) -> None:
    fail(throttle, 100, "2001:db8::1")
    assert throttle.wait_s("2001:db8:0:1::1") == 0


def test_an_address_of_ipv4_is_the_same_within_ipv6(throttle: Throttle) -> None:
    fail(throttle, 100, f"::ffff:{ONE}")
    assert throttle.wait_s(ONE) > 0


def test_no_more_addresses_are_remembered_than_there_is_room_for(throttle: Throttle) -> None:
    for number in range(MOST_ADDRESSES + 50):
        throttle.attempt(f"10.0.{number // 256}.{number % 256}")
    assert len(throttle) == MOST_ADDRESSES

from __future__ import annotations

from wnmon.model.target import ProbeId
from wnmon.schedule.queue import Queue

A, B, C = map(ProbeId, ("wn/a/m", "wn/b/m", "wn/c/m"))


def a_queue(**at_ns: int) -> Queue:
    queue = Queue()
    for name, instant_ns in at_ns.items():
        queue.put(ProbeId(f"wn/{name}/m"), instant_ns)
    return queue


def test_who_comes_sooner_is_taken_first() -> None:
    assert list(a_queue(a=3, b=1, c=2).take_until(9)) == [(1, B), (2, C), (3, A)]


def test_who_waits_for_a_later_instant_stays() -> None:
    queue = a_queue(a=3, b=4)

    assert [list(queue.take_until(3)), list(queue.take_until(4))] == [[(3, A)], [(4, B)]]


def test_who_is_put_in_again_waits_for_the_new_instant_alone() -> None:
    queue = a_queue(a=1)
    queue.put(A, 5)

    assert [list(queue.take_until(4)), list(queue.take_until(9))] == [[], [(5, A)]]


def test_who_is_put_in_again_for_the_same_instant_comes_once() -> None:
    queue = a_queue(a=1)
    queue.put(A, 1)

    assert list(queue.take_until(9)) == [(1, A)]


def test_who_was_dropped_does_not_come() -> None:
    queue = a_queue(a=1, b=2)
    queue.drop(A)
    queue.drop(C)

    assert list(queue.take_until(9)) == [(2, B)]

"""Log-ins: who is let in, what it costs, what is remembered."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from wnmon.model.web_access import Scope, WebAccess, WebToken, WebUser
from wnmon.web.logins import BUSY, LONGEST_HEADER, MOST_VERIFIED, MOST_WAITING, NOBODY, WHO_ARE_YOU, Logins, throttled
from wnmon.web.throttle import FREE_ATTEMPTS, Throttle

bcrypt = pytest.importorskip("bcrypt")

PASSWORD, TOKEN = "correct horse", "0123456789abcdef" * 4
HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
LONG = "x" * 100
ACCESS = WebAccess(
    users=(
        WebUser(name="alice", bcrypt=HASH),
        WebUser(name="bob", bcrypt=HASH, scope=Scope.READ),
        WebUser(name="long", bcrypt=bcrypt.hashpw(LONG.encode()[:72], bcrypt.gensalt(4)).decode()),
    ),
    tokens=(WebToken(name="prometheus", sha256=hashlib.sha256(TOKEN.encode()).digest(), scope=Scope.READ),),
)
HERE = "192.0.2.1"


def basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


class Counted(ThreadPoolExecutor):
    """Verifies passwords, and counts how many; holds them back while `held` is."""

    def __init__(self) -> None:
        super().__init__(1)
        self.count = 0
        self.free = threading.Event()
        self.free.set()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.count += 1
        return super().submit(lambda: self.free.wait(60) and fn(*args, **kwargs))


Test = Callable[[Logins, Counted], Awaitable[Any]]


def tried(test: Test, access: WebAccess = ACCESS) -> Any:
    """Return what a test finds of fresh log-ins, on an event loop of its own. Their clock stands still."""
    with Counted() as verifier:
        logins = Logins(access, Throttle(lambda: 0.0), verifier)
        return asyncio.run(_run(test, logins, verifier))


async def _run(test: Test, logins: Logins, verifier: Counted) -> Any:
    return await test(logins, verifier)


def scope_of(*headers: str | None, access: WebAccess = ACCESS) -> Any:
    """Return what the last of some requests of one address may do."""

    async def ask(logins: Logins, _: Counted) -> Any:
        return [await logins.scope_of(header, HERE) for header in headers][-1]

    return tried(ask, access)


@pytest.mark.parametrize(
    ("header", "scope"),
    [
        (basic("alice", PASSWORD), Scope.ADMIN),
        (basic("bob", PASSWORD), Scope.READ),
        (basic("alice", PASSWORD).replace("Basic", "bAsIc"), Scope.ADMIN),
        (basic("long", LONG), Scope.ADMIN),
        (f"Bearer {TOKEN}", Scope.READ),
        (f"bearer  {TOKEN} ", Scope.READ),
    ],
)
def test_whoever_says_who_it_is_is_let_in(header: str, scope: Scope) -> None:
    assert scope_of(header) is scope


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic ",
        "Bearer ",
        basic("alice", "wrong"),
        basic("alice", ""),
        basic("alice", f"{PASSWORD}\0"),
        basic("alice", f"{PASSWORD}\0{PASSWORD}"),
        basic("mallory", PASSWORD),
        basic("", ""),
        "Basic !!!",
        "Basic YWxpY2U=",
        "Basic /w==",
        "Basic \xff",
        f"Bearer {TOKEN}x",
        f"Bearer {HASH}",
        f"Bearer {hashlib.sha256(TOKEN.encode()).hexdigest()}",
        f"Digest {TOKEN}",
    ],
)
def test_whoever_does_not_is_not(header: str | None) -> None:
    assert scope_of(header) in {WHO_ARE_YOU, NOBODY}


def test_a_password_is_verified_once() -> None:
    async def ask(logins: Logins, verifier: Counted) -> int:
        for _ in range(3):
            await logins.scope_of(basic("alice", PASSWORD), HERE)
        return verifier.count

    assert tried(ask) == 1


def test_those_who_say_the_same_at_once_wait_for_one_verdict() -> None:
    async def ask(logins: Logins, verifier: Counted) -> tuple[int, set[Any]]:
        said = await asyncio.gather(*(logins.scope_of(basic("alice", PASSWORD), HERE) for _ in range(50)))
        return verifier.count, set(said)

    assert tried(ask) == (1, {Scope.ADMIN})


def test_a_name_that_nobody_has_is_verified_too() -> None:
    async def ask(logins: Logins, verifier: Counted) -> int:
        await logins.scope_of(basic("mallory", PASSWORD), HERE)
        return verifier.count

    assert tried(ask) == 1


def test_an_address_that_failed_too_often_has_to_wait() -> None:
    assert scope_of(*(basic("alice", f"{n}") for n in range(FREE_ATTEMPTS + 2))) == throttled(1)


def test_who_has_to_wait_is_not_told_whether_the_password_is_right() -> None:
    wrong = (basic("alice", f"{n}") for n in range(FREE_ATTEMPTS + 1))

    assert scope_of(*wrong, basic("alice", PASSWORD)) == throttled(1)


def test_who_was_verified_before_never_waits() -> None:
    wrong = (basic("alice", f"{n}") for n in range(FREE_ATTEMPTS + 1))
    right = basic("alice", PASSWORD)

    assert scope_of(right, *wrong, right) is Scope.ADMIN


def test_many_attempts_at_once_are_many() -> None:
    async def ask(logins: Logins, verifier: Counted) -> int:
        await asyncio.gather(*(logins.scope_of(basic("alice", f"{n}"), HERE) for n in range(50)))
        return verifier.count

    assert tried(ask) == FREE_ATTEMPTS + 1


def test_a_log_in_makes_up_for_those_that_failed() -> None:
    wrong = [basic("alice", f"{n}") for n in range(2 * FREE_ATTEMPTS)]
    said = (*wrong[:FREE_ATTEMPTS], basic("alice", PASSWORD), *wrong[FREE_ATTEMPTS:], basic("bob", PASSWORD))

    assert scope_of(*said) is Scope.READ


def test_a_header_too_long_for_a_password_is_not_looked_at() -> None:
    async def ask(logins: Logins, verifier: Counted) -> tuple[Any, int]:
        return await logins.scope_of(basic("long", "x" * LONGEST_HEADER), HERE), verifier.count

    assert tried(ask) == (WHO_ARE_YOU, 0)


def test_only_so_many_wait_for_their_turn() -> None:
    async def ask(logins: Logins, verifier: Counted) -> Any:
        verifier.free.clear()
        waiting = [
            asyncio.create_task(logins.scope_of(basic("alice", f"{n}"), f"10.0.0.{n}")) for n in range(MOST_WAITING)
        ]
        await asyncio.sleep(0)
        said = await logins.scope_of(basic("alice", PASSWORD), HERE)
        verifier.free.set()
        await asyncio.gather(*waiting)
        return said

    assert tried(ask) == BUSY


def test_no_more_log_ins_are_remembered_than_there_is_room_for() -> None:
    async def ask(logins: Logins, _: Counted) -> int:
        for number in range(MOST_VERIFIED + 5):
            await logins.scope_of(f"Bearer {'0' * number}", f"10.{number // 65536}.{number // 256}.{number % 256}")
        return len(logins._verified)

    tokens = tuple(
        WebToken(name=str(n), sha256=hashlib.sha256(b"0" * n).digest(), scope=Scope.READ)
        for n in range(1, MOST_VERIFIED + 5)
    )
    assert tried(ask, WebAccess(tokens=tokens)) == MOST_VERIFIED


def test_what_is_remembered_is_no_password() -> None:
    async def ask(logins: Logins, _: Counted) -> bool:
        await logins.scope_of(basic("alice", PASSWORD), HERE)
        (key,) = logins._verified
        return PASSWORD.encode() in key or key == hashlib.sha256(basic("alice", PASSWORD).encode()).digest()

    assert tried(ask) is False


def test_neither_a_hash_is_in_the_repr_of_what_a_file_says() -> None:
    assert not [one for one in (HASH, repr(ACCESS.tokens[0].sha256)) if one in repr(ACCESS)]

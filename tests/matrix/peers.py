"""Whom the conformance suite is proven against: good relays, each fault of the reference relay, each legal habit.

What a peer must break is declared before anything runs: `kills` of the fault, or here where it takes more than a fault.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from http2_front import OverHttp2, front
from tls_door import MOVED, door
from tls_samples import issue, make_authority

from wnmon.config import adhoc_target
from wnmon.config.timing import DEFAULT_TIMEOUTS
from wnmon.engine.ports import Clock
from wnmon.mock.fault import FaultKind
from wnmon.mock.faults import FAULTS
from wnmon.mock.server import FAULT_HEADER, serve
from wnmon.mock.settings import MockSettings
from wnmon.model.check import Timeouts
from wnmon.model.target import SensorKind, Target

MODEL = "m-1"
# A first token and gaps that a buffered stream can be told from, short enough for some ten thousand requests.
PACE = MockSettings(strict=True, models=(MODEL,), ttft_s=0.02, gap_s=0.002)
SHORT = Timeouts(connect_s=1.0, headers_s=1.0, first_token_s=1.0, stall_s=1.0, total_s=2.0)
BRIEF = replace(SHORT, total_s=0.2)


class Sort(StrEnum):
    """Good: keeps every rule. Fault: breaks what it declares. Persona: a legal habit, which breaks no MUST."""

    GOOD = "good"
    FAULT = "fault"
    PERSONA = "persona"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secured:
    """A relay over TLS: for how many days its certificate is good, and what it does where it is asked without TLS.

    `over_http2`: what it answers over HTTP/2, which it offers; None where it speaks HTTP/1.1 only.
    """

    days: int = 90
    plain_is_open: bool = False
    over_http2: OverHttp2 | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One relay. `faults` go with every request; `hasty` judges it by a suite whose minute of silence is 0.3 s.

    `transport` is what it is asked by where the verdicts are those of the page.
    """

    name: str
    says: str
    sort: Sort
    kills: frozenset[str] = frozenset()
    leaves: frozenset[str] = frozenset()
    faults: tuple[str, ...] = ()
    settings: MockSettings = PACE
    timeouts: Timeouts = DEFAULT_TIMEOUTS
    secured: Secured | None = None
    hasty: bool = False
    transport: SensorKind = SensorKind.OWN
    features: frozenset[str] = field(default=frozenset({"json_mode", "tools", "vision"}))

    def __str__(self) -> str:
        """Return the name pytest shows."""
        return self.name

    @property
    def other_transport(self) -> SensorKind:
        """Return what must find the same."""
        return SensorKind.HTTPX if self.transport is SensorKind.OWN else SensorKind.OWN


# The first token after 0.6 s, as seen by a suite 200 times as impatient: two minutes.
_UNHURRIED = replace(PACE, ttft_s=0.6, keep_alive_s=0.1)


def _with_http2(name: str, says: str, answers: OverHttp2, sort: Sort = Sort.FAULT) -> Peer:
    """Return a relay that offers HTTP/2, asked by httpx: wnmon's own transport cannot tell it from another."""
    return Peer(
        name=name,
        says=says,
        sort=sort,
        kills=frozenset() if sort is Sort.GOOD else frozenset({"HTTP-006"}),
        secured=Secured(over_http2=answers),
        transport=SensorKind.HTTPX,
    )


GOOD: tuple[Peer, ...] = (
    Peer(
        name="good",
        says="the reference relay, over TLS, with a redirect to https where it is asked without",
        sort=Sort.GOOD,
        secured=Secured(),
    ),
    Peer(
        name="good, long context",
        says="the reference relay with a context of 4 million tokens",
        sort=Sort.GOOD,
        settings=replace(PACE, context_tokens=4_000_000),
    ),
    Peer(
        name="good, slow",
        says="the reference relay, late with its first token: it fills the silence with comments",
        sort=Sort.GOOD,
        settings=_UNHURRIED,
        hasty=True,
    ),
    _with_http2("good, HTTP/2", "the reference relay, which offers HTTP/2 as well", OverHttp2.SAME, Sort.GOOD),
)

_BY_HAND: tuple[Peer, ...] = (
    _with_http2("http2-bad-gateway", "502 as a page over HTTP/2 alone", OverHttp2.BAD_GATEWAY),
    _with_http2("http2-reset", "every stream of HTTP/2 is reset", OverHttp2.RESET),
    _with_http2("http2-goaway", "GOAWAY instead of an answer over HTTP/2", OverHttp2.GOAWAY),
    _with_http2("http2-other-form", "another body over HTTP/2, with choices alone", OverHttp2.OTHER_FORM),
    Peer(
        name="certificate-ends",
        says="the certificate ends in 13 days",
        sort=Sort.FAULT,
        kills=frozenset({"HTTP-014"}),
        secured=Secured(days=13),
    ),
    Peer(
        name="certificate-over",
        says="the certificate has ended",
        sort=Sort.FAULT,
        kills=frozenset({"HTTP-001"}),
        secured=Secured(days=-1),
    ),
    Peer(
        name="plain-http-open",
        says="the API also answers without TLS",
        sort=Sort.FAULT,
        kills=frozenset({"HTTP-002"}),
        secured=Secured(plain_is_open=True),
    ),
    Peer(
        name="silent-thinking",
        says=FAULTS["silent-thinking"].says,
        sort=Sort.FAULT,
        kills=frozenset(FAULTS["silent-thinking"].kills),
        faults=("silent-thinking",),
        settings=_UNHURRIED,
        hasty=True,
    ),
    Peer(
        name="held-back",
        says=FAULTS["held-back"].says,
        sort=Sort.FAULT,
        kills=frozenset(FAULTS["held-back"].kills),
        faults=("held-back",),
        settings=replace(PACE, gap_s=0.02),  # so far apart that the monitor knows which tokens came together
    ),
)

# These go on until a time limit, so they are given short ones.
_PATIENCE = {"stall": SHORT, "slow-headers": SHORT, "endless-headers": SHORT, "endless-stream": BRIEF}


def peers() -> tuple[Peer, ...]:
    """Return every peer once, the good ones first."""
    named = {peer.name for peer in _BY_HAND}
    drawn = (
        Peer(
            name=name,
            says=fault.says,
            sort=Sort(fault.kind.value),
            kills=frozenset(fault.kills),
            leaves=frozenset(fault.leaves),
            faults=(name,),
            timeouts=_PATIENCE.get(name, DEFAULT_TIMEOUTS),
        )
        for name, fault in FAULTS.items()
        if name not in named and fault.kind is not FaultKind.RELAY
    )
    return (*GOOD, *_BY_HAND, *drawn)


@asynccontextmanager
async def running(peer: Peer, key: str, folder: Path, clock: Clock) -> AsyncIterator[Target]:
    """Run a peer on the running loop, by its clock, and yield the target that asks it."""
    settings = replace(peer.settings, key=key)
    headers = ((FAULT_HEADER, ",".join(peer.faults)),) if peer.faults else ()
    async with _opened(peer, settings, folder, clock) as (url, ca_file):
        yield replace(adhoc_target(url, (MODEL,), key), features=peer.features, headers=headers, ca_file=ca_file)


@asynccontextmanager
async def _opened(
    peer: Peer, settings: MockSettings, folder: Path, clock: Clock
) -> AsyncIterator[tuple[str, str | None]]:
    """Run the relay; yields its address and the file of the authority behind its certificate."""
    if peer.secured is not None:
        async with _secured(peer.secured, settings, folder, clock) as (url, ca_file):
            yield url, ca_file
        return
    async with serve(settings, clock) as relay:
        yield relay.url, None


@asynccontextmanager
async def _secured(
    secured: Secured, settings: MockSettings, folder: Path, clock: Clock
) -> AsyncIterator[tuple[str, str]]:
    """Run a relay behind a door for both; yields its address and the file of its authority."""
    for name in ("authority", "relay"):
        (folder / name).mkdir()
    authority = make_authority(folder / "authority")
    papers = issue(authority, folder / "relay", days=secured.days)
    with_tls = replace(settings, tls_cert=str(papers.certificate), tls_key=str(papers.key))
    async with AsyncExitStack() as opened:
        secure = await opened.enter_async_context(serve(with_tls, clock))
        bare = await opened.enter_async_context(serve(settings, clock))
        answers, secure_port = secured.over_http2, secure.port
        if answers is not None:
            secure_port = await opened.enter_async_context(front(bare.port, papers.server(), answers))
        plain = bare.port if secured.plain_is_open else MOVED % (308, b"https://relay.example/")
        port = await opened.enter_async_context(door(secure_port, plain))
        yield f"https://127.0.0.1:{port}", str(authority.certificate)

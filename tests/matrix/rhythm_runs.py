"""The streams of the reference relay in virtual time, without a socket: what the rules on played streams say of each.

The script of an answer says when each piece leaves. A line delays it, and a monitor that looks every 5 ms stamps it and
knows how late the stamp may be. Everything is drawn from the name of the run, so that each run is the same on every
machine; sockets and the real monitor are the conformance matrix's.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

from wnmon.config import load_suites
from wnmon.judge.verdict import judge
from wnmon.mock.fault import ApiCall
from wnmon.mock.faults import find_faults
from wnmon.mock.http import RequestHead
from wnmon.mock.pieces import Send, Wait
from wnmon.mock.script import script
from wnmon.mock.settings import MockSettings
from wnmon.model.check import Plan, Step
from wnmon.model.exchange import Chunk, Exchange, Lag, Marks, Request
from wnmon.model.result import Evidence, Verdict
from wnmon.wire.answer import read_answer

RULES = ("REL-011", "REL-012", "REL-013")
FAKES: Mapping[str, str] = {
    "buffered-stream": "REL-011",
    "burst-after-one": "REL-011",
    "played-tokens": "REL-012",
    "played-pieces": "REL-012",
    "held-back": "REL-013",
}
HONEST = ("", "bursty", "gathered", "own-card", "pausing", "recut", "speculative", "steady", "reasoning", "torn")
"""Names of personas, "" for the reference relay as it is."""

LOOK_NS = 5_000_000
SEEDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a model speaks, and how many tokens it is let say in the first and in the second stream."""

    name: str
    ttft_s: float
    gap_s: float


PACES = (
    Pace(name="quick, 2 ms a token", ttft_s=0.3, gap_s=0.002),
    Pace(name="usual, 20 ms", ttft_s=0.5, gap_s=0.02),
    Pace(name="slow, 80 ms", ttft_s=2.0, gap_s=0.08),
)
LENGTHS = ((60, 41), (100, 73), (200, 151))

Line = Callable[[random.Random], float]
"""Draws by how many seconds a piece is later than the quickest way. None overtakes another."""

LINES: Mapping[str, Line] = {
    "near": lambda draw: draw.uniform(0, 0.0001),
    "far": lambda draw: draw.expovariate(1 / 0.002) + (0.04 if draw.random() < 0.01 else 0.0),
}


@cache
def honesty() -> Plan:
    """Return the suite as shipped."""
    (plan,) = load_suites(["builtin:honesty"], Path())
    return plan


def stream(step: Step, name: str, fault: str, pace: Pace, line: Line, most: int) -> Exchange:
    """Return what a monitor sees of the answer to one request; `name` is what everything random is drawn from."""
    draw = random.Random(name)
    body = json.dumps({**step.body, "model": "m", "max_tokens": most}).encode()
    headers = {"host": "x", "content-type": "application/json", "authorization": "Bearer k"}
    call = ApiCall(
        head=RequestHead(method="POST", path="/v1/chat/completions", minor=0, headers=headers),
        body=body,
        settings=MockSettings(ttft_s=pace.ttft_s, gap_s=pace.gap_s),
        read_ns=0,
        wall_s=1_700_000_000.0,
        id=f"chatcmpl-{name}",
    )
    chunks, lags = [], []
    for at_ns, data in _arriving(call, fault, line, draw):
        chunks.append(Chunk(at_ns, data))
        lags.append(Lag(at_ns, at_ns % LOOK_NS))
    request = Request(step=step.name, method="POST", url="http://r", headers=(), body=body, auth=step.auth, stream=True)
    return Exchange(
        request=request,
        started_at_s=1_700_000_000.0,
        marks=Marks(started_ns=0, sent_ns=0, headers_ns=1, end_ns=chunks[-1].at_ns),
        status=200,
        headers=(("Content-Type", "text/event-stream"),),
        chunks=tuple(chunks),
        lags=tuple(lags),
        late_ns=LOOK_NS,
    )


def _arriving(call: ApiCall, fault: str, line: Line, draw: random.Random) -> Iterator[tuple[int, bytes]]:
    """Yield when each piece of a body arrives, and its bytes. It leaves 20 microseconds after the one before.

    What leaves at once goes the same way, with the same delay.
    """
    left_s, there_s, late_s = 0.0, 0.0, line(draw)
    pieces = script(call, find_faults([fault] if fault else []))
    next(piece for piece in pieces if isinstance(piece, Send))  # the head
    for piece in pieces:
        if isinstance(piece, Wait):
            late_s = line(draw) if piece.until_s > left_s else late_s
            left_s = max(left_s, piece.until_s)
        elif isinstance(piece, Send):
            left_s += 0.00002
            there_s = max(there_s, left_s + late_s)
            yield round(there_s * 1e9), piece.data


def verdicts(fault: str, pace: Pace, line: str, lengths: tuple[int, int], seed: int) -> dict[str, Verdict]:
    """Return what the rules say of one run."""
    plan = honesty()
    steps = [step for step in plan.steps if step.stream]
    exchanges = tuple(
        stream(step, f"{fault}/{pace.name}/{line}/{most}/{seed}", fault, pace, LINES[line], most)
        for step, most in zip(steps, lengths, strict=True)
    )
    evidence = Evidence(model="m", nonce="k7m3pq2x", exchanges=exchanges)
    judged = judge(plan, evidence, [read_answer(exchange) for exchange in exchanges])
    return {one.rule: one.verdict for one in judged.verdicts if one.rule in RULES}


Run = tuple[str, str, str]
"""The name of a fault or persona, of a pace and of a line."""

Cell = Mapping[str, Counter[Verdict]]
"""How often each verdict was given, by rule."""


def table() -> dict[Run, Cell]:
    """Judge every stream at every pace and length, over every line, SEEDS times."""
    cells: dict[Run, Cell] = {}
    for fault, pace, line in product((*HONEST, *FAKES), PACES, LINES):
        cell: dict[str, Counter[Verdict]] = {rule: Counter() for rule in RULES}
        for lengths, seed in product(LENGTHS, range(SEEDS)):
            for rule, verdict in verdicts(fault, pace, line, lengths, seed).items():
                cell[rule][verdict] += 1
        cells[fault, pace.name, line] = cell
    return cells

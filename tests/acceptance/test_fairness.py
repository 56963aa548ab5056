"""One target means harm, all the time; a neighbour keeps its rhythm: real service, real time, as short as it can be."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from raw_relay import answer, relay_saying, stream
from service_process import ServiceProcess, eventually, relay_beside, serving

from wnmon.mock.settings import MockSettings

MIB = 2**20
RUNS = 6
"""Runs of the neighbour that are looked at."""
CONFIG = """\
defaults: {every: 2s, timeout: 1900ms}
targets:
  hostile:
    base_url: HOSTILE
    api_key: ${WN_API_KEY}
    models: [a, b, c, d]
    concurrency: 4
  good:
    base_url: GOOD
    api_key: ${WN_API_KEY}
    models: [m]
checks:
  alive:
    prompt: hello
    request: {stream: true, max_tokens: 16}
    expect: {status: 200}
"""


def escapes() -> bytes:
    """Return the 8 MiB that took 12 s of CPU once."""
    completion = {"choices": [{"index": 0, "message": {"content": "X"}, "finish_reason": "stop"}]}
    return json.dumps(completion).encode().replace(b"X", rb"\u0000" * ((8 * MIB - 200) // 6))


def events() -> bytes:
    """Return a stream just within the bounds of what is read: the worst that is judged."""
    event = (
        b'data: {"id":"x","object":"o","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"%b"}}]}\n\n'
    )
    return event % (rb"\u0041" * 17 + b"a" * 150) * 15_000


HOSTILE = {"8 MiB of escapes": answer(escapes()), "as many events as are read": stream(events())}


@pytest.fixture(scope="module", params=list(HOSTILE))
def gaps_s(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[float]:
    """Return the seconds between runs of the neighbour while the other target means harm."""
    folder, speech = tmp_path_factory.mktemp("fairness"), HOSTILE[request.param]
    with (
        relay_beside(MockSettings(ttft_s=0, gap_s=0)) as good,
        relay_saying(speech) as url,
        serving(folder, CONFIG.replace("HOSTILE", url).replace("GOOD", good.url)) as service,
    ):
        eventually(lambda: runs_of(service, "hostile") > 1, "answers that mean harm")
        begun = good.received
        eventually(lambda: good.received > begun + RUNS, "runs of the neighbour")
        stamps_s = [asked.read_ns / 1e9 for asked in good.requests][begun:]
        return [later - earlier for earlier, later in pairwise(stamps_s)]


def runs_of(service: ServiceProcess, target: str) -> int:
    return sum(int(row["runs"]) for name, row in service.probes().items() if name.startswith(target))


def test_a_neighbour_misses_no_run(gaps_s: list[float]) -> None:
    assert max(gaps_s) < 3.5, gaps_s  # one run missed makes it 4

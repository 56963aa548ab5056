"""A phase of the bench in small: service and relay as processes, each first token held against the truth."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench_machine import cpu_s, descendants, pss_mb
from bench_runs import Load, Served, Service, summary

from wnmon.mock.metronome import Tempo


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    loads = (
        Load(name="tls", probes=3, every_s=2, scheme="https"),
        Load(name="json", probes=2, every_s=2, stream=False),
    )
    tempo = Tempo(ttft_s=0.2, gap_s=0.01, tokens=8)
    service = Service(loads=loads, seconds=8, tempo=tempo, scrape_s=2, gaps=True)
    return service.run(tmp_path_factory.mktemp("phase"), None)


def test_streams_are_held_against_what_the_relay_did(served: Served) -> None:
    assert len(served.errors_ms) == len([one for one in served.recorded["runs"] if one[2] is not None])


def test_a_stamp_is_never_earlier_than_the_relay_allows(served: Served) -> None:
    """By more than its own request may have been late in being sent: the stamp of sending errs late as well."""
    assert min(served.published_ms, default=0.0) > -20.0


def test_json_answers_have_no_first_token(served: Served) -> None:
    assert [one for one in served.recorded["runs"] if one[0].startswith("json") and one[2] is not None] == []


def test_runs_and_their_processor_time_are_seen_from_outside(served: Served) -> None:
    assert (served.runs > 0, served.cpu_s > 0) == (True, True)


def test_memory_and_scrapes_are_seen_from_outside(served: Served) -> None:
    assert (served.memory_mb > 10, len(served.scrape_s) > 0) == (True, True)


def test_what_is_kept_of_a_phase_tells_how_late_the_relay_was(served: Served) -> None:
    """A timer of its loop may fire up to one step of it, 1 ms, before it is due: so early it may be, but no more."""
    assert summary(served)["relay_late_ms"]["p50"] > -1.5


def test_a_process_knows_itself() -> None:
    import os

    assert (descendants(os.getpid())[0], cpu_s(os.getpid()) > 0, pss_mb(os.getpid()) > 1) == (os.getpid(), True, True)


def test_nothing_that_a_phase_started_stays(served: Served) -> None:
    import os

    names = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in descendants(os.getpid())[1:]]

    assert [name for name in names if b"bench_" in name] == []

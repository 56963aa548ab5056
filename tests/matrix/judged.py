"""One peer, judged by every built-in suite with --full, all profiles and features: verdicts, leaks, and the replay."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, repeat
from multiprocessing import get_context
from pathlib import Path

from leaks import LeakDetector
from peers import Peer, Sort, running
from virtual_time import Inline, VirtualClock, run_virtually

from wnmon.app.check import Selection, Surroundings, Terms, check
from wnmon.cli.destinations import FORMATS, Destination
from wnmon.cli.replay import replay
from wnmon.cli.reports import write
from wnmon.cli.suites import load
from wnmon.config import built_in_suites, load_suites, profiles_of
from wnmon.config.named_target import NamedTarget
from wnmon.config.shipped import shipped_folder
from wnmon.model.check import Level, Plan
from wnmon.model.result import RuleVerdict, Verdict
from wnmon.model.said import Said
from wnmon.model.target import SensorKind
from wnmon.report.summary import CheckReport
from wnmon.report.transcript import read_transcript

SUITES = tuple(f"builtin:{plan.suite}" for plan in built_in_suites())


ECHOED = ("builtin:documented", "builtin:stream", "builtin:refusals")
"""Suites that see all a relay can repeat a key in: answers, streams, errors and headers."""


PATIENCE_S = 1800.0
"""Time is virtual: even at 20 requests a minute every suite comes to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What became of a peer: every rule's verdict, where a report shows the key, where a replay says otherwise."""

    verdicts: Mapping[str, RuleVerdict]
    leaks: tuple[str, ...]
    differences: tuple[str, ...]

    @property
    def broken(self) -> frozenset[str]:
        """Return the rules that complain; of an INFO rule, which cannot fail, that is a note."""
        return self.of(Verdict.FAILED, Verdict.NOTED)

    @property
    def broken_musts(self) -> frozenset[str]:
        """Return the MUST rules that complain."""
        return frozenset(rule for rule in self.broken if self.verdicts[rule].level is Level.MUST)

    def of(self, *verdicts: Verdict) -> frozenset[str]:
        """Return the rules with one of these verdicts."""
        return frozenset(rule for rule, one in self.verdicts.items() if one.verdict in verdicts)


def judge_all(peers: Sequence[Peer], key: str) -> dict[str, Judged]:
    """Return what became of each peer, by name. Peers share nothing, so some are judged at once."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        judged = pool.map(judge, peers, repeat(key))
        return dict(zip((peer.name for peer in peers), judged, strict=False))


def differing(
    peers: Sequence[Peer], one: Mapping[str, Judged], other: Mapping[str, Judged]
) -> dict[str, frozenset[str]]:
    """Return the rules of which two judgements have another verdict, by peer; whoever has none is left out."""
    found = {peer.name: _differing(one[peer.name], other[peer.name]) for peer in peers}
    return {name: rules for name, rules in found.items() if rules}


def _differing(one: Judged, other: Judged) -> frozenset[str]:
    """Return the rules with different verdicts. Each turn of the loop takes virtual time, and who reads in more turns
    may be late and say so, as of hundreds of pieces at once: that is no other verdict.
    """
    pairs = ((name, one.verdicts[name], other.verdicts[name]) for name in one.verdicts)
    return frozenset(name for name, *both in pairs if both[0].verdict != both[1].verdict and not _is_late(both))


def _is_late(verdicts: Sequence[RuleVerdict]) -> bool:
    return any(one.why == Said("monitor_late") for one in verdicts)


def judge(peer: Peer, key: str) -> Judged:
    """Return what became of one peer: as it is, and once more where it also repeats the key in all it says."""
    detector = LeakDetector({"the key": key})
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / part for part in ("plain", "echoing")]
        reports = [_checked(peer, key, folders[0])]
        if peer.sort is not Sort.GOOD and not peer.hasty:
            reports.append(_checked(_echoing(peer), key, folders[1]))
        return Judged(
            verdicts={one.rule: one for run in reports[0].runs for one in run.result.verdicts},
            leaks=tuple(detector.all_leaks(chain.from_iterable(_outputs(folder) for folder in folders))),
            differences=tuple(chain.from_iterable(_replayed(folder) for folder in folders)),
        )


def _echoing(peer: Peer) -> Peer:
    """Return the peer, saying the key wherever it can. No rule is proven with it, so it may be as fast as it likes."""
    return replace(
        peer, faults=("echo-key", *peer.faults), settings=replace(peer.settings, ttft_s=0.0, gap_s=0.0), secured=None
    )


def _checked(peer: Peer, key: str, folder: Path) -> CheckReport:
    """Check a peer in virtual time and leave every report in the folder."""
    folder.mkdir()

    async def checked(clock: VirtualClock) -> CheckReport:
        async with running(peer, key, folder, clock) as own:
            target = replace(own, transport=peer.transport, http2=peer.transport is SensorKind.HTTPX)
            asked = NamedTarget(target=target, models=target.models, timeouts=peer.timeouts)
            here = Surroundings(clock=clock, worker=Inline())
            return await check(asked, _selection(peer, folder), Terms(patience_s=PATIENCE_S), surroundings=here)

    report = run_virtually(checked)
    places = [Destination(form, folder / f"report.{form}") for form in FORMATS]
    write(report, places, lang="en", quiet=True)
    return report


def _selection(peer: Peer, folder: Path) -> Selection:
    if peer.hasty:
        name = _hasty(folder)
        return Selection(plans=tuple(load_suites([name], Path())), names=(name,), only=("STR-019",), full=True)
    return _all_of(ECHOED if peer.faults[:1] == ("echo-key",) and len(peer.faults) > 1 else SUITES)


@cache
def _all_of(suites: tuple[str, ...]) -> Selection:
    plans = load_suites(suites, Path())
    profiles = profiles_of(rule for plan in plans for rule in plan.rules)
    return Selection(plans=tuple(plans), names=suites, profiles=tuple(sorted(profiles)), full=True)


def _hasty(folder: Path) -> str:
    """Return the suite on streams with the patience of 0.3 s instead of a minute."""
    file = folder / "stream.yaml"
    if not file.exists():
        shipped = (shipped_folder() / "stream.yaml").read_text(encoding="utf-8")
        assert shipped.count("silence: 60s") == 1
        file.write_text(shipped.replace("silence: 60s", "silence: 300ms"), encoding="utf-8")
    return str(file)


def _outputs(folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.glob("report.*")):
        yield f"{folder.name} {file.suffix[1:]}", file.read_text(encoding="utf-8")


def _replayed(folder: Path) -> Iterator[str]:
    """Yield what a replay of the transcript says otherwise."""
    if (folder / "report.transcript").exists():
        recorded = read_transcript((folder / "report.transcript").read_text(encoding="utf-8"))
        yield from map(str, replay(recorded, load=_loaded).differences)


@cache
def _loaded(names: tuple[str, ...]) -> tuple[Plan, ...]:
    """Return the plans of suites: hundreds of records name the same ones, which take longer to read than to judge."""
    return load(names)

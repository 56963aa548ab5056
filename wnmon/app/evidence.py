"""The evidence of a service: of runs that failed the transcript, kept, and shown as a page."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from wnmon import __version__
from wnmon.config import built_in_suites
from wnmon.engine.known_secrets import KnownSecrets
from wnmon.engine.run import Run
from wnmon.errors import place_of
from wnmon.model.check import Rule
from wnmon.model.events import InternalFault, MonitorEvent
from wnmon.model.result import Outcome
from wnmon.model.target import Probe
from wnmon.report.html import render_run
from wnmon.report.kept import laid_out, render_kept, report_of
from wnmon.report.summary import broken
from wnmon.report.transcript import Transcript, read_transcript
from wnmon.store import Packed

MOST_WAITING = 64
"""Runs that wait to be written out, each with all it was answered; of what fails beyond it no transcript is kept."""

_FAILED = frozenset({Outcome.DEGRADED, Outcome.FAILED, Outcome.ERRORED})


def is_kept(run: Run) -> bool:
    """Tell whether a run is one whose transcript somebody may want: it failed, was slow, or breaks a rule."""
    return run.result.outcome in _FAILED or bool(broken(run))


class Transcripts:
    """A sink that has the transcripts of failures written out and compressed, on a thread of its own.

    `keep` takes them, on that thread; `tell` is told of a fault, there too. A run that passed costs nothing.
    """

    name = "evidence"

    def __init__(
        self, keep: Callable[[Packed], None], secrets: KnownSecrets, tell: Callable[[MonitorEvent], None]
    ) -> None:
        self._keep = keep
        self._secrets = secrets
        self._tell = tell
        self._thread = ThreadPoolExecutor(1, "wnmon-evidence")
        self._room = threading.Semaphore(MOST_WAITING)
        self.is_wanted = True

    def take(self, run: Run) -> None:
        """Have the transcript of a failure kept, unless too many wait already."""
        if self.is_wanted and is_kept(run) and self._room.acquire(blocking=False):
            self._thread.submit(self._pack, run)

    def close(self) -> None:
        """Write out what waits. Takes as long as that, so not on a loop."""
        self._thread.shutdown()

    def _pack(self, run: Run) -> None:
        try:
            packed = Packed.of(run, render_kept(run, __version__, self._secrets.learn(()).text))
            if packed is not None:
                self._keep(packed)
        except Exception as error:  # noqa: BLE001 - on a thread nobody would hear of it
            self._tell(InternalFault(component="store", error=place_of(error)))
        finally:
            self._room.release()


class KeptEvidence:
    """The Evidence port over what is kept. `text_of` reads a transcript; rules are known by what is watched now."""

    def __init__(self, text_of: Callable[[str], str | None]) -> None:
        self._text_of = text_of
        self._rules: Mapping[str, Rule] = {}

    def declare(self, probes: Iterable[Probe]) -> None:
        """Know the rules of these probes: a transcript names those of suites, and does not hold what they say."""
        self._rules = {**self._rules, **{rule.id: rule for probe in probes for rule in probe.check.plan.rules}}

    def page(self, run: str, lang: str, *, still: bool = False) -> str | None:
        """Return the page of a run."""
        return self._drawn(run, lang, served=True, still=still)

    def report(self, run: str, lang: str) -> str | None:
        """Return the same to be sent to somebody."""
        return self._drawn(run, lang, served=False)

    def transcript(self, run: str) -> str | None:
        """Return what `wnmon replay` reads."""
        text = self._text_of(run)
        try:
            return None if text is None else laid_out(text)
        except ValueError:  # somebody else wrote it
            return None

    def _drawn(self, run: str, lang: str, *, served: bool, still: bool = False) -> str | None:
        text = self._text_of(run)
        if text is None:
            return None
        try:
            recorded = read_transcript(text)
        except ValueError:  # a newer wnmon wrote it
            return None
        rules = self._rules if _knows(self._rules, recorded) else {**_built_in_rules(), **self._rules}
        return render_run(report_of(recorded, rules), lang, served=served, still=still, cut=recorded.head.cut)


def _knows(rules: Mapping[str, Rule], recorded: Transcript) -> bool:
    return all(row.rule in rules for run in recorded.runs for row in broken(run))


@cache
def _built_in_rules() -> Mapping[str, Rule]:
    """Return the rules that come with wnmon: those of a suite that no check names any more are among them."""
    return {rule.id: rule for plan in built_in_suites() for rule in plan.rules}

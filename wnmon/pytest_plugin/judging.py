"""The runs behind the tests: each suite is asked once per model, when the first of its tests needs it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wnmon.app import one_off_runner
from wnmon.config import narrow
from wnmon.config.named_target import Asked
from wnmon.errors import InternalError, WnmonError, place_of
from wnmon.model.check import Check, Plan
from wnmon.model.result import Outcome, Run
from wnmon.model.target import Probe
from wnmon.pytest_plugin.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What one run is about: a suite, by its place among those asked for, and a model (None: the only one)."""

    suite: int
    model: str | None


class Judging:
    """Makes runs on demand and keeps them. `ask` is called when the first run is made: only then a key is needed."""

    def __init__(self, plans: Sequence[Plan], settings: Settings, ask: Callable[[], Asked]) -> None:
        self._plans = plans
        self._settings = settings
        self._ask = ask
        self._made: dict[Subject, Run | WnmonError] = {}
        self._unjudgeable: dict[str | None, Run] = {}

    def run_of(self, subject: Subject, rules: Sequence[str]) -> Run:
        """Return the run of a subject, made of the requests that `rules` need unless it was made before.

        A model that gave no suite anything to judge is not asked again: every suite gets that first run, whose outcome
        is errored. Raises WnmonError, the same one for all tests of a subject.
        """
        if subject.model in self._unjudgeable:
            return self._unjudgeable[subject.model]
        if subject not in self._made:
            self._made[subject] = self._attempt(subject, rules)
        made = self._made[subject]
        if isinstance(made, WnmonError):
            raise made
        if made.result.outcome is Outcome.ERRORED:
            self._unjudgeable[subject.model] = made
        return made

    def _attempt(self, subject: Subject, rules: Sequence[str]) -> Run | WnmonError:
        try:
            return self._make(subject, rules)
        except WnmonError as wrong:
            return wrong
        except Exception as bug:  # noqa: BLE001 - a boundary: pytest would show the locals of our frames, keys among them
            return InternalError(f"internal error: {place_of(bug)}", hint="please report it")

    def _make(self, subject: Subject, rules: Sequence[str]) -> Run:
        asked = self._ask()
        plan = narrow(
            self._plans[subject.suite], profiles=self._settings.profiles, only=tuple(rules), full=self._settings.full
        )
        check = Check(name=plan.suite or "suite", plan=plan, every_s=0, timeouts=asked.timeouts)
        probe = Probe(check=check, target=asked.target, model=subject.model or asked.models[0])
        return asyncio.run(_run(probe, full=self._settings.full))


async def _run(probe: Probe, *, full: bool) -> Run:
    async with one_off_runner(probe.target.concurrency) as runner:
        return await runner.run(probe, full=full)

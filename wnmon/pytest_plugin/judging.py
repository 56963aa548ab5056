"""The runs behind the tests: each suite is asked once per model, when the first of its tests needs it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wnmon.app.check import Memory, Surroundings, judge_suite, probe_of
from wnmon.config import narrow
from wnmon.config.named_target import NamedTarget
from wnmon.engine.patience import Patience
from wnmon.engine.run import Run
from wnmon.engine.session import Manner, Session
from wnmon.errors import InternalError, WnmonError, place_of
from wnmon.model.check import Plan
from wnmon.model.said import Said
from wnmon.pytest_plugin.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteOnModel:
    """What one run is about: a suite, by its place among those asked for, and a model (None: the only one)."""

    suite: int
    model: str | None


class Judging:
    """Makes runs on demand and keeps them. `ask` is called when the first run is made: only then a key is needed."""

    def __init__(
        self,
        plans: Sequence[Plan],
        settings: Settings,
        ask: Callable[[], NamedTarget],
        surroundings: Surroundings | None = None,
    ) -> None:
        self._plans = plans
        self._settings = settings
        self._ask = ask
        self._surroundings = surroundings or Surroundings()
        self._session = Session(Manner(full=settings.full, patience=Patience(settings.patience_s)))
        self._memory = Memory.afresh(self._surroundings.clock)
        self._made: dict[SuiteOnModel, Run | WnmonError] = {}

    def run_of(self, subject: SuiteOnModel, rules: Sequence[str]) -> Run:
        """Return the run of a subject, made of the requests that `rules` need unless it was made before.

        Raises WnmonError, the same one for all tests of a subject.
        """
        if subject not in self._made:
            self._made[subject] = self._attempt(subject, rules)
        made = self._made[subject]
        if isinstance(made, WnmonError):
            raise made
        return made

    def _attempt(self, subject: SuiteOnModel, rules: Sequence[str]) -> Run | WnmonError:
        try:
            named = self._ask()
            self._memory.secrets.learn(named.secrets())
            settings, plan = self._settings, self._plans[subject.suite]
            plan = narrow(plan, profiles=settings.profiles, only=tuple(rules), full=settings.full)
            probe = probe_of(named, plan, subject.model or named.models[0])
            return asyncio.run(judge_suite(self._session, probe, self._surroundings, self._memory))
        except WnmonError as wrong:
            return wrong
        except Exception as bug:  # noqa: BLE001 - a boundary: pytest would show the locals of our frames, keys among them
            return InternalError(Said("internal_error", text=place_of(bug)), hint=Said("please_report"))

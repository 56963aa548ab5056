"""What a check learns of each model while it asks: how it wants its requests, told by what it refused.

Only a check learns (`engine/session.py`): the service asks as it is configured, every time.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace

from wnmon.judge.preflight import accepts_refusal, valid_requests
from wnmon.model.check import Plan, Step
from wnmon.model.lesson import Learnt, Lesson, Taught
from wnmon.model.parameters import AS_WRITTEN, Parameters
from wnmon.wire.answer import Answer
from wnmon.wire.lessons import lesson_of

MAX_ASKINGS = 8
"""How often one request is asked at most."""


@dataclass(slots=True)
class Pupil:
    """What was learnt of one model. `tried` holds also what did not help, so that nothing is tried twice."""

    parameters: Parameters = AS_WRITTEN
    lessons: list[Lesson] = field(default_factory=list)
    tried: set[tuple[Taught, str]] = field(default_factory=set)

    def hear(self, plan: Plan, step: Step, answer: Answer) -> Learnt | None:
        """Return what the answer to a valid request teaches, to be tried."""
        is_plain = step.raw_body is None and step.method == "POST" and step.path is None
        if not is_plain or step.name not in valid_requests(plan) or accepts_refusal(plan, answer):
            return None
        learnt = lesson_of(answer, self.tried, step.about)
        if learnt is not None:
            self.tried.add(learnt.lesson.key)
        return learnt

    def keep(self, learnt: Learnt) -> None:
        """Ask by a lesson from now on."""
        self.parameters = self.parameters.with_more(learnt.change)
        self.lessons.append(learnt.lesson)

    def known(self) -> list[Lesson]:
        """Return what was learnt so far, as another run is told it."""
        return [replace(lesson, exchange=None) for lesson in self.lessons]


class Learning:
    """The pupils of one session, by model."""

    def __init__(self) -> None:
        self._pupils: defaultdict[str, Pupil] = defaultdict(Pupil)

    def of(self, model: str) -> Pupil:
        """Return what was learnt of a model."""
        return self._pupils[model]

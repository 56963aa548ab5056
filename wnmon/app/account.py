"""What a relay says of itself, asked once: the models it offers, what is left of the money, which models answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from wnmon.app.check import Guide, Memory, Surroundings, one_off_runner
from wnmon.config.named_target import NamedTarget
from wnmon.engine.learning import Pupil
from wnmon.engine.run import Run
from wnmon.judge.registry import prepare
from wnmon.model.check import Asks, Check, Plan, Step
from wnmon.model.json import JsonObject
from wnmon.model.target import Probe

MAX_TOKENS = 32
"""Of an answer that is to show that there is one."""

_QUESTION: JsonObject = {
    "model": "{{model}}",
    "messages": [{"role": "user", "content": "Count from one to ten. ({{nonce}})"}],
    "stream": True,
    "max_tokens": MAX_TOKENS,
}
ALIVE = Plan(steps=(Step(name="alive", body=_QUESTION, expect=(prepare("status", 200),)),))
"""The question that shows whether a model answers: a small one, streamed."""


def probe_of(named: NamedTarget, plan: Plan, model: str = "") -> Probe:
    """Return the probe that asks the plan of a model, or of the relay itself, which is of no model."""
    check = Check(name=plan.steps[0].name, plan=plan, every_s=0, timeouts=named.timeouts)
    return Probe(check=check, target=named.target, model=model)


async def ask(
    named: NamedTarget,
    plan: Plan,
    models: Sequence[str] = ("",),
    guide: Guide | None = None,
    surroundings: Surroundings | None = None,
) -> list[Run]:
    """Return one run of the plan for each model, in their order, as many at once as the target takes.

    A plan that asks the relay itself is of no model, which is "".
    """
    guide, surroundings = guide or Guide(), surroundings or Surroundings()
    memory = Memory.afresh(surroundings.clock)
    memory.secrets.learn(named.secrets())
    async with one_off_runner(named.target.concurrency, surroundings, memory) as runner:

        async def run(model: str) -> Run:
            pupil = Pupil() if plan.asks is Asks.CHAT else None
            ran = await runner.run(probe_of(named, plan, model), pupil=pupil)
            guide.progress(model)
            return ran

        with guide.ending(runner.stop):
            return list(await asyncio.gather(*map(run, models)))

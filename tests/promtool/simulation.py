"""A monitor in simulated time: the real sink takes runs and is scraped each minute, promtool gets what was scraped.

Time starts at 0, as promtool's does.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from wnmon.engine.run import Run
from wnmon.metrics.catalogue import CATALOGUE
from wnmon.metrics.prometheus import PrometheusSink
from wnmon.model.check import Check, Level, Plan, Rule, Selector, Step
from wnmon.model.events import Reloaded
from wnmon.model.result import Evidence, Finding, Outcome, Reason, Result, RuleVerdict, Verdict
from wnmon.model.target import Probe, Target

ALERTS = Path(__file__).parents[2] / "dashboards" / "prometheus" / "alerts.yml"
WATCHED = frozenset(name for name in CATALOGUE if name in ALERTS.read_text(encoding="utf-8"))

End = tuple[Outcome, Reason]
PASSED: End = (Outcome.PASSED, Reason.OK)
Fate = Callable[[Probe, int], End | None]
"""What a probe's run at a minute comes to; None: it does not take place."""


class SimulatedClock:
    """A clock that a simulation moves."""

    def __init__(self) -> None:
        self.at_s = 0.0

    def now_ns(self) -> int:
        return int(self.at_s * 1e9)

    def wall_s(self) -> float:
        return self.at_s


FINGERPRINT = Rule(
    id="DOC-009", on=Selector(), levels={"documented": Level.MUST}, says={"en": "system_fingerprint"}, source="page"
)
BROKEN = RuleVerdict(
    rule="DOC-009",
    level=Level.MUST,
    verdict=Verdict.FAILED,
    findings=(Finding(message="x", expected="string", actual="absent"),),
)


def probes_of(check: str, every_min: int, *, models: Sequence[str], suite: str | None = None) -> list[Probe]:
    """Return one probe per model of one target."""
    target = Target(
        name="wn", url="https://wn.example/v1", host="wn.example", models=tuple(models), labels={"team": "relay"}
    )
    plan = Plan(
        steps=(Step(name="ask", body={"stream": True}),),
        rules=(FINGERPRINT,) if suite else (),
        profiles=("documented",),
        suite=suite,
    )
    made = Check(name=check, plan=plan, every_s=every_min * 60)
    return [Probe(check=made, target=target, model=model) for model in models]


@dataclass
class Simulation:
    """`down` minutes are those in which the process does not run; it starts anew after each."""

    probes: Sequence[Probe]
    fate: Fate
    minutes: int
    down: frozenset[int] = frozenset()
    scraped: dict[str, dict[int, str]] = field(default_factory=dict)

    def run(self) -> Simulation:
        """Live through all minutes."""
        clock, sink = SimulatedClock(), None
        for minute in range(self.minutes):
            clock.at_s = minute * 60.0
            if minute in self.down:
                sink = None
                continue
            sink = sink or self._started(clock)
            self._run_due(sink, minute)
            self._scrape(sink, minute)
        return self

    def _started(self, clock: SimulatedClock) -> PrometheusSink:
        sink = PrometheusSink(clock)
        sink.declare(self.probes)
        sink.observe(Reloaded(ok=True, at_s=clock.at_s, sha="a"))
        return sink

    def _run_due(self, sink: PrometheusSink, minute: int) -> None:
        for index, probe in enumerate(self.probes):
            every_min = int(probe.check.every_s / 60)
            if minute % every_min == min(index, every_min - 1) % 10:
                end = self.fate(probe, minute)
                if end is not None:
                    sink.take(_run(probe, minute, end))

    def _scrape(self, sink: PrometheusSink, minute: int) -> None:
        for line in sink.render(None)[1].decode().splitlines():
            series, value = line.rsplit(" ", 1)
            if series.partition("{")[0] in WATCHED:
                self.scraped.setdefault(series, {})[minute] = value

    def series(self, *, days: int = 1) -> list[dict[str, str]]:
        """Return promtool's input series; more than one day repeats the simulated one, its timestamps moved on."""
        return [
            {"series": _scraped_as(name), "values": " ".join(self._days(name, values, days))}
            for name, values in self.scraped.items()
        ]

    def _days(self, name: str, values: dict[int, str], days: int) -> Iterator[str]:
        for day in range(days):
            moved_s = day * self.minutes * 60 if "timestamp" in name else 0
            yield from _notation(values, self.minutes, moved_s)


def _run(probe: Probe, minute: int, end: End) -> Run:
    outcome, reason = end
    verdicts = (BROKEN,) if probe.check.plan.suite else ()
    return Run(
        id="r",
        target=probe.target.name,
        check=probe.check.name,
        model=probe.model,
        started_at_s=minute * 60.0,
        ended_at_s=minute * 60.0,
        result=Result(outcome=outcome, reason=reason, verdicts=verdicts),
        evidence=Evidence(model=probe.model, nonce="n", exchanges=()),
        suite=probe.check.plan.suite,
    )


def _scraped_as(series: str) -> str:
    name, _, labels = series.partition("{")
    rest = labels.removesuffix("}")
    return f'{name}{{job="wnmon",instance="wnmon:9877"{"," if rest else ""}{rest}}}'


def _notation(values: dict[int, str], minutes: int, moved_s: int) -> Iterator[str]:
    """Yield runs of equal values; the first missing one is a staleness marker, as a scraper writes it."""
    for value, group in groupby(range(minutes), lambda minute: values.get(minute)):
        more = len(list(group)) - 1
        if value is not None:
            yield f"{float(value) + moved_s:.0f}x{more}"
        else:
            yield "stale"
            if more:
                yield f"_x{more}"


def firing(*alerts: str, at_min: int, labels: str = "") -> dict[str, object]:
    """Return an expectation: exactly these alerts (by name and model) fire at a minute."""
    samples = [{"labels": f'{{alertname="{alert}"{labels}}}', "value": 1} for alert in alerts]
    return {
        "expr": 'max by (alertname, model) (ALERTS{alertstate="firing"})',
        "eval_time": f"{at_min}m",
        "exp_samples": samples,
    }


def promtool_verdict(
    promtool: str,
    folder: Path,
    series: Sequence[dict[str, str]],
    expectations: Sequence[dict[str, object]],
    *,
    evaluated_every: str = "1m",
) -> str:
    """Return what promtool says: it ends with SUCCESS where every expectation holds."""
    test = {
        "rule_files": [str(ALERTS)],
        "evaluation_interval": evaluated_every,
        "group_eval_order": ["wnmon"],
        "tests": [{"interval": "1m", "input_series": series, "promql_expr_test": expectations}],
    }
    path = folder / "simulated.yml"
    path.write_text(json.dumps(test), encoding="utf-8")
    done = subprocess.run([promtool, "test", "rules", str(path)], capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip()

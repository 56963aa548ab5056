"""A monitor in simulated time: its own timetable, rests, standings and metrics, scraped each minute for promtool.

Time starts at 0, as promtool's does.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from wnmon.engine.backoff import Backoff
from wnmon.engine.run import Run
from wnmon.engine.standing import Standings
from wnmon.metrics.catalogue import CATALOGUE
from wnmon.metrics.prometheus import PrometheusSink
from wnmon.model.check import Auth, Check, Level, Plan, Rule, Selector, Step
from wnmon.model.events import Reloaded
from wnmon.model.exchange import Exchange, Marks, Request
from wnmon.model.result import Evidence, Finding, Outcome, Reason, Result, RuleVerdict, Verdict
from wnmon.model.slo import Indicator, Slo
from wnmon.model.target import Probe, Target
from wnmon.schedule.timetable import Timetable
from wnmon.wire.answer import Answer, read_answer

FOLDER = Path(__file__).parents[2] / "dashboards" / "prometheus"
RULE_FILES = [FOLDER / name for name in yaml.safe_load((FOLDER / "prometheus.yml").read_text("utf-8"))["rule_files"]]
RULES = "".join(path.read_text(encoding="utf-8") for path in RULE_FILES)
WATCHED = frozenset(name for name in CATALOGUE if name in RULES)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_:]*")
# Without an order promtool's results differ from run to run where rules build on each other.
ORDER = ("wnmon-weeks", "wnmon-days", "wnmon-records", "wnmon")

End = tuple[Outcome, Reason]
PASSED: End = (Outcome.PASSED, Reason.OK)
LIMITED: End = (Outcome.ERRORED, Reason.RATE_LIMITED)
UNAVAILABLE: End = (Outcome.ERRORED, Reason.HTTP_5XX)
Fate = Callable[[Probe, int], End | None]
"""What a probe's run at a minute comes to; None: it does not take place."""


class SimulatedClock:
    """A clock that a simulation moves."""

    def __init__(self) -> None:
        self.at_s = 0.0

    def now_ns(self) -> int:
        return int(self.at_s * 1e9)

    def boot_ns(self) -> int:
        return self.now_ns()

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
AVAILABLE = Slo(name="available", indicator=Indicator.AVAILABILITY, objective=0.995, window_s=30 * 86400)


def probes_of(check: str, every_min: float, *, models: Sequence[str], suite: str | None = None) -> list[Probe]:
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
    slos = () if suite else (AVAILABLE,)
    return [Probe(check=made, target=target, model=model, slos=slos) for model in models]


class Monitor:
    """A process of its own: what it remembers is gone with it."""

    def __init__(self, clock: SimulatedClock, probes: Sequence[Probe], retry_after_s: float | None) -> None:
        self._clock = clock
        self._probes = probes
        self._retry_after_s = retry_after_s
        self._backoff = Backoff(clock)
        self._table = Timetable(0)
        self._table.set_probes(probes, clock.boot_ns())
        self._standings = Standings(
            clock, self._table, lambda one, at_ns: self._backoff.rest(one.target, one.model, at_ns)
        )
        self._standings.declare(probes)
        self.sink = PrometheusSink(clock, self._standings.of)
        self.sink.declare(probes)
        self.sink.observe(Reloaded(ok=True, at_s=clock.at_s, sha="a"))
        self._sinks = (self._standings, self.sink)

    def run_due(self, fate: Fate, *, lone: bool) -> None:
        """Run what is due, but for whom is left alone."""
        for probe in self._probes:
            entry = self._table.get(probe.id)
            end, now_ns = fate(probe, int(self._clock.at_s // 60)), self._clock.boot_ns()
            if entry is None or end is None:
                continue
            if entry.recheck_ns is not None and entry.recheck_ns <= now_ns:
                self._table.take_recheck(entry, now_ns)
                if self._standings.wants_recheck(probe.id):
                    self._run(probe, now_ns, PASSED if lone else end, recheck=True)
            elif entry.due_ns <= now_ns:
                due_ns = entry.due_ns
                self._table.take(entry, now_ns, begins=True)
                if self._backoff.rest(probe.target, probe.model) is None:
                    self._run(probe, due_ns, end)

    def _run(self, probe: Probe, due_ns: int, end: End, *, recheck: bool = False) -> None:
        run = replace(_run(probe, self._clock.at_s, end, self._retry_after_s), recheck=recheck)
        if run.result.status is not None:
            self._backoff.learn(probe, run.result, [_answer(run.result.status, due_ns)])
        for sink in self._sinks:
            sink.take(run)
        again_s = self._standings.recheck_s(probe.id)
        if again_s is not None:
            self._table.plan_recheck(probe.id, self._clock.boot_ns() + int(again_s * 1e9), 0)


@dataclass
class Simulation:
    """`down` minutes are those in which the process does not run; it starts anew after each.

    `lone`: what fails is a single run, the re-check after it is answered.
    """

    probes: Sequence[Probe]
    fate: Fate
    minutes: int
    down: frozenset[int] = frozenset()
    step_s: int = 20
    retry_after_s: float | None = None
    lone: bool = False
    scraped: dict[str, dict[int, str]] = field(default_factory=dict)

    def run(self) -> Simulation:
        """Live through all minutes."""
        clock, monitor = SimulatedClock(), None
        for at_s in range(0, self.minutes * 60, self.step_s):
            clock.at_s = float(at_s)
            minute, rest_s = divmod(at_s, 60)
            if minute in self.down:
                monitor = None
                continue
            monitor = monitor or Monitor(clock, self.probes, self.retry_after_s)
            monitor.run_due(self.fate, lone=self.lone)
            if rest_s == 0:
                self._scrape(monitor, minute)
        return self

    def _scrape(self, monitor: Monitor, minute: int) -> None:
        for line in b"".join(monitor.sink.render(None)[1]).decode().splitlines():
            series, value = line.rsplit(" ", 1)
            if series.partition("{")[0] in WATCHED or series.startswith("wnmon_slo_"):
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


_STATUS = {Reason.OK: 200, Reason.RATE_LIMITED: 429, Reason.HTTP_5XX: 503}


def _run(probe: Probe, at_s: float, end: End, retry_after_s: float | None) -> Run:
    outcome, reason = end
    verdicts = (BROKEN,) if probe.check.plan.suite else ()
    asked_s = retry_after_s if reason is Reason.RATE_LIMITED else None
    return Run(
        id="r",
        target=probe.target.name,
        check=probe.check.name,
        model=probe.model,
        started_at_s=at_s,
        ended_at_s=at_s,
        result=Result(
            outcome=outcome, reason=reason, verdicts=verdicts, status=_STATUS.get(reason), retry_after_s=asked_s
        ),
        evidence=Evidence(model=probe.model, nonce="n", exchanges=()),
        suite=probe.check.plan.suite,
    )


def _answer(status: int, due_ns: int) -> Answer:
    request = Request(
        step="ask", method="POST", url="http://r.invalid", headers=(), body=b"{}", auth=Auth.NORMAL, stream=True
    )
    marks = Marks(scheduled_ns=due_ns, started_ns=due_ns, sent_ns=due_ns, end_ns=due_ns)
    return read_answer(Exchange(request=request, started_at_s=due_ns / 1e9, marks=marks, status=status))


def _scraped_as(series: str) -> str:
    name, _, labels = series.partition("{")
    rest = labels.removesuffix("}")
    return f'{name}{{job="wnmon",instance="wnmon:9877"{"," if rest else ""}{rest}}}'


def _notation(values: dict[int, str], minutes: int, moved_s: int) -> Iterator[str]:
    """Yield runs of equal values; the first missing one is a staleness marker, as a scraper writes it."""
    for value, group in groupby(range(minutes), lambda minute: values.get(minute)):
        more = len(list(group)) - 1
        if value is not None:
            yield f"{float(value) + moved_s:.12g}x{more}"
        else:
            yield "stale"
            if more:
                yield f"_x{more}"


def firing(*alerts: str, at_min: int, labels: str = "") -> dict[str, object]:
    """Return an expectation: exactly these alerts (by name and model), and no other that wakes somebody, fire then."""
    samples = [{"labels": f'{{alertname="{alert}"{labels}}}', "value": 1} for alert in alerts]
    return {
        "expr": 'max by (alertname, model) (ALERTS{alertstate="firing", severity="critical"})',
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
    scraped_every: str = "1m",
    left_out: str = "",
) -> str:
    """Return what promtool says: it ends with SUCCESS where every expectation holds.

    A group may be left out. Only rules that the expectations read are reckoned: each rule is a function of what it
    reads, and all of them take many times as long.
    """
    asked = " ".join(str(one["expr"]) for one in expectations)
    groups = needed_groups(asked, left_out)
    (folder / "rules.yml").write_text(json.dumps({"groups": groups}), encoding="utf-8")
    test = {
        "rule_files": [str(folder / "rules.yml")],
        "evaluation_interval": evaluated_every,
        "group_eval_order": [name for name in ORDER if name in {group["name"] for group in groups}],
        "tests": [{"interval": scraped_every, "input_series": series, "promql_expr_test": expectations}],
    }
    path = folder / "simulated.yml"
    path.write_text(json.dumps(test), encoding="utf-8")
    done = subprocess.run([promtool, "test", "rules", str(path)], capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip()


def needed_groups(asked: str, left_out: str = "") -> list[dict[str, Any]]:
    """Return the groups with the rules that `asked` names, all critical alerts if it asks so, and what they read."""
    groups = [group for group in _groups() if group["name"] != left_out]
    rules = [rule for group in groups for rule in group["rules"]]
    is_critical = 'severity="critical"' in asked
    kept = [rule for rule in rules if is_critical and rule.get("labels", {}).get("severity") == "critical"]
    texts = [asked, *(rule["expr"] for rule in kept)]
    while texts:
        names = set(_NAME.findall(texts.pop()))
        more = [rule for rule in rules if rule not in kept and {rule.get("record"), rule.get("alert")} & names]
        kept += more
        texts += [rule["expr"] for rule in more]
    left = ({**group, "rules": [rule for rule in group["rules"] if rule in kept]} for group in groups)
    return [group for group in left if group["rules"]]


@cache
def _groups() -> list[dict[str, Any]]:
    return [group for path in RULE_FILES for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]]

"""What a running service says at its terminal: states when they change, not every run; a count of what was skipped.

level    what
-------  ---------------------------------------------------------------------------------------------------------
debug    every finished run, every due run that did not take place, every re-check that gave way to a due run
info     the first run of a probe and each that changes its outcome or reason; a state that counts no more; what did
         not take place, once a minute; start and end
warning  a probe that is confirmed to be down (up again: info), a refused reload, a sink that fails
error    a fault of wnmon itself
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import Any, TextIO

import click

from wnmon.cli.terminal import discard, wants_color, width
from wnmon.config import render
from wnmon.config.spend import DailyCost, Spend
from wnmon.engine.run import Run
from wnmon.model.events import (
    ConnectionsRefused,
    InternalFault,
    LoginsFailed,
    ModelsListed,
    MonitorEvent,
    NetworkTold,
    Notified,
    RecheckCut,
    Reloaded,
    RunSkipped,
    SelfTested,
    SinkFailed,
    StateExpired,
    Stepped,
    StoreProblem,
    StoreTold,
    Turned,
)
from wnmon.model.said import Said, Text, in_language, say
from wnmon.model.target import ProbeId
from wnmon.model.text import visible
from wnmon.report.terminal import render_run_line
from wnmon.watch.step_down import said_of


class Level(IntEnum):
    """How much a line matters."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40


class Form(StrEnum):
    """How lines are written: for people, or one JSON object each."""

    TEXT = "text"
    JSON = "json"


class ServiceLog:
    """A sink and an observer that print. `wall_s` dates the lines."""

    name = "console"

    def __init__(self, *, lang: str, level: Level, form: Form, wall_s: Callable[[], float]) -> None:
        self._lang = lang
        self._level = level
        self._form = form
        self._wall_s = wall_s
        self._color = wants_color()
        self._states: dict[ProbeId, tuple[str, str]] = {}
        self._steps: dict[str, tuple[int, int]] = {}
        self._listed: dict[str, bool] = {}
        self._skipped: Counter[str] = Counter()
        self._store_problem: StoreProblem | None = None

    def say(self, event: str, text: Text, level: Level = Level.INFO, **fields: object) -> None:
        """Print a line at once, also into a pipe."""
        if level < self._level:
            return
        line = in_language(text, self._lang)
        if self._form is Form.JSON:
            at = datetime.fromtimestamp(self._wall_s(), UTC).isoformat(timespec="milliseconds")
            head = {"at": at.replace("+00:00", "Z"), "level": level.name.lower(), "event": event}
            _print(json.dumps(head | fields | {"message": visible(line)}, ensure_ascii=False), sys.stdout)
        else:
            _print(line, sys.stdout if level < Level.WARNING else sys.stderr)

    def plan(self, spend: Spend) -> None:
        """Print what the configuration costs: a table for people, in JSON its rows as numbers."""
        if self._form is Form.TEXT:
            self.say("plan", render(spend, self._lang))
            return
        rows, total = [_costs(row) for row in spend.rows], _costs(spend.total())
        requests, tokens = total["requests_per_day"], total["tokens_per_day"]
        self.say("plan", Said("plan_in_short", n=f"{requests:,}", n2=f"{tokens:,}"), rows=rows)

    def take(self, run: Run) -> None:
        """Print a finished run, where it matters enough."""
        result = run.result
        state = (result.outcome.value, result.reason.value)
        changed = self._states.get(run.probe) != state
        self._states[run.probe] = state
        level = Level.INFO if changed else Level.DEBUG
        if level < self._level:
            return
        if self._form is Form.TEXT:
            self.say("run", render_run_line(run, width=width(), color=self._color, lang=self._lang), level)
        else:
            self.say("state" if changed else "run", result.message, level, **_fields(run))

    def observe(self, event: MonitorEvent) -> None:
        """Print what an operator must know of the monitor itself."""
        match event:
            case Reloaded(ok=False, problems=problems):
                for line in (Said("reload_refused"), *problems):
                    self._complain("reload_refused", line)
            case RunSkipped() | RecheckCut():
                self._left_out(event)
            case StateExpired():
                self._expired(event)
            case Turned():
                self._turned(event)
            case ConnectionsRefused(count=count) | LoginsFailed(count=count):
                told = _COUNTED[type(event)]
                self._complain(told, Said(told, n=count))
            case SelfTested() | StoreTold() | NetworkTold() | Stepped() | ModelsListed():
                self._condition(event)
            case Notified():
                self._notified(event)
            case SinkFailed() | InternalFault():
                self._broken(event)
            case _:
                pass

    def _condition(self, event: SelfTested | StoreTold | NetworkTold | Stepped | ModelsListed) -> None:
        if isinstance(event, Stepped | ModelsListed):
            self._stepped(event)
        elif isinstance(event, SelfTested):
            honesty = event.honesty
            said = Said("selftest_line", text=Said(f"selftest_{honesty.word}"), said=honesty.why)
            self.say("selftest", said, verdict=honesty.word.value)
        elif isinstance(event, NetworkTold):
            said = Said("network_down" if event.is_down else "network_back", since=_iso(event.since_s))
            (self._complain if event.is_down else self.say)("network", said)
        else:
            self._stored(event.problem)

    def _stored(self, problem: StoreProblem | None) -> None:
        """Say once what keeps results from being written; how much is lost meanwhile is for the metrics."""
        if problem is not self._store_problem and problem is None:
            self.say("store", Said("store_writes"))
        elif problem is not self._store_problem and problem is not None:
            self._complain("store", Said("store_in_memory", said=Said(f"store_{problem.value}")))
        self._store_problem = problem

    def _left_out(self, event: RunSkipped | RecheckCut) -> None:
        if isinstance(event, RecheckCut):
            line = Said("recheck_cut", probe=event.probe, n=f"{event.after_s:.3g}")
            self.say("recheck_cut", line, Level.DEBUG, probe=event.probe, after_s=round(event.after_s, 3))
            return
        reason = event.reason.value
        self._skipped[reason] += 1
        skipped = Said("probe_skipped", probe=event.probe, reason=reason, said=event.detail)
        self.say("skipped", skipped, Level.DEBUG, probe=event.probe, reason=reason)

    def _expired(self, event: StateExpired) -> None:
        self._states.pop(event.probe, None)
        if event.maintenance_until_s is None:
            self.say("unknown", Said("probe_unknown", probe=event.probe), probe=event.probe)
        else:
            until = _iso(event.maintenance_until_s)
            said = Said("probe_in_maintenance", probe=event.probe, until=until, text=visible(event.maintenance))
            self.say("maintenance", said, probe=event.probe, until=until)

    def _turned(self, event: Turned) -> None:
        since, reason = _iso(event.since_s), Said(f"reason_{event.reason.value}")
        named: dict[str, object] = {"target": event.target, "check": event.check, "model": event.model}
        named["since"] = since
        if event.up:
            self.say("up", Said("probe_up", probe=event.probe, since=since), Level.INFO, **named)
        else:
            said = Said("probe_down", probe=event.probe, since=since, reason=reason)
            self.say("down", said, Level.WARNING, reason=event.reason.value, **named)

    def _stepped(self, event: Stepped | ModelsListed) -> None:
        """Say how sparingly a target is asked where that changed, and where its models are not listed instead."""
        if isinstance(event, ModelsListed):
            was_ok, self._listed[event.target] = self._listed.get(event.target, True), event.ok
            if was_ok and not event.ok:
                said = Said("list_did_not_come", name=event.target, said=event.why)
                self.say("models_not_listed", said, Level.WARNING, target=event.target)
            return
        before, self._steps[event.target] = self._steps.get(event.target, (0, 1)), (event.step, event.stride)
        if before == self._steps[event.target]:
            return
        said = said_of(event.step, event.stride)
        fields: dict[str, Any] = {"target": event.target, "step": event.step, "stride": event.stride}
        if event.limit is None:
            self.say("stepped", Said("stepped_up", name=event.target, said=said), **fields)
            return
        until, place = _iso(event.until_s), event.limit.place(event.target)
        line = Said("stepped", name=event.target, said=said, text=place, until=until)
        self.say("stepped", line, Level.WARNING if before < self._steps[event.target] else Level.INFO, **fields)

    def _notified(self, event: Notified) -> None:
        fields: dict[str, object] = {"channel": event.channel, "result": event.result}
        if event.result == "delivered":
            self.say("notified", Said("notify_delivered", name=event.channel), Level.INFO, **fields)
            return
        why = Said("notify_answered", said=event.why, text=visible(event.answer)) if event.answer else event.why
        said = Said("notify_not_delivered", name=event.channel, said=why)
        self.say("not_notified", said, Level.WARNING, **fields)

    def _broken(self, event: SinkFailed | InternalFault) -> None:
        if isinstance(event, SinkFailed):
            self._complain("sink_failed", Said("sink_failed", text=event.sink, error=event.error))
        else:
            said = Said("component_failed", text=event.component, error=event.error)
            self._complain("internal_fault", said, Level.ERROR)

    def summarize(self) -> None:
        """Print how many due runs did not take place since the last time, by reason; nothing where all did."""
        skipped, self._skipped = self._skipped, Counter()
        if skipped:
            counts = ", ".join(f"{reason} {count}" for reason, count in sorted(skipped.items()))
            self.say("skipped_lately", Said("skipped_lately", n=skipped.total(), text=counts), skipped=dict(skipped))

    def _complain(self, event: str, line: Text, level: Level = Level.WARNING) -> None:
        text = line if self._form is Form.JSON else say("cli_error", self._lang, message=line)
        self.say(event, text, level)


_COUNTED: Mapping[type[MonitorEvent], str] = {
    ConnectionsRefused: "connections_refused",
    LoginsFailed: "logins_failed",
}
"""What visitors do as often as they like: the event, and the sentence, which is told now and then."""


def _fields(run: Run) -> dict[str, object]:
    """Return what a line of JSON says of a run beside its message; seconds, null where there is none."""
    result = run.result
    return {
        "target": run.target,
        "check": run.check,
        "model": run.model,
        "run": run.id,
        "recheck": run.recheck,
        "outcome": result.outcome.value,
        "reason": result.reason.value,
        "status": result.status,
        "ttft_s": result.timing.ttft_s,
        "total_s": result.timing.total_s,
    }


def _costs(row: DailyCost) -> dict[str, object]:
    return {
        "target": row.target,
        "check": row.check,
        "requests_per_day": round(row.requests_per_day),
        "tokens_per_day": round(row.tokens_per_day),
    }


def _iso(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _print(text: str, stream: TextIO) -> None:
    """Print to a stream; once it is gone (a closed pipe, a full disk) to nowhere: the monitor outlives its terminal."""
    try:
        click.echo(text, file=stream)
        stream.flush()
    except OSError:
        discard(stream)

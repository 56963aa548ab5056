"""What one run, or one word of the monitor about itself, says in metrics. Pure: values in, readings out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple, assert_never

from wnmon.engine.ports import RestCause
from wnmon.engine.run import Run
from wnmon.engine.standing import Standing
from wnmon.metrics.catalogue import CLOSED_SETS
from wnmon.model.budget import BILLIONTHS, Limit, Unit
from wnmon.model.events import (
    BudgetLeft,
    InFlight,
    InternalFault,
    LoopLagged,
    ModelsListed,
    MonitorEvent,
    NetworkTold,
    Notified,
    Reloaded,
    RunDiscarded,
    RunLate,
    RunSkipped,
    SelfTested,
    SinkFailed,
    StateExpired,
    Stepped,
    StoreTold,
    Turned,
    Waited,
)
from wnmon.model.exchange import Exchange
from wnmon.model.honesty import Honesty, Spread, Word
from wnmon.model.price import Amounts
from wnmon.model.result import BOUNDS, Mark, Outcome, Timing, Verdict
from wnmon.model.slo import Slo
from wnmon.model.spent import UsageDoubt
from wnmon.watch.slo import Cause, Counted, classify, left_out
from wnmon.watch.step_down import Step
from wnmon.wire.balance import UNITS_WITHOUT_WORTH, Balance, is_about_balance, read_balance
from wnmon.wire.opened import Untold


class Reading(NamedTuple):
    """One value for one series. `values` fill the labels beyond the probe's or target's.

    A counter grows by `value`, a histogram observes it, a gauge takes it. None observes nothing, and makes a gauge
    vanish, since its fact is not known any more. Any reading brings a counter or a histogram to life. `run` is the id
    of the run it is of, which counters and histograms show beside what they counted last.
    """

    metric: str
    value: float | None
    values: tuple[str, ...] = ()
    run: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Streaks:
    """What the outcomes before the last one add to it: failures in a row, and runs in a row with the same reason."""

    failures: int = 0
    reason: str = ""
    reason_runs: int = 0

    def after(self, run: Run) -> Streaks:
        """Return the streaks once this run has ended too."""
        reason = run.result.reason.value
        return Streaks(
            failures=0 if run.result.outcome.success else self.failures + 1,
            reason=reason,
            reason_runs=self.reason_runs + 1 if reason == self.reason else 1,
        )


def probe_readings(run: Run, streaks: Streaks) -> Iterator[Reading]:
    """Yield the probe's readings of a run, but for its rules. `streaks` include the run."""
    yield from _outcome(run, streaks)
    yield from _latency(run)
    yield from _size(run)
    yield from spending(run)


def standing_readings(standing: Standing, every_s: float) -> Iterator[Reading]:
    """Yield what is confirmed of a probe, when it is asked next, and what keeps it from being asked before.

    `every_s`: the interval that is configured.
    """
    interval_s = every_s * standing.stride if standing.stride else None
    yield Reading(metric="wnmon_probe_interval_seconds", value=interval_s)
    yield Reading(metric="wnmon_probe_up", value=None if standing.up is None else float(standing.up))
    yield Reading(metric="wnmon_probe_up_since_timestamp_seconds", value=standing.up_since_s)
    yield Reading(metric="wnmon_probe_next_run_timestamp_seconds", value=standing.next_run_s)
    for cause in RestCause:
        yield Reading(metric="wnmon_probe_resting", value=1 if standing.rest is cause else None, values=(cause.value,))


def _outcome(run: Run, streaks: Streaks) -> Iterator[Reading]:
    result = run.result
    success = result.outcome.success
    yield Reading(metric="wnmon_probe_success", value=float(success))
    yield Reading(metric="wnmon_probe_degraded", value=float(result.outcome is Outcome.DEGRADED))
    yield Reading(metric="wnmon_probe_rechecks_total", value=float(run.recheck))
    yield Reading(metric="wnmon_probe_runs_total", value=1, values=(result.outcome.value,))
    if not success:
        yield Reading(metric="wnmon_probe_failures_total", value=1, values=(result.reason.value,), run=run.id)
    yield Reading(metric="wnmon_probe_consecutive_failures", value=streaks.failures)
    yield Reading(metric="wnmon_probe_reason_streak", value=streaks.reason_runs, values=(streaks.reason,))
    yield Reading(metric="wnmon_probe_last_run_timestamp_seconds", value=run.ended_at_s)
    if success:
        yield Reading(metric="wnmon_probe_last_success_timestamp_seconds", value=run.ended_at_s)


Sample = tuple[float | None, Mark, Mark]
"""A latency, and the marks it lies between."""


def _latency(run: Run) -> Iterator[Reading]:
    """A sample is withheld and counted where a mark it lies between may be late, be the sample short or long."""
    result, timing = run.result, run.result.timing
    samples = _samples(timing, success=result.outcome.success)
    for metric, sample in samples.items():
        yield Reading(metric=metric, value=_trusted(timing, sample), run=run.id)
    withheld = any(took_s is not None and timing.is_suspect(*marks) for took_s, *marks in samples.values())
    yield Reading(metric="wnmon_probe_suspect_samples_total", value=float(withheld))
    yield Reading(metric="wnmon_probe_undecided_latencies_total", value=len(result.undecided))
    for phase, sample in _phases(timing).items():
        yield Reading(metric="wnmon_probe_phase_seconds", value=_trusted(timing, sample), values=(phase,))
    longest, rate = _sample(timing, "max_gap_s"), (timing.tokens_per_s, *BOUNDS["total_s"])
    yield Reading(metric="wnmon_probe_max_chunk_gap_seconds", value=_trusted(timing, longest))
    yield Reading(metric="wnmon_probe_output_tokens_per_second", value=_trusted(timing, rate))


def _samples(timing: Timing, *, success: bool) -> dict[str, Sample]:
    """Return what goes into histograms. A failed run says nothing of the time to a good answer."""
    samples = {"wnmon_probe_duration_seconds": _sample(timing, "total_s")}
    if success:
        per_token = (timing.time_per_output_token_s, Mark.FIRST_TOKEN, Mark.LAST_TOKEN)
        samples["wnmon_probe_ttft_seconds"] = _sample(timing, "ttft_s")
        samples["wnmon_probe_time_per_output_token_seconds"] = per_token
        if timing.first_visible_s != timing.ttft_s:
            samples["wnmon_probe_first_visible_seconds"] = _sample(timing, "first_visible_s")
    return samples


def _sample(timing: Timing, name: str) -> Sample:
    return getattr(timing, name), *BOUNDS[name]


def _trusted(timing: Timing, sample: Sample) -> float | None:
    took_s, *marks = sample
    return None if timing.is_suspect(*marks) else took_s


def _phases(timing: Timing) -> dict[str, Sample]:
    """Cut the run where its marks are. Every first-instant counts from `sent`, so the later phases are differences."""
    has_token = timing.ttft_s is not None
    body_from_s, body_from = (timing.ttft_s, Mark.FIRST_TOKEN) if has_token else (timing.headers_s, Mark.HEADERS)
    return {
        "dns": _sample(timing, "dns_s"),
        "tcp": _sample(timing, "tcp_s"),
        "tls": _sample(timing, "tls_s"),
        "send": _sample(timing, "send_s"),
        "wait": _sample(timing, "headers_s"),
        "first_token": (_between(timing.headers_s, timing.ttft_s), Mark.HEADERS, Mark.FIRST_TOKEN),
        "stream": (_between(body_from_s, timing.total_s), body_from, Mark.END),
    }


def _between(start_s: float | None, end_s: float | None) -> float | None:
    return None if start_s is None or end_s is None else max(0.0, end_s - start_s)


def spending(run: Run) -> Iterator[Reading]:
    """Yield what a run sent, was answered and cost, whatever became of it."""
    statuses = tuple(exchange.status for exchange in run.evidence.exchanges)
    yield from _spending(statuses, run.spent_input_tokens, run.spent_output_tokens, run.usage_doubts)
    yield from _money(run.spent_money)


def discarded_readings(event: RunDiscarded) -> Iterator[Reading]:
    """Yield what a run sent, was answered and cost of which nothing else is published."""
    yield from _spending(event.statuses, event.input_tokens, event.output_tokens, event.doubts)
    yield from _money(event.money)


def _spending(
    statuses: Sequence[int | None], input_tokens: int, output_tokens: int, doubts: Sequence[UsageDoubt]
) -> Iterator[Reading]:
    for status in statuses:
        yield Reading(metric="wnmon_probe_http_responses_total", value=1, values=(_code_class(status),))
    yield Reading(metric="wnmon_probe_tokens_total", value=input_tokens, values=("input",))
    yield Reading(metric="wnmon_probe_tokens_total", value=output_tokens, values=("output",))
    for doubt in doubts:
        yield Reading(metric="wnmon_probe_usage_doubts_total", value=1, values=(doubt.direction.value,))


def _money(spent: Amounts) -> Iterator[Reading]:
    for currency, amount in spent.items():
        yield Reading(metric="wnmon_probe_money_total", value=float(amount), values=(currency,))


def _size(run: Run) -> Iterator[Reading]:
    shown = _standing(run)
    yield Reading(metric="wnmon_probe_chunks", value=len(shown.chunks) if shown else None)
    yield Reading(metric="wnmon_probe_response_bytes", value=shown.wire_bytes if shown else None)


def _standing(run: Run) -> Exchange | None:
    """Return the exchange that stands for the run, if it was answered at all."""
    of_step = [exchange for exchange in run.evidence.exchanges if exchange.request.step == run.result.step]
    return of_step[-1] if of_step and of_step[-1].status is not None else None


def _code_class(status: int | None) -> str:
    """Return `2xx` and so on; a status outside 100-599 is no class of RFC 9110 §15 and counts as none."""
    return f"{status // 100}xx" if status is not None and 100 <= status <= 599 else "none"


def target_readings(run: Run) -> Iterator[Reading]:
    """Yield what a run learned of its target. A run without a handshake keeps what was known."""
    if any(map(is_about_balance, run.answers)):
        yield from _balance(read_balance(run.answers))
    tls = run.result.tls
    if tls is None:
        return
    yield Reading(metric="wnmon_tls_info", value=1, values=(tls.version,))
    if tls.certificate is not None:
        yield Reading(metric="wnmon_tls_certificate_expiry_timestamp_seconds", value=tls.certificate.not_after_s)


def _balance(told: Balance | Untold) -> Iterator[Reading]:
    """Of a currency that the label does not know, and of what is known by its bounds alone, there is no amount."""
    known = isinstance(told, Balance)
    amounts = {one.unit: one.remaining for one in told.amounts} if isinstance(told, Balance) else {}
    for unit in CLOSED_SETS["unit"]:
        left = amounts.get(unit)
        yield Reading(metric="wnmon_balance_remaining", value=None if left is None else float(left), values=(unit,))
    yield Reading(metric="wnmon_balance_known", value=float(known))
    unlimited = float(told.unlimited) if isinstance(told, Balance) else None
    yield Reading(metric="wnmon_balance_unlimited", value=unlimited)


def least_readings(run: Run, least: Decimal | None) -> Iterator[Reading]:
    """Yield what is to be left of the money, in the unit a run was told; nothing where it was told none.

    Where there are several purses, any of them will do (`judge/account.py`), so the fullest tells the unit.
    """
    told = read_balance(run.answers) if least is not None and any(map(is_about_balance, run.answers)) else None
    amounts = told.amounts if isinstance(told, Balance) else ()
    known = [one for one in amounts if one.unit in CLOSED_SETS["unit"] and one.unit not in UNITS_WITHOUT_WORTH]
    if least is not None and known:
        unit = max(known, key=lambda one: one.at_least).unit
        yield Reading(metric="wnmon_balance_min", value=float(least), values=(unit,))


def slo_readings(run: Run, slos: Sequence[Slo]) -> Iterator[Reading]:
    """Yield what a run counts as towards each objective."""
    for slo in slos:
        word = classify(slo, run.result, run.standing, recheck=run.recheck)
        if isinstance(word, Cause):
            yield Reading(metric="wnmon_slo_excluded_total", value=1, values=(slo.name, word.value))
            continue
        yield Reading(metric="wnmon_slo_events_total", value=1, values=(slo.name,))
        if word is Counted.ERROR:
            yield Reading(metric="wnmon_slo_errors_total", value=1, values=(slo.name,), run=run.id)


def skipped_readings(event: RunSkipped, slos: Sequence[Slo]) -> Iterator[Reading]:
    """Yield towards which objectives a run does not count that did not take place, and why."""
    for slo in slos:
        yield Reading(metric="wnmon_slo_excluded_total", value=1, values=(slo.name, left_out(event.reason).value))


_SHOWN = {Verdict.PASSED: 1.0, Verdict.FAILED: 0.0, Verdict.NOTED: 0.0}


def rule_readings(run: Run, labels: Mapping[str, tuple[str, ...]]) -> Iterator[Reading]:
    """Yield verdicts and findings of the rules in `labels`, which maps a rule to its (rule, level, profile)."""
    for verdict in run.result.verdicts:
        if verdict.rule not in labels:
            continue
        shown = _SHOWN.get(verdict.verdict)
        yield Reading(metric="wnmon_rule_passed", value=shown, values=labels[verdict.rule])
        yield Reading(metric="wnmon_rule_findings_total", value=len(verdict.findings), values=labels[verdict.rule])


def event_readings(event: MonitorEvent) -> Iterator[Reading]:
    """Yield what an event says of the monitor itself."""
    match event:
        case RunSkipped():
            yield Reading(metric="wnmon_scheduler_skipped_runs_total", value=1, values=(event.reason.value,))
        case RunLate() | Waited() | InFlight() | LoopLagged():
            yield _of_the_loop(event)
        case SinkFailed() | InternalFault():
            yield _fault(event)
        case Reloaded() | SelfTested() | StoreTold() | NetworkTold():
            yield from _condition(event)
        case Notified():
            yield from _notified(event)
        case BudgetLeft() | Stepped() | ModelsListed() | StateExpired() | Turned():
            return


def _condition(event: Reloaded | SelfTested | StoreTold | NetworkTold) -> Iterator[Reading]:
    match event:
        case Reloaded():
            yield from _reload(event)
        case SelfTested():
            yield Reading(metric="wnmon_selftest_timestamp_seconds", value=event.at_s)
            yield from _honesty(event.honesty)
        case StoreTold():
            for problem in CLOSED_SETS["problem"]:
                yield Reading(metric="wnmon_store_problem", value=float(problem == event.problem), values=(problem,))
            yield Reading(metric="wnmon_store_lost_total", value=event.lost)
        case NetworkTold():
            yield Reading(metric="wnmon_network_down", value=float(event.is_down))


def _of_the_loop(event: RunLate | Waited | InFlight | LoopLagged) -> Reading:
    match event:
        case RunLate(late_s=late_s):
            return Reading(metric="wnmon_scheduler_lateness_seconds", value=late_s)
        case Waited(waited_s=waited_s):
            return Reading(metric="wnmon_limiter_wait_seconds", value=waited_s)
        case LoopLagged(lag_s=lag_s):
            return Reading(metric="wnmon_event_loop_lag_seconds", value=lag_s)
        case InFlight(runs=runs):
            return Reading(metric="wnmon_probes_in_flight", value=runs)
        case _:
            assert_never(event)


def _notified(event: Notified) -> Iterator[Reading]:
    own, is_delivered = (event.channel,), event.result == "delivered"
    yield Reading(metric="wnmon_notify_attempts_total", value=1, values=(event.channel, event.result))
    yield Reading(metric="wnmon_notify_waiting", value=float(not is_delivered), values=own)
    if is_delivered:
        yield Reading(metric="wnmon_notify_last_delivery_timestamp_seconds", value=event.at_s, values=own)


def _fault(event: SinkFailed | InternalFault) -> Reading:
    if isinstance(event, SinkFailed):
        return Reading(metric="wnmon_sink_errors_total", value=1, values=(event.sink,))
    return Reading(metric="wnmon_internal_errors_total", value=1, values=(event.component,))


def _reload(event: Reloaded) -> Iterator[Reading]:
    yield Reading(metric="wnmon_config_last_reload_successful", value=float(event.ok))
    if event.ok:
        yield Reading(metric="wnmon_config_last_reload_success_timestamp_seconds", value=event.at_s)
        yield Reading(metric="wnmon_config_info", value=1, values=(event.sha,))


def _honesty(honesty: Honesty) -> Iterator[Reading]:
    """Yield the numbers of a self-test; what it did not find out vanishes."""
    shown = {Word.TRUSTWORTHY: 1.0, Word.UNTRUSTWORTHY: 0.0}
    yield Reading(metric="wnmon_selftest_trustworthy", value=shown.get(honesty.word))
    for one in honesty.series:
        bias_s = None if one.ttft is None else one.ttft.bias_s
        yield Reading(metric="wnmon_selftest_ttft_bias_seconds", value=bias_s, values=(one.scheme,))
        yield from _spread("wnmon_selftest_ttft_error_seconds", one.scheme, one.ttft)
        yield from _spread("wnmon_selftest_gap_error_seconds", one.scheme, one.gaps)


def _spread(metric: str, scheme: str, spread: Spread | None) -> Iterator[Reading]:
    sizes_s = (None,) * 3 if spread is None else (spread.p50_s, spread.p99_s, spread.max_s)
    for stat, size_s in zip(("p50", "p99", "max"), sizes_s, strict=True):
        yield Reading(metric=metric, value=size_s, values=(scheme, stat))


def step_readings(event: Stepped | ModelsListed) -> Iterator[Reading]:
    """Yield how sparingly a target is asked, or whether it listed its models; at another step nobody knows."""
    if isinstance(event, ModelsListed):
        yield Reading(metric="wnmon_budget_models_listed", value=float(event.ok))
        return
    yield Reading(metric="wnmon_budget_step", value=event.step)
    if event.step != Step.MODELS:
        yield Reading(metric="wnmon_budget_models_listed", value=None)


def budget_readings(event: BudgetLeft) -> Iterator[Reading]:
    """Yield what is left of each limit of a target, and whether one keeps its probes from running."""
    is_exhausted = any(one.is_exhausted for one in event.limits)
    yield Reading(metric="wnmon_budget_exhausted", value=float(is_exhausted) if event.limits else None)
    if not event.limits:
        yield Reading(metric="wnmon_budget_step", value=None)
    for one in event.limits:
        yield limit_reading(one.limit)
        left = None if one.left is None else shown_amount(one.limit, one.left)
        yield Reading(metric=f"wnmon_budget_{one.limit.unit}_remaining", value=left, values=limit_labels(one.limit))
        values = (one.limit.scope.value, one.limit.unit.value, one.limit.period.value)
        yield Reading(metric="wnmon_budget_limit_exhausted", value=float(one.is_exhausted), values=values)


def limit_reading(limit: Limit) -> Reading:
    """Return the reading of a limit itself."""
    value = shown_amount(limit, limit.most)
    return Reading(metric=f"wnmon_budget_{limit.unit}_limit", value=value, values=limit_labels(limit))


def limit_labels(limit: Limit) -> tuple[str, ...]:
    """Return the labels of a limit among those of its unit; money has a currency."""
    of_money = (limit.currency,) if limit.unit is Unit.MONEY else ()
    return (limit.scope.value, limit.period.value, *of_money)


def shown_amount(limit: Limit, amount: int) -> float:
    """Return an amount of a limit's unit as it is shown: money in its currency."""
    return amount / BILLIONTHS if limit.unit is Unit.MONEY else float(amount)

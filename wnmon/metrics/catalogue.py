"""Every metric wnmon publishes, as data: the collectors and docs/metrics.md are made from this table.

Rules of the table: the name says whose series these are; labels come from configuration or from a closed set; base
units, with the unit in the name; counters and histograms are born at 0, so that the first failure is an increase; a
gauge that states a fact is absent until the fact is known, because a gauge born at 0 raises every alert after every
restart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from wnmon.engine.ports import RestCause
from wnmon.model.events import Skip, StoreProblem
from wnmon.model.result import Outcome, Reason
from wnmon.model.slo import Indicator
from wnmon.model.spent import Direction
from wnmon.watch.slo import Cause


class MetricKind(StrEnum):
    """The metric types of the Prometheus exposition formats that are used here."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Birth(StrEnum):
    """When the first sample of a metric exists."""

    ZERO = "at 0"
    KNOWN = "when known"
    CONFIGURED = "with the configuration"


class Scope(StrEnum):
    """Whose series these are, and so with whom they vanish on a reload."""

    PROBE = "probe"
    TARGET = "target"
    SELF = "self"


PROBE_LABELS = ("target", "check", "model")
_OWNER_LABELS = {Scope.PROBE: PROBE_LABELS, Scope.TARGET: ("target",), Scope.SELF: ()}
_OWNERS = {
    **dict.fromkeys(("wnmon_probe_", "wnmon_rule_", "wnmon_slo_"), Scope.PROBE),
    **dict.fromkeys(("wnmon_target_", "wnmon_tls_", "wnmon_budget_", "wnmon_balance_"), Scope.TARGET),
}
_UNITS = {"_timestamp_seconds": "seconds since the epoch", "_seconds": "seconds", "_bytes": "bytes"}

_OUTCOMES = tuple(outcome.value for outcome in Outcome if outcome is not Outcome.SKIPPED)
_FAILURES = tuple(reason.value for reason in Reason if reason is not Reason.OK)

CLOSED_SETS: Mapping[str, tuple[str, ...]] = {
    "outcome": _OUTCOMES,
    "reason": _FAILURES,
    "phase": ("dns", "tcp", "tls", "send", "wait", "first_token", "stream"),
    "code_class": ("1xx", "2xx", "3xx", "4xx", "5xx", "none"),
    "direction": tuple(direction.value for direction in Direction),
    "skip": tuple(skip.value for skip in Skip),
    "unit": ("USD", "CNY", "tokens", "quota", "unknown"),
    "rest": tuple(cause.value for cause in RestCause),
    "left_out": tuple(cause.value for cause in Cause),
    "problem": tuple(problem.value for problem in StoreProblem),
    "indicator": tuple(indicator.value for indicator in Indicator),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One family. `own_labels` stand beyond those of the probe or target; `unit` is for people.

    `closed` names the set of CLOSED_SETS that the last label takes. `alone`: of a probe's (or target's) series of this
    family only the latest exists, the others are taken away.
    """

    name: str
    kind: MetricKind
    help: str
    own_labels: tuple[str, ...] = ()
    unit: str = ""
    birth: Birth = Birth.ZERO
    buckets: tuple[float, ...] = ()
    closed: str | None = None
    alone: bool = False

    @property
    def scope(self) -> Scope:
        """Return whose series these are, as the name says."""
        return next((scope for start, scope in _OWNERS.items() if self.name.startswith(start)), Scope.SELF)

    @property
    def labels(self) -> tuple[str, ...]:
        """Return all labels, those of the probe or target first."""
        return (*_OWNER_LABELS[self.scope], *self.own_labels)


_TTFT_BUCKETS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10, 15, 20, 30, 60, 120)
# All of those, or half of all answers could seem to end before half of them have begun.
_DURATION_BUCKETS = (*_TTFT_BUCKETS[:-2], 45, 60, 90, 120, 180, 300)
_TOKEN_BUCKETS = (0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1)
_LATENESS_BUCKETS = (0.001, 0.01, 0.05, 0.1, 0.5, 1, 5, 30)
_LAG_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5)


def _counter(name: str, help_: str, *own: str, unit: str, closed: str | None = None) -> Metric:
    return Metric(name=name, kind=MetricKind.COUNTER, help=help_, own_labels=own, unit=unit, closed=closed)


def _histogram(name: str, help_: str, buckets: tuple[float, ...]) -> Metric:
    return Metric(name=name, kind=MetricKind.HISTOGRAM, help=help_, unit="seconds", buckets=buckets)


def _gauge(
    name: str,
    help_: str,
    *own: str,
    unit: str = "",
    birth: Birth = Birth.KNOWN,
    closed: str | None = None,
    alone: bool = False,
) -> Metric:
    return Metric(
        name=name,
        kind=MetricKind.GAUGE,
        help=help_,
        own_labels=own,
        unit=unit or next((unit for end, unit in _UNITS.items() if name.endswith(end)), ""),
        birth=birth,
        closed=closed,
        alone=alone,
    )


OUTCOMES = (
    _gauge(
        "wnmon_probe_success",
        "Last outcome: 1 = passed or degraded, 0 = failed or errored. Gone while it is unknown: a success counts for 3 "
        "intervals from when its run was due, a failure also for as long as the relay's refusals put the next run off.",
    ),
    _gauge("wnmon_probe_degraded", "1 if the last outcome is degraded, 0 if not. Gone with wnmon_probe_success."),
    _gauge(
        "wnmon_probe_up",
        "What more than one run confirms: 0 = down, after `confirm.down` runs in a row that failed for a reason of the "
        "relay or the way to it, or one refusal that puts the next run off for more than 2 intervals; 1 = up, after "
        "`confirm.up` in a row that did not. A broken rule is no outage. Absent until known, gone with "
        "wnmon_probe_success.",
    ),
    _gauge("wnmon_probe_up_since_timestamp_seconds", "When wnmon_probe_up last changed, or was first known."),
    _counter(
        "wnmon_probe_rechecks_total",
        "Runs made between slots, only to confirm what the one before said. wnmon_probe_runs_total counts them too.",
        unit="runs",
    ),
    _counter("wnmon_probe_runs_total", "Finished runs by outcome.", "outcome", unit="runs", closed="outcome"),
    _counter(
        "wnmon_probe_failures_total", "Failed and errored runs by reason.", "reason", unit="runs", closed="reason"
    ),
    _gauge("wnmon_probe_consecutive_failures", "Failed or errored runs in a row, up to the last one.", unit="runs"),
    _gauge(
        "wnmon_probe_reason_streak",
        "Runs in a row, up to the last one, that ended with this reason. Only the current reason has a series.",
        "reason",
        unit="runs",
        alone=True,
    ),
    _gauge("wnmon_probe_last_run_timestamp_seconds", "When the last run ended."),
    _gauge("wnmon_probe_last_success_timestamp_seconds", "When the last passed or degraded run ended."),
    _gauge(
        "wnmon_probe_next_run_timestamp_seconds",
        "When the next run is due that no rest and no maintenance leaves out, as far as is known, or was: a run that "
        "did not take place does not move it.",
    ),
    _gauge(
        "wnmon_probe_resting",
        "1 while nothing is sent: the relay asked for it (asked) or refused (refused), a budget is spent "
        "(budget) or is to last (spared), or somebody wants it so (maintenance, paused). No series otherwise.",
        "cause",
        closed="rest",
    ),
)

LATENCIES = (
    _histogram(
        "wnmon_probe_duration_seconds", "From the last request byte sent to the end of the answer.", _DURATION_BUCKETS
    ),
    _histogram(
        "wnmon_probe_ttft_seconds",
        "Time to first token of successful runs: from the last request byte sent to the first non-empty token of any "
        "channel.",
        _TTFT_BUCKETS,
    ),
    _histogram(
        "wnmon_probe_first_visible_seconds",
        "From the last request byte sent to the first non-empty content, of successful runs where that is not the "
        "first token (reasoning models).",
        _TTFT_BUCKETS,
    ),
    _histogram(
        "wnmon_probe_time_per_output_token_seconds",
        "(last token - first token) / (output tokens - 1) of successful runs.",
        _TOKEN_BUCKETS,
    ),
    _gauge(
        "wnmon_probe_phase_seconds",
        "Phases of the last run. A phase that did not happen has no series.",
        "phase",
        closed="phase",
    ),
    _gauge("wnmon_probe_max_chunk_gap_seconds", "Longest silence between chunks in the last run."),
    _gauge("wnmon_probe_output_tokens_per_second", "Output rate of the last run.", unit="tokens/second"),
    _counter(
        "wnmon_probe_suspect_samples_total",
        "Runs of which a latency was withheld because the monitor itself was late when it was stamped.",
        unit="runs",
    ),
    _counter(
        "wnmon_probe_undecided_latencies_total",
        "Latencies that could neither be held against a limit nor be passed off as within it, because the monitor "
        "itself was late. The other expectations decided those runs.",
        unit="latencies",
    ),
)

TRAFFIC = (
    _gauge("wnmon_probe_chunks", "Chunks of the last run's answer.", unit="chunks"),
    _gauge("wnmon_probe_response_bytes", "Body bytes of the last run's answer as they arrived."),
    _counter(
        "wnmon_probe_http_responses_total",
        "Requests sent, by class of the answer's status; none = no status came.",
        "code_class",
        unit="responses",
        closed="code_class",
    ),
    _counter(
        "wnmon_probe_tokens_total",
        "Tokens that monitoring itself spends: as the relay reports them where that can be, else the most the request "
        "allows, or what the bytes of the answer imply.",
        "direction",
        unit="tokens",
        closed="direction",
    ),
    _counter(
        "wnmon_probe_money_total",
        "What those tokens cost, by the `prices` of the target, in the currency that is paid in. Absent without one.",
        "currency",
        unit="of the label",
    ),
    _counter(
        "wnmon_probe_usage_doubts_total",
        "Counts of `usage` that cannot be, such as 0 for an answer with text, or far more than the request allows.",
        "direction",
        unit="counts",
        closed="direction",
    ),
    _gauge("wnmon_tls_certificate_expiry_timestamp_seconds", "When the certificate the target showed last expires."),
    _gauge("wnmon_tls_info", "1, labelled with the TLS version the last handshake agreed on.", "version", alone=True),
)

SETTINGS = (
    _gauge(
        "wnmon_probe_interval_seconds",
        "Time between runs: as configured, longer while runs are spared so that a budget lasts. Absent while all are.",
        birth=Birth.CONFIGURED,
    ),
    _gauge("wnmon_probe_timeout_seconds", "Configured total time limit of one request.", birth=Birth.CONFIGURED),
    _gauge(
        "wnmon_probe_info",
        "1, labelled with what the probe does and with the user's labels. `suite` is empty for a plain check, and the "
        "kind of one that asks the relay itself.",
        "stream",
        "suite",
        birth=Birth.CONFIGURED,
    ),
    _gauge(
        "wnmon_target_info",
        "1, labelled with the host and the user's labels of the target.",
        "host",
        birth=Birth.CONFIGURED,
    ),
    _gauge(
        "wnmon_budget_step",
        "How sparingly the target is asked so that its budgets last: 0 = as configured, 1 = every second or fourth due "
        "run, 2 = the cheapest check of each model alone, every fourth or rarer, 3 = only what costs no tokens, "
        "4 = nothing. Absent without a budget.",
    ),
    _gauge(
        "wnmon_budget_models_listed",
        "At step 3 of a target without a check that costs no tokens: 1 if its list of models came, 0 if not. It says "
        "nothing of whether a model answers.",
    ),
    _gauge(
        "wnmon_budget_tokens_limit",
        "Tokens that may be spent per period on this target (scope target), with its key, or on all targets.",
        "scope",
        "period",
        unit="tokens",
        birth=Birth.CONFIGURED,
    ),
    _gauge(
        "wnmon_budget_tokens_remaining",
        "Tokens of that limit that may still be spent in this period, as of the last request to the target.",
        "scope",
        "period",
        unit="tokens",
    ),
    _gauge(
        "wnmon_budget_requests_limit",
        "Requests that may be spent per period on this target (scope target), with its key, or on all targets.",
        "scope",
        "period",
        unit="requests",
        birth=Birth.CONFIGURED,
    ),
    _gauge(
        "wnmon_budget_requests_remaining",
        "Requests of that limit that may still be spent in this period, as of the last request to the target.",
        "scope",
        "period",
        unit="requests",
    ),
    _gauge(
        "wnmon_budget_money_limit",
        "Money that may be spent per period on this target (scope target), with its key, or on all targets.",
        "scope",
        "period",
        "currency",
        unit="of the label",
        birth=Birth.CONFIGURED,
    ),
    _gauge(
        "wnmon_budget_money_remaining",
        "Money of that limit that may still be spent in this period, as of the last request to the target.",
        "scope",
        "period",
        "currency",
        unit="of the label",
    ),
    _gauge(
        "wnmon_budget_exhausted",
        "1 while a limit of a budget keeps probes of the target from running, else 0. Absent without a budget.",
    ),
    _gauge(
        "wnmon_budget_limit_exhausted",
        "1 while this limit keeps probes of the target from running, else 0.",
        "scope",
        "unit",
        "period",
    ),
)

BALANCE = (
    _gauge(
        "wnmon_balance_remaining",
        "What is left of the money by the last run of a check of kind balance, in the unit the relay tells. Absent "
        "while it is unknown, and without a limit.",
        "unit",
        unit="of the label",
        closed="unit",
    ),
    _gauge(
        "wnmon_balance_min",
        "What is to be left, by `min` of a check of kind balance, in the unit the relay told last. Absent until known.",
        "unit",
        unit="of the label",
        closed="unit",
        alone=True,
    ),
    _gauge("wnmon_balance_known", "1 if the last run of a check of kind balance was told a balance, else 0."),
    _gauge(
        "wnmon_balance_unlimited", "1 if the relay says that there is no limit, else 0. Absent while it is unknown."
    ),
)

SLOS = (
    _counter(
        "wnmon_slo_events_total",
        "Runs that count towards an objective. Every run that was due is counted here or in wnmon_slo_excluded_total.",
        "slo",
        unit="runs",
    ),
    _counter("wnmon_slo_errors_total", "Those events that are errors.", "slo", unit="runs"),
    _counter(
        "wnmon_slo_excluded_total",
        "Due runs that do not count towards an objective, and why not; recheck is one that was not due.",
        "slo",
        "cause",
        unit="runs",
    ),
    _gauge(
        "wnmon_slo_objective_ratio",
        "Which share of the events is to be no error, from 0 to 1.",
        "slo",
        birth=Birth.CONFIGURED,
    ),
    _gauge(
        "wnmon_slo_threshold_seconds",
        "The most a latency may be. Of the indicators ttft and total only.",
        "slo",
        birth=Birth.CONFIGURED,
    ),
    _gauge("wnmon_slo_window_seconds", "Over how long the share is taken.", "slo", birth=Birth.CONFIGURED),
    _gauge("wnmon_slo_info", "1, labelled with what counts.", "slo", "indicator", birth=Birth.CONFIGURED),
)

RULES = (
    _gauge(
        "wnmon_rule_passed",
        "Last verdict: 1 = passed, 0 = failed or noted; absent while skipped or inconclusive. "
        "`profile` is the selected profile that gives the strictest level.",
        "rule",
        "level",
        "profile",
    ),
    _counter("wnmon_rule_findings_total", "Findings of a rule.", "rule", "level", "profile", unit="findings"),
    _gauge(
        "wnmon_rule_waived",
        "1 while a waiver for the rule is in force, 0 when it has expired.",
        "rule",
        birth=Birth.CONFIGURED,
    ),
)

SELF = (
    _gauge("wnmon_build_info", "1, labelled with the versions.", "version", "python", birth=Birth.CONFIGURED),
    _gauge("wnmon_config_info", "1, labelled with the hash of the running configuration.", "sha", alone=True),
    _gauge(
        "wnmon_config_last_reload_successful",
        "1 if the last reload was taken, 0 if the last good configuration goes on.",
    ),
    _gauge("wnmon_config_last_reload_success_timestamp_seconds", "When a configuration was last taken."),
    _gauge("wnmon_probes_in_flight", "Runs that hold a slot now.", unit="runs", birth=Birth.ZERO),
    _histogram(
        "wnmon_limiter_wait_seconds",
        "Waiting for a slot of the target's or the global concurrency limit; never part of a latency.",
        _LATENESS_BUCKETS,
    ),
    _histogram("wnmon_scheduler_lateness_seconds", "How long after its due time a run began.", _LATENESS_BUCKETS),
    _counter(
        "wnmon_scheduler_skipped_runs_total", "Due runs that did not take place.", "reason", unit="runs", closed="skip"
    ),
    _histogram("wnmon_event_loop_lag_seconds", "How late the event loop woke.", _LAG_BUCKETS),
    _counter(
        "wnmon_series_dropped_total",
        "Series that were not created, since there are `metrics.max_series`; counted at every attempt.",
        unit="series",
    ),
    _gauge(
        "wnmon_network_down",
        "1 while neither a relay nor anything else can be reached, 0 once something can be again. Absent before.",
    ),
    _gauge(
        "wnmon_store_problem",
        "1 for what keeps results from being written down, 0 for all else. While there is any, wnmon works in memory.",
        "problem",
        closed="problem",
    ),
    _counter("wnmon_store_lost_total", "What the store gave up writing down.", unit="records"),
    _counter("wnmon_sink_errors_total", "Runs or events a sink could not take.", "sink", unit="errors"),
    _counter("wnmon_internal_errors_total", "Faults of wnmon itself.", "component", unit="errors"),
)

MESSAGES = (
    _counter(
        "wnmon_notify_attempts_total",
        "Tries to deliver a message, by channel and what became of them: delivered = the service itself says that it "
        "has it, refused = it does not take it as it is, failed = it was not reached, or asks to come again.",
        "channel",
        "result",
        unit="attempts",
    ),
    _gauge("wnmon_notify_waiting", "1 while a message of the channel is not delivered yet, else 0.", "channel"),
    _gauge("wnmon_notify_last_delivery_timestamp_seconds", "When the channel last took a message.", "channel"),
)

HONESTY = (
    _gauge(
        "wnmon_suspect_bound_seconds",
        "A latency is withheld where one of the two stamps it lies between may be later than this.",
        birth=Birth.CONFIGURED,
    ),
    _gauge(
        "wnmon_selftest_trustworthy",
        "1 if the self-test at the start found the stamps near the truth, 0 if not. Absent where it could not be "
        "judged, or was left out.",
    ),
    _gauge(
        "wnmon_selftest_ttft_bias_seconds",
        "By how much the self-test measured the time to first token too long, at the median; below 0 too short.",
        "scheme",
    ),
    _gauge(
        "wnmon_selftest_ttft_error_seconds",
        "Size of that error in the samples of the self-test that were not suspect.",
        "scheme",
        "stat",
    ),
    _gauge(
        "wnmon_selftest_gap_error_seconds",
        "Size of the error of gaps between tokens in the self-test.",
        "scheme",
        "stat",
    ),
    _gauge("wnmon_selftest_timestamp_seconds", "When the self-test was made."),
)

SECTIONS: Mapping[str, tuple[Metric, ...]] = {
    "Outcomes": OUTCOMES,
    "Latency": LATENCIES,
    "Traffic": TRAFFIC,
    "Balance": BALANCE,
    "Objectives": SLOS,
    "Rules": RULES,
    "Configuration": SETTINGS,
    "The monitor itself": SELF,
    "Messages": MESSAGES,
    "How far it can be believed": HONESTY,
}

CATALOGUE: Mapping[str, Metric] = {metric.name: metric for section in SECTIONS.values() for metric in section}

"""The alerts. `critical` wakes somebody, `warning` waits for the morning, `info` is a ticket.

One fault raises one alert: what a graver one explains stays silent, here and not only in Alertmanager, for not
everybody has its inhibitions.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from dashboards.recording import MODEL, PLAIN, PROBE, SLO
from dashboards.rule_files import Alert, Group

DAY_S = 86_400
TARGET_DOWN = "(max by (job, target) (wnmon:model_up:max) == 0)"

# A burn rate says something where the long window holds this many runs, and this many errors: a single failure, however
# rare the probe, wakes nobody. 2.5 is three, less what increase() loses at the window's edges.
ENOUGH_EVENTS = 10
ENOUGH_ERRORS = 2.5

# Time to first token: this many times last week's, and this many seconds more, over at least so many answers.
SLOWER_TIMES, SLOWER_S, ENOUGH_ANSWERS = 1.5, 0.2, 10


def _owned(expr: str) -> str:
    """Add the labels of the target that alerts are routed by."""
    inner = textwrap.indent(textwrap.dedent(expr).strip(), "  ")
    return f"(\n{inner}\n)\n* on (job, target) group_left (team, env) wnmon:target_owner:info"


def _burns(window: str) -> str:
    """Return what holds while the budget burns too fast in a window, and still does."""
    return (
        f"wnmon:slo_burn_rate:ratio_increase{window} > wnmon:slo_burn_limit:ratio{window}\n"
        f"and wnmon:slo_burn_rate:ratio_lately{window} > wnmon:slo_burn_limit:ratio{window}\n"
        f"and wnmon:slo_events:increase{window} >= {ENOUGH_EVENTS}\n"
        f"and wnmon:slo_errors:increase{window} >= {ENOUGH_ERRORS}"
    )


def _unless_paged(window: str) -> str:
    """Leave out what a paged outage explains: its errors stay in the window, and a single one more would page again."""
    firing = 'alertstate="firing"'
    of_the_model = f'alertname=~"WnmonModelDown|WnmonAuthRejected", {firing}'
    return (
        f'\nunless on (job, target) max_over_time(ALERTS{{alertname="WnmonTargetDown", {firing}}}[{window}])'
        f"\nunless on ({MODEL}) max_over_time(ALERTS{{{of_the_model}}}[{window}])"
    )


def _either(*parts: str) -> str:
    return "\nor\n".join(f"(\n{textwrap.indent(part, '  ')}\n)" for part in parts)


def _slower(window: str) -> str:
    samples = f"wnmon:probe_ttft_seconds:samples_{window} >= {ENOUGH_ANSWERS}"
    return (
        f"wnmon:probe_ttft_seconds:mean_{window}\n"
        f"> {SLOWER_TIMES} * (wnmon:probe_ttft_seconds:mean_last_week + {SLOWER_S})\n"
        f"and wnmon:probe_ttft_seconds:p50_{window} > wnmon:probe_ttft_seconds:mean_last_week\n"
        f"and {samples}"
    )


def _outages() -> Iterator[Alert]:
    yield Alert(
        name="WnmonTargetDown",
        why="""
            No model of the target that is known answers. The value is for how long, in seconds. Models are asked at
            different times, so this comes when the last of them was asked.
        """,
        expr=_owned(f"""
            time() - min by (job, target) (wnmon:model_down_since:timestamp_seconds)
            and on (job, target) {TARGET_DOWN}
            unless on (job, target) wnmon:target_unasked_for:seconds
        """),
        wait="5m",
        severity="critical",
        summary="{{ $labels.target }} is down",
        description="No model of it that wnmon asks answers, the first for {{ $value | humanizeDuration }}.",
        board="wnmon-target",
        chosen=("target",),
    )
    yield Alert(
        name="WnmonModelDown",
        why="""
            One model does not answer, and another of the target does. That is known once another was asked after the
            fault began, or had an interval's time for it, and this one after another was up: where a whole target goes
            and comes back, its models are asked at different times.
        """,
        expr=_owned(f"""
            time() - (
              (
                wnmon:model_down_since:timestamp_seconds
                < on (job, target) group_left ()
                  max by (job, target) (wnmon:probe_last_answer:timestamp_seconds)
                or
                wnmon:model_down_since:timestamp_seconds
                < time() - 60 - wnmon:model_interval_seconds:min
              )
              and on ({MODEL}) (
                max by ({MODEL}) (
                  wnmon_probe_last_run_timestamp_seconds
                  and on ({PROBE}) wnmon_probe_up == 0
                  {PLAIN}
                )
                > on (job, target) group_left ()
                  min by (job, target) (
                    wnmon_probe_up_since_timestamp_seconds
                    and on ({PROBE}) wnmon:probe_last_answer:timestamp_seconds
                  )
              )
            )
            unless on (job, target) {TARGET_DOWN}
            unless on (job, target) wnmon:target_unasked_for:seconds
        """),
        wait="5m",
        severity="critical",
        summary="{{ $labels.model }} at {{ $labels.target }} is down",
        description="No plain check of the model succeeds, for {{ $value | humanizeDuration }}.",
        board="wnmon-model",
    )
    yield Alert(
        name="WnmonAuthRejected",
        why="Two in a row: one upstream's 401 among many good answers is the relay's trouble, not the key's.",
        expr=_owned(f'max by ({MODEL}) (wnmon_probe_reason_streak{{reason="auth"}}) >= 2'),
        severity="critical",
        summary="{{ $labels.target }} rejects the key",
        description="The last {{ $value }} runs of a check of {{ $labels.model }} ended with reason auth.",
        board="wnmon-target",
    )
    yield Alert(
        name="WnmonErrorBudgetBurnFast",
        why="""
            2 % of the budget in an hour, or 5 % in six. After the outages, for it does not page a second time for what
            they have paged. A contract that is broken does not page at all: the slow one tells of it.
        """,
        expr=_owned(
            "("
            + _either(*(_burns(window) + _unless_paged(window) for window in ("1h", "6h")))
            + f')\nunless on ({SLO}) wnmon_slo_info{{indicator="conformance"}}'
        ),
        wait="5m",
        severity="critical",
        summary="{{ $labels.model }} at {{ $labels.target }} burns the error budget of {{ $labels.slo }}",
        description="{{ $value | humanize }} times as fast as the objective allows, and still going on.",
        board="wnmon-slo",
        chosen=("target", "model", "slo"),
    )
    yield Alert(
        name="WnmonErrorBudgetBurnSlow",
        why="10 % of the budget in a day or in three; of a window of a week, what would spend it all.",
        expr=_owned(_either(_burns("1d"), _burns("3d"))),
        wait="15m",
        severity="warning",
        summary="{{ $labels.model }} at {{ $labels.target }} spends the error budget of {{ $labels.slo }} too early",
        description="{{ $value | humanize }} times as fast as the objective allows, for a day or longer.",
        board="wnmon-slo",
        chosen=("target", "model", "slo"),
    )


def _probes() -> Iterator[Alert]:
    yield Alert(
        name="WnmonDegraded",
        why="Two runs at least, and for half an hour: of a frequent probe many in a row, of a rare one the last two.",
        expr=_owned(f"""
            max by (job, target, check, model) (
              wnmon_probe_degraded == 1
              and on ({PROBE}) increase(wnmon_probe_runs_total{{outcome="degraded"}}[1d]) >= 1.5
              {PLAIN}
            )
        """),
        wait="30m",
        severity="warning",
        summary="{{ $labels.check }} of {{ $labels.model }} at {{ $labels.target }} is degraded",
        description="It answers, and does not keep what should be kept, such as a time limit.",
        board="wnmon-model",
    )
    yield Alert(
        name="WnmonProbeFailing",
        why="""
            A check that is down by itself: of others the graver alerts tell, and of a balance below its minimum the
            one for that.
        """,
        expr=_owned(f"""
            max by (job, target, check, model) (
              wnmon_probe_consecutive_failures
              and on ({PROBE}) wnmon_probe_up == 0
              unless on ({PROBE}) wnmon_probe_reason_streak{{reason="auth"}}
              unless on ({PROBE}) (
                wnmon_probe_reason_streak{{reason="balance"}}
                and on ({PROBE}) wnmon_probe_info{{suite="balance"}}
              )
            )
            unless on ({MODEL}) wnmon:model_up:max == 0
            unless on (job, target) {TARGET_DOWN}
        """),
        wait="5m",
        severity="warning",
        summary="{{ $labels.check }} of {{ $labels.model }} at {{ $labels.target }} fails",
        description="{{ $value }} runs in a row, while the model answers to others.",
        board="wnmon-model",
    )
    yield Alert(
        name="WnmonProbeStale",
        expr=_owned("time() - wnmon_probe_next_run_timestamp_seconds > 60 + 2 * wnmon_probe_interval_seconds"),
        wait="1m",
        severity="warning",
        summary="{{ $labels.check }} of {{ $labels.model }} at {{ $labels.target }} does not run",
        description="A run has been due for {{ $value | humanizeDuration }}, more than two intervals.",
        board="wnmon-model",
    )
    yield Alert(
        name="WnmonResting",
        why="Nearly all of the last hour, counted in scrapes: between two rests wnmon asks once. Not where it is down.",
        expr=_owned(f"""
            max by (job, target, check, model) (
              sum by ({PROBE}) (count_over_time(wnmon_probe_resting{{cause=~"asked|refused"}}[1h]))
              / on ({PROBE}) count_over_time(wnmon_probe_interval_seconds[1h])
            ) > 0.9
            unless on ({MODEL}) wnmon:model_up:max == 0
            unless on (job, target) {TARGET_DOWN}
        """),
        wait="30m",
        severity="warning",
        summary="{{ $labels.check }} of {{ $labels.model }} at {{ $labels.target }} is hardly asked",
        description="The relay refuses: wnmon rested {{ $value | humanizePercentage }} of the last hour.",
        board="wnmon-model",
    )
    yield Alert(
        name="WnmonTtftRegression",
        why="""
            Against the week up to yesterday. The median must be slower too: one answer of a minute is no regression.
            Six hours where an hour holds too few answers.
        """,
        expr=_owned(
            _either(
                _slower("1h"),
                _slower("6h") + f"\nunless wnmon:probe_ttft_seconds:samples_1h >= {ENOUGH_ANSWERS}",
            )
        ),
        wait="30m",
        severity="warning",
        summary="{{ $labels.model }} at {{ $labels.target }} has become slow",
        description="Time to first token: {{ $value | humanizeDuration }} on the average, far above last week's.",
        board="wnmon-model",
    )


def _accounts() -> Iterator[Alert]:
    yield Alert(
        name="WnmonBalanceLow",
        expr=_owned("""
            min by (job, target, unit) (
              wnmon_balance_remaining < on (job, instance, target, unit) wnmon_balance_min
            )
        """),
        wait="5m",
        severity="warning",
        summary="The balance of {{ $labels.target }} is low",
        description="{{ $value | humanize }} {{ $labels.unit }} are left, less than its check's `min`.",
        board="wnmon-cost",
        chosen=("target",),
    )
    yield Alert(
        name="WnmonBudgetExhausted",
        # At these steps no model is asked, so that none is refused for want of a budget.
        expr=_owned("wnmon_budget_exhausted == 1 or wnmon_budget_step >= 3"),
        severity="warning",
        summary="The budget of {{ $labels.target }} is used up, or nearly",
        description="Probes rest for want of it, until its hour, day or month ends: their state is not known.",
        board="wnmon-cost",
        chosen=("target",),
    )
    for severity, range_, wait in (
        ("warning", f"< {14 * DAY_S} >= {3 * DAY_S}", "1h"),
        ("critical", f"< {3 * DAY_S}", "5m"),
    ):
        yield Alert(
            name="WnmonCertificateExpiring",
            expr=_owned(f"min by (job, target) (wnmon_tls_certificate_expiry_timestamp_seconds) - time() {range_}"),
            wait=wait,
            severity=severity,
            summary="The certificate of {{ $labels.target }} expires",
            description="It is valid for {{ $value | humanizeDuration }} more.",
            board="wnmon-target",
            chosen=("target",),
        )


def _contract() -> Iterator[Alert]:
    yield Alert(
        name="WnmonRuleBroken",
        why="A fact about the relay, not an outage: a ticket, never a page, and not where it is waived.",
        expr=_owned(f"""
            max by (job, target, check, model, rule) (
              wnmon_rule_passed{{level="MUST"}} == 0
              unless on ({PROBE}, rule) wnmon_rule_waived == 1
            )
        """),
        wait="5m",
        severity="info",
        summary="{{ $labels.model }} at {{ $labels.target }} breaks {{ $labels.rule }}",
        description="Found by the last run of {{ $labels.check }}. See `wnmon explain {{ $labels.rule }}`.",
        board="wnmon-conformance",
    )
    yield Alert(
        name="WnmonWaiverExpired",
        expr=_owned("max by (job, target, check, model, rule) (wnmon_rule_waived == 0)"),
        severity="info",
        summary="The waiver for {{ $labels.rule }} of {{ $labels.model }} at {{ $labels.target }} has expired",
        description="From now on the rule counts again. Renew the waiver in {{ $labels.check }}, or take it out.",
        board="wnmon-conformance",
    )


def _monitor() -> Iterator[Alert]:
    yield Alert(
        name="WnmonSuspect",
        why="How late wnmon itself is lies with its machine: all probes together.",
        expr="""
            sum by (job, instance) (increase(wnmon_probe_suspect_samples_total[1h]))
            / (sum by (job, instance) (increase(wnmon_probe_runs_total[1h])) >= 10)
            > 0.1
        """,
        wait="15m",
        severity="warning",
        summary="wnmon at {{ $labels.instance }} is too busy to measure",
        description="Of {{ $value | humanizePercentage }} of the last hour's runs it withheld latencies: it was late.",
        board="wnmon-self",
        chosen=(),
    )
    yield Alert(
        name="WnmonConfigReloadFailed",
        expr="wnmon_config_last_reload_successful == 0",
        wait="5m",
        severity="warning",
        summary="wnmon at {{ $labels.instance }} could not take its configuration",
        description="The last good configuration goes on. The log of wnmon says what is wrong, and where.",
        board="wnmon-self",
        chosen=(),
    )
    yield Alert(
        name="WnmonSeriesDropped",
        why="Counted at every attempt, so it goes on while there is no room.",
        expr="increase(wnmon_series_dropped_total[6h]) > 0",
        wait="5m",
        severity="warning",
        summary="wnmon at {{ $labels.instance }} leaves out metrics",
        description="There is no room for more than `max_series` series: boards and alerts do not see all.",
        board="wnmon-self",
        chosen=(),
    )
    yield Alert(
        name="WnmonStoreProblem",
        expr="sum by (job, instance, problem) (wnmon_store_problem) > 0",
        wait="15m",
        severity="warning",
        summary="wnmon at {{ $labels.instance }} writes nothing down: {{ $labels.problem }}",
        description="It probes all the same, in memory: a restart would forget outages and what of budgets is spent.",
        board="wnmon-self",
        chosen=(),
    )
    yield Alert(
        name="WnmonMessageWaiting",
        expr="sum by (job, instance, channel) (wnmon_notify_waiting) > 0",
        wait="30m",
        severity="warning",
        summary="wnmon at {{ $labels.instance }} cannot tell {{ $labels.channel }}",
        description="A message waits for half an hour: its service refuses it, or is not reached. The page says why.",
        board="wnmon-self",
        chosen=(),
    )
    yield Alert(
        name="WnmonAbsent",
        why="One of several, which is still known to be scraped; or all, of whom nobody knows any more.",
        expr="""
            up == 0 and on (job, instance) count_over_time(wnmon_build_info[1d])
            or
            absent(wnmon_build_info)
            unless on () (up == 0 and on (job, instance) count_over_time(wnmon_build_info[1d]))
        """,
        wait="5m",
        severity="critical",
        summary="wnmon{{ with $labels.instance }} at {{ . }}{{ end }} is not scraped",
        description="Prometheus has no metrics of it: what it measures is not seen, and no other alert of it fires.",
        board="wnmon-self",
        chosen=(),
    )
    yield Alert(
        name="WnmonWatchdog",
        why="Always fires: a service outside that misses it knows that Prometheus or Alertmanager is dead.",
        expr="vector(1)",
        severity="none",
        summary="Prometheus evaluates the rules of wnmon",
        description="A dead man's switch: it always fires. Send it to a service that tells you when it stops coming.",
        board="wnmon-self",
        chosen=(),
    )


ALERTS = Group(name="wnmon", rules=(*_outages(), *_probes(), *_accounts(), *_contract(), *_monitor()))

ABOUT = """
    wnmon's alerts. Severity `critical` is meant to wake somebody; `warning` can wait for the morning; `info` is a
    ticket. Only plain checks decide whether a model is down. A suite has a state too, but a broken rule of the contract
    is a fact about the relay, not an outage: it must never page.
"""

"""The recording rules: what alerts and boards ask again and again, under names of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dashboards.rule_files import Group, Record

SECONDS = {
    "5m": 300,
    "30m": 1_800,
    "1h": 3_600,
    "2h": 7_200,
    "6h": 21_600,
    "1d": 86_400,
    "3d": 259_200,
    "7d": 604_800,
    "28d": 2_419_200,
    "30d": 2_592_000,
}

MODEL = "job, target, model"
PROBE = "job, instance, target, check, model"
SLO = "job, target, model, slo"
PLAIN = f'and on ({PROBE}) wnmon_probe_info{{suite=""}}'

# Of a long window: the share of the SLO's whole budget that may burn in it before somebody is told (Google's SRE
# workbook, chapter 5), and the short windows that tell whether it still burns, for ever rarer probes. One serves while
# it holds at least two intervals: an empty window proves nothing.
BURN_SHARES = {"1h": 0.02, "6h": 0.05, "1d": 0.1, "3d": 0.1}
STILL_BURNS: Mapping[str, tuple[str, ...]] = {
    "1h": ("5m", "30m"),
    "6h": ("30m", "2h"),
    "1d": ("2h", "6h"),
    "3d": ("6h", "1d"),
}

STATE = (
    Record(
        name="wnmon:model_interval_seconds:min",
        why="The shortest interval among the plain checks of a model: the rhythm in which its state can be known.",
        expr=f"""
            min by ({MODEL}) (
              wnmon_probe_interval_seconds
              {PLAIN}
            )
        """,
    ),
    Record(
        name="wnmon:probe_last_run_age:intervals",
        why="How old the last run of a plain check is, in such intervals, with a minute to spare.",
        expr=f"""
            (
              time() - wnmon_probe_last_run_timestamp_seconds - 60
              {PLAIN}
            )
            / on ({MODEL}) group_left () wnmon:model_interval_seconds:min
        """,
    ),
    Record(
        name="wnmon:target_owner:info",
        why="Labels that alerts are routed by. bottomk: two monitors that disagree must not break an alert.",
        expr="bottomk by (job, target) (1, max by (job, target, team, env) (wnmon_target_info))",
    ),
    Record(
        name="wnmon:probe_last_answer:timestamp_seconds",
        why="""
            When a plain check that is up last had an answer, be it one that broke a rule, while that is news: for two
            intervals of the most frequent check of the model, two minutes at least. A daily check would hide an outage
            for a day.
        """,
        expr=f"""
            (
              (
                wnmon_probe_last_run_timestamp_seconds
                and on ({PROBE}) wnmon_probe_reason_streak{{reason="rule"}}
                or
                wnmon_probe_last_success_timestamp_seconds
              )
              and on ({PROBE}) wnmon_probe_up == 1
              {PLAIN}
            )
            > on ({MODEL}) group_left () (time() - clamp_min(2 * wnmon:model_interval_seconds:min, 120))
        """,
    ),
    Record(
        name="wnmon:model_up:max",
        why="""
            1: a plain check is up. 0: a plain check is down and none is up; a rejected key has an alert of its own, and
            makes it unknown: no series. Suites do not count.
        """,
        expr=f"""
            max by ({MODEL}) (wnmon:probe_last_answer:timestamp_seconds > bool 0)
            or
            max by ({MODEL}) (
              wnmon_probe_up == 0
              {PLAIN}
              unless on ({PROBE}) wnmon_probe_reason_streak{{reason="auth"}}
            )
        """,
    ),
    Record(
        name="wnmon:target_unasked_for:seconds",
        why="""
            How soon a plain check is asked for the first time since wnmon started, if that is within the rhythm of its
            model. Until then one that fails always may be the only one that is known.
        """,
        expr=f"""
            max by (job, target) (
              (
                wnmon_probe_next_run_timestamp_seconds - time() > -60
                unless on (job, target, check, model) wnmon_probe_last_run_timestamp_seconds
                {PLAIN}
              )
              <= on ({MODEL}) group_left () wnmon:model_interval_seconds:min
            )
        """,
    ),
    Record(
        name="wnmon:model_down_since:timestamp_seconds",
        why="Since when, while it is down.",
        expr=f"""
            min by ({MODEL}) (
              wnmon_probe_up_since_timestamp_seconds
              {PLAIN}
              and on ({PROBE}) wnmon_probe_up == 0
            )
            and on ({MODEL}) wnmon:model_up:max == 0
        """,
    ),
)


def _slo_settings() -> Iterator[Record]:
    yield Record(name="wnmon:slo_objective:ratio", expr=f"max by ({SLO}) (wnmon_slo_objective_ratio)")
    yield Record(
        name="wnmon:slo_error_budget:ratio",
        why="The share of events that may be errors.",
        expr="1 - wnmon:slo_objective:ratio",
    )
    yield Record(name="wnmon:slo_window_seconds:max", expr=f"max by ({SLO}) (wnmon_slo_window_seconds)")
    yield Record(
        name="wnmon:slo_interval_seconds:min",
        why="The shortest interval among the checks that an SLO counts.",
        expr=f"""
            min by ({SLO}) (
              wnmon_slo_window_seconds * 0 + on ({PROBE}) group_left () wnmon_probe_interval_seconds
            )
        """,
    )


def _error_ratio(window: str) -> Record:
    return Record(
        name=f"wnmon:slo_error:ratio_increase{window}",
        expr=f"""
            sum by ({SLO}) (increase(wnmon_slo_errors_total[{window}]))
            / (sum by ({SLO}) (increase(wnmon_slo_events_total[{window}])) > 0)
        """,
    )


STEPS = {"7d": "15m", "28d": "1h", "30d": "1h"}
"""How finely a window of weeks is looked at: 720 samples of a series rather than 170,000 at each evaluation."""


def _error_ratio_of_weeks(window: str) -> Record:
    stepwise = f"{window}:{STEPS[window]}"
    return Record(
        name=f"wnmon:slo_error:ratio_increase{window}",
        why="In steps: a month is too many samples. While two of them hold nothing yet, six hours hold all there is.",
        expr=f"""
            sum by ({SLO}) (increase(wnmon_slo_errors_total[{stepwise}]))
            / (sum by ({SLO}) (increase(wnmon_slo_events_total[{stepwise}])) > 0)
            or
            wnmon:slo_error:ratio_increase6h
        """,
    )


def _counts(window: str) -> Iterator[Record]:
    for counted in ("events", "errors"):
        yield Record(
            name=f"wnmon:slo_{counted}:increase{window}",
            expr=f"sum by ({SLO}) (increase(wnmon_slo_{counted}_total[{window}]))",
        )


def _burn(window: str) -> Iterator[Record]:
    finer, coarser = STILL_BURNS[window]
    yield Record(
        name=f"wnmon:slo_burn_rate:ratio_increase{window}",
        expr=f"wnmon:slo_error:ratio_increase{window} / wnmon:slo_error_budget:ratio",
    )
    yield Record(
        name=f"wnmon:slo_burn_rate:ratio_lately{window}",
        why="The short window beside it. It must hold two intervals of the probe; empty, the longer one is asked.",
        expr=f"""
            (
              wnmon:slo_error:ratio_increase{finer} and wnmon:slo_interval_seconds:min <= {SECONDS[finer] // 2}
              or
              wnmon:slo_error:ratio_increase{coarser} and wnmon:slo_interval_seconds:min <= {SECONDS[coarser] // 2}
            )
            / wnmon:slo_error_budget:ratio
        """,
    )
    yield Record(
        name=f"wnmon:slo_burn_limit:ratio{window}",
        why=f"The rate that burns {BURN_SHARES[window]:.0%} of the budget in {window}, at least what just spends it.",
        expr=f"clamp_min({BURN_SHARES[window]} * wnmon:slo_window_seconds:max / {SECONDS[window]}, 1)",
    )


def _ttft(window: str) -> Iterator[Record]:
    total, count, buckets = (
        f"increase(wnmon_probe_ttft_seconds_{part}[{window}]) {PLAIN}" for part in ("sum", "count", "bucket")
    )
    yield Record(name=f"wnmon:probe_ttft_seconds:samples_{window}", expr=f"sum by ({MODEL}) ({count})")
    yield Record(
        name=f"wnmon:probe_ttft_seconds:mean_{window}",
        expr=f"sum by ({MODEL}) ({total}) / (wnmon:probe_ttft_seconds:samples_{window} > 0)",
    )
    yield Record(
        name=f"wnmon:probe_ttft_seconds:p50_{window}",
        expr=f"histogram_quantile(0.5, sum by ({MODEL}, le) ({buckets}))",
    )


def _of_the_window() -> Iterator[Record]:
    chosen = "\nor\n".join(
        f"wnmon:slo_error:ratio_increase{window} and wnmon:slo_window_seconds:max == {SECONDS[window]}"
        for window in ("7d", "28d", "30d")
    )
    yield Record(name="wnmon:slo_error:ratio_window", why="Over the window of the SLO itself.", expr=chosen)
    yield Record(
        name="wnmon:slo_budget_remaining:ratio",
        why="1: nothing is spent. 0: all of it. Less than 0: the objective is missed.",
        expr="1 - wnmon:slo_error:ratio_window / wnmon:slo_error_budget:ratio",
    )


SUSPECT = Record(
    name="wnmon:suspect_samples:ratio_increase1h",
    why="The share of runs of which a latency was withheld. Above 1 % the machine is too busy for its probes.",
    expr="""
        sum by (job, instance) (increase(wnmon_probe_suspect_samples_total[1h]))
        / (sum by (job, instance) (increase(wnmon_probe_runs_total[1h])) > 0)
    """,
)

LAST_WEEK = Record(
    name="wnmon:probe_ttft_seconds:mean_last_week",
    why="The seven days up to yesterday at this time, if they hold enough to be compared with.",
    expr=f"""
        sum by ({MODEL}) (increase(wnmon_probe_ttft_seconds_sum[7d:15m] offset 1d) {PLAIN})
        / (sum by ({MODEL}) (increase(wnmon_probe_ttft_seconds_count[7d:15m] offset 1d) {PLAIN}) >= 50)
    """,
)

# Windows of days are wide, and what they say moves slowly: they are asked every two minutes. Not more rarely: what
# Prometheus has not written for five minutes it takes for gone.
GROUPS = (
    Group(
        name="wnmon-weeks",
        interval="2m",
        rules=(*map(_error_ratio_of_weeks, STEPS), LAST_WEEK),
    ),
    Group(
        name="wnmon-days",
        interval="2m",
        rules=(*map(_error_ratio, ("1d", "3d")), *_counts("1d"), *_counts("3d")),
    ),
    Group(
        name="wnmon-records",
        rules=(
            *STATE,
            *_slo_settings(),
            *map(_error_ratio, ("5m", "30m", "1h", "2h", "6h")),
            *(record for window in ("30m", "1h", "6h") for record in _counts(window)),
            *(record for window in BURN_SHARES for record in _burn(window)),
            *_of_the_window(),
            *(record for window in ("1h", "6h") for record in _ttft(window)),
            SUSPECT,
        ),
    ),
)

ABOUT = (
    "wnmon's recording rules: the alerts and the boards are built on them. Windows of 30 days need a retention of 40."
)

COMPATIBLE_ABOUT = """
    For alerts and boards that were written for the blackbox exporter: its names, `instance` being the target. Not
    loaded by prometheus.yml: beside a blackbox exporter the same names would mean two things. probe_http_status_code is
    missing, for wnmon publishes classes of codes only: wnmon_probe_http_responses_total.
"""


def _as_instance(expr: str) -> str:
    return f'max by (job, instance, check, model) (label_replace({expr}, "instance", "$1", "target", "(.*)"))'


COMPATIBLE = Group(
    name="wnmon-blackbox",
    rules=(
        Record(name="probe_success", expr=_as_instance(f"wnmon_probe_success {PLAIN}")),
        Record(
            name="probe_duration_seconds",
            why="From the name's resolution to the last byte, of the last run.",
            expr=_as_instance(f"sum by ({PROBE}) (wnmon_probe_phase_seconds) {PLAIN}"),
        ),
        Record(
            name="probe_ssl_earliest_cert_expiry",
            expr=_as_instance("wnmon_tls_certificate_expiry_timestamp_seconds"),
        ),
    ),
)

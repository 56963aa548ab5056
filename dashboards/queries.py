"""The PromQL that several boards share. Every selector looks only at what the variables of the board have chosen."""

from __future__ import annotations

import re

VARIABLE = re.compile(r"\$(job|instance|target|model|check|slo)\b")

OWN = 'job=~"$job", instance=~"$instance"'
AT_TARGET = f'{OWN}, target=~"$target"'
SELECTED = f'{AT_TARGET}, check=~"$check", model=~"$model"'
# The recorded series of SLOs are sums over instances and checks.
RECORDED = 'job=~"$job", target=~"$target", model=~"$model", slo=~"$slo"'

PROBE = "job, instance, target, check, model"
# A suite publishes success too, but a plain check decides whether a model is up.
PLAIN_PROBES = f'wnmon_probe_info{{suite="", {SELECTED}}}'
PLAIN = f"and on ({PROBE}) {PLAIN_PROBES}"

FAILED, PASSED, DEGRADED, MAINTENANCE, UNKNOWN = range(5)
"""The states of `state`. The first three are wnmon_probe_success + wnmon_probe_degraded."""


def filled_in(expr: str, *, rate_interval: str = "5m", over: str = "1h", **chosen: str) -> str:
    """Put in what Grafana puts in: the range shown, what is chosen of a variable, else All."""
    plain = expr.replace("$__rate_interval", rate_interval).replace("$__range", over)
    return VARIABLE.sub(lambda found: chosen.get(found[1], ".+"), plain)


def probes(metric: str, *matchers: str) -> str:
    """Select a metric of probes."""
    return f"{metric}{{{', '.join([*matchers, SELECTED])}}}"


def targets(metric: str, *matchers: str) -> str:
    """Select a metric of targets."""
    return f"{metric}{{{', '.join([*matchers, AT_TARGET])}}}"


def own(metric: str, *matchers: str) -> str:
    """Select a metric of the monitor itself."""
    return f"{metric}{{{', '.join([*matchers, OWN])}}}"


def recorded(metric: str) -> str:
    """Select a recorded series of SLOs."""
    return f"{metric}{{{RECORDED}}}"


def state(by: str) -> str:
    """Return the best state of the plain checks: a known one, else maintenance, else unknown. `by` is not empty.

    Nothing is left of a state once wnmon is not scraped any more, so an old success is never shown as of now.
    """
    pausing = probes("wnmon_probe_resting", 'cause=~"maintenance|paused"')
    known = f"{probes('wnmon_probe_success')} + {probes('wnmon_probe_degraded')} {PLAIN} unless on ({PROBE}) {pausing}"
    return (
        f"max by ({by}) ({known})"
        f" or max by ({by}) ({pausing} {PLAIN}) * {MAINTENANCE}"
        f" or max by ({by}) ({PLAIN_PROBES}) * {UNKNOWN}"
    )


def success(by: str) -> str:
    """Return 1 where any plain check succeeded last."""
    return f"max by ({by}) ({probes('wnmon_probe_success')} {PLAIN})"


def confirmed(by: str) -> str:
    """Return 1 where any plain check is up by the confirmed state."""
    return f"max by ({by}) ({probes('wnmon_probe_up')} {PLAIN})"


def since(by: str) -> str:
    """Return the seconds since a confirmed state last changed."""
    return f"time() - max {by}({probes('wnmon_probe_up_since_timestamp_seconds')} {PLAIN})"


def over_range(function: str, metric: str) -> str:
    """Apply a function to the range shown, of plain checks."""
    return f"{function}({probes(metric)}[$__range]) {PLAIN}"


def uptime(by: str) -> str:
    """Time that probes were up over time in which their state was known: scrapes count alike, runs do not."""
    known = over_range("count_over_time", "wnmon_probe_success")
    return f"sum {by}({over_range('sum_over_time', 'wnmon_probe_success')}) / sum {by}({known})"


def unknown(by: str) -> str:
    """Time in which the state of a probe was not known, over all time that wnmon should have been scraped."""
    known = f"sum {by}({over_range('count_over_time', 'wnmon_probe_success')})"
    scrapes = f"count_over_time({own('up')}[$__range])"
    all_ = f"sum {by}(({PLAIN_PROBES} == 1) * on (job, instance) group_left () {scrapes})"
    return f"clamp_min(1 - ({known} or {all_} * 0) / {all_}, 0)"


def quantile(q: str, family: str, by: str, window: str, selected: str = SELECTED) -> str:
    """Return a quantile of a histogram. `by` is empty, or labels that each end in a comma.

    Without a sample it would be NaN, and a graph of NaN is an empty grid that does not say why.
    """
    return f"histogram_quantile({q}, sum by ({by}le) (rate({family}_bucket{{{selected}}}[{window}]))) >= 0"


def mean(family: str, by: str, window: str, selected: str = SELECTED) -> str:
    """Return the mean of a histogram: unlike a quantile it does not depend on the buckets."""
    total, count = (f"sum {by}(rate({family}_{part}{{{selected}}}[{window}]))" for part in ("sum", "count"))
    return f"{total} / ({count} > 0)"


def increase(metric: str, by: str, window: str) -> str:
    """Return by how much counters of probes grew."""
    return f"sum by ({by}) (increase({probes(metric)}[{window}]))"


def waived(state_: str = "== 1") -> str:
    """Select the rules a waiver is in force for."""
    return f"({probes('wnmon_rule_waived')} {state_})"


UNWAIVED = f"unless on ({PROBE}, rule) {waived()}"


def broken(by: str, level: str = "MUST") -> str:
    """Count rules whose last verdict is failed, waived ones apart."""
    verdicts = probes("wnmon_rule_passed", f'level="{level}"')
    return f"sum {by}(({verdicts} == bool 0) {UNWAIVED})"


def budget_used(by: str) -> str:
    """Return which share of a limit is spent, of the one where it is most: of tokens, requests or money."""
    # Without a label of its own the share of one unit would hide that of another.
    shares = (
        f"label_replace(1 - {targets(f'wnmon_budget_{unit}_remaining')}"
        f' / ({targets(f"wnmon_budget_{unit}_limit")} > 0), "of", "{unit}", "", "")'
        for unit in ("tokens", "requests", "money")
    )
    return f"max {by}({' or '.join(shares)})"


def certificate(by: str) -> str:
    """Return the seconds until a certificate expires."""
    return f"min {by}({targets('wnmon_tls_certificate_expiry_timestamp_seconds')}) - time()"

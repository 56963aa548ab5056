"""The metrics reference, made from the catalogue: `python -m wnmon.metrics.reference > docs/metrics.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from wnmon.metrics.buckets import AROUND, MAX_THRESHOLDS
from wnmon.metrics.catalogue import CLOSED_SETS, SECTIONS, Birth, Metric, MetricKind

_HEAD = """\
# Metrics

Generated from `wnmon/metrics/catalogue.py` by `python -m wnmon.metrics.reference`; do not edit.

- Labels come from the configuration or from a closed set. `target`, `check` and `model` name a probe.
- Counters and histograms are born at 0, so that the first failure is an increase.
- A gauge that states a fact is absent until the fact is known, and again when it is not known any more: a gauge born
  at 0 would raise alerts after every restart.
- A skipped run touches only `wnmon_scheduler_skipped_runs_total` and `wnmon_slo_excluded_total`, and where it had
  begun, be it a re-check, what it sent and cost: `wnmon_probe_http_responses_total`, `wnmon_probe_tokens_total` and
  `wnmon_probe_usage_doubts_total`.
- In OpenMetrics, which Prometheus asks for, the latency histograms of a probe, `wnmon_probe_failures_total` and
  `wnmon_slo_errors_total` carry the id of the last run they counted as an exemplar (`run_id`); the text format cannot.
- `metrics.max_series` is the most series of targets and probes there may be, 200000 unless configured. A probe has
  about 170, 13 for each objective, and more for each threshold and rule. What exists stays; what finds no room is
  counted in `wnmon_series_dropped_total`, at every attempt. Room is kept free for the gauges of which a probe or target
  has one at most, such as `wnmon_probe_up`.
- `job` and `instance` are given by whoever scrapes, and so is a `region`, if there is one.
- Labels of the user are on `wnmon_probe_info` and `wnmon_target_info` only; join them with `group_left`.
- `process_*` and `python_gc_*` are those of the Prometheus client library.
"""

_COLUMNS = "| metric | type | labels | unit | exists | meaning |\n| --- | --- | --- | --- | --- | --- |"


_SHOWN = {
    "skip": "reason (of wnmon_scheduler_skipped_runs_total)",
    "left_out": "cause (of wnmon_slo_excluded_total)",
    "rest": "cause (of wnmon_probe_resting)",
}

_FINE = """
These are the usual bounds of `wnmon_probe_ttft_seconds`, `wnmon_probe_first_visible_seconds` and
`wnmon_probe_duration_seconds`. Around each threshold in use, be it of an objective (ttft, total) or a limit of a check
(`ttft`, `first_visible`, `total`), more stand at {parts} times the threshold: for at most {most} thresholds
of a histogram, those of objectives first, then the limits that most probes have. A timeout beyond the last bound is
one more. All probes share them, so that sums over `le` stay right. `metrics.ttft_buckets` (for the first two) and
`metrics.duration_buckets` replace them all.

Prometheus reads a quantile between two bounds, so it errs by at most as much as these lie apart: from 0.9 to 1.1 times
a threshold by 5 % of the threshold, from 0.98 to 1.02 times by 2 %. With a threshold of 3 s, the p95 of a constant
3.0 s reads between 2.94 and 3.06 s; without one, between 2 and 4 s. What share of runs is within a bound is exact.

A reload that changes the bounds of a histogram begins it anew, at 0 for all probes, as a restart does: `rate` and
`increase` take it for a reset of the counter, and lose no more than what came since the scrape before.
"""


def reference() -> str:
    """Return the page as Markdown."""
    return "\n".join([_HEAD, *_tables(), *_closed_sets(), *_buckets()])


def _tables() -> Iterator[str]:
    for title, metrics in SECTIONS.items():
        yield f"## {title}\n\n{_COLUMNS}"
        yield from map(_row, metrics)
        yield ""


def _row(metric: Metric) -> str:
    labels = ", ".join(metric.labels) or "–"
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.unit or '–'} | {_exists(metric)} | {metric.help} |"


def _exists(metric: Metric) -> str:
    if metric.birth is Birth.ZERO and metric.own_labels and metric.closed is None:
        return "at 0, for each configured value"
    return metric.birth


def _closed_sets() -> Iterator[str]:
    yield "## Closed label values\n\n| label | values |\n| --- | --- |"
    for name, values in CLOSED_SETS.items():
        yield f"| {_SHOWN.get(name, name)} | {', '.join(values)} |"
    yield "\n`wnmon_probe_reason_streak` also takes the reason `ok`.\n"


def _buckets() -> Iterator[str]:
    yield "## Buckets\n\n| histogram | upper bounds in seconds |\n| --- | --- |"
    for metrics in SECTIONS.values():
        for metric in metrics:
            if metric.kind is MetricKind.HISTOGRAM:
                yield f"| `{metric.name}` | {', '.join(f'{bound:g}' for bound in metric.buckets)} |"
    yield _FINE.format(parts=", ".join(f"{part:g}" for part in AROUND), most=MAX_THRESHOLDS)


if __name__ == "__main__":
    sys.stdout.write(reference())

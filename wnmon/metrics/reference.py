"""The metrics reference, made from the catalogue: `python -m wnmon.metrics.reference > docs/metrics.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from wnmon.metrics.catalogue import CLOSED_SETS, SECTIONS, Birth, Metric, MetricKind

_HEAD = """\
# Metrics

Generated from `wnmon/metrics/catalogue.py` by `python -m wnmon.metrics.reference`; do not edit.

- Labels come from the configuration or from a closed set. `target`, `check` and `model` name a probe.
- Counters and histograms are born at 0, so that the first failure is an increase.
- A gauge that states a fact is absent until the fact is known, and again when it is not known any more: a gauge born
  at 0 would raise alerts after every restart.
- A skipped run touches only `wnmon_scheduler_skipped_runs_total`.
- `job` and `instance` are given by whoever scrapes, and so is a `region`, if there is one.
- Labels of the user are on `wnmon_probe_info` and `wnmon_target_info` only; join them with `group_left`.
- `process_*` and `python_gc_*` are those of the Prometheus client library.
"""

_COLUMNS = "| metric | type | labels | unit | exists | meaning |\n| --- | --- | --- | --- | --- | --- |"


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
        shown = "reason (of wnmon_scheduler_skipped_runs_total)" if name == "skip" else name
        yield f"| {shown} | {', '.join(values)} |"
    yield "\n`wnmon_probe_reason_streak` also takes the reason `ok`.\n"


def _buckets() -> Iterator[str]:
    yield "## Buckets\n\n| histogram | upper bounds in seconds |\n| --- | --- |"
    for metrics in SECTIONS.values():
        for metric in metrics:
            if metric.kind is MetricKind.HISTOGRAM:
                yield f"| `{metric.name}` | {', '.join(f'{bound:g}' for bound in metric.buckets)} |"
    yield ""


if __name__ == "__main__":
    sys.stdout.write(reference())

from __future__ import annotations

from pathlib import Path

import pytest

from wnmon.metrics.catalogue import CATALOGUE, CLOSED_SETS, PROBE_LABELS, SECTIONS, Metric, MetricKind
from wnmon.metrics.reference import reference

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"


def test_the_metrics_page_is_what_the_catalogue_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference()


def test_no_metric_is_listed_twice() -> None:
    assert len(CATALOGUE) == sum(len(section) for section in SECTIONS.values())


@pytest.mark.parametrize("metric", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_exactly_counters_end_in_total(metric: Metric) -> None:
    assert metric.name.endswith("_total") == (metric.kind is MetricKind.COUNTER)


@pytest.mark.parametrize("metric", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_exactly_histograms_have_buckets(metric: Metric) -> None:
    assert bool(metric.buckets) == (metric.kind is MetricKind.HISTOGRAM)


@pytest.mark.parametrize("metric", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_no_metric_exports_what_belongs_to_the_scraper(metric: Metric) -> None:
    assert not {"job", "instance", "region"} & set(metric.labels)


@pytest.mark.parametrize("metric", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_a_closed_label_is_the_only_one_beyond_the_owners(metric: Metric) -> None:
    assert metric.closed is None or (metric.closed in CLOSED_SETS and len(metric.own_labels) == 1)


def test_a_probe_is_named_by_target_check_and_model() -> None:
    assert PROBE_LABELS == ("target", "check", "model")

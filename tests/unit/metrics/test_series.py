from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import prometheus_client
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString
from sink_runs import a_probe, a_run, a_sink, a_target, exposed

from wnmon.metrics.block import Block, Room
from wnmon.metrics.catalogue import Metric, MetricKind
from wnmon.metrics.readings import Reading
from wnmon.metrics.series import Counters, kind_of, number

LABELS = {"target": 'a "b"\n%s', "check": "c\\d", "model": "模型"}
STAMP = re.compile(rb"(# \{[^\n]*) [0-9.e+]+$", re.MULTILINE)
"""When the exemplar was: prometheus_client asks the clock itself."""

TOLD = {
    MetricKind.COUNTER: st.one_of(st.integers(0, 10**7), st.floats(0, 1e18)),
    MetricKind.GAUGE: st.one_of(st.integers(-(10**7), 10**7), st.floats()),
    MetricKind.HISTOGRAM: st.one_of(st.sampled_from([0.5, 1, 2.5]), st.floats(0, 1e9)),
}


def a_metric(kind: MetricKind) -> Metric:
    own = () if kind is MetricKind.HISTOGRAM else ("rule", "level")
    buckets = (0.5, 1, 2.5, 1_000_000) if kind is MetricKind.HISTOGRAM else ()
    name = "wnmon_x_total" if kind is MetricKind.COUNTER else "wnmon_x"
    return Metric(name=name, kind=kind, help="x", own_labels=own, buckets=buckets)


Told = tuple[tuple[str, ...], float, str]
"""Own labels, value and run."""


def readings_of(kind: MetricKind) -> st.SearchStrategy[list[Told]]:
    own = st.just(()) if kind is MetricKind.HISTOGRAM else st.tuples(st.sampled_from("ab%"), st.text(max_size=3))
    return st.lists(st.tuples(own, TOLD[kind], st.sampled_from(["", "r1", 'r"2'])), max_size=8)


def block_of(metric: Metric, told: Sequence[Told]) -> Block[Any]:
    block: Block[Any] = Block(kind_of(metric), LABELS, Room(10**6))
    for own, value, run in told:
        block.take(Reading(metric=metric.name, value=value, values=own, run=run), at_s=1.5)
    return block


def of_prometheus_client(metric: Metric, told: Sequence[Told]) -> CollectorRegistry:
    registry, names = CollectorRegistry(), (*LABELS, *metric.own_labels)
    kind: Any = getattr(prometheus_client, metric.kind.capitalize())
    more = {"buckets": metric.buckets} if metric.buckets else {}
    family = kind(metric.name, metric.help, names, registry=registry, **more)
    for own, value, run in told:
        exemplar = {"run_id": run} if run else None
        series = family.labels(*LABELS.values(), *own)
        if metric.kind is MetricKind.COUNTER:
            series.inc(value, exemplar if value else None)
        elif metric.kind is MetricKind.GAUGE:
            series.set(value)
        else:
            series.observe(value, exemplar)
    return registry


def samples(text: bytes) -> bytes:
    """Return the samples alone, those of when a series was made left out."""
    lines = [line + b"\n" for line in text.split(b"\n")[:-1]]  # a carriage return may stand in a label
    return STAMP.sub(rb"\1", b"".join(line for line in lines if not line.startswith(b"#") and b"_created" not in line))


@pytest.mark.parametrize("kind", list(MetricKind))
@pytest.mark.parametrize(("openmetrics", "encode"), [(False, generate_latest), (True, generate_openmetrics)])
def test_the_lines_are_those_of_prometheus_client(
    kind: MetricKind, openmetrics: bool, encode: Callable[[CollectorRegistry], bytes]
) -> None:
    @given(readings_of(kind))
    def holds(told: list[Told]) -> None:
        metric = a_metric(kind)
        theirs = samples(encode(of_prometheus_client(metric, told)))
        assert STAMP.sub(rb"\1", block_of(metric, told).text(exemplars=openmetrics)) == theirs

    holds()


@given(st.one_of(st.floats(), st.integers(-(10**9), 10**9)))
def test_a_number_is_written_as_prometheus_client_writes_it(value: float) -> None:
    assert number(value) == floatToGoString(value)  # type: ignore[no-untyped-call]


def test_an_exemplar_carries_the_instant_it_was_told() -> None:
    metric = a_metric(MetricKind.HISTOGRAM)

    (line,) = (line for line in block_of(metric, [((), 0.7, "r1")]).text(exemplars=True).splitlines() if b"#" in line)
    assert line.endswith(b' # {run_id="r1"} 0.7 1.5')


def test_a_counter_cannot_fall() -> None:
    counters = Counters(a_metric(MetricKind.COUNTER))

    with pytest.raises(ValueError, match="cannot fall"):
        counters.after(counters.born, -1, None)


class Interrupting(Counters):
    """Lets a run be counted just when its lines are rendered, as another thread would."""

    def __init__(self, metric: Metric, interrupt: Callable[[], None]) -> None:
        super().__init__(metric)
        self._interrupt = interrupt

    def lines(self, *args: Any, **kwargs: Any) -> Iterator[str]:
        lines = [*super().lines(*args, **kwargs)]
        self._interrupt()
        yield from lines


def test_lines_of_what_changed_while_they_were_rendered_are_not_kept() -> None:
    metric = replace(a_metric(MetricKind.COUNTER), own_labels=())
    one = Reading(metric=metric.name, value=1)
    block = Block(Interrupting(metric, lambda: block.take(one, 0)), {}, Room(9))
    block.take(one, 0)

    seen = [block.text(exemplars=False) for _ in range(3)]
    assert seen == [b"wnmon_x_total 1.0\n", b"wnmon_x_total 2.0\n", b"wnmon_x_total 3.0\n"]


def test_lines_without_a_change_are_rendered_once() -> None:
    block = block_of(a_metric(MetricKind.GAUGE), [(("a", "b"), 1, "")])

    assert block.text(exemplars=False) is block.text(exemplars=True)


def test_a_block_without_series_says_nothing() -> None:
    assert block_of(a_metric(MetricKind.GAUGE), []).text(exemplars=False) == b""


class Parsed(Collector):
    """What a scraper read, for prometheus_client to write again."""

    def __init__(self, text: bytes) -> None:
        self._families = list(text_string_to_metric_families(text.decode()))

    def collect(self) -> Any:
        return self._families


def processor_s(work: Callable[[], object]) -> float:
    before_s = time.process_time()
    work()
    return time.process_time() - before_s


def test_a_scrape_of_what_changed_costs_a_fraction_of_prometheus_clients_encoder() -> None:
    """Of 200 probes 20 have run. Processor time, the best of five in turn."""
    targets = [a_target(f"t{number}") for number in range(20)]
    probes = [a_probe(f"c{number}", target=target) for target in targets for number in range(10)]
    sink, registry = a_sink(*probes), CollectorRegistry()
    registry.register(Parsed(exposed(sink)))

    pairs = []
    for _ in range(5):
        for probe in probes[::10]:
            sink.take(a_run(probe=probe))
        pairs.append((processor_s(lambda: exposed(sink)), processor_s(lambda: generate_latest(registry))))
    ours_s, theirs_s = map(min, zip(*pairs, strict=True))

    assert ours_s <= 0.15 * theirs_s

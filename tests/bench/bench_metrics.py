"""What /metrics of many probes costs after a tenth of them has run, beside prometheus_client over as many series.

    python tests/bench/bench_metrics.py PROBES TURNS

Prints one JSON line: the least processor time of both, in ms, in turns, and how many series there are.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "unit" / "metrics")]

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest  # noqa: E402
from prometheus_client.parser import text_string_to_metric_families  # noqa: E402
from sink_runs import a_probe, a_run, a_sink  # noqa: E402

from wnmon.metrics.catalogue import CATALOGUE, PROBE_LABELS, Scope  # noqa: E402
from wnmon.model.measures import Measures  # noqa: E402

ACCEPT = "application/openmetrics-text; version=1.0.0"


def twin(probes: int) -> CollectorRegistry:
    """Return a registry that holds for each probe what the sink publishes of one that ran once."""
    registry, probe = CollectorRegistry(), a_probe()
    sink = a_sink(probe)
    sink.take(a_run(probe=probe))
    families = text_string_to_metric_families(b"".join(sink.render(None)[1]).decode())
    for family in families:
        metric = CATALOGUE.get(family.name) or CATALOGUE.get(f"{family.name}_total")
        if metric is not None and metric.scope is Scope.PROBE:
            own = [name for name in family.samples[0].labels if name not in {*PROBE_LABELS, "le"}]
            kinds = {tuple(sample.labels[name] for name in own) for sample in family.samples}
            _grow(registry, family.name, metric.kind, (*PROBE_LABELS, *own), metric.buckets, kinds, probes)
    return registry


def _grow(
    registry: CollectorRegistry,
    name: str,
    kind: str,
    labels: tuple[str, ...],
    buckets: tuple[float, ...],
    kinds: set[tuple[str, ...]],
    probes: int,
) -> None:
    made: Counter | Gauge | Histogram
    if kind == "histogram":
        made = Histogram(name, name, labels, registry=registry, buckets=buckets)
    else:
        made = (Counter if kind == "counter" else Gauge)(name, name, labels, registry=registry)
    for number in range(probes):
        for values in kinds:
            child = made.labels("wn", f"check{number}", "m", *values)
            if isinstance(child, Histogram):
                child.observe(0.5)
            else:
                child.inc()


def cpu_ms(work: Callable[[], object]) -> float:
    """Return the processor time of some work."""
    began_s = time.process_time()
    work()
    return 1e3 * (time.process_time() - began_s)


def main() -> None:
    """Measure both in turns."""
    count, turns = int(sys.argv[1]), int(sys.argv[2])
    probes = [a_probe(f"check{number}") for number in range(count)]
    sink, registry = a_sink(), twin(count)
    sink.declare(probes, Measures(max_series=10**8))
    for probe in probes:
        sink.take(a_run(probe=probe))
    b"".join(sink.render(ACCEPT)[1])
    ours, theirs, body = [], [], b""
    for turn in range(turns):
        for probe in probes[turn % 10 :: 10]:
            sink.take(a_run(probe=probe))
        began = time.process_time()
        body = b"".join(sink.render(ACCEPT)[1])
        ours.append(1e3 * (time.process_time() - began))
        theirs.append(cpu_ms(lambda: generate_latest(registry)))
    print(json.dumps({"ours_ms": min(ours), "theirs_ms": min(theirs), "series": body.count(b"\n"), "bytes": len(body)}))


if __name__ == "__main__":
    main()

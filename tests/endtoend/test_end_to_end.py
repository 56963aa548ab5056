"""What people read on the boards and are told is what the relays did, from the socket to the webhook.

Prometheus, Alertmanager and the files they are given are the shipped ones, at another pace (chain.py).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import promql_parser
import pytest
import yaml
from chain import (
    DASHBOARDS,
    EVERY_S,
    KEYS,
    PAGE_AFTER_S,
    TOTAL_LIMIT_S,
    TOTAL_S,
    TTFT_LIMIT_S,
    TTFT_S,
    Chain,
    running,
)
from service_process import eventually

from dashboards.empty import Empty
from dashboards.generate import Asked, asked
from dashboards.pieces import Query
from dashboards.queries import MAINTENANCE, filled_in
from wnmon.metrics.catalogue import CATALOGUE

DELIVERY_S = 8.0
"""A run, a scrape, an evaluation, the wait for a group and the way to the webhook, on a busy machine."""

EMPTY_HERE = {
    Empty.WEEK: "a database minutes old",
    Empty.BALANCE_STEADY: "the poor relay does not grow poorer",
    Empty.COMPONENT: "nothing in wnmon itself breaks",
    Empty.SELFTEST: "on a busy machine it may not be able to judge, so it is left out",
}
"""Every other reason is none here: the chain has what the queries are about."""

SELFTEST = [metric for metric in CATALOGUE.values() if metric.name.startswith("wnmon_selftest_")]
"""Of these the chain has none; what they are called the catalogue says."""

NOT_HERE = {
    "wnmon:probe_ttft_seconds:mean_last_week",  # needs days
    "wnmon:target_unasked_for:seconds",  # gone once each check was asked for the first time
    "wnmon_network_down",  # nothing is wrong with the network
}
"""Series that may not be written in these minutes."""

QUERIES = [pytest.param(row, id=f"{row.board} {row.panel} {row.ref}") for row in asked()]
RULES = [
    pytest.param(rule, id=rule.get("record") or f"{rule['alert']} {rule['labels']['severity']}")
    for name in ("recording.yml", "alerts.yml")
    for group in yaml.safe_load((DASHBOARDS / "prometheus" / name).read_text("utf-8"))["groups"]
    for rule in group["rules"]
]
Rule = Mapping[str, str]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    for tool in ("prometheus", "promtool", "prometheus-alertmanager", "openssl"):
        if shutil.which(tool) is None and "CI" not in os.environ:
            pytest.skip(f"{tool} is not installed")
    with running(tmp_path_factory.mktemp("chain")) as chain:
        yield chain


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What an objective of availability has counted of the relay that is killed."""

    events: int
    errors: int
    rechecks: int

    def since(self, before: Count) -> Count:
        return Count(
            events=self.events - before.events,
            errors=self.errors - before.errors,
            rechecks=self.rechecks - before.rechecks,
        )


def by_results(chain: Chain, since_s: float = 0) -> Count:
    """Count wnmon's own results as docs/checks.md#objectives says, from an instant on (s since the epoch)."""
    runs = [run for run in chain.runs("killed") if datetime.fromisoformat(run["at"]).timestamp() > since_s]
    due = [run for run in runs if not run["recheck"]]
    errors = [run for run in due if run["outcome"] in {"failed", "errored"}]
    return Count(events=len(due), errors=len(errors), rechecks=len(runs) - len(due))


def by_metrics(chain: Chain) -> Count:
    def counted(name: str, **labels: str) -> int:
        return int(chain.service.value(f"wnmon_slo_{name}_total", target="killed", slo="available", **labels) or 0)

    return Count(events=counted("events"), errors=counted("errors"), rechecks=counted("excluded", cause="recheck"))


def at_rest(chain: Chain) -> tuple[Count, Count]:
    """Return both counts of an instant at which no run of the relay ends."""

    def both() -> tuple[Count, Count] | None:
        before, told, after = by_results(chain), by_metrics(chain), by_results(chain)
        return (before, told) if before == after else None

    found: tuple[Count, Count] = eventually(both, "an instant between two runs")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """The counts before and after, of wnmon's results and of its metrics.

    `told_after_s`: seconds until the page. `over_s`: when its end was told, of the monotonic clock.
    """

    before: tuple[Count, Count]
    after: tuple[Count, Count]
    told_after_s: float
    over_s: float


@pytest.fixture(scope="module")
def outage(chain: Chain) -> Outage:
    """Kill a relay until somebody is told, and let it live again until they are told that too."""
    page = "WnmonTargetDown killed"
    eventually(lambda: by_results(chain).events >= 5, "some runs before the outage")
    before = at_rest(chain)
    chain.killed.die()
    died_s = time.monotonic()
    eventually(lambda: f"{page} firing" in chain.box.of("critical"), "a page")
    told_after_s = time.monotonic() - died_s
    chain.killed.live()
    eventually(lambda: f"{page} resolved" in chain.box.of("critical"), "the end of it")
    return Outage(before=before, after=at_rest(chain), told_after_s=told_after_s, over_s=time.monotonic())


def test_slo_counters_grow_by_exactly_what_wnmons_own_results_say(outage: Outage) -> None:
    (told_before, counted_before), (told_after, counted_after) = outage.before, outage.after

    assert counted_after.since(counted_before) == told_after.since(told_before)


def test_an_outage_is_made_of_errors_and_its_end_of_good_events(outage: Outage) -> None:
    grown = outage.after[1].since(outage.before[1])

    assert 2 < grown.errors < grown.events


def test_a_killed_relay_is_told_once_and_its_end_once_and_nobody_is_woken_by_another(
    chain: Chain, outage: Outage
) -> None:
    assert chain.box.of("critical") == ["WnmonTargetDown killed firing", "WnmonTargetDown killed resolved"]


def test_an_outage_is_told_within_two_intervals_and_what_the_alert_waits(outage: Outage) -> None:
    assert outage.told_after_s <= 2 * EVERY_S + PAGE_AFTER_S + DELIVERY_S


def test_the_recorded_ratio_of_errors_is_within_one_event_of_wnmons_results(chain: Chain, outage: Outage) -> None:
    series = 'target="killed", slo="available"'
    (first,) = chain.ask("query", query=f"min_over_time(timestamp(wnmon_slo_events_total{{{series}}})[15m:1s])")[
        "result"
    ]

    def off() -> float:
        told = by_results(chain, since_s=float(first["value"][1]))
        (recorded,) = chain.ask("query", query=f"wnmon:slo_error:ratio_increase1h{{{series}}}")["result"]
        return abs(float(recorded["value"][1]) * told.events - told.errors)

    assert eventually(lambda: off() <= 1, "as wnmon's results say, once they are scraped", patience_s=10)


def test_a_broken_rule_is_a_ticket(chain: Chain) -> None:
    assert eventually(lambda: "WnmonRuleBroken breaking firing" in chain.box.of("info"), "a ticket")


def test_a_low_balance_waits_for_the_morning_and_is_told_by_one_alert(chain: Chain) -> None:
    eventually(lambda: chain.box.of("rest"), "a warning")

    assert {one for one in chain.box.of("rest") if " poor " in one} == {"WnmonBalanceLow poor firing"}


def test_the_dead_mans_switch_is_heard_again_and_again(chain: Chain) -> None:
    assert eventually(lambda: len(chain.box.of("WnmonWatchdog")) >= 2, "a second time")


def panel(board: str, title: str, ref: str = "A") -> Query:
    (found,) = (row.query for row in asked() if (row.board, row.panel, row.ref) == (board, title, ref))
    return found


# Of all runs, so that the median is that of the relay however busy the machine is that the relay runs on.
ALL_RUNS = "15m"

OVERVIEW, TARGET = "wnmon-overview", "wnmon-target"
ENOUGH_RUNS = 40


@pytest.mark.parametrize(
    "read",
    [panel(OVERVIEW, "Uptime"), panel(OVERVIEW, "Targets", "D"), panel(TARGET, "Uptime")],
    ids=["overview", "overview, the row of the target", "target"],
)
def test_a_relay_that_fails_one_run_in_ten_reads_an_uptime_of_90_percent_within_one_run(
    chain: Chain, read: Query
) -> None:
    eventually(lambda: len(chain.runs("tenth", "tenth")) >= ENOUGH_RUNS, "runs enough")

    uptime = chain.number(read, target="tenth")

    assert abs(uptime - 0.9) <= 1 / len(chain.runs("tenth", "tenth"))


def error_s(seconds: float, threshold_s: float) -> float:
    """Return by how much docs/metrics.md#buckets lets a quantile err near a threshold."""
    assert 0.9 * threshold_s <= seconds <= 1.1 * threshold_s
    return 0.05 * threshold_s


def test_the_panel_of_reasons_names_the_closed_port(chain: Chain, outage: Outage) -> None:
    expr = filled_in(panel(OVERVIEW, "Failures by reason").expr, rate_interval=ALL_RUNS, target="killed")

    assert [series["metric"] for series in chain.ask("query", query=expr)["result"]] == [{"reason": "connect"}]


def test_a_target_in_maintenance_is_neither_up_nor_down(chain: Chain) -> None:
    assert chain.number(panel(OVERVIEW, "Targets"), target="resting") == MAINTENANCE


TTFT_READ = {
    "overview": panel(OVERVIEW, "Time to first token"),
    "overview, the row of the target": panel(OVERVIEW, "Targets", "F"),
    "target": panel(TARGET, "TTFT: p50, p95, mean"),
}
TOTAL_READ = {
    "overview": panel(OVERVIEW, "Total time"),
    "overview, the row of the target": panel(OVERVIEW, "Targets", "H"),
    "target": panel(TARGET, "Total time: p50, p95, mean"),
    "target, the mean": panel(TARGET, "Mean TTFT / total", "B"),
}


@pytest.mark.parametrize("read", TTFT_READ.values(), ids=TTFT_READ.keys())
def test_a_first_token_after_800_ms_reads_so_within_the_stated_error(chain: Chain, read: Query) -> None:
    eventually(lambda: len(chain.runs("late")) >= ENOUGH_RUNS, "runs enough")

    seconds = chain.numbers(read, rate_interval=ALL_RUNS, target="late")[-1]

    assert seconds == pytest.approx(TTFT_S, abs=error_s(TTFT_S, TTFT_LIMIT_S))


@pytest.mark.parametrize("read", TOTAL_READ.values(), ids=TOTAL_READ.keys())
def test_an_answer_that_takes_3_s_reads_so_within_the_stated_error(chain: Chain, read: Query) -> None:
    eventually(lambda: len(chain.runs("slow", "slow")) >= 10, "runs enough")

    seconds = chain.numbers(read, rate_interval=ALL_RUNS, target="slow")[-1]

    assert seconds == pytest.approx(TOTAL_S, abs=error_s(TOTAL_S, TOTAL_LIMIT_S))


@dataclass(frozen=True, slots=True)
class Words:
    """The names of series and of labels in an expression."""

    series: set[str]
    labels: set[str]


def words_of(expr: str) -> Words:
    words = Words(set(), set())

    def enter(node: Any) -> None:
        vector = node.vector_selector if isinstance(node, promql_parser.MatrixSelector) else node
        if isinstance(vector, promql_parser.VectorSelector):
            words.series.add(vector.name or "")
            words.labels.update(re.findall(r'(\w+)(?:=~|!~|!=|=)"', str(vector)))

    promql_parser.walk(promql_parser.parse(filled_in(expr)), enter, lambda _: None)
    for listed in re.findall(r"\b(?:by|on|group_left|ignoring|without)\s*\(([^)]*)\)", expr):
        words.labels.update(re.findall(r"\w+", listed))
    return words


def unknown(chain: Chain, expr: str) -> list[str]:
    """Return which names of series and labels Prometheus does not know: an expression may answer without them."""
    words = words_of(expr)
    series = words.series - chain.names() - NOT_HERE - {metric.name for metric in SELFTEST}
    return sorted(series | (words.labels - chain.labels() - {name for metric in SELFTEST for name in metric.labels}))


def fault_of_panel(chain: Chain, row: Asked) -> str:
    """Return what is wrong with a panel's query now; "" if nothing."""
    if odd := unknown(chain, row.query.expr):
        return f"unknown: {odd}"
    if row.empty not in EMPTY_HERE and not chain.numbers(row.query):
        return f"empty: {filled_in(row.query.expr)}"
    return ""


def fault_of_rule(chain: Chain, rule: Rule) -> str:
    """Return what is wrong with a rule now; "" if nothing. An alert may be silent."""
    if odd := unknown(chain, rule["expr"]):
        return f"unknown: {odd}"
    if "record" in rule and rule["record"] not in chain.names() | NOT_HERE:
        return "never written"
    return ""


def left(outage: Outage, fault: Callable[[], str]) -> str:
    """Return what is left of a fault a minute after the outage: all have that time together."""
    while (found := fault()) and time.monotonic() < outage.over_s + 60:
        time.sleep(0.5)
    return found


@pytest.mark.parametrize("row", QUERIES)
def test_every_panel_query_returns_data_or_is_empty_for_the_reason_it_states(
    chain: Chain, outage: Outage, row: Asked
) -> None:
    assert left(outage, lambda: fault_of_panel(chain, row)) == ""


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_knows_what_it_looks_at_and_every_record_is_written(
    chain: Chain, outage: Outage, rule: Rule
) -> None:
    assert left(outage, lambda: fault_of_rule(chain, rule)) == ""


def test_prometheus_evaluates_every_shipped_rule_without_error(chain: Chain) -> None:
    def health() -> set[str]:
        return {rule["health"] for group in chain.ask("rules")["groups"] for rule in group["rules"]}

    eventually(lambda: "unknown" not in health(), "one evaluation of each")

    assert health() == {"ok"}


def misspelt(expr: str) -> Iterator[str]:
    """Yield the expression with a letter too few in the name of a series or a label, for each of them."""
    words = words_of(expr)
    for word in sorted(words.series | words.labels):
        yield re.sub(rf"(?<![\w:$]){word}(?![\w:])(?!\")", word[:-1], expr)


@pytest.mark.parametrize("row", QUERIES)
def test_a_misspelt_panel_query_would_be_found(chain: Chain, outage: Outage, row: Asked) -> None:
    wrong = [replace(row, query=replace(row.query, expr=expr)) for expr in misspelt(row.query.expr)]

    assert [one.query.expr for one in wrong if not fault_of_panel(chain, one)] == []


@pytest.mark.parametrize("rule", RULES)
def test_a_misspelt_rule_would_be_found(chain: Chain, outage: Outage, rule: Rule) -> None:
    wrong = [{**rule, "expr": expr} for expr in misspelt(rule["expr"])]

    assert [one["expr"] for one in wrong if not fault_of_rule(chain, one)] == []


def test_no_series_holds_a_key_although_a_relay_repeats_it(chain: Chain, outage: Outage) -> None:
    series = str(chain.ask("series", **{"match[]": '{__name__=~".+"}'}))

    assert [name for name, key in KEYS.items() if key[3:19] in series] == []


def test_the_metrics_of_a_running_service_pass_promtool(chain: Chain) -> None:
    body = chain.service.get("/metrics").text.encode()
    done = subprocess.run(["promtool", "check", "metrics"], input=body, capture_output=True, check=False)

    assert (done.returncode, done.stdout + done.stderr) == (0, b"")

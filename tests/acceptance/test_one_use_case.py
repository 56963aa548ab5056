"""`wnmon check` and the pytest plugin are one use case: they agree rule by rule on every fault of the matrix.

Each peer is checked once, over sockets and in virtual time. The plugin then runs over the answers recorded there,
handed to it as its sensor: it must ask for exactly what the check asked, come to the same verdicts for the same
reasons, and end each test, and pytest as a whole, as the report and the exit code of the check say.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from check_process import MODEL, PATIENCE_S, check_on_time, with_key
from peers import GOOD, Peer, peers, running
from service_process import relay_beside
from tls_samples import issue, make_authority
from virtual_time import Inline, VirtualClock, run_virtually

from wnmon.app.check import Selection, Surroundings, Terms, check
from wnmon.config import built_in_suites, load_suites, narrow
from wnmon.config.named_target import NamedTarget
from wnmon.engine.run import Run
from wnmon.mock.settings import MockSettings
from wnmon.model.budget import Budget
from wnmon.model.check import Caps, Level, Plan, Rule, Timeouts
from wnmon.model.exchange import Exchange, Request
from wnmon.model.result import RuleVerdict, Verdict
from wnmon.model.said import Text, Why, id_of
from wnmon.model.target import Target
from wnmon.pytest_plugin.judging import Judging, SuiteOnModel
from wnmon.pytest_plugin.outcomes import MAX_FINDINGS, Ending, RuleOutcome, outcome_of
from wnmon.pytest_plugin.settings import Settings
from wnmon.report.summary import CheckReport, Exit, why_nothing
from wnmon.report.text import MAX_MESSAGE_CHARS, shown

KEY = "sk-0123456789abcdef"
UNTRUSTED = replace(
    GOOD[0],
    name="certificate-untrusted",
    says="the certificate is signed by nobody we trust",
    kills=frozenset({"HTTP-001"}),
)
PEERS = (*peers(), UNTRUSTED)


class Recorded:
    """A sensor that answers each request with what a check was answered to it, once."""

    def __init__(self, runs: Iterable[Run]) -> None:
        self.left: dict[Request, deque[Exchange]] = defaultdict(deque)
        for exchange in (exchange for run in runs for exchange in run.evidence.exchanges):
            self.left[exchange.request].append(exchange)

    async def warm_up(self) -> None:
        """Have nothing to load."""

    async def send(
        self, request: Request, target: Target, *, timeouts: Timeouts, caps: Caps, scheduled_ns: int | None = None
    ) -> Exchange:
        """Return the recorded answer. A request the check did not send is an IndexError."""
        return self.left[request].popleft()

    async def close(self) -> None:
        """Have nothing to close."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InPytest:
    """What pytest made of a relay: the run of each suite, and the test of each rule."""

    runs: tuple[Run, ...]
    outcomes: dict[tuple[str | None, str], RuleOutcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """What a peer came to in `wnmon check`, and in pytest. `unasked`: requests that only the check sent."""

    asked: NamedTarget
    selection: Selection
    report: CheckReport
    tested: InPytest
    unasked: int


@cache
def suites() -> dict[str | None, Plan]:
    return {plan.suite: plan for plan in built_in_suites()}


@pytest.fixture(scope="module", params=PEERS, ids=str)
def made(request: pytest.FixtureRequest) -> Both:
    """Return what became of a peer. All its tests follow each other, and then it is forgotten."""
    return both(request.param)


def both(peer: Peer) -> Both:
    """Check a peer, and have the plugin judge what was recorded."""
    selection, asked, report = _checked(peer)
    sensor = Recorded(report.runs)
    tested = by_pytest(asked, selection, where(sensor, report.runs))
    unasked = sum(map(len, sensor.left.values()))
    return Both(asked=asked, selection=selection, report=report, tested=tested, unasked=unasked)


def where(sensor: Recorded, runs: Iterable[Run]) -> Surroundings:
    """Return surroundings in which recorded runs can be had again: their answers, and the words that were drawn."""
    nonces = (run.evidence.nonce for run in runs if run.evidence.nonce)
    return Surroundings(clock=VirtualClock(), transport=sensor, worker=Inline(), draw=nonces.__next__)


def by_pytest(asked: NamedTarget, selection: Selection, here: Surroundings) -> InPytest:
    """Run the suites as the tests of their rules do, one after the other."""
    settings = Settings(suites=selection.names, full=selection.full, patience_s=0)  # as the Terms of the check
    judging, runs, outcomes = Judging(selection.plans, settings, lambda: asked, here), [], {}
    for number, plan in enumerate(selection.plans):
        rules = _selected(plan, full=selection.full)
        beside = [rule.id for rule in rules]
        run = judging.run_of(SuiteOnModel(suite=number, model=None), beside)
        runs.append(run)
        for rule in rules:
            outcomes[run.suite, rule.id] = outcome_of(rule, run, beside=beside, strict=False, lang="en")
    return InPytest(runs=tuple(runs), outcomes=outcomes)


def _checked(peer: Peer) -> tuple[Selection, NamedTarget, CheckReport]:
    """Return what a peer is asked, where, and what the check made of it."""
    selection = _selection(peer)

    async def checked(clock: VirtualClock) -> tuple[NamedTarget, CheckReport]:
        with tempfile.TemporaryDirectory() as folder:
            async with running(peer, KEY, Path(folder), clock) as target:
                trusting = replace(target, ca_file=None) if peer is UNTRUSTED else target
                asked = NamedTarget(target=trusting, models=target.models, timeouts=peer.timeouts)
                here = Surroundings(clock=clock, worker=Inline())
                return asked, await check(asked, selection, Terms(), surroundings=here)

    return (selection, *run_virtually(checked))


def _selection(peer: Peer) -> Selection:
    """Return the suites with the rules the peer breaks between two that tell the others what they came to.

    With --full where breaking them takes it.
    """
    home = [(name, rule) for name, plan in suites().items() for rule in plan.rules if rule.id in peer.kills]
    names = tuple(f"builtin:{name}" for name in dict.fromkeys(("documented", *(name for name, _ in home), "stream")))
    full = any(_is_risky(suites()[name], rule) for name, rule in home)
    return Selection(plans=tuple(load_suites(names, Path())), names=names, full=full)


def _is_risky(plan: Plan, rule: Rule) -> bool:
    return any(step.risk is not None for step in plan.steps if step.name in (rule.on.requests or ()))


def _selected(plan: Plan, *, full: bool) -> list[Rule]:
    """Return the rules there is a test of."""
    narrowed = narrow(plan, full=full)
    return [rule for rule in narrowed.rules if narrowed.level(rule) is not None]


def rows(runs: Iterable[Run]) -> list[tuple[str | None, RuleVerdict]]:
    return [(run.suite, row) for run in runs for row in run.result.verdicts]


def results(runs: Iterable[Run]) -> list[tuple[object, ...]]:
    return [(run.suite, run.requests, run.result.outcome, run.result.reason, run.result.message) for run in runs]


def test_pytest_sends_what_wnmon_check_sends_and_nothing_else(made: Both) -> None:
    assert made.unasked == 0


def test_every_run_comes_to_the_same_in_wnmon_check_and_in_pytest(made: Both) -> None:
    assert results(made.tested.runs) == results(made.report.runs)


def test_every_rule_comes_to_the_same_in_wnmon_check_and_in_pytest(made: Both) -> None:
    assert rows(made.tested.runs) == rows(made.report.runs)


# What a test says, by what the report says of the rule.

ENDINGS = {
    Verdict.PASSED: {Ending.KEPT},
    Verdict.NOTED: {Ending.LEFT_OUT},
    Verdict.SKIPPED: {Ending.LEFT_OUT},
    Verdict.INCONCLUSIVE: {Ending.UNJUDGED, Ending.LEFT_OUT},
}


def endings(row: RuleVerdict) -> set[Ending]:
    """Return how the test of a rule may end."""
    binds = row.level is Level.MUST and not row.waived
    return ENDINGS.get(row.verdict) or {Ending.BROKEN if binds else Ending.TOLERATED}


def whys(row: RuleVerdict, run: Run) -> set[str]:
    """Return what the test of a rule that was not decided may give as its reason: the rule's, or that of the whole."""
    if row.verdict is Verdict.SKIPPED:
        return {"needs --wnmon-full" if id_of(row.why) == Why.NEEDS_FULL else _said(row.why)}
    return {_said(f"INCONCLUSIVE: {row.why}"), _said(why_nothing(run.result))}


def _said(text: Text) -> str:
    return shown(str(text), MAX_MESSAGE_CHARS)


def judged(made: Both, *verdicts: Verdict) -> Iterator[tuple[Run, RuleVerdict, RuleOutcome]]:
    """Yield each rule the check gave one of these verdicts: the run and the rule in its report, and the test."""
    for run in made.report.runs:
        for row in run.result.verdicts:
            if row.verdict in verdicts:
                yield run, row, made.tested.outcomes[run.suite, row.rule]


def test_every_test_ends_as_the_verdict_of_its_rule_says(made: Both) -> None:
    wrong = [(row.rule, said.ending) for _, row, said in judged(made, *Verdict) if said.ending not in endings(row)]

    assert wrong == []


def test_a_test_that_decides_nothing_says_why_as_the_report_does(made: Both) -> None:
    undecided = judged(made, Verdict.INCONCLUSIVE, Verdict.SKIPPED)

    assert [(row.rule, said.reason) for run, row, said in undecided if said.reason not in whys(row, run)] == []


def test_a_test_that_fails_says_what_the_report_complains_of(made: Both) -> None:
    failed = judged(made, Verdict.FAILED)
    complaints = [
        (row.rule, _said(finding.message), said.details)
        for _, row, said in failed
        for finding in row.findings[:MAX_FINDINGS]
    ]

    assert [(rule, message) for rule, message, details in complaints if message not in details] == []


EXITS = ((Ending.BROKEN, Exit.BROKEN), (Ending.UNJUDGED, Exit.UNJUDGED))


def exit_of(ended: Sequence[Ending]) -> Exit:
    """Return the exit code of a check whose rules ended so."""
    return next((code for ending, code in EXITS if ending in ended), Exit.OK)


def test_pytest_has_a_failure_or_an_error_just_where_wnmon_check_exits_with_1_or_3(made: Both) -> None:
    assert exit_of([said.ending for said in made.tested.outcomes.values()]) == made.report.exit_code


def test_a_certificate_nobody_trusts_breaks_the_rule_on_certificates_in_both() -> None:
    made = both(UNTRUSTED)
    failed = {row.rule for _, row in rows(made.report.runs) if row.verdict is Verdict.FAILED}

    assert (failed, made.tested.outcomes["http", "HTTP-001"].ending) == ({"HTTP-001"}, Ending.BROKEN)


# What one suite leaves to the next.


class Limiting(Recorded):
    """A sensor that, after some answers, is refused for the rate."""

    def __init__(self, runs: Iterable[Run], after: int) -> None:
        super().__init__(runs)
        self.after = after
        self.sent = 0

    async def send(
        self, request: Request, target: Target, *, timeouts: Timeouts, caps: Caps, scheduled_ns: int | None = None
    ) -> Exchange:
        """Return the recorded answer, or a 429 in its place."""
        self.sent += 1
        exchange = await super().send(request, target, timeouts=timeouts, caps=caps, scheduled_ns=scheduled_ns)
        return exchange if self.sent <= self.after else replace(exchange, status=429, chunks=())


@pytest.fixture(scope="module")
def good() -> Both:
    return both(GOOD[1])


def again(good: Both, sensors: Sequence[Recorded], budget: Budget | None = None) -> tuple[CheckReport, InPytest]:
    """Have the good relay checked by one sensor and tested by another."""
    target = good.asked.target
    asked = replace(good.asked, target=replace(target, budget=budget or target.budget))
    places = [where(sensor, good.report.runs) for sensor in sensors]
    report = asyncio.run(check(asked, good.selection, Terms(), surroundings=places[0]))
    return report, by_pytest(asked, good.selection, places[1])


def test_a_relay_that_asked_one_suite_to_be_left_alone_is_left_alone_by_the_next_in_both(good: Both) -> None:
    sensors = [Limiting(good.report.runs, after=1) for _ in range(2)]
    report, tested = again(good, sensors)

    assert (results(tested.runs), sensors[1].sent) == (results(report.runs), sensors[0].sent)


def test_a_budget_of_the_day_holds_over_all_suites_in_both(good: Both) -> None:
    sensors = [Recorded(good.report.runs) for _ in range(2)]
    report, tested = again(good, sensors, Budget(requests_per_day=4))

    assert (results(tested.runs), sum(run.requests for run in report.runs)) == (results(report.runs), 4)


# The programs themselves, down to the report each writes for a CI.


@contextmanager
def untrusted(folder: Path) -> Iterator[str]:
    """Run a relay with a certificate signed by nobody we trust."""
    for name in ("authority", "relay"):
        (folder / name).mkdir()
    papers = issue(make_authority(folder / "authority"), folder / "relay", days=90)
    with relay_beside(MockSettings(tls_cert=str(papers.certificate), tls_key=str(papers.key))) as relay:
        yield f"https://127.0.0.1:{relay.port}"


@contextmanager
def broken(_: Path) -> Iterator[str]:
    """Run a relay that breaks rules that bind and rules that do not."""
    with relay_beside(MockSettings(ttft_s=0.02, gap_s=0.001, faults=("no-fingerprint", "model-swap"))) as relay:
        yield relay.url


def in_a_process(folder: Path, *arguments: str) -> dict[str, str]:
    """Return how the test of each rule ended, by the report of a pytest of its own."""
    order = [sys.executable, "-m", "pytest", "-pno:cacheprovider", "-pno:hypothesispytest", "--junitxml=tests.xml"]
    subprocess.run(
        [*order, *arguments], cwd=folder, env=with_key(), capture_output=True, timeout=PATIENCE_S, check=False
    )
    cases = ElementTree.parse(folder / "tests.xml").iter("testcase")
    return {case.get("name", ""): _ending(case) for case in cases}


def _ending(case: ElementTree.Element) -> str:
    found = case.find("properties/property[@name='wnmon']")
    return "" if found is None else found.get("value", "")


@pytest.mark.parametrize("relay", [untrusted, broken])
def test_the_reports_of_both_programs_agree_rule_by_rule(
    relay: Callable[[Path], AbstractContextManager[str]], tmp_path: Path
) -> None:
    with relay(tmp_path) as url:
        rules = check_on_time(tmp_path, "--base-url", url, "--model", MODEL).rules
        ends = in_a_process(tmp_path, f"--wnmon-base-url={url}", f"--wnmon-model={MODEL}")
    allowed = {
        name: endings(
            RuleVerdict(rule=name, level=Level(row["level"]), verdict=Verdict(row["verdict"]), waived=row["waived"])
        )
        for name, row in rules.items()
    }

    assert set(ends) == set(rules)
    assert {name: ended for name, ended in ends.items() if ended not in allowed[name]} == {}

"""What a service keeps of a run is a transcript that says by itself how it was judged, and is never long."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from engine_samples import KEY, Bench, plain, probe, reply, step
from page_samples import full_page
from report_samples import assert_golden

from wnmon.cli.replay import replay
from wnmon.config import load_config
from wnmon.engine.run import Run
from wnmon.model.check import Asks, Plan
from wnmon.model.exchange import Chunk
from wnmon.model.json import Json
from wnmon.model.result import Outcome
from wnmon.model.target import Probe
from wnmon.report.html import render_run
from wnmon.report.kept import MOST_BODY_BYTES, MOST_BODY_PIECES, MOST_BYTES, laid_out, render_kept, report_of
from wnmon.report.recorded_plan import decode_plan, encode_plan
from wnmon.report.summary import broken
from wnmon.report.transcript import Transcript, read_transcript, render_transcript

CONFIG = """\
targets: {wn: {base_url: "https://relay.example", models: [m]}}
checks:
  plain: {prompt: hi, request: {max_tokens: 4}, expect: {status: 200, content: {contains: pong}, total: {degraded: 2s}}}
  conforming: {prompt: hi, expect: {conforms: documented}}
  suite: {suite: "builtin:documented", gate: SHOULD}
  models: {kind: models}
  balance: {kind: balance, min: 1.5}
"""


@pytest.fixture(scope="module")
def probes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Probe]:
    """Return a probe of each form a check has, by the name of its check."""
    folder = tmp_path_factory.mktemp("kept")
    (folder / "wnmon.yaml").write_text(CONFIG, encoding="utf-8")
    return {one.check.name: one for one in load_config(folder / "wnmon.yaml", {}).probes}


def kept(run: Run) -> Transcript:
    return read_transcript(render_kept(run, "0", str))


@pytest.mark.parametrize("name", ["plain", "conforming", "suite", "models", "balance"])
def test_a_run_that_is_kept_is_judged_again_as_it_was(name: str, probes: dict[str, Probe]) -> None:
    run = Bench(reply({"object": "error"}, 200)).run(probes[name])
    done = replay(kept(run))

    assert (done.differences, done.changed, done.report.runs[0].result.outcome) == ((), (), run.result.outcome)


def test_what_was_judged_again_can_be_recorded_and_judged_once_more(probes: dict[str, Probe]) -> None:
    run = Bench(reply(status=500)).run(probes["plain"])
    again = read_transcript(render_transcript(replay(kept(run)).report))

    assert replay(again).differences == ()


def test_the_gate_of_a_suite_is_kept(probes: dict[str, Probe]) -> None:
    run = Bench(reply()).run(probes["suite"])

    assert replay(kept(run)).report.runs[0].result.outcome is Outcome.FAILED is run.result.outcome


@pytest.mark.parametrize(
    "plan",
    [
        plain(step(status=200), replace(step("more", json={"path": "/a", "equals": [1, {"b": None}]}), burst=3)),
        Plan(steps=(), asks=Asks.BALANCE, least=Decimal("0.1")),
    ],
)
def test_a_plan_comes_back_as_it_was(plan: Plan) -> None:
    assert decode_plan(json.loads(json.dumps(encode_plan(plan, str)))) == plan


def test_a_secret_in_what_is_expected_is_not_kept() -> None:
    run = Bench(reply(status=500)).run(probe(plain(step(content={"contains": KEY}))))

    assert KEY not in render_kept(run, "0", lambda text: text.replace(KEY, "[redacted]"))


def with_bodies(*sizes: int) -> Run:
    """Return a run whose answers have so many bytes."""
    run = Bench(reply(status=500)).run()
    (one,) = run.evidence.exchanges
    exchanges = tuple(replace(one, chunks=(Chunk(1, b"x" * size),)) for size in sizes)
    return replace(run, evidence=replace(run.evidence, exchanges=exchanges))


@pytest.mark.parametrize(
    ("sizes", "left", "is_cut"),
    [
        ((10,), (10,), False),
        ((MOST_BODY_BYTES, 1), (MOST_BODY_BYTES, 1), False),
        ((MOST_BODY_BYTES + 1, 1), (MOST_BODY_BYTES, 1), True),
        ((MOST_BODY_BYTES,) * 17, (MOST_BODY_BYTES,) * 16 + (0,), True),
    ],
)
def test_of_long_answers_the_beginning_is_kept(sizes: tuple[int, ...], left: tuple[int, ...], is_cut: bool) -> None:
    recorded = kept(with_bodies(*sizes))

    assert tuple(len(one.body) for one in recorded.runs[0].evidence.exchanges) == left
    assert (recorded.head.cut, sum(left) <= MOST_BYTES) == (is_cut, True)


def test_of_an_answer_in_many_pieces_the_first_are_kept() -> None:
    run = with_bodies(1, 1)
    first, second = run.evidence.exchanges
    exchanges = (replace(first, chunks=(Chunk(1, b"x"),) * (MOST_BODY_PIECES + 1)), second)
    recorded = kept(replace(run, evidence=replace(run.evidence, exchanges=exchanges)))

    assert [len(one.chunks) for one in recorded.runs[0].evidence.exchanges] == [MOST_BODY_PIECES, 1]


def test_a_record_is_laid_out_as_a_check_lays_it_out() -> None:
    text = laid_out(render_kept(with_bodies(10), "0", str))

    assert text.startswith('{\n "format": "wnmon-transcript"')


def encoded(**changes: Json) -> Json:
    document: Any = json.loads(json.dumps(encode_plan(plain(step(status=200)), str)))
    document["plan"].update(changes)
    changed: Json = document
    return changed


RULE: dict[str, Json] = {"id": "R-1", "on": {}, "levels": {"p": "MUST"}, "says": {}, "source": "", "expect": []}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (None, "no wnmon record"),
        ({"wnmon": 1}, "plan: missing"),
        (encoded(steps=7), "plan.steps: expected an array"),
        (encoded(steps=[{"name": "a", "body": {}, "expect": [{"kind": "nope", "value": 1}]}]), "expect.nope: unknown"),
        (encoded(steps=[{"name": "a", "body": {}, "expect": [{"kind": "status", "value": []}]}]), "expect.status"),
        (encoded(least="many"), "plan.least: expected a number"),
        (encoded(least="NaN"), "plan.least: expected a finite number"),
        (encoded(asks="everything"), "plan.asks: expected one of chat models balance"),
        (encoded(whole={}), "plan.whole"),
        (encoded(rules=[{**RULE, "needs": ["R-2"]}]), "plan.rules.R-1.R-2: unknown"),
        (encoded(rules=[RULE, {**RULE, "id": "R-2; id"}]), "plan.rules[1].id: expected a rule such as"),
        (encoded(rules=[{**RULE, "levels": {"$(id)": "MUST"}}]), "plan.rules[0].levels: expected a name"),
        (encoded(rules=[{**RULE, "needs": ["R-1"]}]), "R-1 > R-1"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_its_place(document: Json, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        decode_plan(document)


@pytest.mark.parametrize(("lang", "said"), [("en", "failed: relay error"), ("zh", "未通过：中转站错误")])
def test_the_page_of_a_run_says_what_it_came_to(lang: str, said: str) -> None:
    recorded = kept(Bench(reply(status=500)).run())

    assert said in render_run(report_of(recorded, {}), lang, served=True, cut=False)


def test_the_page_of_a_run_that_passed_all_the_same_says_which_rule_it_breaks(probes: dict[str, Probe]) -> None:
    ungated = replace(probes["suite"].check.plan, gate=None)
    run = Bench(reply()).run(replace(probes["suite"], check=replace(probes["suite"].check, plan=ungated)))
    rules = {rule.id: rule for rule in ungated.rules}
    html = render_run(report_of(kept(run), rules), "en", served=True, cut=False)

    assert ("passed: rule broken" in html, rules[broken(run)[0].rule].source in html) == (True, True)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_of_a_run_looks_as_reviewed(lang: str) -> None:
    whole = full_page()
    report = replace(whole, runs=whole.runs[:1], targets=whole.targets[:1])

    assert_golden(f"run-page.{lang}.html", render_run(report, lang, served=True, cut=True))


def test_a_page_that_is_still_links_to_others_that_are() -> None:
    html = render_run(report_of(kept(Bench(reply(status=500)).run()), {}), "en", served=True, cut=False, still=True)

    assert html.count("&amp;refresh=off") == 3


def test_a_page_to_be_sent_links_nowhere() -> None:
    html = render_run(report_of(kept(Bench(reply(status=500)).run()), {}), "en", served=False, cut=True)

    assert (html.count('href="') - html.count('href="#') - html.count('href="data:'), "only the beginning" in html) == (
        0,
        True,
    )


def test_the_page_of_a_run_that_is_all_a_relay_s_mischief_runs_nothing(tmp_path: Path) -> None:
    body = {"error": {"message": "</pre><script>alert(1)</script>", "code": '"><img src=x onerror=alert(1)>'}}
    html = render_run(report_of(kept(Bench(reply(body, status=500)).run()), {}), "en", served=True, cut=False)

    assert ("<script" in html, "<img" in html) == (False, False)

"""A transcript holds all that a check needs to be judged again, and knows the suite it was judged by."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from report_samples import MODEL, STARTED_AT_S, report, run, verdict

from wnmon.config import load_suites
from wnmon.engine.codec import encode_run
from wnmon.model.check import Plan
from wnmon.model.result import Verdict
from wnmon.report.baseline.file import read_baseline, render_baseline
from wnmon.report.summary import CheckReport, Chosen, JudgedSuite
from wnmon.report.transcript import digest_of, read_transcript, render_transcript

SUITE = """\
suite: mine
requests: {{plain: {{prompt: {prompt}}}}}
rules:
  MY-001: {{on: plain, levels: {{house: {level}}}, says: {{en: {says}}}, source: us, expect: {{status: {status}}}}}
"""


def suite(folder: Path, prompt: str = "hi", level: str = "MUST", says: str = "one", status: int = 200) -> Plan:
    path = folder / "mine.yaml"
    path.write_text(SUITE.format(prompt=prompt, level=level, says=says, status=status), encoding="utf-8")
    return load_suites([str(path)], folder)[0]


@pytest.fixture
def judged(tmp_path: Path) -> CheckReport:
    broken = render_baseline([run(verdict("DOC-009", Verdict.FAILED))], version="0.1.0", at_s=STARTED_AT_S)
    chosen = Chosen(
        suites=(JudgedSuite(name="./mine.yaml", plan=suite(tmp_path)),),
        profiles=("house",),
        only=("MY-*",),
        skip=("MY-002",),
        full=True,
        baseline=read_baseline(broken, "known.json"),
    )
    return replace(report(run(verdict("DOC-009"), verdict("DOC-010", Verdict.FAILED)), strict=True), chosen=chosen)


def test_the_runs_come_back_as_they_were(judged: CheckReport) -> None:
    back = read_transcript(render_transcript(judged))

    assert [encode_run(one) for one in back.runs] == [encode_run(one) for one in judged.runs]


def test_what_was_asked_comes_back_as_it_was(judged: CheckReport) -> None:
    back = read_transcript(render_transcript(judged))

    selected = back.head.selection
    assert (selected.profiles, selected.only, selected.skip, selected.full) == (
        ("house",),
        ("MY-*",),
        ("MY-002",),
        True,
    )


def test_what_it_came_to_comes_back_as_it_was(judged: CheckReport) -> None:
    back = read_transcript(render_transcript(judged))

    assert (back.head.strict, back.head.exit_code) == (True, 1)
    assert (back.head.targets, back.baseline) == (judged.targets, judged.chosen.baseline)


def test_a_transcript_names_its_suites(judged: CheckReport) -> None:
    (named,) = read_transcript(render_transcript(judged)).head.selection.suites

    assert (named.name, named.suite, named.sha256) == ("./mine.yaml", "mine", digest_of(judged.chosen.suites[0].plan))


@pytest.mark.parametrize("change", [{"prompt": "ho"}, {"level": "SHOULD"}, {"status": 201}])
def test_a_suite_that_judges_otherwise_has_another_digest(change: dict[str, object], tmp_path: Path) -> None:
    before = digest_of(suite(tmp_path))

    assert digest_of(suite(tmp_path, **change)) != before  # type: ignore[arg-type]  # the members named above


def test_another_sentence_is_the_same_judgement(tmp_path: Path) -> None:
    before = digest_of(suite(tmp_path))

    assert digest_of(suite(tmp_path, says="other words")) == before


def test_text_the_relay_chose_is_carried_whatever_it_is(judged: CheckReport) -> None:
    odd = replace(judged.runs[0], model="m\ud800\x00")
    back = read_transcript(render_transcript(replace(judged, runs=(odd,))).encode().decode())

    assert back.runs[0].model == "m\ud800\x00"


def test_a_report_without_a_choice_of_suites_has_a_transcript_too() -> None:
    assert read_transcript(render_transcript(report(run()))).runs[0].model == MODEL


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "wnmon-check"}, "not a transcript"),
        ({"version": 2}, "another version"),
        ({"runs": [{}]}, "no wnmon record"),
        ({"runs": [{}]}, r"transcript\.runs\[0\]: "),
        ({"runs": 1}, r"transcript\.runs: expected an array"),
        ({"selection": {}}, r"transcript\.selection\.suites: missing"),
        ({"targets": [1]}, r"transcript\.targets\[0\]: expected an object"),
        ({"baseline": {"name": "b", "known": 1}}, "not a baseline"),
        ({"baseline": {"name": 1, "known": {}}}, r"transcript\.baseline: expected"),
        ({"baseline": 1}, r"transcript\.baseline: expected"),
        ({"baseline": {"name": "b"}}, r"transcript\.baseline: expected"),
        ({"started_at_s": "noon"}, "noon"),
        ({"started_at_s": float("nan")}, r"transcript\.started_at_s: expected a finite number"),
        ({"ended_at_s": 1e308}, r"transcript\.ended_at_s: expected an instant of a calendar"),
        ({"complete": "yes"}, r"transcript\.complete: expected a boolean"),
    ],
)
def test_what_is_no_transcript_is_refused(judged: CheckReport, change: dict[str, object], said: str) -> None:
    document = json.loads(render_transcript(judged)) | change

    with pytest.raises(ValueError, match=said):
        read_transcript(json.dumps(document))


@pytest.mark.parametrize("name", ["\ud800", "a\x00b"])
def test_a_suite_whose_name_no_file_has_is_refused(judged: CheckReport, name: str) -> None:
    document = json.loads(render_transcript(judged))
    document["selection"]["suites"][0]["name"] = name

    with pytest.raises(ValueError, match=r"transcript\.selection\.suites\[0\]\.name: expected"):
        read_transcript(json.dumps(document))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"no JSON \(cut off\?\)"),
        ('{"a": 1,', r"no JSON \(cut off\?\): line 1"),
        ('{"a" 1}', r"no JSON: line 1 column 6"),
        ("1" * 5000, "too many digits"),
        ("[" * 100_000, "nested"),
        ("null", "not a transcript"),
        ("[]", "not a transcript"),
    ],
)
def test_what_is_no_json_object_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_transcript(text)

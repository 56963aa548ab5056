"""The JSON and JUnit reports are valid, complete and safe."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from junitparser import Error, Failure, JUnitXml, Properties, Skipped
from page_samples import broken, full_page
from report_samples import MODEL, assert_golden, errored, mixed, report, run, verdict

from wnmon.engine.run import Run
from wnmon.model.check import Level
from wnmon.model.result import Finding, Layer, Mark, Outcome, Reason, Timing, Undecided, Verdict
from wnmon.model.said import Said, Text, Why
from wnmon.model.spent import Direction, UsageDoubt
from wnmon.report.baseline.file import excuse_run, ignored_by
from wnmon.report.baseline.known import Baseline, KnownBreak
from wnmon.report.json import render_json
from wnmon.report.junit import render_junit
from wnmon.report.summary import CheckReport, Chosen
from wnmon.report.text import shown

SCHEMA: Any = json.loads((files("wnmon.report") / "report.schema.json").read_text(encoding="utf-8"))
HOSTILE = "a\x00b\x1b[31m<x>&\"'\ud800\ufffe\u202e]]>" + "y" * 100_000


def hostile() -> CheckReport:
    found = Finding(message=HOSTILE, expected=HOSTILE, actual=HOSTILE, place=HOSTILE, step="s")
    row = replace(verdict("DOC-009", Verdict.FAILED), findings=(found,), why=HOSTILE)
    return report(run(row, message=HOSTILE, findings=(found,)), errored(message=HOSTILE))


def junit(made: CheckReport) -> list[Any]:
    """Return the test cases of the only suite, as a JUnit reader sees them."""
    (suite,) = JUnitXml.fromstring(render_junit(made).encode())
    return list(suite)


def unsent(why: Text) -> Run:
    """Return a run of which nothing was sent."""
    row = verdict("DOC-003", Verdict.INCONCLUSIVE, why=why)
    return replace(run(row, outcome=Outcome.SKIPPED, reason=Reason.OK, message=why, timing=Timing()), requests=0)


def with_baseline() -> CheckReport:
    """Return a report of which a baseline excused one rule."""
    known = Baseline(
        name="b.json",
        runs={("wn", MODEL, "documented"): {"DOC-009": KnownBreak(verdict=Verdict.FAILED, places=frozenset({PLACE}))}},
    )
    runs = [excuse_run(made, known) for made in mixed().runs]
    return replace(report(*runs), ignored=ignored_by(known, runs), chosen=Chosen(baseline=known))


PLACE = "completion /system_fingerprint"
EXPIRED = verdict("DOC-009", Verdict.FAILED, why=Said("waiver_expired", code="2026-01-01", text="moving"))
WAIVED = verdict("DOC-009", Verdict.FAILED, waived=True, why=Said("waived_until", code="2027-01-01", text="moving"))
REPORTS = {
    "a full page": full_page(),
    "interrupted": report(run(verdict("DOC-003")), unsent(Said(Why.INTERRUPTED)), complete=False),
    "waived": report(run(WAIVED)),
    "waiver expired": report(run(EXPIRED)),
    "baseline": with_baseline(),
    "unsent suites": report(errored(), unsent("auth: status 401: invalid_token: invalid token")),
    "a plain check": report(run(suite=None, outcome=Outcome.FAILED, reason=Reason.CONTENT, message="no nonce")),
    "mixed": mixed(),
    "strict": mixed(strict=True),
    "errored": report(errored()),
    "nothing ran": report(complete=False),
    "hostile": hostile(),
}


@pytest.mark.parametrize("made", REPORTS.values(), ids=REPORTS.keys())
def test_the_json_report_validates_against_its_schema(made: CheckReport) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(render_json(made)))


@pytest.mark.parametrize("made", REPORTS.values(), ids=REPORTS.keys())
def test_the_json_report_is_utf8(made: CheckReport) -> None:
    assert render_json(made).encode("utf-8")


@pytest.mark.parametrize("made", REPORTS.values(), ids=REPORTS.keys())
def test_the_counts_are_of_every_rule(made: CheckReport) -> None:
    document = json.loads(render_json(made))
    assert sum(document["counts"].values()) == sum(len(one["rules"]) for one in document["runs"])


def test_what_a_baseline_excused_counts_as_waived() -> None:
    document = json.loads(render_json(with_baseline()))
    assert (document["counts"]["failed"], document["counts"]["waived"], document["exit_code"]) == (1, 2, 3)


def test_the_json_report_tells_which_usage_was_not_believed() -> None:
    doubt = UsageDoubt(direction=Direction.OUTPUT, claimed=10**6, booked=64)
    document = json.loads(render_json(report(replace(run(verdict("DOC-003")), usage_doubts=(doubt,)))))
    jsonschema.validate(document, SCHEMA)
    (told,) = document["runs"][0]["usage_doubts"]
    assert (told["message_id"], "1,000,000" in told["message"]) == ("usage_doubted_output", True)


def test_a_report_the_schema_does_not_know_is_refused() -> None:
    document = json.loads(render_json(mixed())) | {"version": 2}
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(document)


def test_the_schema_itself_is_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(("kind", "pointer"), [(Reason, "reason"), (Level, "level"), (Verdict, "verdict")])
def test_the_schema_knows_every_member_of_a_closed_set(kind: Any, pointer: str) -> None:
    definitions = SCHEMA["$defs"]
    known = definitions["reason"] if pointer == "reason" else definitions["rule"]["properties"][pointer]
    assert known["enum"] == [member.value for member in kind]


@pytest.mark.parametrize(("member", "known"), [("outcome", [*Outcome]), ("layer", [*Layer, None])])
def test_the_schema_knows_every_outcome_and_layer_of_a_run(member: str, known: list[object]) -> None:
    assert SCHEMA["$defs"]["run"]["properties"][member]["enum"] == known


def test_the_json_report_looks_as_reviewed() -> None:
    assert_golden("check-mixed.json", render_json(mixed()))


def test_the_junit_report_looks_as_reviewed() -> None:
    assert_golden("check-mixed.junit.xml", render_junit(mixed()))


def test_every_selected_rule_is_in_the_json_report() -> None:
    made = mixed()
    (only,) = json.loads(render_json(made))["runs"]
    assert [row["id"] for row in only["rules"]] == [row.rule for row in made.runs[0].result.verdicts]


def test_the_json_report_names_a_complaint_by_its_id_and_the_exchange_it_is_about() -> None:
    (only,) = json.loads(render_json(mixed()))["runs"]
    (found,) = next(row["findings"] for row in only["rules"] if row["id"] == "DOC-009")
    assert (found["id"], found["exchange"]) == ("place_absent", 0)


def test_the_json_report_names_by_its_id_why_a_rule_was_not_judged() -> None:
    (only,) = json.loads(render_json(mixed()))["runs"]
    whys = {row["id"]: row["why_id"] for row in only["rules"] if row["why"]}
    assert whys == {"DOC-011": "blocked_by", "DOC-012": "blocked_by", "DOC-013": "needs_full"}


def test_the_json_report_names_by_its_id_what_a_run_says() -> None:
    (only,) = json.loads(render_json(report(unsent(Said(Why.BUDGET_TOKENS)))))["runs"]
    assert (only["message"], only["message_id"]) == ("not sent: --budget-tokens", "budget_tokens")


def test_words_that_are_not_wnmons_own_have_an_empty_id_in_the_json_report() -> None:
    (only,) = json.loads(render_json(report(errored())))["runs"]
    assert (only["message"], only["message_id"]) == ("HTTP 401: invalid api key", "")


def test_the_json_report_holds_no_body_of_a_request() -> None:
    assert "messages" not in render_json(mixed())


def test_a_failed_must_is_a_junit_failure() -> None:
    failed = [case.name for case in junit(mixed()) if any(isinstance(item, Failure) for item in case.result)]
    assert failed == ["DOC-009 MUST system_fingerprint is a required string"]


def test_a_failed_should_is_a_junit_failure_when_strict() -> None:
    failed = [case.name[:7] for case in junit(mixed(strict=True)) if any(isinstance(i, Failure) for i in case.result)]
    assert failed == ["DOC-009", "SEM-002"]


def test_everything_else_but_a_pass_is_skipped_in_junit_with_its_why() -> None:
    skipped = {
        case.name[:7]: item.message for case in junit(mixed()) for item in case.result if isinstance(item, Skipped)
    }
    assert skipped == {
        "DOC-010": "waived, failed: DOC-010 is not so",
        "DOC-011": "inconclusive: blocked by DOC-003",
        "DOC-012": "inconclusive: blocked by DOC-003",
        "DOC-013": "skipped: needs --full",
        "SEM-002": "failed: SEM-002 is not so",
        "STR-012": "noted: STR-012 is not so",
    }


def ids(made: CheckReport) -> dict[str, dict[str, str]]:
    """Return the properties of each case that has any, as a JUnit reader sees them."""
    having = {case.name.partition(" ")[0]: case.child(Properties) for case in junit(made)}
    return {name: {one.name: one.value for one in found} for name, found in having.items() if found is not None}


def test_a_junit_case_names_its_complaints_and_why_it_is_open_by_their_ids() -> None:
    assert ids(mixed()) == {
        "documented": {"wnmon.why": "blocked_by"},
        "DOC-009": {"wnmon.findings": "place_absent"},
        "DOC-011": {"wnmon.why": "blocked_by"},
        "DOC-012": {"wnmon.why": "blocked_by"},
        "DOC-013": {"wnmon.why": "needs_full"},
    }


def test_a_junit_case_names_each_of_its_complaints_once() -> None:
    found = [
        Finding(message=Said(name), expected="", actual="") for name in ("no_choice", "content_empty", "no_choice")
    ]
    assert ids(report(run(broken("DOC-009", *found))))["DOC-009"] == {"wnmon.findings": "no_choice content_empty"}


def test_a_plain_check_names_its_complaints_in_junit_too() -> None:
    found = (Finding(message=Said("content_lacks"), expected="", actual=""),)
    made = run(suite=None, outcome=Outcome.FAILED, reason=Reason.CONTENT, message="x", findings=found)
    assert ids(report(made)) == {"alive": {"wnmon.findings": "content_lacks"}}


def test_a_run_of_which_nothing_was_sent_names_why_in_junit() -> None:
    made = ids(report(unsent(Said(Why.BUDGET_TOKENS))))
    assert made["documented"] == {"wnmon.why": "budget_tokens"}


@pytest.mark.parametrize("made", REPORTS.values(), ids=REPORTS.keys())
def test_the_properties_of_a_junit_case_come_before_what_became_of_it(made: CheckReport) -> None:
    cases = ET.fromstring(render_junit(made).encode()).iter("testcase")
    assert not [case for case in cases if "properties" in [child.tag for child in case][1:]]


def test_an_errored_run_is_a_junit_error() -> None:
    (case, *rules) = junit(report(errored()))
    assert [type(item) for item in case.result] == [Error]
    assert all(isinstance(item, Skipped) for rule in rules for item in rule.result)


def test_a_failed_plain_check_is_a_junit_failure() -> None:
    (case,) = junit(report(run(suite=None, outcome=Outcome.FAILED, reason=Reason.CONTENT, message="no nonce")))
    assert [item.message for item in case.result] == ["content: no nonce"]


def test_a_run_that_was_put_off_is_a_junit_error_as_the_check_exits_3() -> None:
    (case,) = junit(report(run(outcome=Outcome.SKIPPED, reason=Reason.BUDGET, message="no tokens left")))
    assert [(type(item), item.message) for item in case.result] == [(Error, "budget: no tokens left")]


def test_a_suite_that_left_every_rule_open_is_a_junit_error_beside_another() -> None:
    left_open = run(verdict("DOC-003", Verdict.INCONCLUSIVE, why="late"), outcome=Outcome.SKIPPED)
    assert JUnitXml.fromstring(render_junit(report(left_open, errored())).encode()).errors == 2


def test_a_run_left_out_on_purpose_is_skipped_in_junit() -> None:
    row = verdict("DOC-003", Verdict.SKIPPED, why=Said(Why.NEEDS_FULL))
    left = replace(run(row, outcome=Outcome.SKIPPED), requests=0)
    (_, case, _) = junit(report(run(verdict("DOC-003")), left))
    assert [type(item) for item in case.result] == [Skipped]


def test_suites_that_were_not_asked_after_a_refusal_are_no_further_errors() -> None:
    made = report(errored(), unsent("auth: x"), unsent("auth: x"))
    (suite,) = JUnitXml.fromstring(render_junit(made).encode())
    assert (suite.failures, suite.errors) == (0, 1)


def test_suites_that_were_not_asked_for_one_reason_are_one_error() -> None:
    (suite,) = JUnitXml.fromstring(
        render_junit(report(unsent("no tokens left"), replace(unsent("no tokens left"), id="2"))).encode()
    )
    assert (suite.failures, suite.errors) == (0, 1)


def test_a_must_nobody_could_judge_makes_one_junit_error_and_no_failure() -> None:
    made = report(run(verdict("DOC-003"), verdict("DOC-009", Verdict.INCONCLUSIVE, why="x")))
    (suite,) = JUnitXml.fromstring(render_junit(made).encode())
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (3, 0, 1, 1)


def test_an_interrupted_check_is_a_junit_error() -> None:
    (_, last) = JUnitXml.fromstring(render_junit(report(run(verdict("DOC-003")), complete=False)).encode())
    assert [item.message for case in last for item in case.result] == ["interrupted: some runs are missing"]


def test_junit_counts_what_could_not_be_judged() -> None:
    assert '<property name="inconclusive" value="2" />' in render_junit(mixed())


def test_a_passed_plain_check_is_a_passed_junit_case() -> None:
    (case,) = junit(report(run(suite=None)))
    assert case.is_passed


def test_the_junit_suite_is_named_after_target_and_model() -> None:
    (suite,) = JUnitXml.fromstring(render_junit(mixed()).encode())
    assert (suite.name, suite.tests, suite.failures, suite.skipped) == (f"wn/{MODEL}", 9, 1, 6)


def test_hostile_text_leaves_junit_readable() -> None:
    assert any("\\x00b\\x1b" in item.message for case in junit(hostile()) for item in case.result)


def test_hostile_text_does_not_bloat_a_report() -> None:
    assert len(render_junit(hostile())) + len(render_json(hostile())) < 60_000


def test_shown_cuts_after_escaping_too() -> None:
    assert len(shown("\x00" * 150)) == 200


def test_the_json_report_tells_what_was_left_undecided() -> None:
    why = Said("latency_undecided", code="ttft", text="1.9 s", text2="2.1 s", limit="2 s")
    made = run(suite=None, undecided=(Undecided(kind="ttft", step="ask", why=why),))
    (only,) = json.loads(render_json(report(made)))["runs"]
    assert only["undecided"] == [{"kind": "ttft", "step": "ask", "why": str(why), "why_id": "latency_undecided"}]


def test_the_schema_knows_every_mark() -> None:
    assert SCHEMA["$defs"]["timing"]["properties"]["suspect_marks"]["items"]["enum"] == [*Mark]

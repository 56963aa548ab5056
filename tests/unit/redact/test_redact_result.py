"""What a result says holds no secret; what things are looked up by stays."""

from __future__ import annotations

from wnmon.model.check import Level
from wnmon.model.result import Finding, Outcome, Reason, Result, RuleVerdict, Undecided, Verdict
from wnmon.model.said import Said
from wnmon.model.target import Secret
from wnmon.redact.redactor import Redactor
from wnmon.redact.result import redact_result

KEY = "sk-Ab3dEf6hIj9kLm2nOp5q"
MARK = "[redacted:api_key]"
REDACTOR = Redactor([Secret(KEY, "api_key")])
FINDING = Finding(message=KEY, expected=Said("reason", kind="x", said=KEY), actual=KEY, place=f"header:{KEY}", step=KEY)


def result() -> Result:
    """Return a result that says the key wherever it can."""
    return Result(
        outcome=Outcome.FAILED,
        reason=Reason.RULE,
        message=Said("reason", kind=KEY, said="x"),
        findings=(FINDING,),
        undecided=(Undecided(kind="ttft", step="ask", why=KEY),),
        verdicts=(
            RuleVerdict(rule=KEY, level=Level.MUST, verdict=Verdict.FAILED, findings=(FINDING,), why=f"for {KEY}"),
        ),
    )


def test_the_message_of_a_result_shows_no_secret() -> None:
    assert redact_result(result(), REDACTOR).message == Said("reason", kind=MARK, said="x")


def test_a_finding_shows_no_secret() -> None:
    (finding,) = redact_result(result(), REDACTOR).findings

    assert (finding.message, finding.expected, finding.actual, finding.place) == (
        MARK,
        Said("reason", kind="x", said=MARK),
        MARK,
        f"header:{MARK}",
    )


def test_what_is_undecided_shows_no_secret() -> None:
    assert [one.why for one in redact_result(result(), REDACTOR).undecided] == [MARK]


def test_a_rule_shows_no_secret_in_its_findings_and_its_reason() -> None:
    (row,) = redact_result(result(), REDACTOR).verdicts

    assert (row.why, [finding.message for finding in row.findings]) == (f"for {MARK}", [MARK])


def test_rules_and_steps_are_still_found_by_what_they_are_called() -> None:
    (row,) = redact_result(result(), REDACTOR).verdicts

    assert (row.rule, row.findings[0].step) == (KEY, KEY)


def test_a_result_without_a_secret_stays_as_it_was() -> None:
    assert redact_result(result(), Redactor([])) == result()

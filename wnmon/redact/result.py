"""From what the judge said to what may be shown: a configuration may hold a secret where it says what is expected."""

from __future__ import annotations

from dataclasses import replace

from wnmon.model.result import Finding, Result
from wnmon.model.said import mapped
from wnmon.redact.redactor import Redactor


def redact_result(result: Result, redactor: Redactor) -> Result:
    """Return the result with no secret in what it says; ids of rules and names of steps stay, being looked up."""
    return replace(
        result,
        message=mapped(result.message, redactor.text),
        findings=_findings(result.findings, redactor),
        undecided=tuple(replace(one, why=mapped(one.why, redactor.text)) for one in result.undecided),
        verdicts=tuple(
            replace(row, findings=_findings(row.findings, redactor), why=mapped(row.why, redactor.text))
            for row in result.verdicts
        ),
    )


def _findings(findings: tuple[Finding, ...], redactor: Redactor) -> tuple[Finding, ...]:
    return tuple(
        replace(
            one,
            message=mapped(one.message, redactor.text),
            expected=mapped(one.expected, redactor.text),
            actual=mapped(one.actual, redactor.text),
            place=redactor.text(one.place),
        )
        for one in findings
    )

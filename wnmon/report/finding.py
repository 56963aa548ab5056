"""A finding as its reader sees it: the one view all reports lay out."""

from __future__ import annotations

from dataclasses import dataclass

from wnmon.model.result import Finding, RuleVerdict
from wnmon.model.said import id_of, in_language


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """One complaint in a language. Texts are whole and not yet made safe: each report has its own room and dangers.

    `id` is that of the complaint; `where` the request and the place, as far as there are any.
    """

    id: str
    message: str
    expected: str
    actual: str
    place: str
    step: str
    reason: str
    degraded: bool

    @property
    def where(self) -> tuple[str, ...]:
        """Return the request and the place in its answer."""
        return tuple(part for part in (self.step, self.place) if part)


def view_of(finding: Finding, lang: str) -> FindingView:
    """Return a finding in `lang`."""
    return FindingView(
        id=id_of(finding.message),
        message=in_language(finding.message, lang),
        expected=in_language(finding.expected, lang),
        actual=in_language(finding.actual, lang),
        place=finding.place,
        step=finding.step,
        reason=finding.reason.value,
        degraded=finding.degraded,
    )


def messages_of(row: RuleVerdict, lang: str, most: int | None = None) -> str:
    """Return all that a rule complains of, or its first `most` complaints, on one line."""
    return "; ".join(in_language(finding.message, lang) for finding in row.findings[:most])

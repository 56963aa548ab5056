"""The page of one run of a service: what it came to, what failed, and the exchanges behind it. Pure, as `page` is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from wnmon.engine.run import Run
from wnmon.model.duration import show_duration
from wnmon.model.language import LANGUAGES, language_of
from wnmon.model.result import Outcome, Reason
from wnmon.model.said import in_language, say
from wnmon.report.html.content import run_view
from wnmon.report.html.page import policy, style_of, template_of, word_of
from wnmon.report.html.timeline import HEIGHT, WIDTH
from wnmon.report.summary import CheckReport, broken
from wnmon.report.text import MAX_MESSAGE_CHARS, iso, shown, utc, without_commands

_KINDS = {Outcome.PASSED: "good", Outcome.DEGRADED: "slow", Outcome.SKIPPED: "slow"}
_COLORS = {"good": "2e7d32", "slow": "b26a00", "bad": "c62828"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a run came to. `facts` are (word, value)."""

    kind: str
    outcome: str
    reason: str
    message: str
    facts: tuple[tuple[str, str], ...]


def render_run(report: CheckReport, lang: str, *, served: bool, cut: bool, still: bool = False) -> str:
    """Return the one run of a report in `lang` as one HTML document.

    One that is `served` links to its target and its downloads, relative to `/runs/ID`; otherwise it asks for nothing.
    `still`: what it links to does not renew itself.
    `cut`: of some answers only the beginning was kept.
    """
    run, view = report.runs[0], run_view(report, lang)
    head = _head(run, lang)
    page: str = template_of("run.html").render(
        run=view,
        message="" if head.message in {one.sentence for one in view.complaints} else head.message,
        head=head,
        id=run.id,
        target=shown(run.target),
        title=" · ".join(shown(part) for part in (run.target, run.check, run.model) if part),
        url=shown(report.targets[0].url, MAX_MESSAGE_CHARS),
        color=_COLORS[head.kind],
        version=report.version,
        started=f"{utc(run.started_at_s):%Y-%m-%d %H:%M:%S} UTC",
        started_iso=iso(run.started_at_s),
        served=served,
        still="&refresh=off" if still else "",
        cut=cut,
        lang=language_of(lang),
        other_lang=next(other for other in LANGUAGES if other != language_of(lang)),
        word=partial(word_of, lang),
        width=WIDTH,
        height=HEIGHT,
        style=style_of(),
        policy=policy(),
    )
    return without_commands(page)


def _head(run: Run, lang: str) -> Head:
    result, timing = run.result, run.result.timing
    breaks_rules = result.outcome is Outcome.PASSED and bool(broken(run))
    reason = Reason.RULE if breaks_rules else result.reason
    known = (
        ("run_status", None if result.status is None else str(result.status)),
        ("ttft", None if timing.ttft_s is None else show_duration(timing.ttft_s)),
        ("run_took", show_duration(max(run.ended_at_s - run.started_at_s, 0))),
        ("run_requests", str(run.requests)),
        ("run_tokens", str(run.spent_input_tokens + run.spent_output_tokens)),
        ("run_id", run.id),
    )
    return Head(
        kind="slow" if breaks_rules else _KINDS.get(result.outcome, "bad"),
        outcome=say(f"page_{result.outcome.value}", lang),
        reason=say(f"reason_{reason.value}", lang),
        message=shown(in_language(result.message, lang), MAX_MESSAGE_CHARS),
        facts=tuple((name, shown(value)) for name, value in known if value is not None),
    )

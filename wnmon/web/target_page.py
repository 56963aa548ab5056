"""The page of one target: 90 days of it, its probes as they stand, and when they were down. Drawn on the server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from wnmon.engine.ports import Course, Day, FailedRun, Incident, Paid, ProbeState, Span, TargetPast
from wnmon.model.duration import show_duration, span
from wnmon.model.said import say
from wnmon.model.target import ProbeId
from wnmon.model.text import percent
from wnmon.web.bars import BAR_WIDTH, drawn, drawn_course, shares
from wnmon.web.frame import NO_COLOR, Frame
from wnmon.web.moments import exact, moment, relative, word
from wnmon.web.page import COLORS, WAITING, presented, shown_paid

REFRESH_S = 60
CHART_HEIGHT = 60
DAY_S = 86_400
_SPANS = (7, 30, 90)


class TargetPage:
    """The template, read once."""

    def __init__(self) -> None:
        self._frame = Frame("target.html")

    def render(
        self,
        name: str,
        states: Sequence[ProbeState],
        courses: Mapping[ProbeId, Course],
        past: TargetPast,
        paid: Paid | None = None,
        *,
        now_s: float,
        lang: str,
        version: str,
        still: bool = False,
        shows_runs: bool = False,
    ) -> str:
        """Return the HTML of a target in `lang`; `states` are those of its probes. `now_s` is epoch seconds.

        `shows_runs`: the reader may see the pages of runs, so there are links to them.
        """
        totals = (
            {count: sum((day.span for day in past.days[-count:]), Span()).uptime for count in _SPANS}
            if past.days
            else {}
        )
        return self._frame.render(
            lang=lang,
            still=still,
            name=name,
            zone=past.zone,
            days=drawn([day.span for day in past.days], word("days_90_bars", lang, zone=past.zone), lang),
            ends=(relative(-len(past.days) * DAY_S, lang), word("today", lang)),
            figures=list(_figures(past, lang)),
            days_known=any(day.span != Span() for day in past.days),
            shares=shares(totals, lang),
            chart=_chart(past.days, lang),
            rows=[_row(state, courses.get(state.id), now_s, lang) for state in presented(states, lang)],
            failed=[_failed(one, now_s, lang) for one in past.failed] if shows_runs else [],
            shows_runs=shows_runs,
            paid=None if paid is None else shown_paid(paid),
            incidents=[_incident(one, now_s, lang) for one in past.incidents],
            incidents_left=past.incidents_total - len(past.incidents),
            color=_color(states),
            refresh_s=REFRESH_S,
            now=exact(now_s),
            version=version,
        )


def _color(states: Sequence[ProbeState]) -> str:
    outcomes = {state.outcome or WAITING for state in states}
    return next((color for name, color in COLORS.items() if name in outcomes), NO_COLOR)


def _chart(days: Sequence[Day], lang: str) -> dict[str, object] | None:
    """Return the median first tokens of the days as a line, broken where a day has none; None where none has any."""
    known = [day.ttft_s for day in days if day.ttft_s is not None]
    if not known:
        return None
    most_s = max(known)
    parts, begins = [], True
    for place, day in enumerate(days):
        if day.ttft_s is None:
            begins = True
            continue
        x, y = place * BAR_WIDTH + BAR_WIDTH // 2, round(CHART_HEIGHT - day.ttft_s / most_s * (CHART_HEIGHT - 4) - 1, 1)
        parts.append(f"{'M' if begins else 'L'}{x} {y:g}{'h.1' if begins else ''}")  # so that a day alone is a dot
        begins = False
    today_s = days[-1].ttft_s
    return {
        "path": "".join(parts),
        "width": len(days) * BAR_WIDTH,
        "height": CHART_HEIGHT,
        "most": show_duration(most_s),
        "today": word("today_median", lang, time=show_duration(today_s)) if today_s is not None else "",
    }


def _figures(past: TargetPast, lang: str) -> Iterator[dict[str, str]]:
    """Yield the days of which something is known in figures, the newest first."""
    for ago, day in enumerate(reversed(past.days)):
        if past.today is None or (day.span == Span() and day.ttft_s is None):
            continue
        uptime = day.span.uptime
        yield {
            "day": (past.today - timedelta(days=ago)).isoformat(),
            "uptime": percent(uptime) if uptime is not None else _unsaid(day.span, lang),
            "ttft": "–" if day.ttft_s is None else show_duration(day.ttft_s),
        }


def _unsaid(span: Span, lang: str) -> str:
    return word("maintenance" if span.maintenance else "unknown", lang)


def _row(state: ProbeState, course: Course | None, now_s: float, lang: str) -> dict[str, object]:
    outcome = state.outcome or WAITING
    return {
        "outcome": outcome,
        "outcome_word": word(outcome, lang),
        "check": state.check,
        "model": state.model,
        "every": span(state.every_s * max(state.stride, 1), lang),
        "reason": say(f"reason_{state.reason}", lang) if state.reason and state.reason != "ok" else "",
        "ttft": None if state.ttft_s is None else show_duration(state.ttft_s),
        "last_run": moment(state.last_run_s, now_s, lang),
        "course": drawn_course(course, lang),
    }


def _failed(one: FailedRun, now_s: float, lang: str) -> dict[str, object]:
    return {
        "outcome": one.outcome,
        "outcome_word": word(one.outcome, lang),
        "ended": moment(one.ended_s, now_s, lang),
        "check": one.check,
        "model": one.model,
        "reason": say(f"reason_{one.reason}", lang),
        "code": one.reason,
        "run": one.run,
    }


def _incident(one: Incident, now_s: float, lang: str) -> dict[str, object]:
    lasted = span(max((one.until_s or now_s) - one.since_s, 0), lang)
    return {
        "since": exact(one.since_s),
        "until": None if one.until_s is None else exact(one.until_s),
        "lasted": lasted if one.until_s is not None else word("goes_on", lang, span=lasted),
        "check": one.check,
        "model": one.model,
        "reason": say(f"reason_{one.reason}", lang),
        "code": one.reason,
        "run": one.run,
    }

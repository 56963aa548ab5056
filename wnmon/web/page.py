"""The page of probes: states in, HTML out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from decimal import Decimal

from wnmon.engine.deliveries import ChannelState
from wnmon.engine.ports import Course, Paid, ProbeState, StepState
from wnmon.engine.probe_states import MAINTENANCE, UNKNOWN
from wnmon.model.duration import show_duration, span
from wnmon.model.honesty import Honesty
from wnmon.model.price import show_at_most
from wnmon.model.result import Outcome
from wnmon.model.said import Said, in_language, say
from wnmon.model.target import ProbeId
from wnmon.model.text import cut, visible
from wnmon.watch.step_down import said_of
from wnmon.web.bars import drawn_course
from wnmon.web.frame import NO_COLOR, Frame
from wnmon.web.moments import exact, moment, relative, since, word

REFRESH_S = 15
MAX_RULES_SHOWN = 4
MAX_MESSAGE_CHARS = 500
MAX_PAID_SHOWN = 20
WAITING = "waiting"
_RESTS = {
    "asked": "rest_asked",
    "refused": "rest_refused",
    "budget": "rest_budget",
    "spared": "rest_spared",
    "maintenance": "rest_maintenance",
    "paused": "rest_paused",
}
_DAY_S = 86_400

_URGENCY = (
    Outcome.FAILED,
    Outcome.ERRORED,
    Outcome.DEGRADED,
    UNKNOWN,
    MAINTENANCE,
    Outcome.SKIPPED,
    WAITING,
    Outcome.PASSED,
)
COLORS = {"failed": "c62828", "errored": "c62828", "degraded": "b26a00", "passed": "2e7d32"}
"""Of the icon, by the outcome that matters most."""


class Page:
    """The template and the style, read once."""

    def __init__(self) -> None:
        self._frame = Frame("page.html")

    def render(
        self,
        states: Sequence[ProbeState],
        courses: Mapping[ProbeId, Course] | None = None,
        paid: Mapping[str, Paid] | None = None,
        *,
        now_s: float,
        lang: str,
        version: str,
        still: bool = False,
        honesty: Honesty | None = None,
        channels: Sequence[ChannelState] = (),
        steps: Sequence[StepState] = (),
    ) -> str:
        """Return the HTML of the page in `lang`, the most urgent probes first. `now_s` is epoch seconds.

        `honesty`: what the self-test at the start found, where it was made. `channels`: who is told of outages.
        `steps`: which targets are asked more sparingly than configured.
        `courses`: how probes fared, `paid`: what targets cost, where that is known.
        """
        fared = courses or {}
        rows = [
            _row(state, now_s, lang) | {"course": drawn_course(fared.get(state.id), lang)}
            for state in presented(states, lang)
        ]
        counts = Counter(state.outcome or WAITING for state in states)
        return self._frame.render(
            rows=rows,
            any_suspect=any(state.suspect_latencies for state in states),
            summary=[(outcome, counts[outcome], word(outcome, lang)) for outcome in _URGENCY if counts[outcome]],
            lang=lang,
            still=still,
            refresh_s=REFRESH_S,
            now=exact(now_s),
            clock=None if honesty is None else _clock(honesty, lang),
            paid=_paid(paid or {}, {state.target for state in states}),
            paid_left=max(len(paid or {}) - MAX_PAID_SHOWN, 0),
            steps=[_step(state, now_s, lang) for state in steps],
            channels=[_channel(state, now_s, lang) for state in channels],
            version=version,
            color=next((COLORS[name] for name in _URGENCY if counts[name] and name in COLORS), NO_COLOR),
        )


def _clock(honesty: Honesty, lang: str) -> str:
    said = Said("selftest_line", text=Said(f"selftest_{honesty.word}"), said=honesty.why)
    return visible(in_language(said, lang))


def _paid(paid: Mapping[str, Paid], watched: Collection[str]) -> list[dict[str, str]]:
    """Return what the template shows of money: the targets that cost the most this month."""
    dearest = sorted(paid, key=lambda name: (-max(paid[name].month.values(), default=Decimal(0)), name))
    return [
        {"target": name if name in watched else "", "name": name, **shown_paid(paid[name])}
        for name in dearest[:MAX_PAID_SHOWN]
    ]


def shown_paid(paid: Paid) -> dict[str, str]:
    """Return what was paid today and this month, in words."""
    none = dict.fromkeys(paid.month, Decimal(0))
    return {"today": show_at_most({**none, **paid.today}), "month": show_at_most(paid.month)}


def _step(state: StepState, now_s: float, lang: str) -> dict[str, str]:
    """Return what the template shows of a target that is asked more sparingly than configured."""
    said, left = said_of(state.step, state.stride), relative(state.until_s - now_s, lang)
    until = _until(state.until_s, now_s)
    line = word("step_line", lang, name=state.target, said=said, text=state.limit, until=until, span=left)
    listed = ""
    if state.listed_s is not None:
        at, why = relative(state.listed_s - now_s, lang), visible(in_language(state.why, lang))
        listed = word("listed", lang, since=at) if state.listed else word("not_listed", lang, since=at, why=why)
    return {"line": line, "listed": listed}


def _channel(state: ChannelState, now_s: float, lang: str) -> dict[str, object]:
    """Return what the template shows of a channel: when it last took a message, and what keeps it from the next."""
    waiting = None
    if state.waiting_since_s is not None:
        lasted = span(max(now_s - state.waiting_since_s, 0), lang)
        waiting = word("channel_waiting", lang, span=lasted, n=state.attempts)
    held = None
    if state.held_until_s is not None and state.held_until_s > now_s:
        held = word("channel_held", lang, span=span(state.held_until_s - now_s, lang))
    return {
        "name": state.name,
        "service": state.service,
        "delivered": moment(state.delivered_s, now_s, lang),
        "waiting": waiting,
        "why": visible(in_language(state.why, lang)),
        "held": held,
    }


def presented(states: Sequence[ProbeState], lang: str) -> list[ProbeState]:
    """Return the states as they may be shown, messages in `lang`: failing, slow, skipped, never run, then the passed.

    A message may quote the relay, so it is cut, and what would act on a screen or turn the text around is escaped.
    """
    order = {name: index for index, name in enumerate(_URGENCY)} | {Outcome.ERRORED: _URGENCY.index(Outcome.FAILED)}
    ranked = sorted(states, key=lambda state: (order.get(state.outcome or WAITING, 0), state.id))
    said = (in_language(state.message, lang)[: MAX_MESSAGE_CHARS + 1] for state in ranked)
    return [
        replace(
            state,
            message=cut(visible(text), MAX_MESSAGE_CHARS),
            undecided=tuple(in_language(why, lang) for why in state.undecided),
        )
        for state, text in zip(ranked, said, strict=True)
    ]


def _row(state: ProbeState, now_s: float, lang: str) -> dict[str, object]:
    """Return what the template shows of a probe: its state, with all that is words or an instant made ready.

    None shows as a dash.
    """
    outcome = state.outcome or WAITING
    timings = (("ttft", state.ttft_s), ("first_visible", state.first_visible_s), ("total", state.total_s))
    shown = [(word(name, lang), at if at is None else show_duration(at), f"{name}_s") for name, at in timings]
    return {
        **asdict(state),
        "outcome": outcome,
        "outcome_word": word(outcome, lang),
        "unconfirmed": word("unconfirmed_down" if state.up is not False else "unconfirmed_up", lang)
        if state.unconfirmed
        else "",
        "every": span(state.every_s * max(state.stride, 1), lang),
        "reason_word": say(f"reason_{state.reason}", lang) if state.reason else "",
        "since": None if state.since_s is None else since(state.since_s, now_s, lang),
        "last_run": moment(state.last_run_s, now_s, lang),
        "next_run": moment(state.next_run_s, now_s, lang),
        "resting": _resting(state, now_s, lang),
        "timings": [(name, value, member in state.suspect_latencies) for name, value, member in shown],
        "rules": state.rules_failed[:MAX_RULES_SHOWN],
        "rules_left": max(len(state.rules_failed) - MAX_RULES_SHOWN, 0),
    }


def _resting(state: ProbeState, now_s: float, lang: str) -> str:
    """Return until when nothing is sent and why, "" when the probe is not resting."""
    if state.rest is None or state.rest_until_s is None:
        return ""
    until = _until(state.rest_until_s, now_s)
    left = relative(state.rest_until_s - now_s, lang)
    return word(_RESTS[state.rest], lang, until=until, span=left, reason=visible(state.rest_reason))


def _until(until_s: float, now_s: float) -> str:
    is_near = until_s - now_s < _DAY_S
    return f"{datetime.fromtimestamp(until_s, UTC):{'%H:%M:%S' if is_near else '%Y-%m-%d %H:%M'}} UTC"

"""Maintenance windows and pauses of the YAML -> Window: cron in a time zone, or from one instant to another."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from wnmon.config.node import Cursor, quote
from wnmon.config.schema import is_sound
from wnmon.config.timing import seconds_of
from wnmon.config.zones import read_zone
from wnmon.model.duration import show_duration
from wnmon.model.said import Said
from wnmon.model.window import Cron, Window
from wnmon.watch.cron import BadCronError, parse_cron, shortest_gap_s

_DURATION_S, _DURATION = (60.0, 31 * 86_400.0), Said("duration_between", least="1m", most="31d")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DAY_S = 86_400.0
_YEARS = range(2000, 2200)


@dataclass(frozen=True, slots=True, kw_only=True)
class AimedWindow:
    """A window and which targets and checks it is for; None stands for all."""

    window: Window
    targets: tuple[str, ...] | None
    checks: tuple[str, ...] | None

    def is_for(self, target: str, check: str) -> bool:
        """Tell whether a probe of this target and check is in it."""
        return (self.targets is None or target in self.targets) and (self.checks is None or check in self.checks)


def read_windows(places: Iterator[Cursor], targets: Collection[str], checks: Collection[str]) -> Iterator[AimedWindow]:
    """Yield the windows of a configuration that can be used. A name used twice is a problem."""
    names: set[str] = set()
    for place in places:
        if not is_sound("window", place):
            continue
        name = place.get("name")
        if name is not None and name.text in names:
            name.report(Said("window_named_twice", name=quote(name.text)), Said("own_window_name"))
        names.add("" if name is None else name.text)
        for key, known, unknown in (("targets", targets, "unknown_target"), ("checks", checks, "unknown_check")):
            for one in place.elements(key):
                one.is_one_of(known, Said("named", said=Said(unknown), name=quote(one.text)))
        window = _again(place) if place.has("cron") else _once(place)
        if window is not None:
            aims = (place.texts_of(key) if place.has(key) else None for key in ("targets", "checks"))
            yield AimedWindow(window=window, targets=next(aims), checks=next(aims))


def read_pause(place: Cursor | None) -> Window | None:
    """Return the pause of a target or a check; None where there is none, or, with a problem, no good one."""
    until_s = None if place is None else _epoch_s(place.at("/until"), day=True)
    if place is None or until_s is None:
        return None
    return Window(reason=place.at("/reason").text, is_pause=True, until_s=until_s)


def _once(place: Cursor) -> Window | None:
    for key in ("duration", "timezone"):
        _refuse(place, key, "key_of_cron")
    since, until = place.get("from"), place.get("until")
    if since is None or until is None:
        place.report(Said("window_when"), Said("write_window"), key=True)
        return None
    from_s, until_s = _epoch_s(since), _epoch_s(until)
    if from_s is None or until_s is None:
        return None
    if until_s <= from_s:
        until.expected(Said("later_than_from"), quote(until.text))
        return None
    return Window(reason=place.at("/reason").text, name=place.text_of("name") or "", from_s=from_s, until_s=until_s)


def _again(place: Cursor) -> Window | None:
    for key in ("from", "until"):
        _refuse(place, key, "key_beside_cron")
    named, duration = place.get("timezone"), place.get("duration")
    cron, zone = _cron(place.at("/cron")), UTC if named is None else read_zone(named)
    if duration is None:
        place.report(Said("missing_key", name='"duration"'), Said("last_each_time"), key=True)
        return None
    duration_s = seconds_of(duration, _DURATION_S, _DURATION)
    if cron is None or duration_s is None:
        return None
    gap_s = shortest_gap_s(cron)
    if gap_s is None:
        place.at("/cron").report(Said("cron_never"))
    elif duration_s >= gap_s:
        duration.expected(
            Said("shorter_than_cron", time=show_duration(gap_s)), quote(duration.text), Said("use_paused")
        )
    if zone is None:
        return None
    return Window(
        reason=place.at("/reason").text,
        name=place.text_of("name") or "",
        cron=cron,
        zone=zone,
        duration_s=duration_s,
    )


def _refuse(place: Cursor, key: str, why: str) -> None:
    member = place.get(key)
    if member is not None:
        member.report(Said(why, name=quote(key)), key=True)


def _cron(place: Cursor) -> Cron | None:
    try:
        return parse_cron(place.text)
    except BadCronError as bad:
        place.expected(bad.wanted, quote(bad.got))
        return None


def _epoch_s(place: Cursor, *, day: bool = False) -> float | None:
    """Return the instant at a place, as epoch seconds; `day`: or the end of a day, UTC. Reports what is neither."""
    text = place.text
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    is_day = day and _DAY.fullmatch(text) is not None
    if at is None or not (is_day or _INSTANT.fullmatch(text)) or at.year not in _YEARS:
        place.expected(Said("day_or_instant" if day else "instant_with_offset"), quote(text))
        return None
    return at.replace(tzinfo=UTC).timestamp() + _DAY_S if is_day else at.timestamp()

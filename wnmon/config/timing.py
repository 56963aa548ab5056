"""The rhythm of a check in YAML: `every`, `timeout` and `confirm`, with what is left out filled in."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from wnmon.config.node import Cursor
from wnmon.model.check import Confirm, Timeouts
from wnmon.model.duration import parse_duration_s
from wnmon.model.said import Said

DEFAULT_TIMEOUTS = Timeouts()
DEFAULT_CONFIRM = Confirm()
_EVERY_S, _EVERY = (1.0, 366 * 86_400.0), Said("duration_between", least="1s", most="366d")
_LIMIT_S, _LIMIT = (0.001, 3600.0), Said("duration_between", least="1ms", most="1h")
_RECHECK_S, _RECHECK = (1.0, 3600.0), Said("duration_between", least="1s", most="1h")
_NEVER = "never"
_LIMITS = frozenset(field.name for field in fields(Timeouts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often a check runs, how long its requests may take, what confirms an outage: what others inherit.

    `says_recheck`: somebody wrote how soon a run is confirmed.
    """

    every_s: float = 900.0
    timeouts: Timeouts = DEFAULT_TIMEOUTS
    confirm: Confirm = DEFAULT_CONFIRM
    says_recheck: bool = False


def read_rhythm(place: Cursor | None, inherited: Rhythm) -> Rhythm:
    """Return what `place` says of the rhythm, else the inherited one. Reports what is out of bounds."""
    if place is None:
        return inherited
    every, timeout = place.get("every"), place.get("timeout")
    every_s = seconds_of(every, _EVERY_S, _EVERY) if every is not None else None
    limits = dict(place.members("timeout"))
    if timeout is not None and isinstance(timeout.node.value, str):
        limits["total"] = timeout
    limits_s = {f"{name}_s": seconds_of(limit, _LIMIT_S, _LIMIT) for name, limit in limits.items()}
    known_s = {name: limit_s for name, limit_s in limits_s.items() if limit_s is not None and name in _LIMITS}
    confirm = place.get("confirm")
    return Rhythm(
        every_s=every_s or inherited.every_s,
        timeouts=replace(inherited.timeouts, **known_s),
        confirm=_confirm(confirm, inherited.confirm) if confirm is not None else inherited.confirm,
        says_recheck=inherited.says_recheck or (confirm is not None and confirm.has("recheck")),
    )


def _confirm(place: Cursor, inherited: Confirm) -> Confirm:
    recheck, recheck_s = place.get("recheck"), inherited.recheck_s
    if recheck is not None:
        recheck_s = None if recheck.node.value == _NEVER else seconds_of(recheck, _RECHECK_S, _RECHECK)
    down, up = (place.whole_of(key) for key in ("down", "up"))
    return Confirm(down=down or inherited.down, up=up or inherited.up, recheck_s=recheck_s)


def refuse_overlap(place: Cursor, rhythm: Rhythm) -> None:
    """Report an interval shorter than one request may take: runs of a probe would pile up."""
    total_s = rhythm.timeouts.total_s
    if rhythm.every_s < total_s:
        every = place.get("every")
        wanted = Said("interval_at_least", time=f"{total_s:g}s")
        (every or place).expected(wanted, f"{rhythm.every_s:g}s", Said("raise_every"), key=every is None)


def limit_s(place: Cursor) -> float | None:
    """Return the seconds of a duration that a request may take. Reports one out of bounds, of which None is known."""
    return seconds_of(place, _LIMIT_S, _LIMIT)


def refuse_late_recheck(place: Cursor, rhythm: Rhythm) -> None:
    """Report a re-check that somebody asks for and that would come no sooner than the next run."""
    recheck_s = rhythm.confirm.recheck_s
    if rhythm.says_recheck and recheck_s is not None and recheck_s >= rhythm.every_s:
        written = place.at("/confirm/recheck") if place.at("/confirm").has("recheck") else None
        wanted = Said("recheck_shorter", time=f"{rhythm.every_s:g}s")
        (written or place).expected(wanted, f"{recheck_s:g}s", Said("recheck_or_never"), key=written is None)


def seconds_of(place: Cursor, bounds_s: tuple[float, float], wanted: Said) -> float | None:
    """Return a duration in seconds; None, with a problem, where it is out of bounds."""
    try:
        seconds = parse_duration_s(str(place.node.value))
    except ValueError:
        return None  # the schema has said so
    if bounds_s[0] <= seconds <= bounds_s[1]:
        return seconds
    place.expected(wanted, place.node.show())
    return None

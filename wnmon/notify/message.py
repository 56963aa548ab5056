"""A notice in words, and as the JSON document that a webhook is sent and the outbox keeps (docs/messages.md). Pure.

One line says what, then each group that is down or up for the same cause: which models, since when, why, how fast it
answered before or does now, and what to do. So a relay with a hundred models that fails is told in six lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

from wnmon.model.duration import show_duration, span
from wnmon.model.json import Json
from wnmon.model.said import Hole, Text, in_language, say
from wnmon.model.text import cut, visible
from wnmon.notify.budgets import Short
from wnmon.notify.news import Kind, Notice, Outage, Told, Unkept

VERSION = 1
MAX_LISTED = 200
"""Outages in the document; of more it says how many there are."""
MAX_NAMES = 12
MAX_GROUPS = 20
MAX_SAID_CHARS = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """In which language a channel is told, and by whose clock."""

    lang: str = "en"
    zone: tzinfo | None = None

    def word(self, key: str, **holes: Hole) -> str:
        """Return a sentence of messages."""
        return say(f"notify_{key}", self.lang, **holes)

    def at(self, at_s: float) -> str:
        """Return an instant to the minute, with its zone."""
        zone = self.zone or UTC
        return f"{datetime.fromtimestamp(at_s, zone):%Y-%m-%d %H:%M} {zone}"

    def span(self, seconds: float) -> str:
        """Return a length of time."""
        return span(max(seconds, 0.0), self.lang)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """An outage as a message shows it."""

    state: str
    outage: Outage | Told
    until_s: float | None = None
    said: Text = ""
    ttft_s: float | None = None
    times: int = 1
    down_s: float = 0.0

    @property
    def name(self) -> str:
        """Return the model, or for a check of the relay itself the name of the check."""
        return self.outage.model or self.outage.check


def document(notice: Notice, voice: Voice, *, id: str, channel: str, at_s: float, version: str) -> str:  # noqa: A002
    """Return the JSON document of a notice: what it is about as data, and in words as `title` and `text`."""
    items = _items(notice)
    title, lines = words(notice, voice)
    return json.dumps(
        {
            "version": VERSION,
            "id": id,
            "kind": notice.kind.value,
            "channel": channel,
            "at_s": round(at_s, 3),
            "wnmon": version,
            "lang": voice.lang,
            "title": title,
            "text": "\n".join(lines),
            "text_without_quotes": "\n".join(words(notice, voice, quoting=False)[1]),
            "targets": list(notice.targets),
            "outages": [_plain(item, voice) for item in items[:MAX_LISTED]],
            "outages_total": len(items),
            "still_down": notice.still,
            "network": None
            if notice.cut is None
            else {name: round(at, 3) for name, at in notice.cut._asdict().items()},
            "store": None if notice.kind is not Kind.STORE else _store(notice.unkept),
            "budgets": None if notice.kind is not Kind.BUDGET else _budgets(notice),
        },
        ensure_ascii=False,
    )


def _store(unkept: Unkept | None) -> dict[str, Json]:
    if unkept is None:
        return {"problem": None, "since_s": None}
    return {"problem": unkept.problem.value, "since_s": round(unkept.since_s, 3)}


def _budgets(notice: Notice) -> list[Json]:
    short: list[Json] = [
        {"target": one.target, "limit": one.limit.place(one.target), "since_s": round(one.since_s, 3)}
        for one in notice.short
    ]
    asked: list[Json] = [{"target": name, "limit": None, "since_s": None} for name in notice.asked]
    return (short + asked)[:MAX_LISTED]


def _plain(item: _Item, voice: Voice) -> dict[str, Json]:
    outage = item.outage
    return {
        "state": item.state,
        "target": outage.target,
        "check": outage.check,
        "model": outage.model,
        "since_s": round(outage.since_s, 3),
        "until_s": None if item.until_s is None else round(item.until_s, 3),
        "down_s": round(item.down_s, 3),
        "times": item.times,
        "reason": outage.reason.value,
        "cause": say(f"reason_{outage.reason.value}", voice.lang),
        "message": _shown(item.said, voice),
        "ttft_s": item.ttft_s,
        "advice": say(f"advice_{outage.reason.value}", voice.lang) if item.state == "down" else "",
    }


def _items(notice: Notice) -> list[_Item]:
    return [
        *(_Item(state="down", outage=one, said=one.said, ttft_s=one.ttft_s) for one in notice.began),
        *(_Item(state="down", outage=one, times=one.times) for one in notice.lasting),
        *(_over("up", one) for one in notice.ended),
        *(_over("passed", one) for one in notice.passed),
    ]


def _over(state: str, told: Told) -> _Item:
    return _Item(
        state=state,
        outage=told,
        until_s=told.until_s,
        ttft_s=told.ttft_s,
        times=told.times,
        down_s=told.down_s,
    )


def words(notice: Notice, voice: Voice, *, quoting: bool = True) -> tuple[str, tuple[str, ...]]:
    """Return the title and the lines of a notice, with what relays said or without."""
    if notice.kind is Kind.TEST:
        return voice.word("title_test"), (voice.word("test"),)
    if notice.cut is not None:
        since_s, until_s = notice.cut
        holes = {"since": voice.at(since_s), "until": voice.at(until_s), "span": voice.span(until_s - since_s)}
        return voice.word("title_network"), (voice.word("network", **holes),)
    if notice.kind is Kind.STORE:
        return _of_store(notice.unkept, voice)
    if notice.kind is Kind.BUDGET:
        return _of_budgets(notice, voice)
    items = _items(notice)
    groups = _groups(items if quoting else [replace(item, said="") for item in items], apart=not notice.target)
    lines = [line for group in groups[:MAX_GROUPS] for line in _lines(group, voice, named=not notice.target)]
    if len(groups) > MAX_GROUPS:
        lines.append(voice.word("more_groups", n=sum(map(len, groups[MAX_GROUPS:]))))
    if notice.still:
        lines.append(voice.word("still", n=notice.still))
    return _title(notice, voice), tuple(lines)


def _of_store(unkept: Unkept | None, voice: Voice) -> tuple[str, tuple[str, ...]]:
    if unkept is None:
        return voice.word("title_store_back"), (say("store_writes", voice.lang),)
    why = say(f"store_{unkept.problem.value}", voice.lang)
    return voice.word("title_store"), (voice.word("store", since=voice.at(unkept.since_s), said=why),)


def _of_budgets(notice: Notice, voice: Voice) -> tuple[str, tuple[str, ...]]:
    lines = [_short(one, voice) for one in notice.short[:MAX_GROUPS]]
    lines += [voice.word("asked_again", target=name) for name in notice.asked[: MAX_GROUPS - len(lines)]]
    left_out = len(notice.short) + len(notice.asked) - len(lines)
    if left_out:
        lines.append(voice.word("more_groups", n=left_out))
    title = "title_budget" if notice.short else "title_budget_back"
    names = [one.target for one in notice.short] or notice.asked
    return voice.word(title, names=_named(names, voice)), tuple(lines)


def _short(one: Short, voice: Voice) -> str:
    ends, place = voice.word(f"ends_{one.limit.period.value}"), one.limit.place(one.target)
    return voice.word("short", target=one.target, since=voice.at(one.since_s), place=place, text=ends)


def _title(notice: Notice, voice: Voice) -> str:
    began, ended = len(notice.began), len(notice.ended) + len(notice.passed)
    if notice.kind is Kind.REMINDER:
        return voice.word("title_reminder", n=len(notice.lasting))
    if not notice.target:
        return voice.word("title_digest", n=began, n2=ended)
    if not ended:
        return voice.word(
            "title_down",
            target=notice.target,
            reason=_cause(notice.began, voice),
            n=began + notice.still,
            n2=max(notice.probes, began + notice.still),
        )
    if not began and not notice.still:
        return voice.word("title_up", target=notice.target, span=voice.span(_longest_s(notice)), n=ended)
    return voice.word("title_changed", target=notice.target, n=began, n2=ended, n3=notice.still)


def _cause(outages: Sequence[Outage], voice: Voice) -> str:
    """Return why most of them are down."""
    reasons = [one.reason for one in outages]
    return say(f"reason_{max(reasons, key=reasons.count).value}", voice.lang)


def _longest_s(notice: Notice) -> float:
    return max(one.down_s for one in (*notice.ended, *notice.passed))


def _groups(items: Iterable[_Item], *, apart: bool) -> list[list[_Item]]:
    """Return items that one paragraph can tell together: of one state, check and cause, and `apart` of one target."""
    groups: dict[tuple[str, ...], list[_Item]] = {}
    for item in items:
        key = (item.state, item.outage.check, item.outage.reason.value, item.outage.target if apart else "")
        groups.setdefault(key, []).append(item)
    return list(groups.values())


def _lines(group: Sequence[_Item], voice: Voice, *, named: bool) -> list[str]:
    first = group[0]
    names = _named([item.name for item in group], voice)
    check = f"{first.outage.target} / {first.outage.check}" if named else first.outage.check
    head = voice.word(f"head_{first.state}", check=check, names=names)
    return [head, *(_of_down(group, voice) if first.state == "down" else _of_over(group, voice))]


def _named(names: Sequence[str], voice: Voice) -> str:
    shown = ", ".join(cut(visible(name), 80) for name in dict.fromkeys(names[:MAX_NAMES]))
    return voice.word("names_and_more", names=shown, n=len(names) - MAX_NAMES) if len(names) > MAX_NAMES else shown


def _of_down(group: Sequence[_Item], voice: Voice) -> list[str]:
    first = group[0]
    reason = first.outage.reason
    since_s = min(item.outage.since_s for item in group)
    lines = [
        voice.word("since", at=voice.at(since_s), reason=say(f"reason_{reason.value}", voice.lang), code=reason.value)
    ]
    said = next((text for item in group if (text := _shown(item.said, voice))), "")
    if said:
        lines.append(voice.word("found", said=said))
    times_s = [item.ttft_s for item in group if item.ttft_s is not None]
    if times_s:
        lines.append(voice.word("ttft_before", time=_range(times_s)))
    lines.append(voice.word("advice", text=say(f"advice_{reason.value}", voice.lang)))
    return lines


def _of_over(group: Sequence[_Item], voice: Voice) -> list[str]:
    until_s = max((item.until_s for item in group if item.until_s is not None), default=0.0)
    down_s, times = max(item.down_s for item in group), max(item.times for item in group)
    reason = say(f"reason_{group[0].outage.reason.value}", voice.lang)
    lines = [voice.word("over", at=voice.at(until_s), span=voice.span(down_s), reason=reason)]
    if times > 1:
        lines.append(voice.word("times", n=times))
    times_s = [item.ttft_s for item in group if item.ttft_s is not None]
    if times_s:
        lines.append(voice.word("ttft_now", time=_range(times_s)))
    return lines


def _range(times_s: Sequence[float]) -> str:
    """Return one time, or the shortest and the longest."""
    shown = dict.fromkeys((show_duration(min(times_s)), show_duration(max(times_s))))
    return " – ".join(shown)


def _shown(said: Text, voice: Voice) -> str:
    """Return what a run found, on one line: it may quote the relay."""
    return cut(visible(in_language(said, voice.lang)[: MAX_SAID_CHARS + 1]), MAX_SAID_CHARS)

"""What a channel is told, and when: a function of how relays stand, what it was told before, and the clock. Pure.

News is the difference between what is and what a channel was told. So nothing is told twice, what comes and goes while
a message cannot be sent is told in one, and a relay that goes up and down all night leaves a few messages.

    news waits                                                          so that
    ------------------------------------------------------------------  ------------------------------------------
    until each other probe of the target has run since the first of     a hundred models that fail are one message
        them failed (or came up), `GATHER_S` at the most, and those
        that failed once are confirmed or not, `CONFIRM_S` more
    from the third message about a target within an hour on: 5 min      a relay that flaps is told a few times an
        after the last, then 10, 20 and so on                               hour, with how often it was down
    where more than `MOST_APART` targets have any, or fail and are not  a cut cable is one message
        confirmed: for all of them
    while the channel is quiet, or has had its most messages an hour    one message afterwards tells it all: a digest
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from wnmon.model.channel import Channel
from wnmon.model.result import Reason
from wnmon.model.target import ProbeId
from wnmon.notify.budgets import BudgetsTold, Short
from wnmon.notify.news import Cut, Kind, Notice, Outage, Told
from wnmon.notify.situation import Last, Situation, Watched

GATHER_S = 120.0
CONFIRM_S = 45.0
"""A re-check comes 30 s after a run that failed, and takes a while."""
HOUR_S = 3600.0
FREE = 2
"""So many messages about one target within an hour keep no distance: that it is down, and that it is up again."""
SPACING_S = 300.0
MOST_APART = 3
OWN_NETWORK, OWN_STORE = "", "\n"
"""Stand among targets for wnmon's own network and store, which have the same distance between messages."""
UNKEPT_S = 60.0
"""So long nothing can be written before anybody is told: a backup may lock the store for a while."""
MAX_PASSED = 1000
"""Outages that passed untold are remembered for so many probes."""


class Sent(NamedTuple):
    """That a message was sent, and about which targets."""

    at_s: float
    targets: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Memory:
    """What a channel was told and when. `held`: news was held back, so that the next message tells all there is.

    `cut`: wnmon's own network was down, which is untold. `unkept`: it heard last that wnmon can keep nothing.
    `budgets`: of which targets it heard that no model is asked for want of one.

    `revision` grows with each change: to write all of it down to see whether there was one takes a while.
    """

    told: dict[ProbeId, Told] = field(default_factory=dict)
    passed: dict[ProbeId, Told] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    held: bool = False
    cut: Cut | None = None
    unkept: bool = False
    budgets: BudgetsTold = field(default_factory=BudgetsTold)
    revision: int = field(default=0, compare=False)

    def began(self, outage: Outage) -> None:
        """Note that an outage began: one that it was told to be over, and did not hear so yet, goes on."""
        told = self.told.get(outage.probe)
        if told is not None and told.until_s is not None:
            told.begin_again(outage)
            self.revision += 1

    def ended(
        self, probe: ProbeId, outage: Outage | None, channel: Channel, *, until_s: float, ttft_s: float | None
    ) -> None:
        """Note that a probe is up again, be its outage one that the channel was told of, or would have been told of.

        `outage` is None where it began before a restart.
        """
        told = self.told.get(probe)
        self.revision += 1
        if told is not None:
            told.end(until_s, ttft_s)
        elif outage is not None and wants(channel, outage) and (probe in self.passed or len(self.passed) < MAX_PASSED):
            passed = self.passed.setdefault(probe, Told.of(outage))
            if passed.until_s is not None:
                passed.begin_again(outage)
            passed.end(until_s, ttft_s)

    def cut_off(self, since_s: float, until_s: float) -> None:
        """Note that wnmon's own network was down; one more time, where the last is untold yet."""
        self.cut = Cut(since_s if self.cut is None else min(self.cut.since_s, since_s), until_s)
        self.revision += 1

    def keep(self, probes: Collection[ProbeId], targets: Collection[str]) -> None:
        """Forget all probes and targets but these: what is not watched any more is neither down nor up."""
        self.budgets.keep(targets)
        self.told = {id_: one for id_, one in self.told.items() if id_ in probes}
        self.passed = {id_: one for id_, one in self.passed.items() if id_ in probes}
        self.revision += 1

    def hold(self, *, held: bool) -> None:
        """Note whether news was held back that is still untold."""
        self.revision += held is not self.held
        self.held = held

    def note(self, notice: Notice, at_s: float) -> None:
        """Note that a channel is told this."""
        self.revision += 1
        if notice.kind in _OWN:
            self._note_own(notice, at_s)
            return
        for outage in notice.began:
            self.told[outage.probe] = Told.of(outage)
        over = {id_ for id_, one in self.told.items() if any(one is ended for ended in notice.ended)}
        self.told = {id_: one for id_, one in self.told.items() if id_ not in over}
        gone = [id_ for id_, one in self.passed.items() if any(one is passed for passed in notice.passed)]
        for id_ in gone:
            del self.passed[id_]
        heard = [*notice.lasting, *(self.told[outage.probe] for outage in notice.began)]
        for told in heard:
            told.told_s = at_s
        self.sent = [*_lately(self.sent, at_s), Sent(at_s, notice.targets)]
        self.held = False

    def _note_own(self, notice: Notice, at_s: float) -> None:
        if notice.kind is Kind.NETWORK:
            self.cut = None
        elif notice.kind is Kind.STORE:
            self.unkept = notice.unkept is not None
        else:
            self.budgets.note(notice.short, notice.asked, at_s)
        self.sent = [*_lately(self.sent, at_s), Sent(at_s, _OWN[notice.kind])]

    def dump(self) -> str:
        """Return it as a JSON document."""
        told, passed = ({id_: one.plain() for id_, one in of.items()} for of in (self.told, self.passed))
        own = {"cut": self.cut, "unkept": self.unkept, "budgets": self.budgets.plain()}
        return json.dumps({"told": told, "passed": passed, "sent": self.sent, "held": self.held} | own)

    @classmethod
    def load(cls, text: str) -> Memory:
        """Return what `dump` wrote; an empty memory for what it did not."""
        try:
            plain = json.loads(text)
            return cls(
                told={ProbeId(id_): Told.read(one) for id_, one in plain["told"].items()},
                passed={ProbeId(id_): Told.read(one) for id_, one in plain["passed"].items()},
                sent=[Sent(float(at_s), tuple(targets)) for at_s, targets in plain["sent"]],
                held=bool(plain["held"]),
                cut=None if plain["cut"] is None else Cut(*map(float, plain["cut"])),
                unkept=bool(plain.get("unkept")),
                budgets=BudgetsTold.read(plain.get("budgets")),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            return cls()


_OWN: Mapping[Kind, tuple[str, ...]] = {Kind.NETWORK: (OWN_NETWORK,), Kind.STORE: (OWN_STORE,), Kind.BUDGET: ()}
"""Messages about wnmon itself, and what they count as among those about targets."""


class Verdict(NamedTuple):
    """What to tell now, if anything; else in how many seconds to ask again, None for only when something changes.

    `held_until_s` (epoch): there is news, which is held back until then. `held`: it was, or is, and is still untold.
    `gathers`: it waits for other probes to run.
    """

    notice: Notice | None = None
    wait_s: float | None = None
    held_until_s: float | None = None
    held: bool = False
    gathers: bool = False


_Lasting = Mapping[str, Sequence[ProbeId]]
"""The probes of each target that were told to be down and are not told to be up."""


def wants(channel: Channel, outage: Outage) -> bool:
    """Tell whether a channel wants to hear of an outage."""
    wanted = channel.reasons is None or any(reason in channel.reasons for reason in outage.reasons)
    return wanted and channel.watches(outage.target, outage.check)


def _as_wanted(channel: Channel, outage: Outage, situation: Situation) -> Outage:
    """Return the outage with the reason for which a channel wants to hear of it: the last, where the first is none."""
    if channel.reasons is None or outage.reason in channel.reasons:
        return outage
    reason = next(reason for reason in reversed(outage.reasons) if reason in channel.reasons)
    return replace(outage, reason=reason, said=situation.last[outage.probe].said)


def decide(channel: Channel, memory: Memory, situation: Situation, now_s: float) -> Verdict:
    """Return what a channel is told now."""
    news = _news(channel, memory, situation)
    own = list(_own(channel, memory, situation, now_s))
    remind_at_s = _remind_at_s(channel, memory, situation)
    if not own and not news and (remind_at_s is None or now_s < remind_at_s):
        return Verdict(wait_s=None if remind_at_s is None else remind_at_s - now_s)
    hush_s = _hushed_until_s(channel, memory, now_s)
    if hush_s is not None:
        is_held = bool(news) or bool(own)
        return Verdict(wait_s=hush_s - now_s, held_until_s=hush_s if is_held else None, held=bool(news))
    due = next((notice for at_s, notice in own if at_s <= now_s), None)
    if due is not None:
        return Verdict(notice=due, held=memory.held)
    if memory.held and news:
        return Verdict(notice=_notice(channel, news.values(), memory, situation, Kind.DIGEST))
    notice, ready_at_s = _ready(channel, memory, situation, news, now_s)
    if notice is not None:
        return Verdict(notice=notice)
    if remind_at_s is not None and now_s >= remind_at_s:
        return Verdict(notice=Notice(kind=Kind.REMINDER, lasting=tuple(_lasting(memory, situation))))
    at_s = min(one for one in (ready_at_s, remind_at_s, *(at_s for at_s, _ in own)) if one is not None)
    return Verdict(wait_s=at_s - now_s, gathers=bool(news))


def _own(channel: Channel, memory: Memory, situation: Situation, now_s: float) -> Iterator[tuple[float, Notice]]:
    """Yield what is new of wnmon itself, and from when on it is told."""
    unkept = situation.unkept
    if memory.cut is not None:
        yield _spaced_until_s(OWN_NETWORK, memory, now_s), Notice(kind=Kind.NETWORK, cut=memory.cut)
    if (unkept is not None) is not memory.unkept:
        at_s = 0.0 if unkept is None else unkept.since_s + UNKEPT_S
        yield max(at_s, _spaced_until_s(OWN_STORE, memory, now_s)), Notice(kind=Kind.STORE, unkept=unkept)
    budgets = list(memory.budgets.news(situation.budgets, lambda name: _wants_budget(channel, situation, name), now_s))
    if budgets:
        due = [one for at_s, one in budgets if at_s <= now_s]
        short = tuple(one for one in due if isinstance(one, Short))
        asked = tuple(one for one in due if isinstance(one, str))
        yield min(at_s for at_s, _ in budgets), Notice(kind=Kind.BUDGET, short=short, asked=asked)


def _wants_budget(channel: Channel, situation: Situation, target: str) -> bool:
    """Tell whether a channel wants to hear that no model of a target is asked."""
    if channel.reasons is not None and Reason.BUDGET not in channel.reasons:
        return False
    watched = (situation.probes[id_] for id_ in situation.by_target.get(target, ()))
    return any(channel.watches(one.target, one.check) for one in watched)


@dataclass(slots=True, kw_only=True)
class _News:
    """What is new of one target. `first_s`: when the first of it happened."""

    began: list[Outage] = field(default_factory=list)
    ended: list[Told] = field(default_factory=list)
    passed: list[Told] = field(default_factory=list)

    @property
    def first_s(self) -> float:
        over = (one.until_s for one in (*self.ended, *self.passed) if one.until_s is not None)
        return min((*(one.failing_since_s for one in self.began), *over))


def _news(channel: Channel, memory: Memory, situation: Situation) -> dict[str, _News]:
    news: dict[str, _News] = {}
    for outage in situation.outages.values():
        if outage.probe not in memory.told and wants(channel, outage):
            news.setdefault(outage.target, _News()).began.append(_as_wanted(channel, outage, situation))
    for told in memory.told.values():
        if told.until_s is not None:
            news.setdefault(told.target, _News()).ended.append(told)
    for passed in memory.passed.values():
        news.setdefault(passed.target, _News()).passed.append(passed)
    return news


def _ready(
    channel: Channel, memory: Memory, situation: Situation, news: Mapping[str, _News], now_s: float
) -> tuple[Notice | None, float | None]:
    """Return the first notice that need not wait any longer, else when one will be ready."""
    spaced = {target: _spaced_until_s(target, memory, now_s) for target in news}
    free = {target: of for target, of in news.items() if spaced[target] <= now_s}
    lasting: dict[str, list[ProbeId]] = {}
    for id_, told in memory.told.items():
        if told.until_s is None:
            lasting.setdefault(told.target, []).append(id_)
    waits = {target: _settled_at_s(channel, target, of, situation, lasting) for target, of in free.items()}
    soon = _soon(channel, situation, free, lasting)
    if len(free.keys() | soon.keys()) > MOST_APART:
        at_s = max((*waits.values(), *soon.values()))
        at_s = min(at_s, min(of.first_s for of in free.values()) + GATHER_S + CONFIRM_S)
        if at_s <= now_s:
            return _notice(channel, free.values(), memory, situation, Kind.DIGEST), None
        return None, min((at_s, *(until_s for until_s in spaced.values() if until_s > now_s)))
    for target, at_s in waits.items():
        if at_s <= now_s:
            return _notice(channel, [news[target]], memory, situation, _kind(news[target])), None
    later = [*waits.values(), *(until_s for until_s in spaced.values() if until_s > now_s)]
    return None, min(later, default=None)


def _soon(channel: Channel, situation: Situation, free: Mapping[str, _News], lasting: _Lasting) -> dict[str, float]:
    """Return which other targets may have such news soon as well, and until when that is waited for."""
    began_s = min((of.first_s for of in free.values() if of.began), default=None)
    ended_s = min((of.first_s for of in free.values() if not of.began), default=None)
    found: dict[str, float] = {}
    for target in situation.by_target.keys() - free.keys():
        failing = (pair for pair in situation.others(target) if pair[1].failing_since_s is not None)
        down_s = () if began_s is None else _of_the_others(channel, began_s, failing)
        up_s = () if ended_s is None else _of_the_down(ended_s, situation, lasting.get(target, ()))
        until_s = max((*down_s, *up_s), default=None)
        if until_s is not None:
            found[target] = until_s
    return found


def _kind(news: _News) -> Kind:
    if not (news.ended or news.passed):
        return Kind.DOWN
    return Kind.CHANGED if news.began else Kind.UP


def _notice(channel: Channel, news: Iterable[_News], memory: Memory, situation: Situation, kind: Kind) -> Notice:
    of_all = list(news)
    began = tuple(one for of in of_all for one in of.began)
    ended = tuple(one for of in of_all for one in of.ended)
    passed = tuple(one for of in of_all for one in of.passed)
    of_them: tuple[Outage | Told, ...] = (*began, *ended, *passed)
    targets = {one.target for one in of_them}
    still = sum(one.until_s is None and one.target in targets for one in memory.told.values())
    alone = next(iter(targets)) if len(targets) == 1 else ""
    watched = (situation.probes[id_] for id_ in situation.by_target.get(alone, ()))
    probes = sum(channel.watches(one.target, one.check) for one in watched)
    return Notice(kind=kind, target=alone, began=began, ended=ended, passed=passed, still=still, probes=probes)


def _settled_at_s(channel: Channel, target: str, news: _News, situation: Situation, lasting: _Lasting) -> float:
    """Return when the other probes of a target have had their say, or have been waited for long enough."""
    first_s = news.first_s
    if not news.began:
        return max(_of_the_down(first_s, situation, lasting.get(target, ())), default=0.0)
    return max(_of_the_others(channel, first_s, situation.others(target)), default=0.0)


def _of_the_others(channel: Channel, first_s: float, others: Iterable[tuple[Watched, Last]]) -> Iterator[float]:
    """Yield until when to wait for each probe that may turn out to be down as well."""
    for watched, last in others:
        if not channel.watches(watched.target, watched.check):
            continue
        gather_s = min(watched.every_s, GATHER_S)
        if last.failing_since_s is not None:
            yield first_s + gather_s + CONFIRM_S
        elif last.ended_s < first_s:
            yield first_s + gather_s


def _of_the_down(first_s: float, situation: Situation, down: Iterable[ProbeId]) -> Iterator[float]:
    """Yield until when to wait for each probe that was told to be down to come up as well: it is asked once more."""
    for id_ in down:
        last = situation.last.get(id_)
        if last is not None and last.ended_s < first_s:
            yield first_s + min(situation.probes[id_].every_s, GATHER_S)


def _spaced_until_s(target: str, memory: Memory, now_s: float) -> float:
    """Return until when a target is not told of again."""
    about = [one.at_s for one in _lately(memory.sent, now_s) if target in one.targets]
    if len(about) < FREE:
        return 0.0
    return about[-1] + min(SPACING_S * 2.0 ** (len(about) - FREE), HOUR_S)


def _lately(sent: Iterable[Sent], now_s: float) -> Iterator[Sent]:
    """Yield what was sent within the last hour; nothing from a future that a clock showed before it was set."""
    return (one for one in sent if now_s - HOUR_S < one.at_s <= now_s)


def _hushed_until_s(channel: Channel, memory: Memory, now_s: float) -> float | None:
    """Return until when a channel is told nothing, None where it may be told."""
    quiet_s = quiet_until_s(channel, now_s)
    if quiet_s is not None:
        return quiet_s
    lately = list(_lately(memory.sent, now_s))
    if len(lately) < channel.max_per_hour:
        return None
    return lately[-channel.max_per_hour].at_s + HOUR_S


def quiet_until_s(channel: Channel, now_s: float) -> float | None:
    """Return when the quiet hours end that an instant lies in, None where it lies in none."""
    quiet = channel.quiet
    if quiet is None:
        return None
    now = datetime.fromtimestamp(now_s, channel.zone or UTC)
    minute = now.hour * 60 + now.minute
    over_midnight = quiet.from_min > quiet.until_min
    is_late, is_early = minute >= quiet.from_min, minute < quiet.until_min
    if not ((is_late or is_early) if over_midnight else (is_late and is_early)):
        return None
    day = now.date() + timedelta(days=int(over_midnight and is_late))
    end = datetime(day.year, day.month, day.day, quiet.until_min // 60, quiet.until_min % 60, tzinfo=now.tzinfo)
    return max(end.timestamp(), now_s + 1.0)  # where a clock is set back, once more


def _remind_at_s(channel: Channel, memory: Memory, situation: Situation) -> float | None:
    """Return when a channel is to be reminded of what goes on, None where nothing does or it does not want to be."""
    if channel.remind_s is None:
        return None
    told = [one.told_s for one in _lasting(memory, situation)]
    return min(told) + channel.remind_s if told else None


def _lasting(memory: Memory, situation: Situation) -> Iterator[Told]:
    """Yield the told outages that go on. Nobody is reminded of what is not known any more."""
    for id_, told in memory.told.items():
        if told.until_s is None and id_ not in situation.unknown:
            yield told

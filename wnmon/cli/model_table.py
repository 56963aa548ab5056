"""The models of a relay for a person, as JSON, and as CSV (RFC 4180) that no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from wnmon import __version__
from wnmon.cli.columns import safe_cell
from wnmon.engine.run import Run
from wnmon.engine.session import was_interrupted
from wnmon.judge.judgeable import NOTHING_TO_JUDGE
from wnmon.model.json import JsonObject
from wnmon.model.result import Outcome, Reason, Timing
from wnmon.model.said import Said, Text, in_language, say
from wnmon.model.text import columns, cut, one_line, visible
from wnmon.wire.listing import Listing, Offer, does_not_chat

FORMAT_VERSION = 1
_MAX_MESSAGE_CHARS = 200
_MAX_SHOWN_CHARS = 60
_HEADS = ("name", "owner")
_HEADS_ALIVE = ("name", "state", "reason", "ttft", "rate", "answered_as")


class State(StrEnum):
    """What became of the question to a model. no_chat: it is none for chat, and said so."""

    ALIVE = "alive"
    NO_CHAT = "no_chat"
    REFUSED = "refused"
    DOWN = "down"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A model, and what became of the question to it where one was asked; times in seconds."""

    offer: Offer
    state: State | None = None
    reason: Reason | None = None
    message: Text = ""
    ttft_s: float | None = None
    tokens_per_s: float | None = None
    answered_as: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """All that is shown. `alive`: each was asked; `interrupted`: or would have been."""

    target: str
    rows: tuple[Row, ...]
    whole: bool
    alive: bool
    interrupted: bool = False

    @classmethod
    def of(cls, target: str, listing: Listing, runs: Sequence[Run] | None = None) -> Asked:
        """Return what the list and the runs of those that were asked come to."""
        by_model = {run.model: run for run in runs or ()}
        rows = tuple(
            Row(offer=offer) if runs is None else row_of(offer, by_model.get(offer.name)) for offer in listing.offers
        )
        return cls(
            target=target,
            rows=rows,
            whole=listing.whole,
            alive=runs is not None,
            interrupted=was_interrupted(runs or ()),
        )


def row_of(offer: Offer, run: Run | None) -> Row:
    """Return what became of the question to a model."""
    if run is None:
        return Row(offer=offer, state=State.NOT_ASKED, message=Said("models_name_altered"))
    # Of one that was asked once more the other way, the second answer is what counts.
    result, answer = run.result, next(reversed(run.answers), None)
    model = answer.reply.model if answer is not None else None
    fault = answer.fault if answer is not None else None
    return Row(
        offer=offer,
        state=_state(run),
        reason=result.reason,
        message=fault.message if fault is not None else result.message,
        ttft_s=result.timing.ttft_s,
        tokens_per_s=_rate(result.timing),
        answered_as=visible(cut(model)) if model else None,
    )


def _rate(timing: Timing) -> float | None:
    """Return tokens a second; where the relay reports no usage, events with a token, after the first one."""
    if timing.tokens_per_s is not None or timing.ttft_s is None or timing.last_token_s is None:
        return timing.tokens_per_s
    took_s = timing.last_token_s - timing.ttft_s
    return (timing.token_events - 1) / took_s if took_s > 0 else None


def _state(run: Run) -> State:
    result = run.result
    if result.outcome.success:
        return State.ALIVE
    if result.outcome is Outcome.SKIPPED or was_interrupted([run]):
        return State.NOT_ASKED
    is_refusal = 400 <= (result.status or 0) < 500 or result.reason in NOTHING_TO_JUDGE
    is_of_account = result.reason in NOTHING_TO_JUDGE - {Reason.MODEL_UNAVAILABLE}
    if not is_of_account and does_not_chat(run.model, run.answers[-1].reply.error):
        return State.NO_CHAT
    return State.REFUSED if is_refusal else State.DOWN


def head_of(target: str) -> JsonObject:
    """Return what every JSON of this command begins with."""
    return {"format": "wnmon-models", "version": FORMAT_VERSION, "wnmon": __version__, "target": target}


def as_json(asked: Asked, lang: str) -> str:
    """Return the table as JSON text, ending in a newline."""
    document = head_of(asked.target) | {
        "whole": asked.whole,
        "interrupted": asked.interrupted,
        "models": [_members(row, lang) if asked.alive else _listed(row) for row in asked.rows],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _listed(row: Row) -> JsonObject:
    return {"name": row.offer.name, "owner": row.offer.owner}


def _members(row: Row, lang: str) -> JsonObject:
    return _listed(row) | {
        "state": row.state,
        "reason": row.reason,
        "ttft_s": row.ttft_s,
        "tokens_per_s": row.tokens_per_s,
        "answered_as": row.answered_as,
        "message": _message(row, lang),
    }


def _message(row: Row, lang: str) -> str:
    return one_line(in_language(row.message, lang), _MAX_MESSAGE_CHARS)


def as_csv(asked: Asked, lang: str) -> str:
    """Return the table as CSV with a line of names; a cell that a spreadsheet would reckon with begins with `'`."""
    out = io.StringIO()
    members = [_members(row, lang) if asked.alive else _listed(row) for row in asked.rows]
    names = list(_members(Row(offer=Offer(name="")), lang)) if asked.alive else ["name", "owner"]
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows([safe_cell(one[name]) for name in names] for one in members)
    return out.getvalue()


def as_text(asked: Asked, lang: str) -> str:
    """Return the table for a person, and how many models there are."""
    heads = _HEADS_ALIVE if asked.alive else _HEADS
    lines = [[say(f"models_head_{head}", lang) for head in heads]]
    lines += [_told(row, lang) if asked.alive else [row.offer.name, row.offer.owner or ""] for row in asked.rows]
    table = [[cut(visible(cell), _MAX_SHOWN_CHARS) for cell in line] for line in lines]
    answering = sum(row.state is State.ALIVE for row in asked.rows)
    foot = Said(
        "models_foot_alive" if asked.alive else "models_foot", target=asked.target, n=len(asked.rows), n2=answering
    )
    shown = columns(table) + [foot.text(lang)] + ([] if asked.whole else [say("models_in_part", lang)])
    return "".join(f"{line.rstrip()}\n" for line in shown)


def _told(row: Row, lang: str) -> list[str]:
    said = _message(row, lang)
    is_fault = row.reason not in {None, Reason.OK}
    return [
        row.offer.name,
        say(f"models_state_{row.state}", lang),
        f"{row.reason}: {said}" if is_fault else said,
        "" if row.ttft_s is None else f"{row.ttft_s:.2f} s",
        "" if row.tokens_per_s is None else f"{row.tokens_per_s:.0f}",
        row.answered_as or "",
    ]

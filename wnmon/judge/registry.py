"""Assertion kind -> what makes it: one literal table for single answers, one for comparisons.

A new kind is one file in `judge/kinds`, named as its YAML key, its import and its line here.
"""

from __future__ import annotations

from collections.abc import Mapping

from wnmon.judge.kind import AcrossKind, Kind, On
from wnmon.judge.kinds import (
    as_readable,
    as_recalled,
    as_valid,
    backend,
    burst_at_end,
    cached,
    canned,
    choices,
    chunk,
    content,
    counting,
    created,
    cut_told,
    date,
    differs,
    estimate,
    finish_reason,
    first_visible,
    fixed_cadence,
    framing,
    grows,
    grows_evenly,
    header,
    held_back,
    json,
    leaks,
    limit,
    mode,
    model,
    plain_http,
    premise,
    problem,
    recall,
    request_id,
    same,
    same_form,
    same_over_http2,
    short_prompt,
    silence,
    status,
    stream,
    takes,
    tls,
    tool_call,
    total,
    ttft,
    usage,
    within,
    word_price,
)
from wnmon.model.check import Assertion, Rule
from wnmon.model.json import Json

KINDS: Mapping[str, Kind] = {
    "premise": premise.KIND,
    "status": status.KIND,
    "header": header.KIND,
    "json": json.KIND,
    "chunk": chunk.KIND,
    "stream": stream.KIND,
    "content": content.KIND,
    "choices": choices.KIND,
    "tool_call": tool_call.KIND,
    "finish_reason": finish_reason.KIND,
    "limit": limit.KIND,
    "usage": usage.KIND,
    "model": model.KIND,
    "date": date.KIND,
    "created": created.KIND,
    "mode": mode.KIND,
    "leaks": leaks.KIND,
    "problem": problem.KIND,
    "ttft": ttft.KIND,
    "first_visible": first_visible.KIND,
    "total": total.KIND,
    "takes": takes.KIND,
    "tls": tls.KIND,
    "plain_http": plain_http.KIND,
    "framing": framing.KIND,
    "estimate": estimate.KIND,
    "short_prompt": short_prompt.KIND,
    "recall": recall.KIND,
    "canned": canned.KIND,
    "counting": counting.KIND,
    "silence": silence.KIND,
    "burst_at_end": burst_at_end.KIND,
    "fixed_cadence": fixed_cadence.KIND,
}

ACROSS_KINDS: Mapping[str, AcrossKind] = {
    "same": same.KIND,
    "differs": differs.KIND,
    "grows": grows.KIND,
    "grows_evenly": grows_evenly.KIND,
    "as_readable": as_readable.KIND,
    "as_valid": as_valid.KIND,
    "as_recalled": as_recalled.KIND,
    "cached": cached.KIND,
    "word_price": word_price.KIND,
    "cut_told": cut_told.KIND,
    "held_back": held_back.KIND,
    "within": within.KIND,
    "request_id": request_id.KIND,
    "backend": backend.KIND,
    "same_form": same_form.KIND,
    "same_over_http2": same_over_http2.KIND,
}


def prepare(kind: str, value: Json) -> Assertion:
    """Return the compiled assertion. Raises Unfit; an unknown kind is a KeyError, the caller offers the known ones."""
    entry = KINDS[kind] if kind in KINDS else ACROSS_KINDS[kind]
    return Assertion(kind=kind, value=value, expected=entry.prepare(value))


def looks_at(assertion: Assertion) -> On:
    """Return what of an answer an assertion is about."""
    return (KINDS.get(assertion.kind) or ACROSS_KINDS[assertion.kind]).on


def controls(rule: Rule) -> tuple[str, ...]:
    """Return the requests that must have been accepted for a refusal to break a rule."""
    premises = (one.expected for one in rule.expect if one.kind == "premise")
    return tuple(one.accepted for one in premises if one.accepted is not None)


def compared(rule: Rule) -> tuple[str, ...]:
    """Return the requests whose answers a rule compares, each once; () for a rule about single answers."""
    names = (name for one in rule.expect if one.kind in ACROSS_KINDS for name in one.expected.requests)
    return tuple(dict.fromkeys(names))

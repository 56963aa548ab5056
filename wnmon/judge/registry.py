"""Assertion kind -> the two functions that make it: one literal table for single answers, one for comparisons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from wnmon.judge import (
    across,
    cached,
    canned,
    choices,
    content,
    counting,
    created,
    dated,
    estimate,
    finish,
    framing,
    headers,
    hidden,
    identity,
    latency,
    leaks,
    limit,
    mode,
    plain,
    premise,
    priced,
    problem,
    readable,
    recall,
    schema,
    serving,
    status,
    stream,
    tls,
    tools,
    usage,
    valid,
)
from wnmon.judge.subject import Subject, Unfit, Unjudged
from wnmon.model.check import Assertion, Rule
from wnmon.model.exchange import FailureKind
from wnmon.model.json import Json
from wnmon.model.result import Finding

__all__ = ["ACROSS_KINDS", "KINDS", "AcrossKind", "Kind", "On", "Unfit", "compared", "prepare"]


class On(Enum):
    """What of an answer a kind looks at, and so which answers say nothing to it."""

    EXCHANGE = auto()
    """What every answer has, such as a status; comparisons and premises find out themselves what they can look at."""
    BODY = auto()
    """The values of a JSON body."""
    MEANING = auto()
    """What a success says: text, choices, counts. A refusal has none, and neither has what cannot be read."""
    EVENTS = auto()
    """The events of a stream."""
    TIME = auto()
    """When bytes came: a late monitor cannot tell."""


@dataclass(frozen=True, slots=True)
class Kind:
    """`prepare` compiles a YAML value once, at load, and raises Unfit; `assess` judges one answer and never raises.

    `doubt` says why a rule cannot be judged on an answer. `failures` are those of the network it takes for an answer.
    """

    prepare: Callable[[Json], Any]
    assess: Callable[[Any, Subject], list[Finding]]
    doubt: Callable[[Any, Subject], str | None] | None = None
    failures: frozenset[FailureKind] = frozenset()
    on: On = On.EXCHANGE


@dataclass(frozen=True, slots=True)
class AcrossKind:
    """The same for a comparison of several answers, by request name."""

    prepare: Callable[[Json], Any]  # an across.Places, or a kind's own extension of it
    assess: Callable[[Any, Mapping[str, Subject]], list[Finding] | Unjudged]
    on: On = On.EXCHANGE


KINDS: Mapping[str, Kind] = {
    "premise": Kind(premise.prepare, premise.assess, premise.doubt),
    "status": Kind(status.prepare, status.assess, status.doubt),
    "header": Kind(headers.prepare, headers.assess),
    "json": Kind(schema.prepare, schema.assess, on=On.BODY),
    "chunk": Kind(schema.prepare_chunk, schema.assess_chunk, on=On.EVENTS),
    "stream": Kind(stream.prepare, stream.assess, stream.doubt, on=On.EVENTS),
    "content": Kind(content.prepare, content.assess, content.doubt, on=On.MEANING),
    "choices": Kind(choices.prepare, choices.assess, on=On.MEANING),
    "tool_call": Kind(tools.prepare, tools.assess, tools.doubt, on=On.MEANING),
    "finish_reason": Kind(finish.prepare, finish.assess, finish.doubt, on=On.MEANING),
    "limit": Kind(limit.prepare, limit.assess, limit.doubt, on=On.MEANING),
    "usage": Kind(usage.prepare, usage.assess, on=On.MEANING),
    "model": Kind(identity.prepare, identity.assess, identity.doubt, on=On.MEANING),
    "date": Kind(dated.prepare, dated.assess, dated.doubt),
    "created": Kind(created.prepare, created.assess, on=On.BODY),
    "mode": Kind(mode.prepare, mode.assess),
    "leaks": Kind(leaks.prepare, leaks.assess),
    "problem": Kind(problem.prepare, problem.assess, on=On.BODY),
    "ttft": Kind(latency.prepare, latency.assess_ttft, on=On.TIME),
    "first_visible": Kind(latency.prepare, latency.assess_first_visible, on=On.TIME),
    "total": Kind(latency.prepare, latency.assess_total, on=On.TIME),
    "tls": Kind(tls.prepare, tls.assess, tls.doubt, tls.FAILURES),
    "plain_http": Kind(plain.prepare, plain.assess, failures=plain.FAILURES),
    "framing": Kind(framing.prepare, framing.assess),
    "estimate": Kind(estimate.prepare, estimate.assess, estimate.doubt, on=On.MEANING),
    "short_prompt": Kind(hidden.prepare, hidden.assess, hidden.doubt, on=On.MEANING),
    "recall": Kind(recall.prepare, recall.assess, recall.doubt, on=On.MEANING),
    "canned": Kind(canned.prepare, canned.assess, on=On.MEANING),
    "counting": Kind(counting.prepare, counting.assess, counting.doubt, on=On.MEANING),
    "silence": Kind(latency.prepare, latency.assess_silence, on=On.TIME),
}

ACROSS_KINDS: Mapping[str, AcrossKind] = {
    "same": AcrossKind(across.prepare_same, across.assess_same),
    "differs": AcrossKind(across.prepare, across.assess_differs),
    "grows": AcrossKind(across.prepare, across.assess_grows),
    "grows_evenly": AcrossKind(across.prepare_within, across.assess_grows_evenly),
    "as_readable": AcrossKind(readable.prepare, readable.assess),
    "as_valid": AcrossKind(valid.prepare, valid.assess),
    "as_recalled": AcrossKind(recall.prepare_as_recalled, recall.assess_as_recalled, on=On.MEANING),
    "cached": AcrossKind(cached.prepare, cached.assess),
    "word_price": AcrossKind(priced.prepare, priced.assess),
    "cut_told": AcrossKind(serving.prepare, limit.assess_told),
    "within": AcrossKind(across.prepare_within, across.assess_within),
    "request_id": AcrossKind(serving.prepare, serving.assess_request_id),
    "backend": AcrossKind(serving.prepare, serving.assess_backend),
    "same_form": AcrossKind(serving.prepare, serving.assess_same_form),
}


def prepare(kind: str, value: Json) -> Assertion:
    """Return the compiled assertion. Raises Unfit; an unknown kind is a KeyError, the caller offers the known ones."""
    entry = KINDS[kind] if kind in KINDS else ACROSS_KINDS[kind]
    return Assertion(kind=kind, value=value, expected=entry.prepare(value))


def looks_at(assertion: Assertion) -> On:
    """Return what of an answer an assertion is about."""
    return (KINDS.get(assertion.kind) or ACROSS_KINDS[assertion.kind]).on


def compared(rule: Rule) -> tuple[str, ...]:
    """Return the requests whose answers a rule compares, each once; () for a rule about single answers."""
    names = (name for one in rule.expect if one.kind in ACROSS_KINDS for name in one.expected.requests)
    return tuple(dict.fromkeys(names))

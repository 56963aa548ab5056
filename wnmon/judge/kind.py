"""What an assertion kind is: how its YAML value is prepared, how it judges, and what of an answer it looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from wnmon.judge.subject import Subject, Unjudged
from wnmon.model.exchange import FailureKind
from wnmon.model.json import Json
from wnmon.model.result import Finding
from wnmon.model.said import Said


class On(Enum):
    """What of an answer a kind looks at, and so which answers say nothing to it."""

    EXCHANGE = auto()
    """What every answer has, such as a status; comparisons and premises find out themselves what they can look at."""
    ANY = auto()
    """Whatever came, an error status included: what it is compared with tells whether that is wrong."""
    BODY = auto()
    """The values of a JSON body."""
    MEANING = auto()
    """What a success says: text, choices, counts. A refusal has none, and neither has what cannot be read."""
    EVENTS = auto()
    """The events of a stream."""


@dataclass(frozen=True, slots=True)
class Kind:
    """`prepare` compiles a YAML value once, at load, and raises Unfit; `assess` complains of one answer, never raises.

    `doubt` says why a rule cannot be judged on an answer, `undecided` why the lag of the monitor leaves open whether it
    is broken. `failures` are those of the network it takes for an answer.
    """

    prepare: Callable[[Json], Any]
    assess: Callable[[Any, Subject], Iterable[Finding]]
    doubt: Callable[[Any, Subject], Said | None] | None = None
    failures: frozenset[FailureKind] = frozenset()
    on: On = On.EXCHANGE
    undecided: Callable[[Any, Subject], Said | None] | None = None


@dataclass(frozen=True, slots=True)
class AcrossKind:
    """The same for a comparison of several answers, by request name."""

    prepare: Callable[[Json], Any]  # a places.Places, or a kind's own extension of it
    assess: Callable[[Any, Mapping[str, Subject]], list[Finding] | Unjudged]
    on: On = On.EXCHANGE

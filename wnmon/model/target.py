"""Whom to ask: targets, their secrets, and the probe, which is what gets scheduled, labelled and listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import NewType

from wnmon.model.budget import NO_BUDGET, Budget, Limit, Scope
from wnmon.model.check import Check, Plan
from wnmon.model.credentials import is_telling
from wnmon.model.pace import UNLIMITED, Pace
from wnmon.model.parameters import AS_WRITTEN, Parameters
from wnmon.model.placeholders import is_placeholder
from wnmon.model.price import Price
from wnmon.model.said import Said
from wnmon.model.slo import Slo
from wnmon.model.window import Window

ProbeId = NewType("ProbeId", str)


def probe_id(target: str, check: str, model: str) -> ProbeId:
    """Return `target/check/model`: stable across restarts, unique because the names are mapping keys."""
    return ProbeId(f"{target}/{check}/{model}")


MIN_SECRET_CHARS = 12
"""A secret as long as this is known by its pieces; a shorter one only as a whole, where it stands as a word."""


class Secret:
    """A value that no output may show. Its repr, str and format are a marker; only `reveal` gives the value.

    `name` says which secret it was (`api_key`, `header:X-Relay-Pass`) and appears in the marker.
    """

    __slots__ = ("_value", "name")

    def __init__(self, value: str, name: str) -> None:
        self._value = value
        self.name = name

    def reveal(self) -> str:
        """Return the value. Called where the transport sends it and where the redactor is built, only there."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({self.name})"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and (other._value, other.name) == (self._value, self.name)

    def __hash__(self) -> int:
        return hash((self._value, self.name))

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not serialisable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A dated, justified exception for one rule on one target. `until` is an ISO date, the last day it holds (UTC)."""

    rule: str
    reason: str
    until: str


class SensorKind(StrEnum):
    """What speaks HTTP with a relay: wnmon itself, the same with the extra `fast` and not without it, or httpx."""

    OWN = "own"
    FAST = "fast"
    HTTPX = "httpx"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A relay. `url` is the resolved completions URL, whose path may hold a key; `host` is what may be shown of it.

    Each request is to fit three budgets: the target's own, that of its key over all targets that are asked with it, and
    the one over all targets. `step_down`: it is asked more sparingly while one of them is short. `prices` holds each
    model whose price is known, `parameters` each that wants to be asked otherwise. `allow_risk`: `wnmon check --full`
    need not ask before it sends.
    `auth_header`: where the key goes, alone; None for `Authorization`, after `Bearer`. `http2`: its transport can offer
    HTTP/2. `remarks`: what whoever reads of its answers should know of how it was asked, such as through which proxy.
    """

    name: str
    url: str = field(repr=False)
    host: str
    models: tuple[str, ...]
    api_key: Secret | None = None
    auth_header: str | None = None
    headers: tuple[tuple[str, Secret | str], ...] = ()
    proxy: Secret | None = None
    ca_file: str | None = None
    ca_folder: str | None = None
    transport: SensorKind = SensorKind.OWN
    http2: bool = False
    concurrency: int = 2
    budget: Budget = NO_BUDGET
    key_budget: Budget = NO_BUDGET
    overall_budget: Budget = NO_BUDGET
    step_down: bool = True
    pace: Pace = UNLIMITED
    prices: Mapping[str, Price] = field(default_factory=dict)
    parameters: Mapping[str, Parameters] = field(default_factory=dict)
    allow_risk: bool = False
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    features: frozenset[str] = frozenset()
    waivers: tuple[Waiver, ...] = ()
    paused: Window | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    extra_secrets: tuple[Secret, ...] = ()
    remarks: tuple[Said, ...] = ()

    @property
    def is_keyless(self) -> bool:
        """Tell whether nothing shows what a key is worth here: there is none, or only a placeholder for one."""
        return self.api_key is None or is_placeholder(self.api_key.reveal())

    @property
    def limits(self) -> tuple[Limit, ...]:
        """Return what each of its requests must fit."""
        of_key = self.key_budget if self.api_key is not None else NO_BUDGET
        return _limits(self.budget, of_key, self.overall_budget)

    @property
    def currency(self) -> str:
        """Return what its prices are in, "" where none is known."""
        return next((price.currency for price in self.prices.values()), "")

    def secrets(self) -> Iterator[Secret]:
        """Yield every secret of this target, for the redactor. Of the proxy's URL the password, in `extra_secrets`."""
        if self.api_key is not None:
            yield self.api_key
        yield from (value for _, value in self.headers if isinstance(value, Secret))
        yield from self.extra_secrets


@lru_cache(maxsize=4_096)
def _limits(*budgets: Budget) -> tuple[Limit, ...]:
    """Return the limits of the budgets of a target, its key and all; asked for often, and slow to gather."""
    return tuple(limit for scope, budget in zip(Scope, budgets, strict=True) for limit in budget.limits(scope))


def limits_held(targets: Sequence[Target]) -> Mapping[tuple[object, Limit], tuple[str, ...]]:
    """Return each limit there is, by whom it holds together, with the names of the targets it is for.

    Those of targets come first, then those of keys, then the ones over all.
    """
    found: dict[tuple[object, Limit], list[str]] = {}
    for scope in Scope:
        for target in targets:
            whom = {Scope.TARGET: target.name, Scope.KEY: target.api_key, Scope.ALL: None}[scope]
            for limit in target.limits:
                if limit.scope is scope:
                    found.setdefault((whom, limit), []).append(target.name)
    return {key: tuple(names) for key, names in found.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """What a relay knows a client by: where it is asked, and with which credentials. For comparing only.

    Another `relay` is another URL; other `credentials` are the same relay, which may answer them otherwise. Both are
    hashes that mean nothing outside of this process: a run carries them, and a run holds no secret.
    """

    relay: int
    credentials: int


def client_of(target: Target) -> Client:
    """Return as whom a target is asked."""
    headers = frozenset((name.lower(), value) for name, value in target.headers if isinstance(value, Secret))
    return Client(relay=hash(target.url), credentials=hash((target.api_key, target.auth_header, headers)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """check × target × model: what is scheduled, labelled and listed.

    `slos`: what its runs count towards. `windows`: when the schedule sends nothing of it; a probe that a person asks
    for by hand has none.
    """

    check: Check
    target: Target
    model: str
    slos: tuple[Slo, ...] = ()
    windows: tuple[Window, ...] = ()

    @property
    def id(self) -> ProbeId:
        """Return `target/check/model`."""
        return probe_id(self.target.name, self.check.name, self.model)

    @property
    def parameters(self) -> Parameters:
        """Return how the configuration wants the model to be asked."""
        return self.target.parameters.get(self.model, AS_WRITTEN)

    def secrets(self) -> Iterator[Secret]:
        """Yield every secret that a run of this probe may send, for the redactor."""
        yield from self.target.secrets()
        yield from secrets_of(self.check.plan)


def secrets_of(plan: Plan) -> Iterator[Secret]:
    """Yield what stands in plain text in headers of a plan's requests whose names speak of a credential."""
    for step in plan.steps:
        for name, value in step.headers:
            if is_telling(name) and len(value) >= MIN_SECRET_CHARS:
                yield Secret(value, f"header:{name}")

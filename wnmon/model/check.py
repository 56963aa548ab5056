"""What to ask and what must hold, as the YAML says it once every default is filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from wnmon.model.json import Json
from wnmon.model.window import Window


class Level(StrEnum):
    """How binding a rule is, in the words of RFC 2119; INFO rules are noted, never failed."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"
    INFO = "INFO"

    @property
    def rank(self) -> int:
        """Return its place in the order of strictness: 0 for MUST."""
        return list(Level).index(self)


class Auth(StrEnum):
    """How a request carries the key. `lowercase` writes the scheme as `bearer` (RFC 9110 §11.1).

    `empty` sends the scheme without a token, `query` no header but a wrong key in the URL's query (RFC 6750 §2.3).

        with      Authorization       a header of the target's, such as `api-key`
        normal    Bearer KEY          KEY
        none      no header           no header
        wrong     Bearer WRONG_KEY    WRONG_KEY
        lowercase bearer KEY          is not sent: there is no scheme
        empty     Bearer              an empty value
        query     no header           no header
    """

    NORMAL = "normal"
    NONE = "none"
    WRONG = "wrong"
    LOWERCASE = "lowercase"
    EMPTY = "empty"
    QUERY = "query"


WRONG_KEY = "sk-wnmon-deliberately-wrong-key"
"""The key `Auth.WRONG` sends: nobody's, and telling whoever reads the relay's log what it is."""


class Risk(StrEnum):
    """Why a request is sent only with `--full`: a relay may ban a key or an address for it, or it costs much."""

    REFUSED = "refused"
    BURST = "burst"
    LONG = "long"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Each limit in seconds. connect: until TCP and TLS stand. headers, first_token, total: from the last request byte.

    stall: between two arrivals of bytes once the headers are in. first_token applies to streams only.
    """

    connect_s: float = 10.0
    headers_s: float = 60.0
    first_token_s: float = 30.0
    stall_s: float = 15.0
    total_s: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """What one exchange may bring in before it is cut off as too_large. What is read of it: see `wire.bounds`.

    chunks: as many tokens come in ten minutes from the fastest relay, and that many cost the sensor 0.3 s of CPU.
    """

    wire_bytes: int = 8 * 1024 * 1024
    decoded_bytes: int = 8 * 1024 * 1024
    chunks: int = 30_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """How many runs in a row it takes to call a relay down, or up again, and how soon one is asked again for that.

    `recheck_s` None asks at the slots alone.
    """

    down: int = 2
    up: int = 1
    recheck_s: float | None = 30.0

    @property
    def most_rechecks(self) -> int:
        """Return how many re-checks one run may need: no more are made before the next slot."""
        return 0 if self.recheck_s is None else max(self.down, self.up) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """One `kind: value` of an `expect`. `expected` is what the kind's `prepare` made of the value, once, at load.

    Only one that comes from a record is without it, until it is prepared.
    """

    kind: str
    value: Json
    expected: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One request. `body` is the JSON body, `{{model}}` and `{{nonce}}` unfilled; `raw_body` replaces it verbatim.

    `path` replaces the path of the target's URL; one that does not begin with a slash, what comes after its version.
    `feature` is sent only to targets that claim it. `close_after` hangs
    up after so many arrivals of body bytes, as a client does that has seen enough.

    `plain_http` asks an https target over plain http, without any secret. `http2` offers HTTP/2, by a transport that
    speaks it.
    `burst` copies are sent at once, each an exchange of this step. `filler` is how many characters of plain words stand
    in place of `{{filler}}`. `if_refused` names an earlier request: this one says the same in another form, and is sent
    only where that was refused as a wrong one. `about` are the members of the body that it tests,
    which no configuration takes from it; they say nothing about what was answered.
    """

    name: str
    body: Mapping[str, Json]
    raw_body: str | None = None
    auth: Auth = Auth.NORMAL
    headers: tuple[tuple[str, str], ...] = ()
    risk: Risk | None = None
    method: str = "POST"
    path: str | None = None
    feature: str | None = None
    close_after: int | None = None
    plain_http: bool = False
    http2: bool = False
    burst: int = 1
    filler: int = 0
    if_refused: str | None = None
    about: frozenset[str] = field(default=frozenset(), compare=False)
    expect: tuple[Assertion, ...] = ()

    @property
    def stream(self) -> bool:
        """Tell whether the request asks for a stream."""
        return self.body.get("stream") is True


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """Which exchanges a rule is judged on. None means any.

    `status` is a code or a class such as `4xx`; `media` is the answer's media type, bare and in lower case.
    """

    requests: tuple[str, ...] | None = None
    status: str | None = None
    stream: bool | None = None
    media: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a person with a broken rule asks, by language: why it matters, how relays break it, how to mend it."""

    why: Mapping[str, str]
    wrong: Mapping[str, str]
    fix: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One requirement with a stable id. One that compares answers has an empty selector.

    `note`: what to know, by language, before a relay is blamed for breaking it; {} for most.
    """

    id: str
    on: Selector
    levels: Mapping[str, Level]
    says: Mapping[str, str]
    source: str
    needs: tuple[str, ...] = ()
    expect: tuple[Assertion, ...] = ()
    explain: Explanation | None = None
    note: Mapping[str, str] = field(default_factory=dict)


class Asks(StrEnum):
    """What a plan asks for: answers of a model, or of the relay itself what it offers, or what is left of the money."""

    CHAT = "chat"
    MODELS = "models"
    BALANCE = "balance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything the judge needs to know beforehand, compiled once.

    `profiles` are the selected ones; a rule counts with the strictest level it has among them. `gate`: rules at or
    above this level decide the outcome too. `suite` is None for a plain check. `wanted`: the models that are to be
    offered; `least`: what is to be left of a balance. `whole` is the suite before a configuration left anything out of
    it, `asked_as` what it calls it (`builtin:NAME` or a path); None and "" for any other plan.
    """

    steps: tuple[Step, ...]
    rules: tuple[Rule, ...] = ()
    profiles: tuple[str, ...] = ()
    gate: Level | None = None
    suite: str | None = None
    asks: Asks = Asks.CHAT
    wanted: tuple[str, ...] = ()
    least: Decimal | None = None
    whole: Plan | None = field(default=None, compare=False, repr=False)
    asked_as: str = field(default="", compare=False, repr=False)

    def level(self, rule: Rule) -> Level | None:
        """Return the strictest level of the rule among the selected profiles, None when it belongs to none of them."""
        levels = [level for profile, level in rule.levels.items() if profile in self.profiles]
        return min(levels, key=lambda level: level.rank, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A named plan with a rhythm."""

    name: str
    plan: Plan
    every_s: float
    timeouts: Timeouts = Timeouts()
    caps: Caps = Caps()
    confirm: Confirm = Confirm()
    paused: Window | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    place: str = ""

    @property
    def every_ns(self) -> int:
        """Return the interval in whole ns, as every instant that is reckoned from it is."""
        return int(self.every_s * 1e9)

"""How a model wants to be asked: what is renamed, left out of and added to the requests as the suites write them."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace

from wnmon.model.json import Json

LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens", "max_new_tokens")
"""What relays call the most tokens of an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What is changed in the members of a body. `drop` knows old and new names, `add` replaces what a request says.

    `output_tokens`: no limit of an answer is smaller. `stream_only`: what asks for no stream is not sent at all.
    """

    rename: Mapping[str, str] = field(default_factory=dict)
    drop: frozenset[str] = frozenset()
    add: Mapping[str, Json] = field(default_factory=dict)
    stream_only: bool = False
    output_tokens: int | None = None

    def with_more(self, more: Parameters) -> Parameters:
        """Return these and `more`, which decides where both speak of one member."""
        own = {old: new for old, new in self.rename.items() if old not in more.rename.values()}
        return Parameters(
            rename=own | {**more.rename},
            drop=(self.drop - more.rename.keys() - more.add.keys()) | more.drop,
            add={name: value for name, value in self.add.items() if name not in more.drop} | {**more.add},
            stream_only=self.stream_only or more.stream_only,
            output_tokens=more.output_tokens or self.output_tokens,
        )

    def sparing(self, names: Set[str], *, renamed: bool = True) -> Parameters:
        """Return these without what they do to some members. `renamed`: those may still get another name."""
        limits = {*LIMITS, *self.rename.values()}
        return replace(
            self,
            rename=self.rename if renamed else {old: new for old, new in self.rename.items() if old not in names},
            drop=self.drop - names,
            add={name: value for name, value in self.add.items() if name not in names},
            output_tokens=None if limits & names else self.output_tokens,
        )

    def written(self, body: Mapping[str, Json]) -> dict[str, Json]:
        """Return a body as this model wants it."""
        named = {self.rename.get(name, name): value for name, value in body.items() if name not in self.drop}
        members = {name: value for name, value in named.items() if name not in self.drop}
        limits = {*LIMITS, *(new for old, new in self.rename.items() if old in LIMITS)}
        raised = {name: self._raised(value) for name, value in members.items() if name in limits}
        return members | raised | {**self.add}

    def _raised(self, limit: Json) -> Json:
        if self.output_tokens is None or isinstance(limit, bool) or not isinstance(limit, int | float):
            return limit
        return max(limit, self.output_tokens)


AS_WRITTEN = Parameters()
"""Change nothing."""

"""What of messages goes from room to room: a delivery, the outbox that keeps it, what carries it, how it went."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from wnmon.model.exchange import FailureKind
from wnmon.model.said import Text
from wnmon.model.target import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message for one channel, to be tried until the channel has it.

    `id` is the same at each try: whoever got it twice knows. `payload` is its JSON document (docs/messages.md).
    Times are epoch seconds.
    """

    id: str
    channel: str
    payload: str
    at_s: float
    attempts: int = 0
    next_try_s: float = 0.0


class Outbox(Protocol):
    """Keeps what is to be delivered, and what each channel was told, so that both outlive a restart."""

    async def memories(self) -> Mapping[str, str]:
        """Return what is remembered of each channel: a JSON document by its name."""
        ...

    async def waiting(self) -> Sequence[Delivery]:
        """Return what is not delivered yet, the oldest first."""
        ...

    async def put(self, channel: str, memory: str, delivery: Delivery | None = None) -> None:
        """Remember this of a channel and, both or neither, keep a delivery; one with a known id stays as it is."""
        ...

    async def tried(self, id: str, *, attempts: int, next_try_s: float) -> None:  # noqa: A002 - the field's own term
        """Note that a delivery has failed so often, and when it is tried again."""
        ...

    async def delivered(self, id: str, *, at_s: float) -> None:  # noqa: A002
        """Note that a channel has it."""
        ...

    async def keep(self, channels: Collection[str]) -> None:
        """Forget all channels but these, and what was to be delivered to them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How a service is reached: through which proxy, and whose word on certificates counts."""

    proxy: Secret | None = None
    ca_file: str | None = None
    ca_folder: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A POST by HTTP. No redirect is followed: it would hand what is in the URL to somebody else."""

    url: Secret
    body: bytes = field(repr=False)
    headers: tuple[tuple[str, str], ...] = ()
    route: Route = Route()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail by SMTP. `url` is `smtp://host:port`, where TLS begins with STARTTLS, or `smtps://host:port`.

    `message`: with its headers, as it is sent.
    """

    url: Secret
    sender: str
    recipients: tuple[str, ...]
    message: bytes = field(repr=False)
    user: str = ""
    password: Secret | None = None
    route: Route = Route()


Parcel = Post | Mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a service answered: the status and body of HTTP, or of SMTP; else how far it came and why no further.

    `left_out`: recipients of a mail whom the server refused while it took others.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    failure: FailureKind | None = None
    left_out: int = 0


class Carrier(Protocol):
    """Takes a parcel to a service once. Never raises for what the network did."""

    async def carry(self, parcel: Parcel) -> Answered:
        """Return what the service answered; names of headers in small letters."""
        ...

    async def close(self) -> None:
        """Release what is held."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelState:
    """How a channel stands, for the page. Times are epoch seconds; `why` is why the last try failed, "" if it did not.

    `waiting_since_s`: of a message that is not delivered yet. `held_until_s`: news is held back until then at the most,
    by quiet hours or by the most messages an hour.
    """

    name: str
    service: str
    delivered_s: float | None = None
    waiting_since_s: float | None = None
    attempts: int = 0
    why: Text = ""
    held_until_s: float | None = None

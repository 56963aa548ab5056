"""Whom to tell, and how: channels, their secrets, and what each wants to hear."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum

from wnmon.model.result import Reason
from wnmon.model.target import Secret

REMIND_S = 6 * 3600.0
MAX_PER_HOUR = 20
"""As many as WeCom and DingTalk let a robot send within a minute: an hour with more of them is read by nobody."""


class Service(StrEnum):
    """What carries messages: the value of `kind`."""

    WEBHOOK = "webhook"
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"
    TELEGRAM = "telegram"
    BARK = "bark"
    SERVERCHAN = "serverchan"
    SLACK = "slack"
    DISCORD = "discord"
    SMTP = "smtp"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """A part of each day, in minutes after midnight of the channel's zone; over midnight where it ends first."""

    from_min: int
    until_min: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One way to tell somebody. `url` is what is posted to, or the base of it; `host` is what may be shown of it.

    `targets`, `checks` and `reasons` are those it wants to hear of, None for all. `remind_s` None: never again.
    `zone`: by whose clock its quiet hours are, and times are shown. `lang` None: the language of the service.
    `more_secrets`: what of the URL and the proxy no output may show.
    """

    name: str
    service: Service
    url: Secret
    host: str
    token: Secret | None = None
    secret: Secret | None = None
    chat: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()
    user: str = ""
    password: Secret | None = None
    targets: tuple[str, ...] | None = None
    checks: tuple[str, ...] | None = None
    reasons: tuple[Reason, ...] | None = None
    lang: str | None = None
    zone: tzinfo | None = None
    quiet: QuietHours | None = None
    remind_s: float | None = REMIND_S
    max_per_hour: int = MAX_PER_HOUR
    proxy: Secret | None = None
    ca_file: str | None = None
    ca_folder: str | None = None
    more_secrets: tuple[Secret, ...] = ()

    def watches(self, target: str, check: str) -> bool:
        """Tell whether it wants to hear of a probe of this target and check."""
        return (self.targets is None or target in self.targets) and (self.checks is None or check in self.checks)

    def secrets(self) -> Iterator[Secret]:
        """Yield what no output may show. Not the URL as a whole: its host stands in others' output too."""
        yield from (one for one in (self.token, self.secret, self.password) if one is not None)
        yield from self.more_secrets

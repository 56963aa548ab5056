"""The services that carry messages, one row each: how a message is asked of it, and which answer says it was taken.

A status of 200 says nothing with most of them: they write what became of the message into the body, and only that
counts. Each row names the page of the service's own documentation that it follows.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import quote

from wnmon.engine.deliveries import Answered, Mail, Parcel, Post, Route
from wnmon.model.channel import Channel, Service
from wnmon.model.exchange import FailureKind
from wnmon.model.json import Json
from wnmon.model.said import Said, Text
from wnmon.model.target import Secret
from wnmon.model.text import one_line

JSON_HEADERS = (("Content-Type", "application/json; charset=utf-8"), ("User-Agent", "wnmon"))
MAX_RETRY_AFTER_S = 3600.0
MOST_CODE = 10**12
MAX_ANSWER_CHARS = 2000
"""Of what a service says: more than is shown, so that it is cut once it holds no secret."""


_MARKUP = re.compile(r"[\\`*_~|\[\]()<>#]")
"""What Discord's Markdown is made of."""


class Result(StrEnum):
    """What became of a try. refused: the service does not take it as it is, and somebody has to do something."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    FAILED = "failed"

    @property
    def is_refusal(self) -> bool:
        """Tell whether trying again soon is of no use."""
        return self is Result.REFUSED


class Heard(NamedTuple):
    """What an answer says. `why` is wnmon's own, `answer` the service's words: not for everybody, and not redacted."""

    result: Result
    why: Text = ""
    answer: str = ""
    retry_after_s: float | None = None


class Letter(NamedTuple):
    """A message, ready for any service: its document, and title and text out of it. `at_s`: now, epoch."""

    id: str
    payload: str
    title: str
    text: str
    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A service."""

    ask: Callable[[Channel, Letter], Parcel]
    read: Callable[[Answered], Heard]


def heard(service: Service, answered: Answered) -> Heard:
    """Return what an answer of a service says."""
    if answered.failure is FailureKind.TOO_LARGE and service is Service.WEBHOOK:
        return _by_status(answered)  # which needs none of it
    if answered.failure is not None:
        return Heard(Result.FAILED, Said(f"notify_failure_{answered.failure.value}"))
    status = answered.status or 0
    if 300 <= status < 400:
        return Heard(Result.REFUSED, Said("notify_redirect", n=status))
    if status == 429 or (status >= 500 and service is not Service.SMTP):
        retry_after_s = _retry_after_s(answered, _members(answered))
        return Heard(Result.FAILED, _http(status), _words(answered), retry_after_s)
    return SERVICES[service].read(answered)


def _post(channel: Channel, body: Mapping[str, Json], url: Secret | None = None) -> Post:
    data = json.dumps(body, ensure_ascii=False).encode()
    return Post(url=url or channel.url, body=data, headers=JSON_HEADERS, route=_route(channel))


def _route(channel: Channel) -> Route:
    return Route(proxy=channel.proxy, ca_file=channel.ca_file, ca_folder=channel.ca_folder)


def _webhook(channel: Channel, letter: Letter) -> Post:
    """Standard Webhooks 1.0.0, "Webhook metadata" and "Signature scheme": id, timestamp and a signature over both."""
    body = letter.payload.encode()
    stamp = str(int(letter.at_s))
    headers = [*JSON_HEADERS, ("webhook-id", letter.id), ("webhook-timestamp", stamp)]
    if channel.secret is not None:
        signed = b".".join((letter.id.encode(), stamp.encode(), body))
        headers.append(("webhook-signature", f"v1,{_hmac(webhook_key(channel.secret.reveal()), signed)}"))
    return Post(url=channel.url, body=body, headers=tuple(headers), route=_route(channel))


def webhook_key(secret: str) -> bytes:
    """Return the key of signatures: what `whsec_` stands before is base64, as Standard Webhooks has it."""
    if secret.startswith("whsec_"):
        return base64.b64decode(secret.removeprefix("whsec_") + "==", altchars=None)
    return secret.encode()


def _hmac(key: bytes, message: bytes) -> str:
    return base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()


def _by_status(answered: Answered) -> Heard:
    """Whatever answers 2xx has it: a generic webhook documents no more."""
    status = answered.status or 0
    return Heard(Result.DELIVERED) if 200 <= status < 300 else Heard(Result.REFUSED, _http(status), _words(answered))


def _wecom(channel: Channel, letter: Letter) -> Post:
    """企业微信, "群机器人配置说明": text of at most 2048 bytes; `<@userid>` in it would call somebody."""
    text = in_bytes(_inert(_whole(letter)), 2048)
    return _post(channel, {"msgtype": "text", "text": {"content": text}})


def _dingtalk(channel: Channel, letter: Letter) -> Post:
    """钉钉, "自定义机器人接入" and "自定义机器人安全设置": the signature goes into the query, its stamp is in ms."""
    url = channel.url
    body: dict[str, Json] = {"msgtype": "text", "text": {"content": in_bytes(_whole(letter), 15_000)}}
    if channel.secret is not None:
        stamp, secret = str(round(letter.at_s * 1000)), channel.secret.reveal()
        sign = quote(_hmac(secret.encode(), f"{stamp}\n{secret}".encode()), safe="")
        joint = "&" if "?" in url.reveal() else "?"
        url = Secret(f"{url.reveal()}{joint}timestamp={stamp}&sign={sign}", url.name)
    return _post(channel, body, url)


def _feishu(channel: Channel, letter: Letter) -> Post:
    """飞书, "自定义机器人使用指南": the key of the signature is stamp and secret, and what is signed is nothing.

    Bodies of at most 20 KB; `<at user_id="all">` in a text would call everybody.
    """
    text = in_bytes(_inert(_whole(letter)), 15_000)
    body: dict[str, Json] = {"msg_type": "text", "content": {"text": text}}
    if channel.secret is not None:
        stamp = str(int(letter.at_s))
        body |= {"timestamp": stamp, "sign": _hmac(f"{stamp}\n{channel.secret.reveal()}".encode(), b"")}
    return _post(channel, body)


def _telegram(channel: Channel, letter: Letter) -> Post:
    """Telegram, "Bot API", sendMessage: 1-4096 characters; without parse_mode nothing in it is markup."""
    url = Secret(f"{_base(channel)}/bot{_token(channel)}/sendMessage", "url")
    body: dict[str, Json] = {"chat_id": channel.chat, "text": in_characters(_whole(letter), 4096)}
    return _post(channel, body | {"link_preview_options": {"is_disabled": True}}, url)


def _bark(channel: Channel, letter: Letter) -> Post:
    """Bark, "API V2", push. Apple's "Generating a remote notification" allows 4 KB in all."""
    body: dict[str, Json] = {
        "device_key": _token(channel),
        "title": in_bytes(letter.title, 200),
        "body": in_bytes(letter.text, 2500),
        "group": "wnmon",
    }
    return _post(channel, body, Secret(f"{_base(channel)}/push", "url"))


def _serverchan(channel: Channel, letter: Letter) -> Post:
    """Server酱, "SendKey" and its SDK: the host of a key that begins with sctp is in it; a title of 32 characters.

    `desp` is Markdown, in which only a block of code is safe from what a relay writes.
    """
    block = in_bytes(letter.text, 20_000).replace("`", "'")
    body: dict[str, Json] = {"title": in_characters(letter.title, 32), "desp": f"```\n{block}\n```"}
    return _post(channel, body, Secret(f"{_base(channel)}/{_token(channel)}.send", "url"))


def _slack(channel: Channel, letter: Letter) -> Post:
    """Slack, "Sending messages using incoming webhooks" and "Formatting text": & < > are escaped, so nothing calls."""
    text = in_characters(_whole(letter), 3000).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _post(channel, {"text": text, "mrkdwn": False})


def _discord(channel: Channel, letter: Letter) -> Post:
    """Discord, "Execute Webhook": `wait` has it answer with the message; content of at most 2000 characters.

    It is Markdown, in which a relay could hide where a link leads.
    """
    joint = "&" if "?" in channel.url.reveal() else "?"
    url = Secret(f"{channel.url.reveal()}{joint}wait=true", "url")
    text = in_characters(_MARKUP.sub(r"\\\g<0>", _whole(letter)), 2000)
    return _post(channel, {"content": text, "allowed_mentions": {"parse": []}}, url)


def _smtp(channel: Channel, letter: Letter) -> Mail:
    """RFC 5322: the same Message-ID at each try, so that a server may see that it has the mail."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = one_line(f"[wnmon] {letter.title}", 200)
    message["From"] = channel.sender
    message["To"] = ", ".join(channel.recipients)
    message["Date"] = formatdate(letter.at_s)
    message["Message-ID"] = f"<{letter.id}@wnmon>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody is to answer that they are away
    message.set_content(f"{letter.text}\n", cte="base64")  # no server need take more than ASCII
    return Mail(
        url=channel.url,
        sender=channel.sender,
        recipients=channel.recipients,
        message=message.as_bytes(),
        user=channel.user,
        password=channel.password,
        route=_route(channel),
    )


def _by_code(name: str, good: int, later: frozenset[int] = frozenset()) -> Callable[[Answered], Heard]:
    """Return a reader of a number in the body: one says delivered, some say to come again, any other is a refusal."""

    def read(answered: Answered) -> Heard:
        code = _number(_members(answered).get(name))
        if code is None:
            return Heard(Result.REFUSED, _http(answered.status or 0), _words(answered))
        if code == good:
            return Heard(Result.DELIVERED)
        return Heard(
            Result.FAILED if code in later else Result.REFUSED,
            Said("notify_code", name=name, n=code),
            _words(answered),
        )

    return read


def _by_ok(answered: Answered) -> Heard:
    """Telegram, "Bot API", Making requests: `ok` is true, else `error_code` and `description` say why not."""
    members = _members(answered)
    if members.get("ok") is True:
        return Heard(Result.DELIVERED)
    code = _number(members.get("error_code"))
    why = _http(answered.status or 0) if code is None else Said("notify_code", name="error_code", n=code)
    return Heard(Result.REFUSED, why, _words(answered))


def _by_word(answered: Answered) -> Heard:
    """Slack answers 200 and the word `ok`, else a word such as `no_service` with another status."""
    if answered.status == 200 and answered.body.strip() == b"ok":
        return Heard(Result.DELIVERED)
    return Heard(Result.REFUSED, _http(answered.status or 0), _words(answered))


def _by_message(answered: Answered) -> Heard:
    """Discord answers with the message it made, which has an id; else with `code` and `message`."""
    members = _members(answered)
    if answered.status == 200 and isinstance(members.get("id"), str):
        return Heard(Result.DELIVERED)
    code = _number(members.get("code"))
    why = Said("notify_code", name="code", n=code) if code else _http(answered.status or 0)
    return Heard(Result.REFUSED, why, _words(answered))


def _by_smtp(answered: Answered) -> Heard:
    """RFC 5321 section 4.2.1: 2yz says it was taken, 4yz that it may be later, 5yz that it will not be."""
    status = answered.status or 0
    if 200 <= status < 300:
        return Heard(Result.DELIVERED, Said("notify_some_refused", n=answered.left_out) if answered.left_out else "")
    result = Result.FAILED if 400 <= status < 500 else Result.REFUSED
    return Heard(result, Said("notify_smtp", n=status), _words(answered))


SERVICES: Mapping[Service, Row] = {
    Service.WEBHOOK: Row(ask=_webhook, read=_by_status),
    # -1: busy, 45009: too many within a minute (全局错误码).
    Service.WECOM: Row(ask=_wecom, read=_by_code("errcode", 0, frozenset({-1, 45009}))),
    # -1: busy, 130101 and 410100: too many within a minute.
    Service.DINGTALK: Row(ask=_dingtalk, read=_by_code("errcode", 0, frozenset({-1, 130101, 410100}))),
    # 9499 is a bad request, but 11232 and 99991400 say that there are too many.
    Service.FEISHU: Row(ask=_feishu, read=_by_code("code", 0, frozenset({11232, 99991400}))),
    Service.TELEGRAM: Row(ask=_telegram, read=_by_ok),
    Service.BARK: Row(ask=_bark, read=_by_code("code", 200)),
    Service.SERVERCHAN: Row(ask=_serverchan, read=_by_code("code", 0)),
    Service.SLACK: Row(ask=_slack, read=_by_word),
    Service.DISCORD: Row(ask=_discord, read=_by_message),
    Service.SMTP: Row(ask=_smtp, read=_by_smtp),
}


def _base(channel: Channel) -> str:
    return channel.url.reveal().rstrip("/")


def _token(channel: Channel) -> str:
    assert channel.token is not None  # the configuration has seen to it
    return channel.token.reveal()


def _whole(letter: Letter) -> str:
    """Return all of it, with a word that is in each: robots of DingTalk and Feishu may ask for one (自定义关键词)."""
    return f"[wnmon] {letter.title}\n{letter.text}"


def _inert(text: str) -> str:
    """Return a text in which nothing stands in `<>`, which WeCom and Feishu take for somebody to call."""
    return text.replace("<", "‹").replace(">", "›")


def in_characters(text: str, most: int) -> str:
    """Return whole lines of at most `most` characters in all; an ellipsis says that some are left out."""
    return _within(text, most, len)


def in_bytes(text: str, most: int) -> str:
    """Return whole lines of at most `most` bytes of UTF-8 in all; an ellipsis says that some are left out."""
    return _within(text, most, lambda part: len(part.encode()))


def _within(text: str, most: int, size: Callable[[str], int]) -> str:
    if size(text) <= most:
        return text
    kept = text
    while "\n" in kept and size(f"{kept}\n…") > most:
        kept = kept.rpartition("\n")[0]
    if size(f"{kept}\n…") <= most:
        return f"{kept}\n…"
    while kept and size(f"{kept}…") > most:
        kept = kept[:-1]
    return f"{kept}…"


def _members(answered: Answered) -> dict[str, Any]:
    try:
        body = json.loads(answered.body)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _number(value: object) -> int | None:
    """Return a code, None for what is none: what a page shows of it has an end."""
    is_code = isinstance(value, int) and not isinstance(value, bool) and abs(value) < MOST_CODE
    return value if is_code and isinstance(value, int) else None


def _retry_after_s(answered: Answered, members: Mapping[str, Any]) -> float | None:
    """Return how long a service asks to wait: as Telegram, Discord or the header Retry-After (RFC 9110) have it."""
    parameters = members.get("parameters")
    told = (
        parameters.get("retry_after") if isinstance(parameters, dict) else None,
        members.get("retry_after"),
        answered.headers.get("retry-after"),
    )
    for one in told:
        try:
            seconds = float(one) if one is not None else -1.0
        except (TypeError, ValueError):
            continue
        if seconds >= 0:
            return min(seconds, MAX_RETRY_AFTER_S)
    return None


def _http(status: int) -> Said:
    return Said("notify_http", n=status)


def _words(answered: Answered) -> str:
    """Return what a service says of a refusal, on one line."""
    members = _members(answered)
    said = next((members[name] for name in _SAYING if isinstance(members.get(name), str)), None)
    return one_line(said if said is not None else answered.body.decode("utf-8", "replace"), MAX_ANSWER_CHARS)


_SAYING = ("errmsg", "msg", "description", "message", "error")

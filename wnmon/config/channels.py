"""A channel of the YAML -> Channel. Nothing here quotes a token, a URL's path or what a variable holds.

    kind        needs            may have
    ----------  ---------------  ------------------------------------------------
    webhook     url              secret
    wecom       url
    dingtalk    url              secret
    feishu      url              secret
    telegram    token, chat      url, the base of the API
    bark        token            url, the base of a server of one's own
    serverchan  token            url, the base
    slack       url
    discord     url
    smtp        url, from, to    user, password

All have targets, checks, reasons, lang, timezone, quiet_hours, remind_every, max_per_hour and ca_file; all but smtp a
proxy.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Mapping

from wnmon.config.environment import fill, telling_values
from wnmon.config.key_file import KeyFile
from wnmon.config.node import Cursor, quote
from wnmon.config.reached import proxied, trusted
from wnmon.config.schema import fits, sound
from wnmon.config.timing import seconds_of
from wnmon.config.urls import MAIL, BadUrl, Relay, endpoint
from wnmon.config.zones import read_zone
from wnmon.model.channel import MAX_PER_HOUR, REMIND_S, Channel, QuietHours, Service
from wnmon.model.result import Reason
from wnmon.model.said import Said
from wnmon.model.target import Secret, Target

_NEEDS: Mapping[Service, tuple[str, ...]] = {
    Service.TELEGRAM: ("token", "chat"),
    Service.BARK: ("token",),
    Service.SERVERCHAN: ("token",),
    Service.SMTP: ("url", "from", "to"),
}
_MAY: Mapping[Service, tuple[str, ...]] = {
    Service.WEBHOOK: ("secret", "proxy"),
    Service.DINGTALK: ("secret", "proxy"),
    Service.FEISHU: ("secret", "proxy"),
    Service.TELEGRAM: ("url", "proxy"),
    Service.BARK: ("url", "proxy"),
    Service.SERVERCHAN: ("url", "proxy"),
    Service.SMTP: ("user", "password"),
}
_OF_SOME = ("url", "token", "secret", "chat", "from", "to", "user", "password", "proxy")
_BASES = {Service.TELEGRAM: "https://api.telegram.org", Service.BARK: "https://api.day.app"}
# A SendKey of Server酱³ names the host that takes it (https://sc3.ft07.com/doc), all others go to Turbo.
_SENDKEY = re.compile(r"sctp([0-9]+)t")
_TURBO = "https://sctapi.ftqq.com"
_REMIND_S, _REMIND = (60.0, 31 * 86_400.0), Said("duration_between", least="1m", most="31d")
_NEVER = "never"
# One header value or part of a URL: visible ASCII.
_TOKEN = re.compile(r"[!-~]+", re.ASCII)


def read_channel(
    name: str, place: Cursor, env: Mapping[str, str], key_in: KeyFile, written: Mapping[str, Collection[str]]
) -> Channel | None:
    """Return the channel at `place`, None (with every problem it has) when it cannot be used.

    `key_in` reads the file of a secret; `written` names all targets and checks.
    """
    before, as_written = len(place.problems), place
    if not fits("channel", place):
        place = sound("channel", place)
    if not place.has("kind"):
        return None  # the schema has said so
    service = Service(place.at("/kind").text)
    _refuse_keys(service, as_written)
    secrets = {key: _secret(place.get(key), env, key_in, key) for key in ("url", "token", "secret", "password")}
    where = _where(service, place, secrets["url"], secrets["token"])
    _refuse_bad_secret(place.get("secret"), secrets["secret"])
    for key, unknown in (("targets", "unknown_target"), ("checks", "unknown_check")):
        for one in place.elements(key):
            one.is_one_of(written[key], Said("named", said=Said(unknown), name=quote(one.text)))
    target = _reached(name, where, place, env)
    channel = Channel(
        name=name,
        service=service,
        url=Secret(where.url, "url"),
        host=where.host,
        token=secrets["token"],
        secret=secrets["secret"],
        chat=str(place.at("/chat").node.value) if place.has("chat") else "",
        sender=place.text_of("from") or "",
        recipients=place.texts_of("to"),
        user=place.text_of("user") or "",
        password=secrets["password"],
        targets=place.texts_of("targets") if place.has("targets") else None,
        checks=place.texts_of("checks") if place.has("checks") else None,
        reasons=tuple(map(Reason, place.texts_of("reasons"))) if place.has("reasons") else None,
        lang=place.text_of("lang"),
        zone=read_zone(place.get("timezone")),
        quiet=_quiet(place.get("quiet_hours")),
        remind_s=_remind_s(place.get("remind_every")),
        max_per_hour=place.whole_of("max_per_hour") or MAX_PER_HOUR,
        proxy=target.proxy,
        ca_file=target.ca_file,
        ca_folder=target.ca_folder,
        more_secrets=(*_of_url(where, place, env), *target.extra_secrets),
    )
    return channel if len(place.problems) == before else None


def _refuse_keys(service: Service, place: Cursor) -> None:
    """Report a key that the kind needs and that is missing, and one that it has no use for."""
    needs = _NEEDS.get(service, ("url",))
    for key in needs:
        if not place.has(key):
            place.report(Said("kind_needs", name=f'"{key}"', text=service.value), key=True)
    for key in _OF_SOME:
        member = place.get(key)
        if member is not None and key not in (*needs, *_MAY.get(service, ("proxy",))):
            member.report(Said("key_of_kinds", name=f'"{key}"', text=service.value), Said("leave_it_out"), key=True)
    if place.has("user") is not place.has("password"):
        place.at("/password" if place.has("password") else "/user").report(Said("password_alone"), key=True)


def _secret(place: Cursor | None, env: Mapping[str, str], key_in: KeyFile, name: str) -> Secret | None:
    """Return what a key or the file it names holds; None where there is none, or, with a problem, no good one."""
    file = place.get("file") if place is not None else None
    value = file or place
    filled = fill(value, env) if value is not None else None
    if value is None or filled is None:
        return None
    text, complaint = filled.text, None
    if file is not None:
        text, complaint = key_in(file.folder / filled.text)
    if complaint is None and not text:
        complaint = Said("secret_missing"), Said("variable_empty")
    if complaint is None and name in {"token", "secret"} and not _TOKEN.fullmatch(text):
        complaint = Said("key_characters"), Said("one_at_end")
    if complaint is not None:
        value.report(*complaint)
        return None
    return Secret(text, name)


def _where(service: Service, place: Cursor, url: Secret | None, token: Secret | None) -> Relay:
    nowhere = Relay(url="", host="")
    text = url.reveal() if url is not None else _base(service, token)
    if not text or (url is None and place.has("url")):
        return nowhere
    try:
        return endpoint(text, MAIL) if service is Service.SMTP else endpoint(text)
    except BadUrl as bad:
        # What a variable or a file holds is not quoted.
        place.at("/url").report(bad.message, None if _is_elsewhere(place.at("/url")) else bad.hint)
        return nowhere


def _is_elsewhere(place: Cursor) -> bool:
    return not isinstance(place.node.value, str) or "${" in place.node.value


def _base(service: Service, token: Secret | None) -> str:
    if service is not Service.SERVERCHAN or token is None:
        return _BASES.get(service, "")
    found = _SENDKEY.match(token.reveal())
    return f"https://{found[1]}.push.ft07.com/send" if found else _TURBO


def _refuse_bad_secret(place: Cursor | None, secret: Secret | None) -> None:
    """Report what begins as a secret of Standard Webhooks and does not go on as one."""
    if place is None or secret is None or not secret.reveal().startswith("whsec_"):
        return
    try:
        base64.b64decode(secret.reveal().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        place.report(Said("secret_no_base64"))


def _reached(name: str, where: Relay, place: Cursor, env: Mapping[str, str]) -> Target:
    """Return how the service is reached, by the rules for targets; a mail server is asked without a proxy."""
    target = Target(name=name, url=where.url.replace("smtps://", "https://", 1), host=where.host, models=())
    if not where.url.startswith("smtp"):
        target = proxied(target, place, env, "/url")
    return trusted(target, place, env, "/url")


def _of_url(where: Relay, place: Cursor, env: Mapping[str, str]) -> tuple[Secret, ...]:
    """Return the keys in a URL: by their names and shape, and what variables hold."""
    url = place.get("url")
    named = telling_values(url, env) if url is not None and isinstance(url.node.value, str) else ()
    return tuple(Secret(key, "url") for key in dict.fromkeys((*where.keys, *named)))


def _quiet(place: Cursor | None) -> QuietHours | None:
    if place is None:
        return None
    begin, end = (int(time[:2]) * 60 + int(time[3:]) for time in place.text.split("-"))
    if begin == end:
        place.report(Said("quiet_all_day"))
        return None
    return QuietHours(from_min=begin, until_min=end)


def _remind_s(place: Cursor | None) -> float | None:
    if place is None:
        return REMIND_S
    return None if place.text == _NEVER else seconds_of(place, _REMIND_S, _REMIND)

"""Channels of `notify`: what each kind resolves to, how it is reached, and what of it is secret."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from config_samples import ENV, TARGET, config, problems, write

from wnmon.config.schema import _FILE
from wnmon.model.channel import MAX_PER_HOUR, REMIND_S, Channel, QuietHours, Service
from wnmon.model.result import Outcome, Reason
from wnmon.redact.redactor import Redactor
from wnmon.watch.confirm import says_up

URL = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=633a31f6-7f9c-4bc4-97a0-0ec1eefa5898"
BOT = "710294:AAGx3vQ9Lm2pZtR8wYc5Ks1HnUe7oBdJ4f0"
SCHEMA = json.loads(_FILE.read_text("utf-8"))["$defs"]["channel"]["properties"]


def channel(folder: Path, members: str, env: dict[str, str] | None = None) -> Channel:
    """Return the channel with these members."""
    text = f"{TARGET}notify: {{team: {{{members}}}}}\n"
    return config(folder, text, ENV | {"WECOM_URL": URL, "BOT": BOT} | (env or {})).channels[0]


def test_every_kind_of_the_language_is_a_service() -> None:
    assert SCHEMA["kind"]["enum"] == [service.value for service in Service]


def test_every_reason_that_confirms_an_outage_may_be_named_and_a_budget() -> None:
    confirming = [reason.value for reason in Reason if says_up(Outcome.ERRORED, reason) is False]
    assert SCHEMA["reasons"]["items"]["enum"] == [*(reason for reason in confirming if reason != "ok"), "budget"]


def test_a_channel_with_nothing_but_its_url_is_told_of_all(tmp_path: Path) -> None:
    team = channel(tmp_path, "kind: wecom, url: '${WECOM_URL}'")
    assert (team.targets, team.checks, team.reasons, team.lang) == (None, None, None, None)


def test_what_is_not_said_is_as_documented(tmp_path: Path) -> None:
    team = channel(tmp_path, "kind: wecom, url: '${WECOM_URL}'")
    assert (team.remind_s, team.max_per_hour, team.quiet) == (REMIND_S, MAX_PER_HOUR, None)


def test_a_url_is_posted_to_as_it_is_written(tmp_path: Path) -> None:
    assert channel(tmp_path, "kind: wecom, url: '${WECOM_URL}'").url.reveal() == URL


def test_of_a_url_the_host_may_be_shown(tmp_path: Path) -> None:
    assert channel(tmp_path, "kind: wecom, url: '${WECOM_URL}'").host == "qyapi.weixin.qq.com"


@pytest.mark.parametrize(
    ("members", "base"),
    [
        ("kind: telegram, token: '${BOT}', chat: 7", "https://api.telegram.org/"),
        ("kind: telegram, token: '${BOT}', chat: 7, url: https://tg.example/base", "https://tg.example/base"),
        ("kind: bark, token: x", "https://api.day.app/"),
        ("kind: serverchan, token: SCT81237TqWm4Rz9vXc2", "https://sctapi.ftqq.com/"),
        ("kind: serverchan, token: sctp1234tAbCdEfGh", "https://1234.push.ft07.com/send"),
    ],
)
def test_a_service_with_one_address_need_not_be_told_it(members: str, base: str, tmp_path: Path) -> None:
    assert channel(tmp_path, members).url.reveal() == base


def test_a_token_may_stand_in_a_file(tmp_path: Path) -> None:
    write(tmp_path, f"{BOT}\n", "bot")
    token = channel(tmp_path, "kind: telegram, token: {file: bot}, chat: '@ops'").token
    assert token is not None
    assert token.reveal() == BOT


def test_the_file_of_a_token_is_watched(tmp_path: Path) -> None:
    write(tmp_path, f"{BOT}\n", "bot")
    text = f"{TARGET}notify: {{team: {{kind: bark, token: {{file: bot}}}}}}\n"
    assert tmp_path / "bot" in config(tmp_path, text).files


@pytest.mark.parametrize(
    ("members", "secret"),
    [
        ("kind: wecom, url: '${WECOM_URL}'", URL.partition("key=")[2]),
        ("kind: telegram, token: '${BOT}', chat: 7", BOT),
        ("kind: webhook, url: https://hooks.example/x, secret: sign-with-this-word", "sign-with-this-word"),
        ("kind: webhook, url: 'https://hooks.example/${HOOK_TOKEN}'", "a-word-that-is-hers"),
        ("kind: slack, url: https://hooks.slack.example/services/T0/B0/Zk3vQ9xT2mLpR7wYc5Ks", "Zk3vQ9xT2mLpR7wYc5Ks"),
        (
            "kind: smtp, url: smtps://mail.example, from: a@b.example, to: [c@d.example], user: me, password: '${PW}'",
            ENV["PW"],
        ),
        ("kind: webhook, url: https://hooks.example/x, proxy: 'http://me:${PW}@proxy.example:1'", "a-long!password"),
    ],
)
def test_no_output_shows_a_secret_of_a_channel(members: str, secret: str, tmp_path: Path) -> None:
    text = f"{TARGET}notify: {{team: {{{members}}}}}\n"
    known = config(tmp_path, text, ENV | {"WECOM_URL": URL, "BOT": BOT, "HOOK_TOKEN": "a-word-that-is-hers"})
    assert secret not in Redactor(known.secrets()).text(f"it said {secret}.")


def test_a_host_of_a_channel_is_no_secret(tmp_path: Path) -> None:
    known = config(tmp_path, f"{TARGET}notify: {{team: {{kind: wecom, url: '{URL}'}}}}\n")
    assert Redactor(known.secrets()).text("from qyapi.weixin.qq.com") == "from qyapi.weixin.qq.com"


def test_a_channel_shows_no_secret_when_it_is_printed(tmp_path: Path) -> None:
    shown = repr(channel(tmp_path, "kind: telegram, token: '${BOT}', chat: 7"))
    assert BOT not in shown


@pytest.mark.parametrize(
    ("members", "env", "proxy"),
    [
        ("", {"HTTPS_PROXY": "http://proxy.example:1"}, "http://proxy.example:1"),
        (", proxy: none", {"HTTPS_PROXY": "http://proxy.example:1"}, None),
        (", proxy: 'http://other.example:2'", {"HTTPS_PROXY": "http://proxy.example:1"}, "http://other.example:2"),
        ("", {"HTTPS_PROXY": "http://proxy.example:1", "NO_PROXY": "hooks.example"}, None),
        ("", {}, None),
    ],
)
def test_a_channel_is_reached_by_the_rules_for_targets(
    members: str, env: dict[str, str], proxy: str | None, tmp_path: Path
) -> None:
    found = channel(tmp_path, f"kind: webhook, url: 'https://hooks.example/x'{members}", env).proxy
    assert (found.reveal() if found is not None else None) == proxy


def test_a_mail_server_is_asked_without_a_proxy(tmp_path: Path) -> None:
    members = "kind: smtp, url: smtps://mail.example, from: a@b.example, to: [c@d.example]"
    assert channel(tmp_path, members, {"ALL_PROXY": "http://proxy.example:1"}).proxy is None


@pytest.mark.parametrize("url", ["https://hooks.example/x", "smtps://mail.example"])
def test_the_authorities_of_the_environment_count_for_channels(url: str, tmp_path: Path) -> None:
    file = write(tmp_path, "-----BEGIN CERTIFICATE-----\n", "ca.pem")
    members = f"kind: webhook, url: '{url}'"
    if url.startswith("smtps"):
        members = f"kind: smtp, url: '{url}', from: a@b.example, to: [c@d.example]"
    assert channel(tmp_path, members, {"SSL_CERT_FILE": str(file)}).ca_file == str(file)


def test_quiet_hours_and_times_are_by_the_clock_of_the_channel(tmp_path: Path) -> None:
    team = channel(tmp_path, "kind: wecom, url: '${WECOM_URL}', quiet_hours: '22:30-07:00', timezone: Asia/Shanghai")
    assert (team.quiet, team.zone) == (QuietHours(from_min=1350, until_min=420), ZoneInfo("Asia/Shanghai"))


def test_a_channel_may_never_be_reminded(tmp_path: Path) -> None:
    assert channel(tmp_path, "kind: wecom, url: '${WECOM_URL}', remind_every: never").remind_s is None


def test_a_channel_hears_of_what_it_names(tmp_path: Path) -> None:
    team = channel(tmp_path, "kind: wecom, url: '${WECOM_URL}', targets: [wn], reasons: [auth, balance]")
    assert (team.targets, team.reasons) == (("wn",), (Reason.AUTH, Reason.BALANCE))


def test_the_chat_of_telegram_may_be_a_number(tmp_path: Path) -> None:
    assert channel(tmp_path, "kind: telegram, token: '${BOT}', chat: -1001234567890").chat == "-1001234567890"


def test_channels_may_stand_in_an_included_file(tmp_path: Path) -> None:
    write(tmp_path, "notify: {team: {kind: bark, token: x}}\n", "notify.yaml")
    assert [one.name for one in config(tmp_path, f"include: [notify.yaml]\n{TARGET}").channels] == ["team"]


def test_authorities_of_the_environment_that_are_not_there_are_a_problem(tmp_path: Path) -> None:
    text = f"{TARGET}notify: {{team: {{kind: webhook, url: https://hooks.example/x}}}}\n"
    said = problems(tmp_path, text.replace("https://relay", "http://relay"), ENV | {"SSL_CERT_FILE": "/nowhere.pem"})
    assert said == [
        "wnmon.yaml:2:37 notify.team.url: SSL_CERT_FILE: no such file, unset the variable, or let it name what is there"
    ]


@pytest.mark.parametrize(
    ("members", "target", "check", "watched"),
    [
        ("", "wn", "alive", True),
        (", targets: [wn]", "wn", "alive", True),
        (", targets: [wn]", "other", "alive", False),
        (", checks: [alive]", "wn", "alive", True),
        (", checks: [alive]", "wn", "deep", False),
    ],
)
def test_a_channel_watches_what_it_names(members: str, target: str, check: str, watched: bool, tmp_path: Path) -> None:
    text = f"{TARGET}checks: {{alive: {{prompt: a}}}}\nnotify: {{team: {{kind: bark, token: x{members}}}}}\n"
    assert config(tmp_path, text).channels[0].watches(target, check) is watched


DOCS = (Path(__file__).parents[3] / "docs" / "messages.md").read_text("utf-8")


def test_the_example_of_the_page_on_messages_is_valid(tmp_path: Path) -> None:
    write(tmp_path, f"{BOT}\n", "telegram")
    example = DOCS.partition("```yaml\n")[2].partition("```")[0].replace("/run/secrets/", "")
    assert len(config(tmp_path, TARGET + example, {"WECOM_URL": URL}).channels) == 2


@pytest.mark.parametrize("key", [key for key in SCHEMA if key != "kind"])
def test_the_page_on_messages_names_every_key(key: str) -> None:
    assert f"`{key}`" in DOCS


@pytest.mark.parametrize("service", list(Service))
def test_the_page_on_messages_names_every_kind(service: Service) -> None:
    assert f"| `{service.value}`" in DOCS

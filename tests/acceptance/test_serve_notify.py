"""A running service tells people of an outage and its end: a relay that is switched off and on, services that take."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from message_services import (
    ANSWERS,
    BOT,
    CHAT,
    SECRET,
    SENDKEY,
    TOKEN,
    Reply,
    StandIn,
    Taken,
    plain,
    standing_in,
    told,
)
from service_process import ServiceProcess, eventually, serving, wnmon

CHUNK = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m0"}
PIECES = (
    {"index": 0, "delta": {"role": "assistant", "content": "pong"}, "finish_reason": None},
    {"index": 0, "delta": {}, "finish_reason": "stop"},
)
STREAM = "".join(f"data: {json.dumps({**CHUNK, 'choices': [piece]})}\n\n" for piece in PIECES) + "data: [DONE]\n\n"


@dataclass
class Switch:
    """A relay that answers while it is on."""

    on: bool = True

    def answer(self, _: Taken) -> Reply:
        events = {"Content-Type": "text/event-stream"}
        return (200, events, STREAM.encode()) if self.on else plain("upstream is gone", 502)


@contextmanager
def a_service(
    folder: Path, channels: str, models: int = 1, every: str = "5s", env: Mapping[str, str] | None = None
) -> Iterator[tuple[ServiceProcess, Switch]]:
    """Run a service that asks a relay which can be switched off."""
    switch = Switch()
    names = ", ".join(f"m{number}" for number in range(models))
    with standing_in(switch.answer) as relay:
        config = f"""\
targets:
  wn: {{base_url: {relay.url}, api_key: "${{WN_API_KEY}}", models: [{names}], concurrency: 20}}
checks:
  alive: {{every: {every}, timeout: 4s, prompt: hello, request: {{stream: true}}, expect: {{status: 200}},
    confirm: {{recheck: 1s}}}}
notify:
{channels}
"""
        with serving(folder, config, "--run-now", env=env) as service:
            yield service, switch


@dataclass
class Told:
    """What a webhook was told of an outage of one relay and its end, and what the service showed meanwhile."""

    documents: list[dict[str, Any]]
    page: str
    metrics: dict[tuple[str, ...], float | None]
    stdout: str


def values(service: ServiceProcess) -> dict[tuple[str, ...], float | None]:
    """Return the series of the channel."""
    found = (one for one in service.samples() if one[0].startswith("wnmon_notify_"))
    return {(name, *sorted(labels.values())): value for name, labels, value in found}


@pytest.fixture(scope="module")
def outage(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Switch the one relay off for several intervals, then on again for some more."""
    folder = tmp_path_factory.mktemp("outage")
    with standing_in(ANSWERS["webhook"]) as hook:
        channel = f"  team: {{kind: webhook, url: {hook.url}/hook, secret: {SECRET}}}"
        with a_service(folder, channel) as (service, switch):
            eventually(lambda: service.probes()["wn/alive/m0"]["up"], "a relay that is up")
            switch.on = False
            eventually(lambda: hook.taken, "a message that it is down")
            time.sleep(11)
            switch.on = True
            eventually(lambda: len(hook.taken) > 1, "a message that it is up again")
            time.sleep(5)
            page = service.get("/").text
            return Told(hook.documents(), page, values(service), service.stdout)


def test_an_outage_is_one_message_and_its_end_another(outage: Told) -> None:
    assert [one["kind"] for one in outage.documents] == ["down", "up"]


def test_a_message_says_which_relay_and_why(outage: Told) -> None:
    (item,) = outage.documents[0]["outages"]
    assert (item["target"], item["model"], item["reason"]) == ("wn", "m0", "http_5xx")


def test_a_message_says_how_fast_the_relay_answered_before(outage: Told) -> None:
    assert outage.documents[0]["outages"][0]["ttft_s"] > 0


def test_a_message_of_an_end_says_how_long_it_lasted(outage: Told) -> None:
    (item,) = outage.documents[1]["outages"]
    assert item["down_s"] == pytest.approx(item["until_s"] - item["since_s"], abs=0.01)


def test_a_message_is_in_words_too(outage: Told) -> None:
    assert outage.documents[0]["title"] == "🔴 wn: 1 of 1 down: relay error"


def test_the_page_shows_when_a_channel_took_a_message(outage: Told) -> None:
    assert "last delivered" in outage.page


def test_the_metrics_count_what_a_channel_took(outage: Told) -> None:
    assert outage.metrics["wnmon_notify_attempts_total", "delivered", "team"] == 2


def test_the_metrics_know_of_no_try_that_was_not_made(outage: Told) -> None:
    assert outage.metrics["wnmon_notify_attempts_total", "refused", "team"] == 0


def test_the_log_says_that_a_message_was_delivered(outage: Told) -> None:
    assert outage.stdout.count("team: message delivered") == 2


def test_a_hundred_models_of_one_relay_are_one_message(tmp_path: Path) -> None:
    with standing_in(ANSWERS["webhook"]) as hook:
        channel = f"  team: {{kind: webhook, url: {hook.url}/hook, secret: {SECRET}}}"
        with a_service(tmp_path, channel, models=100, every="20s") as (service, switch):
            eventually(lambda: all(row["up"] for row in service.probes().values()), "a hundred models that are up")
            switch.on = False
            eventually(lambda: all(row["up"] is False for row in service.probes().values()), "a hundred that are down")
            eventually(lambda: hook.taken, "a message")
            time.sleep(3)
            assert [(one["kind"], one["outages_total"]) for one in hook.documents()] == [("down", 100)]


CHANNELS = """\
  webhook: {{kind: webhook, url: {url}/hook/{token}, secret: "${{SIGN}}"}}
  wecom: {{kind: wecom, url: "{url}/cgi-bin/webhook/send?key={token}"}}
  dingtalk: {{kind: dingtalk, url: "{url}/robot/send?access_token={token}", secret: "${{SIGN}}"}}
  feishu: {{kind: feishu, url: {url}/open-apis/bot/v2/hook/{token}, secret: "${{SIGN}}"}}
  telegram: {{kind: telegram, url: {url}, token: "${{BOT}}", chat: "{chat}"}}
  bark: {{kind: bark, url: {url}, token: "${{DEVICE}}"}}
  serverchan: {{kind: serverchan, url: {url}, token: "${{SENDKEY}}"}}
  slack: {{kind: slack, url: {url}/services/T0/B0/{token}}}
  discord: {{kind: discord, url: {url}/api/webhooks/1/{token}}}
"""
PRIVATE = {"SIGN": SECRET, "BOT": BOT, "DEVICE": TOKEN, "SENDKEY": SENDKEY}


def repeating(taken: Taken) -> Reply:
    """Refuse, and repeat every secret there is: in the way each service says what is wrong."""
    said = f"no {TOKEN} {SECRET} {BOT} {SENDKEY} {taken.path}"
    body = {"errcode": 93000, "errmsg": said, "code": 19021, "msg": said, "ok": False, "description": said}
    return told(body | {"message": said}, 400)


@dataclass
class Shown:
    """All that a service shows whose channels are refused."""

    everything: str
    page: str


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    folder = tmp_path_factory.mktemp("refused")
    with standing_in(repeating) as nasty:
        channels = CHANNELS.format(url=nasty.url, token=TOKEN, chat=CHAT)
        with a_service(folder, channels, env=PRIVATE) as (service, switch):
            eventually(lambda: service.probes()["wn/alive/m0"]["up"], "a relay that is up")
            switch.on = False
            eventually(lambda: len(nasty.taken) >= len(ANSWERS), "a try by every channel")
            count = "wnmon_notify_attempts_total"
            eventually(lambda: service.value(count, result="refused") == len(ANSWERS), "that every one is refused")
            paths = ("/?lang=en", "/?lang=zh", "/metrics", "/api/v1/probes", "/-/healthy", "/-/ready")
            shown = [service.get(path).text for path in paths]
            kept = [one.read_bytes().decode("latin-1") for one in (folder / "data").iterdir() if one.is_file()]
            return Shown("\n".join((*shown, *kept, service.stdout, service.stderr)), shown[0])


@pytest.mark.parametrize("secret", [TOKEN, SECRET, BOT, SENDKEY], ids=["url", "signature", "bot", "sendkey"])
def test_no_secret_of_a_channel_is_shown_anywhere(refused: Shown, secret: str) -> None:
    assert secret not in refused.everything


def test_the_page_says_by_what_code_a_channel_was_refused(refused: Shown) -> None:
    assert "errcode 93000" in refused.page


def test_the_page_repeats_no_word_of_a_service(refused: Shown) -> None:
    assert "[redacted" not in refused.page


def test_the_log_says_what_a_service_answered(refused: Shown) -> None:
    assert "wecom: message not delivered: errcode 93000: no [redacted" in refused.everything


def tries(folder: Path, channels: str, *arguments: str) -> tuple[int, str, str]:
    """Run `wnmon notify test` over a configuration."""
    target = "targets: {wn: {base_url: http://127.0.0.1:9, models: [m]}}\n"
    folder.mkdir(exist_ok=True)
    (folder / "wnmon.yaml").write_text(f"{target}notify:\n{channels}", encoding="utf-8")
    return wnmon("notify", "test", *arguments, env=PRIVATE, cwd=folder)


@contextmanager
def one_of_each() -> Iterator[tuple[str, dict[str, StandIn]]]:
    """Run a good service of each kind, and yield the channels that lead to them."""
    with ExitStack() as stack:
        services = {kind: stack.enter_context(standing_in(answer)) for kind, answer in ANSWERS.items()}
        lines = CHANNELS.format(url="{}", token=TOKEN, chat=CHAT).splitlines()
        lines = [line.replace("{}", services[line.partition(":")[0].strip()].url) for line in lines]
        yield "\n".join(lines) + "\n", services


def test_a_test_message_reaches_every_service(tmp_path: Path) -> None:
    with one_of_each() as (channels, services):
        code, _, stderr = tries(tmp_path, channels)
        assert (code, stderr, [kind for kind, one in services.items() if not one.taken]) == (0, "", [])


def test_a_test_message_goes_to_the_named_channels_alone(tmp_path: Path) -> None:
    with one_of_each() as (channels, services):
        tries(tmp_path, channels, "slack", "bark")
        assert [kind for kind, one in services.items() if one.taken] == ["bark", "slack"]


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "wecom: message not delivered: errcode 93000: no [redacted"),
        ("zh", "wecom：消息未送达：errcode 93000：no [redacted"),
    ],
)
def test_a_test_message_that_is_refused_says_why(lang: str, said: str, tmp_path: Path) -> None:
    with standing_in(repeating) as nasty:
        channels = CHANNELS.format(url=nasty.url, token=TOKEN, chat=CHAT)
        code, _, stderr = tries(tmp_path, channels, "wecom", "--lang", lang)
        assert (code, stderr[: len(said)]) == (3, said)


def test_a_test_message_that_is_refused_shows_no_secret(tmp_path: Path) -> None:
    with standing_in(repeating) as nasty:
        _, stdout, stderr = tries(tmp_path, CHANNELS.format(url=nasty.url, token=TOKEN, chat=CHAT))
        assert [one for one in (TOKEN, SECRET, BOT, SENDKEY) if one in stdout + stderr] == []


@pytest.mark.parametrize(
    ("channels", "names", "said"),
    [
        ("  a: {kind: bark, token: x}\n", ("b",), "no channel 'b'"),
        ("  {}\n", (), "wnmon.yaml has no channels to try"),
    ],
)
def test_a_channel_that_is_not_there_is_a_matter_of_usage(
    channels: str, names: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    code, _, stderr = tries(tmp_path, channels, *names)
    assert (code, said in stderr) == (2, True)


def test_validate_shows_channels_by_their_hosts_alone(tmp_path: Path) -> None:
    with one_of_each() as (channels, _):
        tries(tmp_path, channels, "bark")
        _, stdout, _ = wnmon("validate", env=PRIVATE, cwd=tmp_path)
        assert ("  wecom: wecom at 127.0.0.1:" in stdout, TOKEN in stdout) == (True, False)


def test_a_channel_that_a_reload_brings_is_told_of_what_is_down(tmp_path: Path) -> None:
    with standing_in(ANSWERS["webhook"]) as hook, a_service(tmp_path, "  {}") as (service, switch):
        switch.on = False
        eventually(lambda: service.probes()["wn/alive/m0"]["up"] is False, "a relay that is down")
        file = tmp_path / "wnmon.yaml"
        channel = f"  team: {{kind: webhook, url: {hook.url}/hook, secret: {SECRET}}}"
        file.write_text(file.read_text(encoding="utf-8").replace("  {}", channel), encoding="utf-8")
        service.process.send_signal(signal.SIGHUP)
        eventually(lambda: hook.taken, "a message")
        assert hook.documents()[0]["kind"] == "down"

"""Maintenance and pauses of a running service: nothing is sent or known, and the page says why and until when."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from service_process import ServiceProcess, eventually, relay_beside, serving, wnmon

from wnmon.mock.server import MockRelay
from wnmon.mock.settings import MockSettings

CONFIG = """\
targets:
  works: {{base_url: {url}, api_key: "${{WN_API_KEY}}", models: [m], headers: {{X-Target: works}}}}
  paused:
    base_url: {url}
    api_key: ${{WN_API_KEY}}
    models: [m]
    headers: {{X-Target: paused}}
    paused: {{reason: "moves <b>away</b>", until: 2100-01-31}}
  open: {{base_url: {url}, api_key: "${{WN_API_KEY}}", models: [m]}}
checks:
  alive: {{every: 1s, timeout: 900ms, prompt: hello, expect: {{status: 500}}}}
maintenance:
{windows}
"""
YEARLY = '  - {cron: "0 0 1 1 *", duration: 1m, reason: never mind}\n'


def config(url: str, *, closed: bool) -> str:
    now = datetime.now(UTC).replace(microsecond=0)
    since, until = now - timedelta(hours=1), now + timedelta(hours=1)
    works = f"  - {{from: {since.isoformat()}, until: {until.isoformat()}, targets: [works], reason: backup}}\n"
    return CONFIG.format(url=url, windows=YEARLY + (works if closed else ""))


@pytest.fixture(scope="module")
def relay() -> Iterator[MockRelay]:
    with relay_beside(MockSettings()) as relay:
        yield relay


def came(relay: MockRelay, target: str) -> int:
    return sum(request.headers.get("x-target") == target for request in relay.requests)


@pytest.fixture(scope="module")
def service(relay: MockRelay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """Return a service that was failing before its maintenance began."""
    folder = tmp_path_factory.mktemp("maintenance")
    with serving(folder, config(relay.url, closed=False), "--poll", "100ms") as service:
        eventually(lambda: service.value("wnmon_probe_up", target="works") == 0, "an outage")
        (folder / "wnmon.yaml").write_text(config(relay.url, closed=True), encoding="utf-8")
        eventually(lambda: service.probes()["works/alive/m"]["outcome"] == "maintenance", "maintenance")
        yield service


@pytest.mark.parametrize("target", ["works", "paused"])
@pytest.mark.parametrize(
    "name",
    [
        "wnmon_probe_success",
        "wnmon_probe_up",
        "wnmon_probe_up_since_timestamp_seconds",
        "wnmon_probe_degraded",
        "wnmon_probe_consecutive_failures",
        "wnmon_probe_reason_streak",
    ],
)
def test_no_alert_has_anything_to_go_by(service: ServiceProcess, target: str, name: str) -> None:
    assert service.value(name, target=target) is None


@pytest.mark.parametrize(("target", "cause"), [("works", "maintenance"), ("paused", "paused")])
def test_the_rest_is_told_with_its_cause(service: ServiceProcess, target: str, cause: str) -> None:
    assert service.value("wnmon_probe_resting", target=target, cause=cause) == 1


def test_the_log_says_that_the_outage_is_confirmed(service: ServiceProcess) -> None:
    assert "works/alive/m is down since " in service.stderr


def test_the_log_says_at_the_start_what_is_paused(service: ServiceProcess) -> None:
    assert "now, until 2100-02-01 00:00 UTC" in service.stdout


def test_others_are_asked_as_ever(service: ServiceProcess) -> None:
    assert service.value("wnmon_probe_success", target="open") == 0


def test_due_runs_are_counted_as_left_out(service: ServiceProcess) -> None:
    assert eventually(lambda: service.value("wnmon_scheduler_skipped_runs_total", reason="maintenance"), "a skip")


def test_nothing_is_sent(service: ServiceProcess, relay: MockRelay) -> None:
    before = came(relay, "works")
    time.sleep(2.5)
    assert (came(relay, "works") - before, came(relay, "paused")) == (0, 0)


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ["maintenance until", "backup", "paused until 2100-02-01 00:00 UTC"]),
        ("zh", ["维护中", "维护至", "已暂停至 2100-02-01 00:00 UTC"]),
    ],
)
def test_the_page_says_why_and_until_when(service: ServiceProcess, lang: str, words: list[str]) -> None:
    text = service.get(f"/?lang={lang}").text
    assert [word for word in [*words, "moves &lt;b&gt;away"] if word not in text] == []


def test_who_asks_by_hand_is_answered_and_told(service: ServiceProcess, relay: MockRelay) -> None:
    order = ("check", "builtin:stream", "-c", "wnmon.yaml", "--target", "paused")
    code, out, err = wnmon(*order, cwd=service.folder)
    assert (code in {0, 1}, "nothing is to be sent until 2100-02-01 00:00+00:00: moves" in out) == (True, True), (
        out + err
    )


def test_validate_says_that_a_window_is_over(service: ServiceProcess) -> None:
    over = "  - {name: gone, from: 2020-01-01T00:00:00Z, until: 2020-01-02T00:00:00Z, reason: x}\n"
    file = service.folder / "over.yaml"
    file.write_text((service.folder / "wnmon.yaml").read_text("utf-8") + over, encoding="utf-8")
    code, out, err = wnmon("validate", "over.yaml", cwd=service.folder)
    assert (code, "over for good" in out + err, "gone" in out + err) == (0, True, True), out + err

"""A key in a mounted file: a new one needs no restart, ends rest and outage of the old one, and neither is shown."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from service_process import ServiceProcess, eventually, relay_beside, serving, wnmon

from wnmon.mock.settings import MockSettings

OLD, NEW = "sk-the-old-key-0123456789", "sk-the-new-key-9876543210"
MODELS = json.dumps({"object": "list", "data": [{"id": "m", "object": "model"}]})
CONFIG = """\
targets:
  wn: {{base_url: {url}, api_key: {{file: mount/key}}, models: [m]}}
checks:
  alive: {{every: 2s, timeout: 1s, prompt: hello, confirm: {{recheck: never}}}}
"""


RARE = """\
targets:
  wn: {{base_url: {url}, api_key: {{file: mount/key}}, models: [m]}}
checks:
  alive: {{every: 100d, prompt: hello, confirm: {{recheck: 1s}}}}
"""


@dataclass
class Relay:
    """Takes one key; whoever comes with another is refused for an hour. Each answer quotes both keys."""

    takes: str
    url: str = ""
    came: list[str] = field(default_factory=list)

    def answer(self, authorization: str, path: str) -> tuple[int, str]:
        """Return status and body."""
        self.came.append(authorization)
        if authorization != f"Bearer {self.takes}":
            return 429, json.dumps({"error": {"message": f"{OLD} is not {NEW}", "type": "x", "code": "rate"}})
        return (200, MODELS) if path.endswith("/models") else (500, f"{OLD} was {NEW} {authorization}")


@contextmanager
def relay_taking(key: str) -> Iterator[Relay]:
    relay = Relay(key)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, body = relay.answer(self.headers.get("Authorization", ""), self.path)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if status == 429:
                self.send_header("Retry-After", "3600")
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST  # noqa: N815 - its name in http.server

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        relay.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield relay
        server.shutdown()


def mount(folder: Path, key: str, number: int) -> None:
    """Put a key where Kubernetes mounts secrets: a link to a link to a folder, which is replaced."""
    data = folder / "mount" / f"..{number}"
    data.mkdir(parents=True)
    (data / "key").write_text(f"{key}\n", encoding="utf-8")
    (folder / "mount" / "..new").symlink_to(data.name)
    (folder / "mount" / "..new").rename(folder / "mount" / "..data")
    if number == 1:
        (folder / "mount" / "key").symlink_to("..data/key")


@pytest.fixture(scope="module")
def relay() -> Iterator[Relay]:
    with relay_taking(NEW) as relay:
        yield relay


@pytest.fixture(scope="module")
def service(relay: Relay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """Return a service whose key was replaced while it rested, since the relay refused the old one."""
    folder = tmp_path_factory.mktemp("key")
    mount(folder, OLD, 1)
    with serving(folder, CONFIG.format(url=relay.url), "--poll", "200ms", "--log-level", "debug") as service:
        eventually(lambda: service.probes()["wn/alive/m"]["rest"] == "asked", "a rest")
        mount(folder, NEW, 2)
        eventually(lambda: service.probes()["wn/alive/m"]["status"] == 500, "an answer to the new key")
        yield service


def test_a_new_key_needs_no_restart_and_ends_the_rest_of_the_old_one(service: ServiceProcess, relay: Relay) -> None:
    assert service.process.poll() is None
    assert list(dict.fromkeys(relay.came)) == [f"Bearer {OLD}", f"Bearer {NEW}"]


@pytest.mark.parametrize("key", [OLD, NEW], ids=["old", "new"])
@pytest.mark.parametrize("shown", ["/", "/?lang=zh", "/metrics", "/api/v1/probes", "stdout", "stderr"])
def test_neither_key_is_shown_anywhere(service: ServiceProcess, shown: str, key: str) -> None:
    text = service.get(shown).text if shown.startswith("/") else getattr(service, shown)
    assert key[:12] not in text


def test_a_key_file_that_is_gone_is_a_refused_reload_and_mended_by_the_next(service: ServiceProcess) -> None:
    link = service.folder / "mount" / "key"
    link.rename(service.folder / "mount" / "away")
    taken = "wnmon_config_last_reload_successful"
    eventually(lambda: service.value(taken) == 0, "a refusal")
    (service.folder / "mount" / "away").rename(link)
    assert eventually(lambda: service.value(taken) == 1, "a reload")


@pytest.mark.parametrize(
    "order",
    [
        ("validate", "wnmon.yaml"),
        ("check", "builtin:documented", "-c", "wnmon.yaml", "--patience", "0"),
        ("models", "-c", "wnmon.yaml"),
        ("balance", "-c", "wnmon.yaml"),
    ],
    ids=lambda order: order[0],
)
def test_every_command_reads_the_key_of_the_file_and_shows_it_nowhere(
    relay: Relay, tmp_path: Path, order: tuple[str, ...]
) -> None:
    mount(tmp_path, NEW, 1)
    (tmp_path / "wnmon.yaml").write_text(CONFIG.format(url=relay.url), encoding="utf-8")
    relay.came.clear()
    code, out, err = wnmon(*order, cwd=tmp_path)
    asked = f"Bearer {NEW}" in relay.came or order[0] == "validate"
    assert (code in {0, 1, 3}, asked, NEW in out + err) == (True, True, False), err


@contextmanager
def rarely_asked(folder: Path, settings: MockSettings) -> Iterator[ServiceProcess]:
    """Run a service that has the old key and one slot in 100 days, and has asked once."""
    mount(folder, OLD, 1)
    with relay_beside(settings) as relay:
        options = ("--run-now", "--poll", "200ms")
        with serving(folder, RARE.format(url=relay.url), *options) as service:
            yield service


def test_an_outage_of_a_key_that_is_refused_ends_with_the_key_and_not_with_the_next_slot(tmp_path: Path) -> None:
    with rarely_asked(tmp_path, MockSettings(strict=True, key=NEW, models=("m",))) as service:
        eventually(lambda: service.probes()["wn/alive/m"]["up"] is False, "an outage")
        mount(tmp_path, NEW, 2)
        assert eventually(lambda: service.probes()["wn/alive/m"]["up"], "its end")


def test_what_is_known_of_a_relay_stays_with_a_new_key(tmp_path: Path) -> None:
    since, reloaded = "wnmon_probe_up_since_timestamp_seconds", "wnmon_config_last_reload_success_timestamp_seconds"
    with rarely_asked(tmp_path, MockSettings()) as service:
        before_s = eventually(lambda: service.value(since, target="wn"), "a run")
        loaded_s = service.value(reloaded)
        mount(tmp_path, NEW, 2)
        eventually(lambda: service.value(reloaded) != loaded_s, "a reload")
        assert service.value(since, target="wn") == before_s

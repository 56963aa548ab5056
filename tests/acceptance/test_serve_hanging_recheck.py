"""A re-check that hangs costs no slot: the run that is due takes place, and nothing is held against wnmon."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from service_process import ServiceProcess, eventually, serving

# The relay tells re-checks from runs by their order alone: one has six seconds in which to be sent on a busy machine.
CONFIG = """\
targets:
  wn: {{base_url: {url}, api_key: "${{WN_API_KEY}}", models: [m]}}
checks:
  alive: {{every: 8s, timeout: 8s, prompt: hello, confirm: {{down: 9, recheck: 2s}}}}
slos:
  available: {{indicator: availability, objective: 99%, window: 30d}}
"""


@contextmanager
def refusing_and_hanging() -> Iterator[str]:
    """Run a relay that fails every other request at once and leaves those between without an answer; yield its URL."""
    over, came, lock = threading.Event(), iter(range(10_000)), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with lock:
                number = next(came)
            if number % 2:
                over.wait()
                return
            self.send_response(500)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        over.set()
        server.shutdown()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """Return a service two of whose re-checks were under way when the next slot came."""
    folder = tmp_path_factory.mktemp("hanging")
    # Not with --run-now: the next slot may come before the first re-check, and be taken for it.
    with refusing_and_hanging() as url, serving(folder, CONFIG.format(url=url), "--log-level", "debug") as service:
        eventually(lambda: (service.value("wnmon_probe_runs_total", target="wn") or 0) >= 3, "three runs")
        yield service


def test_no_slot_is_skipped_for_a_re_check_that_hangs(service: ServiceProcess) -> None:
    assert service.value("wnmon_scheduler_skipped_runs_total", reason="overlap") == 0


def test_a_re_check_that_hangs_is_not_held_against_the_monitor(service: ServiceProcess) -> None:
    assert service.value("wnmon_slo_excluded_total", cause="monitor") == 0


def test_a_re_check_that_gave_way_is_no_failure_of_the_relay(service: ServiceProcess) -> None:
    assert service.value("wnmon_probe_failures_total", target="wn", reason="timeout_total") in {None, 0}


def test_a_re_check_that_gave_way_is_told_for_what_it_is(service: ServiceProcess) -> None:
    assert "wn/alive/m: its re-check had not ended after" in service.stdout

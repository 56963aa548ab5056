"""`wnmon serve` as a process: what it shows, how it reloads, what it may spend, how it ends."""

from __future__ import annotations

import itertools
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from service_process import PATIENCE_S, ServiceProcess, environment, eventually, relay_beside, serving, wnmon

from wnmon.mock.server import MockRelay
from wnmon.mock.settings import MockSettings
from wnmon.model.result import Reason
from wnmon.model.target import ProbeId
from wnmon.schedule.timetable import next_slot_ns

TTFT_S = 0.2


def named(target: str, every_s: int, fits: Callable[[list[float]], bool], models: Sequence[str] = ("m",)) -> str:
    """Return the name of a check of a target whose next slots, in seconds from now and one per model, fit."""
    every_ns, now_ns = every_s * 10**9, time.time_ns()
    for name in (f"c{number}" for number in itertools.count()):
        ids = [ProbeId(f"{target}/{name}/{model}") for model in models]
        if fits([(next_slot_ns(one, every_ns, now_ns) - now_ns) / 1e9 for one in ids]):
            return name
    raise AssertionError("endless")


LATER = named("good", 3600, lambda waits_s: waits_s[0] > 1800)
CROWDED = named("narrow", 2, lambda waits_s: max(waits_s) - min(waits_s) < 0.1, "abc")


def target(url: str, name: str, **more: str) -> str:
    """Return one target that tells the relay its own name in a header."""
    headers = {"X-Target": name, **({"X-Wnmon-Fault": more.pop("fault")} if "fault" in more else {})}
    shown = ", ".join(f'{key}: "{value}"' for key, value in headers.items())
    members = {"base_url": url, "api_key": "${WN_API_KEY}", "models": "[m]", "headers": f"{{{shown}}}", **more}
    return "".join([f"  {name}:\n", *(f"    {key}: {value}\n" for key, value in members.items())])


def check(name: str, every: str, **more: str) -> str:
    """Return one small streaming check."""
    members = {
        "every": every,
        "timeout": "900ms" if every == "1s" else "60s",
        "prompt": '"Reply with only: {{nonce}}"',
        "request": "{stream: true, max_tokens: 64}",
        "expect": '{status: 200, stream: complete, ttft: 10s, content: {contains: "{{nonce}}"}}',
        **more,
    }
    return "".join([f"  {name}:\n", *(f"    {key}: {value}\n" for key, value in members.items())])


def asked(relay: MockRelay, name: str) -> list[int]:
    """Return when (CLOCK_MONOTONIC, ns) the requests of one target had been read."""
    return [request.read_ns for request in relay.requests if request.headers.get("x-target") == name]


@pytest.fixture(scope="module")
def relay() -> Iterator[MockRelay]:
    with relay_beside(MockSettings(ttft_s=TTFT_S, gap_s=0.001)) as relay:
        yield relay


# One service for all that can be seen side by side: each target has a trait of its own.


@pytest.fixture(scope="module")
def service(relay: MockRelay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    config = "".join(
        [
            "targets:\n",
            target(relay.url, "good"),
            target(relay.url, "frugal", budget="{requests_per_day: 3}", step_down="false"),
            target(relay.url, "refusing", fault="429"),
            target(relay.url, "narrow", models="[a, b, c]", concurrency="1"),
            "checks:\n",
            check("alive", "1s", targets="[good, frugal, refusing]"),
            check(CROWDED, "2s", targets="[narrow]", timeout="1900ms"),
            check(LATER, "1h", targets="[good]"),
        ]
    )
    folder = tmp_path_factory.mktemp("service")
    with serving(folder, config, env={"LANG": "zh_CN.UTF-8"}) as service:
        eventually(lambda: service.probes()["good/alive/m"]["runs"] >= 2, "two runs")
        yield service


@pytest.fixture(scope="module")
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None and os.environ.get("CI"):
        pytest.fail("promtool is not installed; `make components` does it")
    return found or pytest.skip("promtool is not installed")


def test_promtool_finds_nothing_to_complain_about_in_the_metrics(service: ServiceProcess, promtool: str) -> None:
    text = service.get("/metrics").text

    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_a_healthy_relay_shows_as_success_1(service: ServiceProcess) -> None:
    line = 'wnmon_probe_success{check="alive",model="m",target="good"} 1.0\n'

    assert eventually(lambda: line in service.get("/metrics").text, "a success")


@pytest.mark.parametrize("family", ["wnmon_probe_ttft_seconds", "wnmon_probe_duration_seconds"])
def test_a_latency_histogram_counts_with_every_run(service: ServiceProcess, family: str) -> None:
    before = service.value(f"{family}_count", target="good", check="alive") or 0

    assert eventually(lambda: (service.value(f"{family}_count", target="good", check="alive") or 0) > before, "a count")


def test_every_failure_reason_is_born_at_0_before_the_first_run(service: ServiceProcess) -> None:
    born = {
        labels["reason"]: value
        for name, labels, value in service.samples()
        if name == "wnmon_probe_failures_total" and labels["check"] == LATER
    }

    assert born == {reason.value: 0 for reason in Reason if reason.value in born}
    assert set(born) >= {reason.value for reason in Reason} - {"ok"}


def test_no_gauge_states_a_fact_of_a_probe_that_never_ran(service: ServiceProcess) -> None:
    configured = {"wnmon_probe_interval_seconds", "wnmon_probe_timeout_seconds", "wnmon_probe_info"}
    configured.add("wnmon_probe_next_run_timestamp_seconds")
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", service.get("/metrics").text, re.MULTILINE))

    told = {name for name, labels, _ in service.samples() if labels.get("check") == LATER}

    assert {name for name in told if kinds.get(name) == "gauge"} == configured


def test_a_budget_of_3_requests_is_3_requests_at_the_relay(service: ServiceProcess, relay: MockRelay) -> None:
    skipped = "wnmon_scheduler_skipped_runs_total"
    eventually(lambda: (service.value(skipped, reason="budget") or 0) >= 2, "two skipped runs")

    assert len(asked(relay, "frugal")) == 3


def test_runs_the_budget_forbids_are_counted(service: ServiceProcess) -> None:
    assert eventually(lambda: service.value("wnmon_scheduler_skipped_runs_total", reason="budget"), "a skipped run")


def test_a_relay_that_asks_for_two_seconds_gets_them(service: ServiceProcess, relay: MockRelay) -> None:
    eventually(lambda: len(asked(relay, "refusing")) >= 3, "three requests")

    gaps_s = [(after - before) / 1e9 for before, after in pairwise(asked(relay, "refusing"))]

    assert min(gaps_s) >= 2


def test_runs_left_out_because_the_relay_asked_are_counted(service: ServiceProcess) -> None:
    assert eventually(lambda: service.value("wnmon_scheduler_skipped_runs_total", reason="backoff"), "a skipped run")


def test_with_concurrency_1_a_request_begins_only_after_the_answer_before(
    service: ServiceProcess, relay: MockRelay
) -> None:
    eventually(lambda: len(asked(relay, "narrow")) >= 8, "eight requests")

    gaps_s = [(after - before) / 1e9 for before, after in pairwise(asked(relay, "narrow"))]

    assert min(gaps_s) >= TTFT_S


def test_the_language_of_the_environment_is_that_of_the_lines(service: ServiceProcess) -> None:
    assert "通过" in service.stdout


def test_the_language_of_the_environment_is_that_of_the_page_where_the_reader_names_none(
    service: ServiceProcess,
) -> None:
    assert '<html lang="zh"' in service.get("/").text


def test_the_language_of_the_reader_is_that_of_the_page(service: ServiceProcess) -> None:
    assert '<html lang="en"' in service.get("/", Accept_Language="en-GB,en;q=0.9").text


def test_healthcheck_of_a_running_service_exits_0(service: ServiceProcess) -> None:
    assert wnmon("healthcheck", "--url", f"{service.url}-/healthy")[0] == 0


def test_healthcheck_of_an_answer_that_is_not_200_exits_1(service: ServiceProcess) -> None:
    assert wnmon("healthcheck", "--url", f"{service.url}nothing-here")[0] == 1


def test_healthcheck_where_nobody_listens_exits_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    assert wnmon("healthcheck", "--url", f"http://127.0.0.1:{port}/-/healthy")[0] == 1


def test_a_port_in_use_exits_2_with_a_hint(service: ServiceProcess) -> None:
    address = service.url.removeprefix("http://").rstrip("/")

    code, _, complaint = wnmon("serve", str(service.folder / "wnmon.yaml"), "--listen", address)

    assert (code, "hint: choose another address with --listen" in complaint) == (2, True)


def test_reload_over_http_needs_the_flag(service: ServiceProcess) -> None:
    refused = service.get("/-/reload", method="POST")

    assert (refused.status, "--enable-reload" in refused.text) == (403, True)


# Reloading: one service, each test begins with the configuration it needs.


class Reloadable:
    """A service whose configuration a test may rewrite."""

    def __init__(self, service: ServiceProcess, relay: MockRelay) -> None:
        self.service = service
        self.relay = relay

    def write(self, *checks: str) -> None:
        """Replace the configuration by one target and these checks."""
        self.write_text("".join(["targets:\n", target(self.relay.url, "good"), "checks:\n", *checks]))

    def write_text(self, text: str) -> None:
        """Replace the whole file at once, as editors do."""
        fresh = self.service.folder / "fresh.yaml"
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self.service.folder / "wnmon.yaml")

    def reload(self) -> tuple[int, str]:
        """Ask for a reload over HTTP."""
        answer = self.service.get("/-/reload", method="POST")
        return answer.status, answer.text

    def now(self, *checks: str) -> None:
        """Make these the checks."""
        self.write(*checks)
        assert self.reload() == (200, "reloaded\n")

    def checks(self) -> set[str]:
        """Return the names of the checks that are running."""
        return {row["check"] for row in self.service.probes().values()}


ALIVE, EXTRA, HOURLY = check("alive", "1s"), check("extra", "1h"), check(LATER, "1h")
BROKEN = ALIVE.replace("every: 1s", "every: soon")


@pytest.fixture(scope="module")
def reloadable(relay: MockRelay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reloadable]:
    config = "".join(["targets:\n", target(relay.url, "good"), "checks:\n", ALIVE])
    with serving(tmp_path_factory.mktemp("reload"), config, "--enable-reload", "--poll", "0s") as service:
        yield Reloadable(service, relay)


def test_reload_over_http_adds_a_probe(reloadable: Reloadable) -> None:
    reloadable.now(ALIVE)

    reloadable.now(ALIVE, EXTRA)

    assert reloadable.checks() == {"alive", "extra"}


def test_sighup_reloads(reloadable: Reloadable) -> None:
    reloadable.now(ALIVE)
    reloadable.write(ALIVE, EXTRA)

    reloadable.service.process.send_signal(signal.SIGHUP)

    assert eventually(lambda: reloadable.checks() == {"alive", "extra"}, "the new check")


def test_an_unchanged_probe_keeps_its_counters_over_a_reload(reloadable: Reloadable) -> None:
    reloadable.now(ALIVE)
    counted = eventually(lambda: reloadable.service.value("wnmon_probe_runs_total", check="alive"), "a run")

    reloadable.now(ALIVE, EXTRA)

    assert (reloadable.service.value("wnmon_probe_runs_total", check="alive") or 0) >= counted


def test_an_unchanged_probe_keeps_its_place_in_time_over_a_reload(reloadable: Reloadable) -> None:
    reloadable.now(HOURLY)
    due_s = reloadable.service.probes()[f"good/{LATER}/m"]["next_run_s"]

    reloadable.now(HOURLY, EXTRA)

    assert reloadable.service.probes()[f"good/{LATER}/m"]["next_run_s"] == due_s


def test_a_removed_probe_vanishes_from_the_metrics(reloadable: Reloadable) -> None:
    reloadable.now(ALIVE, EXTRA)

    reloadable.now(ALIVE)

    assert "extra" not in reloadable.service.get("/metrics").text


def test_a_bad_reload_says_where_and_what_in_its_answer(reloadable: Reloadable) -> None:
    reloadable.now(ALIVE)
    reloadable.write(BROKEN)

    status, said = reloadable.reload()

    assert (status, bool(re.search(r"wnmon\.yaml:\d+:\d+ checks\.alive\.every: expected", said))) == (400, True)


def test_a_bad_reload_says_why_on_stderr(reloadable: Reloadable) -> None:
    reloadable.now(ALIVE)
    reloadable.write(BROKEN.replace("soon", "eventually"))

    reloadable.service.process.send_signal(signal.SIGHUP)

    assert eventually(lambda: '"eventually"' in reloadable.service.stderr, "the reason")


def test_a_bad_reload_is_0_in_the_metric(reloadable: Reloadable) -> None:
    reloadable.now(ALIVE)
    reloadable.write(BROKEN)

    reloadable.reload()

    assert reloadable.service.value("wnmon_config_last_reload_successful") == 0


def test_a_good_reload_after_a_bad_one_is_1_in_the_metric(reloadable: Reloadable) -> None:
    reloadable.write(BROKEN)
    reloadable.reload()

    reloadable.now(ALIVE)

    assert reloadable.service.value("wnmon_config_last_reload_successful") == 1


def test_a_bad_reload_keeps_probing(reloadable: Reloadable) -> None:
    reloadable.now(ALIVE)
    reloadable.write(BROKEN)
    reloadable.reload()

    counted = reloadable.service.value("wnmon_probe_runs_total", check="alive") or 0

    eventually(lambda: (reloadable.service.value("wnmon_probe_runs_total", check="alive") or 0) > counted, "a run")


def test_a_missing_file_keeps_probing(reloadable: Reloadable) -> None:
    reloadable.now(ALIVE)
    (reloadable.service.folder / "wnmon.yaml").unlink()

    status, said = reloadable.reload()

    assert (status, "no such file" in said, reloadable.checks()) == (400, True, {"alive"})


# Polling by content.


@pytest.fixture(scope="module")
def polled(relay: MockRelay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reloadable]:
    config = "".join(["targets:\n", target(relay.url, "good"), "checks:\n", HOURLY])
    with serving(tmp_path_factory.mktemp("poll"), config, "--poll", "200ms") as service:
        yield Reloadable(service, relay)


def test_a_change_of_content_is_noticed(polled: Reloadable) -> None:
    polled.write(HOURLY, EXTRA)

    assert eventually(lambda: polled.checks() == {LATER, "extra"}, "the new check")


def test_a_file_mended_after_a_bad_change_is_noticed(polled: Reloadable) -> None:
    polled.write(BROKEN)
    eventually(lambda: polled.service.value("wnmon_config_last_reload_successful") == 0, "a refusal")

    polled.write(HOURLY, check("mended", "1h"))

    assert eventually(lambda: "mended" in polled.checks(), "the mended configuration")


def test_a_broken_file_newly_included_is_noticed_once_it_is_mended(polled: Reloadable) -> None:
    more = polled.service.folder / "more.yaml"
    more.write_text(f"checks:\n{check('included', 'soon')}", encoding="utf-8")
    polled.write_text("".join(["include: [more.yaml]\ntargets:\n", target(polled.relay.url, "good")]))
    eventually(lambda: "more.yaml:" in polled.service.stderr, "a refusal")

    more.write_text(f"checks:\n{check('included', '1h')}", encoding="utf-8")

    assert eventually(lambda: polled.checks() == {"included"}, "the mended file")


def test_a_bad_file_is_complained_about_once_and_not_at_every_look(polled: Reloadable) -> None:
    polled.write(BROKEN.replace("soon", "whenever"))
    eventually(lambda: '"whenever"' in polled.service.stderr, "a refusal")

    polled.write(HOURLY, check("afterwards", "1h"))
    eventually(lambda: "afterwards" in polled.checks(), "the mended configuration")

    assert polled.service.stderr.count('"whenever"') == 1


def test_a_file_added_to_an_included_folder_is_noticed(polled: Reloadable) -> None:
    folder = polled.service.folder / "checks"
    folder.mkdir()
    (folder / "first.yaml").write_text(f"checks:\n{check('first', '1h')}", encoding="utf-8")
    polled.write_text("".join(["include: [checks]\ntargets:\n", target(polled.relay.url, "good")]))
    eventually(lambda: polled.checks() == {"first"}, "the folder's check")

    (folder / "second.yaml").write_text(f"checks:\n{check('second', '1h')}", encoding="utf-8")

    assert eventually(lambda: polled.checks() == {"first", "second"}, "the added file")


# Ending. The services that have to wait for a drain do so side by side.

SIGNALS = [signal.SIGTERM, signal.SIGINT]
SILENT_S = 50
"""How long the relay is silent, which is longer than a service may take to end and than anything here is waited for."""


@dataclass(frozen=True, slots=True)
class End:
    """How a service ended: exit code, seconds from the signal, requests the relay got before and in all."""

    code: int
    took_s: float
    requests_before: int
    requests: int


def end_of(folder: Path, number: int, settings: MockSettings, config: str) -> End:
    """Serve until every probe has begun and a request is under way, send the signal, and tell how it ended."""
    with relay_beside(settings) as relay, serving(folder, config.replace("RELAY", relay.url), "--run-now") as service:
        eventually(lambda: relay.requests, "a request under way")
        probes = len(service.probes())
        begun = "wnmon_scheduler_lateness_seconds_count"
        eventually(lambda: (service.value(begun) or 0) >= probes, "every run begun")
        before = relay.received
        code, took_s = service.end(number)
        return End(code, took_s, before, relay.received)


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> dict[str, End]:
    """Return the ends of services whose answer is long in coming (by signal), and of one with runs that wait."""
    slow = MockSettings(ttft_s=SILENT_S, gap_s=1)
    stuck = "".join(["targets:\n", target("RELAY", "good"), "checks:\n", check("alive", "60s")])
    queue = target("RELAY", "good", models="[a, b, c]", concurrency="1")
    queued = "".join(["targets:\n", queue, "checks:\n", check("alive", "20s", timeout="19s")])
    cases: dict[str, tuple[int, MockSettings, str]] = {
        **{number.name: (number, slow, stuck) for number in SIGNALS},
        "queue": (signal.SIGTERM, slow, queued),
    }
    with ThreadPoolExecutor() as threads:
        ends = {name: threads.submit(end_of, tmp_path_factory.mktemp(name), *case) for name, case in cases.items()}
        return {name: end.result() for name, end in ends.items()}


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_under_load_ends_the_service_with_exit_0(ends: dict[str, End], number: signal.Signals) -> None:
    assert ends[number.name].code == 0


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_under_load_does_not_wait_for_an_answer_that_is_long_in_coming(
    ends: dict[str, End], number: signal.Signals
) -> None:
    assert ends[number.name].took_s < SILENT_S


def test_a_run_that_waits_for_a_slot_when_the_end_comes_is_never_sent(ends: dict[str, End]) -> None:
    assert ends["queue"].requests == ends["queue"].requests_before


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_to_an_idle_service_ends_it_about_as_fast_as_it_began(
    relay: MockRelay, tmp_path: Path, number: int
) -> None:
    config = "".join(["targets:\n", target(relay.url, "good"), "checks:\n", HOURLY])
    began_s = time.monotonic()
    with serving(tmp_path, config) as service:
        start_s = time.monotonic() - began_s
        code, took_s = service.end(number)

    assert (code, took_s < 3 * start_s) == (0, True)


def test_the_service_outlives_the_reader_of_its_lines(relay: MockRelay, tmp_path: Path) -> None:
    config = tmp_path / "wnmon.yaml"
    config.write_text("".join(["targets:\n", target(relay.url, "pipe"), "checks:\n", ALIVE]), encoding="utf-8")
    order = [sys.executable, "-m", "wnmon", "serve", str(config), "--listen", "127.0.0.1:0"]
    order += ["--data", str(tmp_path / "data")]
    with subprocess.Popen(order, stdout=subprocess.PIPE, env=environment()) as process:
        assert process.stdout is not None
        process.stdout.close()
        eventually(lambda: len(asked(relay, "pipe")) >= 2, "two requests")
        process.terminate()

    assert process.returncode == 0


# Descriptors: the page's visitors cannot take those of the probes.


@contextmanager
def half_requests(service: ServiceProcess, count: int) -> Iterator[None]:
    """Hold so many connections open to the page, each with half a request."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(2 * count, hard), hard))
    port = int(service.url.rstrip("/").rpartition(":")[2])
    with ExitStack() as held:
        for _ in range(count):
            connection = held.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE_S))
            with suppress(OSError):
                connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n")
        yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_visitors_of_the_page_take_no_descriptor_of_a_probe(relay: MockRelay, tmp_path: Path) -> None:
    config = "".join(["targets:\n", target(relay.url, "good"), "checks:\n", check("alive", "1s")])
    runs = "wnmon_probe_runs_total"
    with serving(tmp_path, config, descriptors=256) as service, half_requests(service, 1200):
        before = service.value(runs, outcome="passed") or 0
        eventually(lambda: (service.value(runs, outcome="passed") or 0) >= before + 3, "three more runs")

        assert service.value("wnmon_probe_failures_total", reason="client") == 0
        assert service.stderr.count("connections to the page closed") == 1


# The first moments: signals wait until the service can take them.

ON_ONE_HOURLY = "".join(["targets:\n", target("http://127.0.0.1:9", "good"), "checks:\n", HOURLY])


def is_awaiting_signals(process: int) -> bool:
    """Tell whether wnmon's own code runs by now: it makes signals wait first of all."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return bool(int(status.partition("SigBlk:")[2].split()[0], 16) >> (signal.SIGHUP - 1) & 1)


@contextmanager
def just_begun(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a service and leave it as it is in the first moment."""
    (folder / "wnmon.yaml").write_text(ON_ONE_HOURLY, encoding="utf-8")
    order = [sys.executable, "-m", "wnmon", "serve", str(folder / "wnmon.yaml"), "--listen", "127.0.0.1:0"]
    order += ["--data", str(folder / "data")]
    pipe = subprocess.PIPE
    with subprocess.Popen(order, stdout=pipe, stderr=pipe, env=environment(), cwd=folder) as process:
        try:
            eventually(lambda: is_awaiting_signals(process.pid), "wnmon's own code running")
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_in_the_first_moment_ends_the_service_with_exit_0(tmp_path: Path, number: signal.Signals) -> None:
    with just_begun(tmp_path) as process:
        process.send_signal(number)
        _, complaints = process.communicate(timeout=PATIENCE_S)

    assert (process.returncode, complaints) == (0, b"")


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_during_the_warm_up_ends_the_service_with_exit_0(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path, ON_ONE_HOURLY, ready=False) as service:
        assert (service.end(number)[0], service.stderr) == (0, "")


def test_a_reload_asked_for_in_the_first_moment_does_not_kill_the_service(tmp_path: Path) -> None:
    with just_begun(tmp_path) as process:
        process.send_signal(signal.SIGHUP)
        assert process.stdout is not None
        assert any(b"http://" in line for line in process.stdout)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 0

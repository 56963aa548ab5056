"""The web server over real sockets on loopback."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from web_samples import NOW_S, SIX, FixedClock, FixedControl, FixedMetrics, FixedStates, state

from wnmon.cli.healthcheck import command as healthcheck
from wnmon.engine.ports import ReloadReport
from wnmon.errors import UsageError
from wnmon.model.said import Said
from wnmon.web import Site, WebAddress, WebServer


@dataclass
class Setting:
    """A started server and all the test may turn on it."""

    metrics: FixedMetrics = field(default_factory=FixedMetrics)
    states: FixedStates = field(default_factory=FixedStates)
    control: FixedControl = field(default_factory=FixedControl)
    reload_allowed: bool = True
    host: str = "127.0.0.1"
    port: int = 0

    def server(self) -> WebServer:
        site = Site(
            metrics=self.metrics,
            states=self.states,
            control=self.control,
            clock=FixedClock(),
            reload_allowed=self.reload_allowed,
            version="0.1.0",
        )
        return WebServer(self.host, self.port, site)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


Ask = Callable[..., Answer]


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Setting, str]]:
    """One started server for all questions: starting and stopping have tests of their own."""
    site = Setting()
    server = site.server()
    yield site, server.start().url
    server.stop()


@pytest.fixture
def site(shared: tuple[Setting, str]) -> Setting:
    """The shared site, as new."""
    site, _ = shared
    vars(site.metrics).update(vars(FixedMetrics()))
    vars(site.states).update(vars(FixedStates()))
    vars(site.control).update(vars(FixedControl()))
    return site


@pytest.fixture
def ask(site: Setting, shared: tuple[Setting, str]) -> Ask:
    def send(path: str = "/", method: str = "GET", **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return fetch(shared[1], path, method, named)

    return send


def fetch(url: str, path: str, method: str = "GET", headers: dict[str, str] | None = None) -> Answer:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


# --- metrics ---


def test_metrics_hands_the_accept_header_on(ask: Ask, site: Setting) -> None:
    ask("/metrics", Accept="application/openmetrics-text")
    assert site.metrics.accepts == ["application/openmetrics-text"]


def test_metrics_carries_the_content_type_of_the_exposition(ask: Ask) -> None:
    assert ask("/metrics").headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


def test_metrics_is_plain_unless_gzip_is_asked_for(ask: Ask, site: Setting) -> None:
    assert ask("/metrics").body == site.metrics.body


@pytest.mark.parametrize("coding", ["gzip", "deflate, gzip;q=0.5", "GZIP"])
def test_metrics_is_compressed_when_asked(ask: Ask, site: Setting, coding: str) -> None:
    answer = ask("/metrics", Accept_Encoding=coding)
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(answer.body) == site.metrics.body


@pytest.mark.parametrize("coding", ["gzip;q=0", "gzip; q=0.000", "identity", "br"])
def test_metrics_is_not_compressed_when_gzip_is_refused(ask: Ask, coding: str) -> None:
    assert ask("/metrics", Accept_Encoding=coding).headers["content-encoding"] is None


def test_a_large_exposition_arrives_whole_in_both_codings(ask: Ask, site: Setting) -> None:
    site.metrics.body = b"".join(b"x %d\n" % number for number in range(60_000))
    plain, packed = ask("/metrics"), ask("/metrics", Accept_Encoding="gzip")
    assert plain.body == gzip.decompress(packed.body) == site.metrics.body


def test_a_scrape_lets_whatever_else_is_asked_go_first() -> None:
    begun, answered = threading.Event(), threading.Event()

    class SlowMetrics(FixedMetrics):
        def render(self, accept: str | None) -> tuple[str, Iterator[bytes]]:
            return "text/plain", self._pieces()

        def _pieces(self) -> Iterator[bytes]:
            begun.set()
            for number in range(20_000):
                if answered.is_set():
                    yield b"let go %d\n" % number
                    return
                time.sleep(0.0005)
                yield b""

    server = Setting(metrics=SlowMetrics()).server()
    url, scrapes = server.start().url, list[Answer]()
    scraping = threading.Thread(target=lambda: scrapes.append(fetch(url, "/metrics")))
    scraping.start()
    try:
        assert begun.wait(10)
        fetch(url, "/-/healthy")
        answered.set()
        scraping.join(30)
        assert scrapes[0].body.startswith(b"let go")
    finally:
        answered.set()
        server.stop()


def test_a_small_exposition_is_not_worth_compressing(ask: Ask, site: Setting) -> None:
    site.metrics.body = b"x 1\n"
    assert ask("/metrics", Accept_Encoding="gzip").body == b"x 1\n"


# --- health and reload ---


def test_healthy_even_when_not_ready(ask: Ask, site: Setting) -> None:
    site.control.is_ready = False
    assert ask("/-/healthy").status == 200


@pytest.mark.parametrize(("overdue_s", "status"), [(59.9, 200), (60.0, 503)])
def test_healthy_only_while_due_runs_take_place(ask: Ask, site: Setting, overdue_s: float, status: int) -> None:
    site.control.overdue = overdue_s
    assert ask("/-/healthy").status == status


@pytest.mark.parametrize(("is_ready", "status"), [(True, 200), (False, 503)])
def test_ready_follows_the_service(ask: Ask, site: Setting, is_ready: bool, status: int) -> None:
    site.control.is_ready = is_ready
    assert ask("/-/ready").status == status


def test_reload_reloads(ask: Ask, site: Setting) -> None:
    answer = ask("/-/reload", "POST")
    assert (answer.status, site.control.reloads) == (200, 1)


def test_reload_of_a_bad_file_says_every_problem(ask: Ask, site: Setting) -> None:
    site.control.problems = ("wnmon.yaml:3:5 targets: 坏了", "wnmon.yaml:9:1 checks: bad")
    answer = ask("/-/reload", "POST")
    assert answer.status == 400
    assert answer.text.splitlines()[1:] == list(site.control.problems)


def test_reload_is_refused_with_a_hint_unless_allowed() -> None:
    site = Setting(reload_allowed=False)
    server = site.server()
    answer = fetch(server.start().url, "/-/reload", "POST")
    server.stop()
    assert (answer.status, site.control.reloads) == (403, 0)
    assert "SIGHUP" in answer.text


def test_reload_is_refused_to_a_page_of_another_site(ask: Ask, site: Setting) -> None:
    assert ask("/-/reload", "POST", Origin="https://evil.example").status == 403
    assert site.control.reloads == 0


def test_a_slow_reload_does_not_hold_up_a_scrape() -> None:
    started, release = threading.Event(), threading.Event()

    class SlowControl(FixedControl):
        def reload(self) -> ReloadReport:
            started.set()
            release.wait(30)
            return ReloadReport(ok=True)

    server = Setting(control=SlowControl()).server()
    url = server.start().url
    reloading = threading.Thread(target=fetch, args=(url, "/-/reload", "POST"))
    reloading.start()
    try:
        assert started.wait(10)
        assert fetch(url, "/metrics").status == 200
    finally:
        release.set()
        reloading.join(10)
        server.stop()


# --- paths and methods ---


@pytest.mark.parametrize("path", ["/", "/metrics", "/-/healthy", "/-/ready", "/api/v1/probes"])
def test_head_is_answered_without_a_body(ask: Ask, path: str) -> None:
    answer = ask(path, "HEAD")
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/"), ("DELETE", "/metrics"), ("OPTIONS", "/api/v1/probes"), ("GET", "/-/reload"), ("PUT", "/-/ready")],
)
def test_a_wrong_method_is_405_with_allow(ask: Ask, method: str, path: str) -> None:
    answer = ask(path, method)
    assert answer.status == 405
    assert answer.headers["allow"]


@pytest.mark.parametrize("path", ["/nope", "/metrics/", "/api/v1", "/../etc/passwd", "/favicon.ico"])
def test_an_unknown_path_is_404(ask: Ask, path: str) -> None:
    assert ask(path).status == 404


@pytest.mark.parametrize("path", ["/", "/metrics", "/nope"])
def test_every_answer_carries_the_security_headers(ask: Ask, path: str) -> None:
    headers = ask(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_the_server_does_not_say_what_it_is_made_of(ask: Ask) -> None:
    assert ask().headers["server"] is None


# --- the probes as JSON ---


def test_probes_are_listed_as_json_with_a_version(ask: Ask) -> None:
    document = json.loads(ask("/api/v1/probes").body)
    assert (document["version"], document["wnmon"], document["now_s"]) == (1, "0.1.0", NOW_S)


def test_a_probe_that_never_ran_has_nulls_in_json(ask: Ask) -> None:
    rows = json.loads(ask("/api/v1/probes").body)["probes"]
    (new,) = [row for row in rows if row["target"] == "new"]
    assert (new["outcome"], new["ttft_s"], new["next_run_s"]) == (None, None, NOW_S + 20)


# --- the page ---


class Cells(HTMLParser):
    """Collects the text of each row of the table's body."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "tr":
            self.rows.append("")

    def handle_data(self, data: str) -> None:
        if self.rows:
            self.rows[-1] += f" {data}"


def rows_of(page: str) -> list[str]:
    cells = Cells()
    cells.feed(page.partition("<tbody>")[2].partition("</tbody>")[0])
    return [" ".join(row.split()) for row in cells.rows]


def test_failing_probes_come_first_and_passing_ones_last(ask: Ask) -> None:
    outcomes = [row.split()[0] for row in rows_of(ask().text)]
    assert outcomes == ["failed", "errored", "degraded", "waiting", "passed", "passed"]


def test_a_row_tells_all_there_is_to_know(ask: Ask) -> None:
    (row,) = [row for row in rows_of(ask().text) if row.startswith("passed") and "contract" in row]
    assert row == (
        "passed for 3 d 1 h wn / contract claude-3-5-sonnet-20241022 · every 6 h – 412 ms 520 ms 1.84 s "
        "5 min ago in 9 min DOC-009 DOC-010 SEM-002 STR-013 +1"
    )


def test_the_reason_of_a_failure_is_told_in_words_and_as_a_label(ask: Ask) -> None:
    assert any("no first token in time timeout_first_token no token within 30 s" in row for row in rows_of(ask().text))


RESTING = state(rest="asked", rest_until_s=NOW_S + 725)


@pytest.mark.parametrize(
    ("lang", "rest", "told"),
    [
        ("en", "asked", "resting until {} UTC (in 12 min), as the relay asked"),
        ("en", "refused", "resting until {} UTC (in 12 min), since the relay refused"),
        ("en", "budget", "resting until {} UTC (in 12 min): budget.tokens_per_day is used up"),
        ("zh", "asked", "应中转站要求暂停至 {} UTC（12 分钟后）"),
    ],
)
def test_a_probe_that_rests_tells_until_when_and_why(ask: Ask, site: Setting, lang: str, rest: str, told: str) -> None:
    site.states.rows = [replace(RESTING, rest=rest, rest_reason="budget.tokens_per_day")]
    until = datetime.fromtimestamp(NOW_S + 725, UTC).strftime("%H:%M:%S")
    assert told.format(until) in rows_of(ask(f"/?lang={lang}").text)[0]


def test_an_outcome_that_counts_no_more_is_shown_as_unknown(ask: Ask, site: Setting) -> None:
    site.states.rows = [replace(RESTING, outcome="unknown", reason=None, message="", since_s=None)]
    assert rows_of(ask().text)[0].startswith("unknown wn / alive")


WHY = Said("latency_undecided", code="ttft", text="1.98 s", text2="2.03 s", limit="2 s")


def test_a_limit_left_undecided_is_told_with_why_beside_a_probe_that_passed(ask: Ask, site: Setting) -> None:
    site.states.rows = [state(undecided=(WHY,))]
    assert "undecided: ttft was between 1.98 s and 2.03 s, with a limit of 2 s" in rows_of(ask().text)[0]


def test_the_document_of_probes_tells_what_was_left_undecided(ask: Ask, site: Setting) -> None:
    site.states.rows = [state(undecided=(WHY,))]
    (row,) = json.loads(ask("/api/v1/probes").body)["probes"]
    assert row["undecided"] == [str(WHY)]


def test_each_suspect_latency_is_marked(ask: Ask) -> None:
    (row,) = [row for row in rows_of(ask().text) if row.startswith("degraded")]
    assert "3.21 s ? 3.40 s 7.90 s ?" in row


@pytest.mark.parametrize(
    ("path", "accept", "lang"),
    [
        ("/", None, "en"),
        ("/", "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("/", "fr, en;q=0.5, zh;q=0.4", "en"),
        ("/", "zh;q=0, en;q=0.1", "en"),
        ("/", "zh;q=high", "en"),
        ("/", "fr", "en"),
        ("/?lang=zh", "en", "zh"),
        ("/?lang=en", "zh", "en"),
        ("/?lang=zh_TW", None, "zh"),
        ("/?lang=xx", "zh", "zh"),
    ],
)
def test_the_language_is_the_one_asked_for(ask: Ask, path: str, accept: str | None, lang: str) -> None:
    answer = ask(path, **({"Accept_Language": accept} if accept else {}))
    assert f'<html lang="{lang}">' in answer.text
    assert answer.headers["content-language"] == lang


def test_the_chinese_page_speaks_chinese(ask: Ask) -> None:
    (row,) = [row for row in rows_of(ask("/?lang=zh").text) if "deepseek" in row]
    assert row.startswith("未通过 已持续 2 小时 5 分钟 backup / alive deepseek-r1 · 每 15 分钟 内容不符 content")


def test_names_from_the_configuration_are_escaped(ask: Ask, site: Setting) -> None:
    evil = "<script>alert(1)</script>\"'{{7*7}}"
    site.states.rows = [
        state(target=evil, check=evil, model=evil, outcome="failed", reason="rule", message=evil, rules_failed=(evil,))
    ]
    page = ask().text
    assert "<script" not in page
    assert "49" not in rows_of(page)[0]


def test_a_probe_that_asks_no_model_names_none(ask: Ask, site: Setting) -> None:
    site.states.rows = (state(check="money", model=""),)
    assert "<small>every 15 min</small>" in ask("/").text


def test_a_probe_due_right_now_says_now(ask: Ask, site: Setting) -> None:
    site.states.rows = [state(next_run_s=NOW_S)]
    assert "5 min ago now" in rows_of(ask().text)[0]


@pytest.mark.parametrize("path", ["/", "/api/v1/probes"])
def test_a_lone_surrogate_quoted_from_a_relay_is_shown_escaped(ask: Ask, site: Setting, path: str) -> None:
    site.states.rows = [state(outcome="failed", reason="content", message="got \ud800")]
    assert "ud800" in ask(path).text


@pytest.mark.parametrize("path", ["/", "/api/v1/probes"])
def test_a_message_acts_on_no_screen_and_turns_no_text_around(ask: Ask, site: Setting, path: str) -> None:
    site.states.rows = [state(outcome="failed", reason="model", message="got \x1b[2J\u202eexe.gpj\x9b31m")]
    assert ask(path).text.replace("\n", "").isprintable()


def test_a_long_message_is_cut(ask: Ask, site: Setting) -> None:
    site.states.rows = [state(outcome="failed", reason="content", message="x" * 100_000)]
    assert len(ask("/api/v1/probes").body) < 2000


def test_the_page_without_probes_says_so(ask: Ask, site: Setting) -> None:
    site.states.rows = []
    assert "No probes are configured." in ask().text


def test_the_page_names_no_other_address(ask: Ask) -> None:
    linked = re.findall(r'(?:src|href|action)="([^"]*)"|url\(([^)]*)\)', ask().text)
    named = [address for pair in linked for address in pair if address and not address.startswith("data:")]
    targets = [f"targets/{name}?lang=en" for name in dict.fromkeys(row.target for row in SIX)]

    assert sorted(set(named)) == sorted(
        ["?lang=zh", "?lang=en", "?lang=en&amp;refresh=off", "metrics", "api/v1/probes", *targets]
    )


@pytest.mark.parametrize("outcome", ["unknown", "maintenance", "skipped", None])
def test_what_is_not_known_is_never_green(ask: Ask, site: Setting, outcome: str | None) -> None:
    site.states.rows = [state(outcome=outcome, reason=None)]
    html = ask().text
    assert ('class="passed"' in html, "fill='%232e7d32'" in html) == (False, False)


@pytest.mark.parametrize(("path", "after_s"), [("/", "15"), ("/targets/wn", "60"), ("/?refresh=off", None)])
def test_a_page_says_when_it_is_to_be_asked_for_again(ask: Ask, path: str, after_s: str | None) -> None:
    assert ask(path).headers["refresh"] == after_s


@pytest.mark.parametrize(("late", "shown"), [((), 0), (("ttft_s",), 1)])
def test_a_number_not_to_be_trusted_is_explained_below_for_who_cannot_hover(
    ask: Ask, site: Setting, late: tuple[str, ...], shown: int
) -> None:
    site.states.rows = [state(suspect_latencies=late)]
    assert ask("/?lang=en").text.count("</abbr> The monitor itself was late") == shown


@pytest.mark.parametrize("path", ["/nope", "/targets/nope"])
def test_a_browser_is_told_in_a_page_that_there_is_none(ask: Ask, path: str) -> None:
    answer = ask(path, Accept="text/html")
    assert (answer.status, "<h1>404" in answer.text) == (404, True)


def test_the_page_has_no_script(ask: Ask) -> None:
    cells = Cells()
    cells.feed(ask().text)
    assert "script" not in cells.tags


def test_a_thousand_probes_are_shown(ask: Ask, site: Setting) -> None:
    site.states.rows = [state(model=f"m{index}") for index in range(1000)]
    assert len(rows_of(ask().text)) == 1000


# --- starting and stopping ---


def web_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "wnmon-web"}


def ended(before: set[threading.Thread]) -> bool:
    """Tell whether the threads begun since come to their end, and be patient with a busy machine."""
    for thread in web_threads() - before:
        thread.join(60)
    return web_threads() == before


def test_port_zero_is_answered_with_the_real_port() -> None:
    server = Setting().server()
    try:
        assert server.start().port > 0
    finally:
        server.stop()


def test_a_taken_port_is_a_usage_error_with_a_hint() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1:{port}: Address already in use") as caught:
            Setting(port=port).server().start()
    assert "--listen" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("host", "port"), [("127.0.0.1", 70_000), ("127.0.0.1", -1), ("no.such.host.invalid", 0), ("203.0.113.9", 0)]
)
def test_an_address_that_cannot_be_had_is_a_usage_error(host: str, port: int) -> None:
    with pytest.raises(UsageError, match="cannot listen on"):
        Setting(host=host, port=port).server().start()


def test_stop_frees_the_port_and_ends_the_thread() -> None:
    before = web_threads()
    server = Setting().server()
    address = server.start()
    fetch(address.url, "/-/healthy")
    server.stop()
    assert ended(before)
    with socket.create_server(("127.0.0.1", address.port)):
        pass


def test_stop_does_not_wait_for_a_client_that_never_finishes() -> None:
    before = web_threads()
    server = Setting().server()
    address = server.start()
    fetch(address.url, "/-/healthy")
    with socket.create_connection(("127.0.0.1", address.port)) as idle:
        idle.sendall(b"GET / HTTP/1.1\r\nHost:")
        server.stop()
        assert ended(before)


def test_stop_before_start_and_twice_is_harmless() -> None:
    server = Setting().server()
    server.stop()
    server.start()
    server.stop()
    server.stop()


def test_signals_stay_with_the_service() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    server = Setting().server()
    fetch(server.start().url, "/-/healthy")
    after = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    server.stop()
    assert after == before


def test_a_wildcard_address_is_shown_as_loopback() -> None:
    assert WebAddress(host="0.0.0.0", port=9877).url == "http://127.0.0.1:9877/"


@pytest.mark.parametrize(("host", "url"), [("::", "http://[::1]:1/"), ("::1", "http://[::1]:1/"), ("a", "http://a:1/")])
def test_an_ipv6_address_is_bracketed_in_a_url(host: str, url: str) -> None:
    assert WebAddress(host=host, port=1).url == url


def test_the_six_samples_cover_every_state_but_skipped() -> None:
    assert {row.outcome for row in SIX} == {None, "passed", "degraded", "failed", "errored"}


# --- healthcheck ---


def test_healthcheck_of_a_running_service_exits_0() -> None:
    server = Setting().server()
    url = f"{server.start().url}-/healthy"
    done = CliRunner().invoke(healthcheck, ["--url", url])
    server.stop()
    assert (done.exit_code, done.output) == (0, f"healthy: {url}\n")


def test_healthcheck_of_an_unready_service_exits_1_with_its_status() -> None:
    server = Setting(control=FixedControl(is_ready=False)).server()
    url = f"{server.start().url}-/ready"
    done = CliRunner().invoke(healthcheck, ["--url", url])
    server.stop()
    assert (done.exit_code, done.output) == (1, f"unhealthy: {url}: HTTP 503\n")


def test_healthcheck_of_a_closed_port_exits_1_on_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}/-/healthy"
    done = CliRunner().invoke(healthcheck, ["--url", url])
    assert (done.exit_code, done.output.count("\n")) == (1, 1)


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "nonsense", "http://", "http://127.0.0.1:99999/", "http://[x/"])
def test_healthcheck_of_a_senseless_address_exits_1(url: str) -> None:
    done = CliRunner().invoke(healthcheck, ["--url", url])
    assert (done.exit_code, done.output.count("\n")) == (1, 1)


def test_healthcheck_gives_up_on_a_service_that_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        done = CliRunner().invoke(healthcheck, ["--url", f"http://127.0.0.1:{silent.getsockname()[1]}/"])
    assert (done.exit_code, "timed out" in done.output) == (1, True)

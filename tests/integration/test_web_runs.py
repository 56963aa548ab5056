"""The pages of runs: who is shown them, what is there, and what is not."""

from __future__ import annotations

import hashlib
import http.client
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from web_samples import NOW_S, FixedClock, FixedControl, FixedMetrics, FixedStates

from wnmon.engine.ports import Course, FailedRun, Incident, KeptRun, Paid, TargetPast
from wnmon.engine.web_config import NO_WEB_CONFIG, WebConfig
from wnmon.model.target import ProbeId
from wnmon.model.web_access import Scope, WebAccess, WebToken
from wnmon.web import Entry, Site, WebServer

FAILED, PASSED, GONE = "00000000000000aa", "00000000000000bb", "00000000000000cc"
READER, KEEPER = "reads-0123456789abcdef0123456789", "keeps-0123456789abcdef0123456789"
OF_A_RUN = ("", "/report.html", "/transcript.json")


class AnyTranscript:
    """The evidence of whatever it is asked for, but for two runs."""

    def page(self, run: str, lang: str, *, still: bool = False) -> str | None:
        return f"<p>page in {lang}{', still' * still}" if run not in {PASSED, GONE} else None

    def report(self, run: str, lang: str) -> str | None:
        return f"<p>report in {lang}" if run not in {PASSED, GONE} else None

    def transcript(self, run: str) -> str | None:
        return '{"format": "wnmon-transcript"}' if run not in {PASSED, GONE} else None


class OnePast:
    """A past of one run that passed, and an outage that another one began."""

    def courses(self) -> Mapping[ProbeId, Course]:
        return {}

    def paid(self) -> Mapping[str, Paid]:
        return {}

    def of_target(self, name: str) -> TargetPast:
        down = Incident(check="alive", model="m", reason="connect", since_s=NOW_S - 60, run=FAILED)
        failed = FailedRun(
            run=FAILED, check="alive", model="m", outcome="errored", reason="connect", ended_s=NOW_S - 60
        )
        return TargetPast(incidents=(down,), incidents_total=1, failed=(failed,))

    def of_run(self, run: str) -> KeptRun | None:
        if run != PASSED:
            return None
        return KeptRun(
            run=run,
            target="wn",
            check="alive",
            model="m</a>",
            outcome="passed",
            reason="ok",
            began_s=NOW_S - 2,
            ended_s=NOW_S,
            status=200,
            ttft_s=0.25,
            requests=1,
            answered_as="m\u202e",
        )


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    text: str


@dataclass(frozen=True)
class Shown:
    """A started server."""

    port: int

    def ask(self, path: str, **headers: str) -> Answer:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as asking:
            asking.request("GET", path, headers=headers)
            response = asking.getresponse()
            return Answer(response.status, response.headers, response.read().decode())


def token(name: str, said: str, scope: Scope) -> WebToken:
    return WebToken(name=name, sha256=hashlib.sha256(said.encode()).digest(), scope=scope)


LOGINS = WebConfig(access=WebAccess(tokens=(token("reader", READER, Scope.READ), token("keeper", KEEPER, Scope.ADMIN))))


@contextmanager
def serving(config: WebConfig = NO_WEB_CONFIG, host: str = "127.0.0.1") -> Iterator[Shown]:
    site = Site(
        metrics=FixedMetrics(),
        states=FixedStates(),
        control=FixedControl(),
        clock=FixedClock(),
        reload_allowed=False,
        version="0.1.0",
        past=OnePast(),
        evidence=AnyTranscript(),
        styles=("'sha256-of-evidence'",),
    )
    server = WebServer(host, 0, site, entry=Entry(config=lambda: config))
    try:
        yield Shown(urlsplit(server.start().url).port or 0)
    finally:
        server.stop()


@pytest.fixture(scope="module")
def local() -> Iterator[Shown]:
    with serving() as shown:
        yield shown


@pytest.fixture(scope="module")
def guarded() -> Iterator[Shown]:
    with serving(LOGINS) as shown:
        yield shown


@pytest.fixture(scope="module")
def reachable() -> Iterator[Shown]:
    """A listener that others than this machine reach, and that asks nobody who is there."""
    with serving(host="0.0.0.0") as shown:
        yield shown


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_run_that_failed_has_a_page(local: Shown, lang: str) -> None:
    answer = local.ask(f"/runs/{FAILED}?lang={lang}")

    assert (answer.status, answer.text) == (200, f"<p>page in {lang}")


@pytest.mark.parametrize(("run", "said"), [(FAILED, "still"), (PASSED, "../targets/wn?lang=en&amp;refresh=off")])
def test_a_page_that_does_not_renew_itself_leads_to_others_that_do_not(local: Shown, run: str, said: str) -> None:
    assert said in local.ask(f"/runs/{run}?lang=en&refresh=off").text


@pytest.mark.parametrize(
    ("path", "said", "name"),
    [
        ("report.html", "<p>report in en", f"wnmon-run-{FAILED}.html"),
        ("transcript.json", '{"format": "wnmon-transcript"}', f"wnmon-run-{FAILED}.json"),
    ],
)
def test_what_can_be_sent_to_somebody_comes_as_a_file(local: Shown, path: str, said: str, name: str) -> None:
    answer = local.ask(f"/runs/{FAILED}/{path}")

    assert (answer.text, answer.headers["Content-Disposition"]) == (said, f'attachment; filename="{name}"')


@pytest.mark.parametrize(
    ("lang", "said"), [("en", ["250 ms", "no transcript is kept"]), ("zh", ["250 ms", "没有保存记录"])]
)
def test_of_a_run_without_a_transcript_what_is_known_is_told(local: Shown, lang: str, said: list[str]) -> None:
    answer = local.ask(f"/runs/{PASSED}?lang={lang}")

    assert (answer.status, [one for one in said if one in answer.text]) == (200, said)


def test_what_is_written_in_a_run_is_text(local: Shown) -> None:
    assert "m&lt;/a&gt;" in local.ask(f"/runs/{PASSED}").text


def test_what_a_relay_calls_its_model_turns_no_text_round(local: Shown) -> None:
    assert "<dd>m\\u202e</dd>" in local.ask(f"/runs/{PASSED}").text


@pytest.mark.parametrize("path", OF_A_RUN[1:])
def test_a_run_without_a_transcript_has_nothing_to_be_sent(local: Shown, path: str) -> None:
    assert local.ask(f"/runs/{PASSED}{path}").status == 404


ODD = ["", GONE, "x", FAILED.upper(), f"{FAILED}0", FAILED[:-1], "0" * 8000, "..%2F..%2Fetc%2Fpasswd", "%00", "%F0%9F"]
ODD += [f"{FAILED}%00", f"{FAILED}%0A", f"%20{FAILED}", "' OR 1=1 --".replace(" ", "%20"), "%EF%BC%90" * 16]


@pytest.mark.parametrize("path", OF_A_RUN)
@pytest.mark.parametrize("odd", ODD)
def test_a_run_that_never_was_is_not_there(local: Shown, odd: str, path: str) -> None:
    assert local.ask(f"/runs/{odd}{path}").status == 404


@pytest.mark.parametrize(
    "path", ["/runs", "/runs/../metrics", f"/runs/{FAILED}/", f"/runs/{FAILED}/other", f"/runs//{FAILED}"]
)
def test_beside_runs_there_is_nothing(local: Shown, path: str) -> None:
    assert local.ask(path).status == 404


@pytest.mark.parametrize(("lang", "said"), [("en", "gone by now"), ("zh", "没有保存该次运行")])
def test_that_a_run_is_not_there_is_said(local: Shown, lang: str, said: str) -> None:
    assert said in local.ask(f"/runs/{GONE}?lang={lang}").text


@pytest.mark.parametrize("path", OF_A_RUN)
@pytest.mark.parametrize(("said", "status"), [(None, 401), (READER, 403), (KEEPER, 200)])
def test_where_somebody_has_to_log_in_only_an_admin_sees_runs(
    guarded: Shown, said: str | None, status: int, path: str
) -> None:
    headers = {} if said is None else {"Authorization": f"Bearer {said}"}

    assert guarded.ask(f"/runs/{FAILED}{path}", **headers).status == status


@pytest.mark.parametrize("run", [FAILED, PASSED, GONE])
@pytest.mark.parametrize("path", OF_A_RUN)
def test_whom_the_network_alone_lets_in_is_shown_no_run(reachable: Shown, run: str, path: str) -> None:
    answer = reachable.ask(f"/runs/{run}{path}")

    assert (answer.status, "--web-config" in answer.text) == (403, True)


@pytest.mark.parametrize("name", ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP"])
@pytest.mark.parametrize("path", OF_A_RUN)
def test_whom_a_proxy_on_this_machine_lets_in_is_shown_no_run(local: Shown, path: str, name: str) -> None:
    assert local.ask(f"/runs/{FAILED}{path}", **{name: "for=192.0.2.7"}).status == 403


@pytest.mark.parametrize(("host", "status"), [("192.0.2.1", 403), ("localhost:9877", 200), ("[::1]:9877", 200)])
def test_who_asks_for_another_machine_is_not_on_this_one(local: Shown, host: str, status: int) -> None:
    assert local.ask(f"/runs/{FAILED}", Host=host).status == status


def test_behind_a_proxy_somebody_who_logged_in_is_shown_runs(guarded: Shown) -> None:
    headers = {"Authorization": f"Bearer {KEEPER}", "X-Forwarded-For": "192.0.2.7"}

    assert guarded.ask(f"/runs/{FAILED}", **headers).status == 200


def test_whom_the_network_alone_lets_in_sees_the_other_pages(reachable: Shown) -> None:
    assert reachable.ask("/targets/wn").status == 200


def test_a_target_names_the_runs_that_failed_and_what_began_an_outage(local: Shown) -> None:
    assert local.ask("/targets/wn").text.count(f'href="../runs/{FAILED}?lang=en"') == 2


def test_a_reader_is_given_no_link_that_leads_nowhere(guarded: Shown) -> None:
    page = guarded.ask("/targets/wn", Authorization=f"Bearer {READER}")

    assert (page.status, "../runs/" in page.text) == (200, False)


def test_the_style_of_the_evidence_is_allowed_beside_that_of_the_pages(local: Shown) -> None:
    policy = local.ask(f"/runs/{FAILED}").headers["Content-Security-Policy"]
    (style,) = [one for one in policy.split("; ") if one.startswith("style-src")]

    assert (style.count("'sha256-"), "'sha256-of-evidence'" in style, "script-src" in policy) == (2, True, False)

"""Who may reach the pages, over real sockets: log-ins, scopes, names, headers, TLS, and the public view."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from service_process import eventually
from tls_samples import Papers, issue, make_authority
from web_samples import SIX, FixedClock, FixedControl, FixedMetrics, FixedStates, state

from wnmon.cli.healthcheck import command as healthcheck
from wnmon.config import load_web_config
from wnmon.engine.public_states import public_rows
from wnmon.engine.web_config import NO_WEB_CONFIG, WebConfig
from wnmon.model.web_access import RequestRate, Scope, WebAccess, WebToken
from wnmon.web import Entry, PublicServer, PublicSite, Site, WebServer
from wnmon.web.door import Patience

READER, KEEPER = "reads-0123456789abcdef0123456789", "keeps-0123456789abcdef0123456789"
EVERYTHING = ["/", "/metrics", "/api/v1/probes", "/nope", "/-/nope", "/-/healthy/", "//-/healthy", "/static/../metrics"]


def token(name: str, said: str, scope: Scope) -> WebToken:
    return WebToken(name=name, sha256=hashlib.sha256(said.encode()).digest(), scope=scope)


ACCESS = WebAccess(tokens=(token("reader", READER, Scope.READ), token("keeper", KEEPER, Scope.ADMIN)))


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


@dataclass
class Pages:
    """A started server, whose web configuration a test may change."""

    config: WebConfig = field(default_factory=lambda: WebConfig(access=ACCESS))
    control: FixedControl = field(default_factory=FixedControl)
    metrics: FixedMetrics = field(default_factory=FixedMetrics)
    failed: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    url: str = ""

    def ask(
        self, path: str = "/", method: str = "GET", *, trust: ssl.SSLContext | None = None, **headers: str
    ) -> Answer:
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port
        asking = http.client.HTTPConnection(host, port, timeout=60)
        if trust is not None:
            asking = http.client.HTTPSConnection(host, port, timeout=60, context=trust)
        with closing(asking):
            asking.putrequest(method, path, skip_host="Host" in headers)
            for name, value in headers.items():
                asking.putheader(name.replace("_", "-"), value)
            asking.endheaders()
            response = asking.getresponse()
            return Answer(response.status, response.headers, response.read())


@contextmanager
def pages(
    config: WebConfig | None = None,
    patience: Patience | None = None,
    hosts: tuple[str, ...] = (),
    listen: str = "127.0.0.1",
) -> Iterator[Pages]:
    shown = Pages() if config is None else Pages(config=config)
    site = Site(
        metrics=shown.metrics,
        states=FixedStates(),
        control=shown.control,
        clock=FixedClock(),
        reload_allowed=True,
        version="0.1.0",
    )
    entry = Entry(config=lambda: shown.config, allowed_hosts=hosts, failed=shown.failed.append)
    server = WebServer(listen, 0, site, shown.refused.append, patience or Patience(), entry)
    shown.url = server.start().url
    try:
        yield shown
    finally:
        server.stop()


@pytest.fixture(scope="module")
def served() -> Iterator[Pages]:
    with pages() as shown:
        yield shown


# --- log-ins and scopes ---


@pytest.mark.parametrize("path", EVERYTHING)
def test_who_does_not_log_in_is_shown_nothing(served: Pages, path: str) -> None:
    assert served.ask(path).status == 401


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_no_other_method_gets_around_the_log_in(served: Pages, method: str) -> None:
    assert served.ask("/-/reload", method).status == 401


@pytest.mark.parametrize("path", ["/-/healthy", "/-/ready"])
def test_health_is_told_to_everybody(served: Pages, path: str) -> None:
    assert served.ask(path).status == 200


def test_a_refusal_says_how_to_log_in(served: Pages) -> None:
    assert served.ask().headers.get_all("WWW-Authenticate") == ['Bearer realm="wnmon"']


@pytest.mark.parametrize(("lang", "said"), [("en", "log in\n"), ("zh-CN", "请先登录\n")])
def test_a_refusal_speaks_the_visitor_s_language(served: Pages, lang: str, said: str) -> None:
    assert served.ask(Accept_Language=lang).body.decode() == said


def test_a_browser_is_asked_to_log_in_by_a_page(served: Pages) -> None:
    answer = served.ask(Accept="text/html")
    assert (answer.status, b"<h1>401" in answer.body) == (401, True)


def test_a_browser_is_told_by_a_page_what_it_may_not_do(served: Pages) -> None:
    answer = served.ask("/-/reload", "POST", Authorization=f"Bearer {READER}", Accept="text/html")
    assert (answer.status, b"<h1>403" in answer.body) == (403, True)


@pytest.mark.parametrize("path", ["/", "/metrics", "/api/v1/probes"])
def test_who_may_read_is_shown_the_pages(served: Pages, path: str) -> None:
    assert served.ask(path, Authorization=f"Bearer {READER}").status == 200


def test_who_may_read_may_not_reload(served: Pages) -> None:
    reloads = served.control.reloads
    answer = served.ask("/-/reload", "POST", Authorization=f"Bearer {READER}")

    assert (answer.status, served.control.reloads) == (403, reloads)


def test_who_may_do_everything_may_reload(served: Pages) -> None:
    assert served.ask("/-/reload", "POST", Authorization=f"Bearer {KEEPER}").status == 200


def test_a_password_is_a_log_in_too() -> None:
    bcrypt = pytest.importorskip("bcrypt")
    from wnmon.model.web_access import WebUser

    user = WebUser(name="alice", bcrypt=bcrypt.hashpw(b"correct horse", bcrypt.gensalt(4)).decode())
    said = base64.b64encode(b"alice:correct horse").decode()
    with pages(WebConfig(access=WebAccess(users=(user,)))) as shown:
        assert [shown.ask().status, shown.ask(Authorization=f"Basic {said}").status] == [401, 200]


def test_guessing_is_slowed_down() -> None:
    with pages() as shown:
        statuses = [shown.ask(Authorization=f"Bearer {number}").status for number in range(10)]

    assert statuses[-1] == 429


def test_who_guesses_too_often_is_told_when_to_try_again() -> None:
    with pages() as shown:
        answers = [shown.ask(Authorization=f"Bearer {number}") for number in range(10)]

    assert answers[-1].headers["Retry-After"] == "1"


def test_log_ins_that_failed_are_told_of_once() -> None:
    with pages() as shown:
        for number in range(10):
            shown.ask(Authorization=f"Bearer {number}")
        told = list(shown.failed)

    assert told == [1]


def test_who_did_not_try_to_log_in_is_not_told_of() -> None:
    with pages() as shown:
        shown.ask()
        told = list(shown.failed)

    assert told == []


def test_what_was_verified_counts_no_more_once_the_file_says_otherwise(served: Pages) -> None:
    with pages() as shown:
        before = shown.ask(Authorization=f"Bearer {READER}").status
        shown.config = WebConfig(access=replace(ACCESS, tokens=ACCESS.tokens[1:]))

        assert (before, shown.ask(Authorization=f"Bearer {READER}").status) == (200, 401)


def test_what_was_verified_goes_on_where_another_part_of_the_file_has_changed() -> None:
    with pages() as shown:
        right = f"Bearer {READER}"
        before = shown.ask(Authorization=right).status
        for number in range(10):
            shown.ask(Authorization=f"Bearer {number}")
        shown.config = WebConfig(access=replace(ACCESS))

        assert (before, shown.ask(Authorization=right).status) == (200, 200)


def test_without_a_log_in_everybody_is_shown_the_pages() -> None:
    with pages(NO_WEB_CONFIG) as shown:
        assert [shown.ask("/").status, shown.ask("/-/reload", "POST").status] == [200, 200]


# --- rate, names, headers ---


def test_more_requests_than_the_rate_are_refused() -> None:
    with pages(WebConfig(access=WebAccess(rate=RequestRate(interval_s=60, burst=3)))) as shown:
        assert [shown.ask().status for _ in range(4)] == [200, 200, 200, 429]


def test_health_is_told_at_any_rate() -> None:
    with pages(WebConfig(access=WebAccess(rate=RequestRate(interval_s=60, burst=1)))) as shown:
        assert {shown.ask("/-/healthy").status for _ in range(4)} == {200}


@pytest.mark.parametrize("path", ["/", "/metrics", "/-/healthy", "/-/reload"])
def test_a_stranger_s_name_for_this_machine_is_refused(path: str) -> None:
    with pages(NO_WEB_CONFIG) as shown:
        assert shown.ask(path, Host="evil.example:9877").status == 421


def test_a_name_that_was_allowed_is_ours() -> None:
    with pages(NO_WEB_CONFIG, hosts=("wnmon.example",)) as shown:
        assert shown.ask(Host="wnmon.example").status == 200


SECURE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "deny",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@pytest.mark.parametrize("path", ["/", "/metrics", "/-/healthy", "/nope"])
@pytest.mark.parametrize("said", [{}, {"Authorization": f"Bearer {READER}"}, {"Host": "evil.example"}])
def test_every_answer_has_the_security_headers(served: Pages, path: str, said: dict[str, str]) -> None:
    headers = served.ask(path, trust=None, **said).headers

    assert {name: headers[name] for name in SECURE} == SECURE


def test_a_header_of_the_web_configuration_takes_the_place_of_our_own() -> None:
    access = WebAccess(headers=(("X-Frame-Options", "sameorigin"),))
    with pages(WebConfig(access=access)) as shown:
        assert shown.ask().headers.get_all("X-Frame-Options") == ["sameorigin"]


# --- TLS ---


@dataclass(frozen=True)
class Certificates:
    folder: Path
    authority: Papers

    def config(self, more: str = "") -> WebConfig:
        file = self.folder / "web.yml"
        text = f"tls_server_config: {{cert_file: server/cert.pem, key_file: server/key.pem{more}}}"
        file.write_text(text, encoding="utf-8")
        return load_web_config(file)

    def trust(self, client: str = "") -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.authority.certificate)
        if client:
            context.load_cert_chain(self.folder / client / "cert.pem", self.folder / client / "key.pem")
        return context


CLIENTS = ", client_auth_type: RequireAndVerifyClientCert, client_ca_file: authority/cert.pem"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder = tmp_path_factory.mktemp("certificates")
    for name in ("authority", "server", "prometheus", "stranger"):
        (folder / name).mkdir()
    authority = make_authority(folder / "authority")
    issue(authority, folder / "server", days=30)
    issue(authority, folder / "prometheus", days=30, host="DNS:prometheus.example,IP:2001:db8::1")
    issue(authority, folder / "stranger", days=30, host="DNS:stranger.example")
    return Certificates(folder, authority)


@pytest.mark.parametrize(("more", "status"), [(CLIENTS, 404), ("", 403)])
def test_who_shows_a_certificate_is_not_just_anybody_on_the_network(
    certificates: Certificates, more: str, status: int
) -> None:
    """There is no such run: who may ask for it is told so."""
    with pages(certificates.config(more), listen="0.0.0.0") as shown:
        answer = shown.ask("/runs/0123456789abcdef", trust=certificates.trust("prometheus"))

    assert answer.status == status


def test_the_pages_are_served_over_tls(certificates: Certificates) -> None:
    with pages(certificates.config()) as shown:
        assert (shown.url[:8], shown.ask(trust=certificates.trust()).status) == ("https://", 200)


def test_plain_http_is_not_answered_where_tls_is_spoken(certificates: Certificates) -> None:
    with pages(certificates.config()) as shown, pytest.raises((http.client.HTTPException, OSError)):
        shown.ask()


def test_a_large_answer_comes_whole_over_tls(certificates: Certificates) -> None:
    with pages(certificates.config()) as shown:
        shown.metrics.body = bytes(range(256)) * 2**14
        body = shown.ask("/metrics", trust=certificates.trust()).body

    assert body == shown.metrics.body


def test_who_takes_its_time_to_read_over_tls_gets_all_of_an_answer(certificates: Certificates) -> None:
    with pages(certificates.config(), Patience(silence_s=60, turn_s=60)) as shown:
        shown.metrics.body = bytes(3_000_000)
        parts = urlsplit(shown.url)
        wire = socket.socket()
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # so that all but what the kernel takes waits there
        wire.connect((parts.hostname or "", parts.port or 0))
        with certificates.trust().wrap_socket(wire, server_hostname=parts.hostname) as secured:
            secured.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            time.sleep(3)
            answer = b"".join(iter(lambda: secured.recv(65536), b""))

    assert answer.endswith(b"0\r\n\r\n")


def test_a_new_certificate_is_shown_from_the_next_connection_on(certificates: Certificates) -> None:
    with pages(certificates.config()) as shown:
        before = _certificate(shown.url, certificates.trust())
        issue(certificates.authority, certificates.folder / "server", days=40)
        shown.config = certificates.config()

        assert _certificate(shown.url, certificates.trust()) != before


def _certificate(url: str, trust: ssl.SSLContext) -> bytes | None:
    parts = urlsplit(url)
    wire = socket.create_connection((parts.hostname or "", parts.port or 0), 60)
    with trust.wrap_socket(wire, server_hostname=parts.hostname) as secured:
        return secured.getpeercert(binary_form=True)


def test_a_connection_from_before_goes_on_with_its_own_certificate(certificates: Certificates) -> None:
    with pages(certificates.config()) as shown:
        parts = urlsplit(shown.url)
        asking = http.client.HTTPSConnection(parts.hostname or "", parts.port, context=certificates.trust())
        with closing(asking):
            statuses = []
            for config in (shown.config, NO_WEB_CONFIG):
                shown.config = config
                asking.request("GET", "/")
                response = asking.getresponse()
                response.read()
                statuses.append(response.status)

    assert statuses == [200, 200]


@pytest.mark.parametrize("before", ["", f"{CLIENTS}, client_allowed_sans: [stranger.example]"])
def test_a_connection_from_before_certificates_were_asked_is_closed(certificates: Certificates, before: str) -> None:
    with pages(certificates.config(before)) as shown:
        parts = urlsplit(shown.url)
        trust = certificates.trust("stranger")
        with closing(http.client.HTTPSConnection(parts.hostname or "", parts.port, context=trust)) as asking:
            asking.request("GET", "/")
            asking.getresponse().read()
            shown.config = certificates.config(f"{CLIENTS}, client_allowed_sans: [prometheus.example]")
            asking.auto_open = 0  # the same connection or none
            with pytest.raises((OSError, http.client.HTTPException)):
                _asked_again(asking)


def _asked_again(asking: http.client.HTTPSConnection) -> int:
    asking.request("GET", "/")
    return asking.getresponse().status


def answers(shown: Pages, trust: ssl.SSLContext) -> bool:
    """Tell whether a request is answered, and not cut off."""
    try:
        return shown.ask(trust=trust).status == 200
    except (http.client.HTTPException, OSError):
        return False


@pytest.mark.parametrize(("client", "expected"), [("", False), ("prometheus", True)])
def test_a_client_without_a_certificate_is_turned_away(certificates: Certificates, client: str, expected: bool) -> None:
    with pages(certificates.config(CLIENTS)) as shown:
        assert answers(shown, certificates.trust(client)) is expected


@pytest.mark.parametrize("name", ["prometheus.example", '"2001:db8::1"'])
@pytest.mark.parametrize(("client", "expected"), [("stranger", False), ("prometheus", True)])
def test_only_clients_with_an_allowed_name_are_let_in(
    certificates: Certificates, client: str, name: str, expected: bool
) -> None:
    with pages(certificates.config(f"{CLIENTS}, client_allowed_sans: [{name}]")) as shown:
        assert answers(shown, certificates.trust(client)) is expected


def test_what_comes_with_the_last_of_a_handshake_in_vain_is_not_done(certificates: Certificates) -> None:
    with pages(certificates.config(f"{CLIENTS}, client_allowed_sans: [nobody.example]")) as shown:
        parts, trust = urlsplit(shown.url), certificates.trust("stranger")
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        secured = trust.wrap_bio(incoming, outgoing, server_hostname=parts.hostname)
        with socket.create_connection((parts.hostname or "", parts.port or 0), 60) as wire:
            while not shaken(secured):
                wire.sendall(outgoing.read())
                incoming.write(wire.recv(65536))
            secured.write(b"POST /-/reload HTTP/1.1\r\nHost: localhost\r\n\r\n")
            wire.sendall(outgoing.read())
            with suppress(ConnectionResetError):
                while wire.recv(65536):
                    pass
        shown.config = NO_WEB_CONFIG
        shown.ask("/-/reload", "POST")

        assert shown.control.reloads == 1


def shaken(secured: ssl.SSLObject) -> bool:
    """Tell whether the client's part of the handshake is done, but for what is still to be sent."""
    try:
        secured.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def test_a_handshake_that_does_not_come_is_closed(certificates: Certificates) -> None:
    with pages(certificates.config(), Patience(silence_s=0.2, look_s=0.05)) as shown:
        parts = urlsplit(shown.url)
        with socket.create_connection((parts.hostname or "", parts.port or 0), 60) as silent:
            assert silent.recv(1) == b""


@contextmanager
def crowded(certificates: Certificates) -> Iterator[Pages]:
    """Hold many connections on which no handshake comes."""
    with ExitStack() as held, pages(certificates.config(), Patience(silence_s=60, turn_s=60)) as shown:
        parts = urlsplit(shown.url)
        for _ in range(200):
            held.enter_context(socket.create_connection((parts.hostname or "", parts.port or 0), 60))
        yield shown


def test_many_handshakes_that_do_not_come_keep_nobody_from_an_answer(certificates: Certificates) -> None:
    with crowded(certificates) as shown:
        assert shown.ask(trust=certificates.trust()).status == 200


def test_handshakes_that_do_not_come_are_counted_at_the_door(certificates: Certificates) -> None:
    with crowded(certificates) as shown:
        assert eventually(lambda: shown.refused, "connections closed for want of room")


def test_an_answer_over_tls_that_nobody_reads_is_closed(certificates: Certificates) -> None:
    with pages(certificates.config(), Patience(silence_s=0.3, look_s=0.05)) as shown:
        parts = urlsplit(shown.url)
        wire = socket.create_connection((parts.hostname or "", parts.port or 0), 60)
        with certificates.trust().wrap_socket(wire, server_hostname=parts.hostname) as secured:
            secured.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2000)
            before = descriptors()
            assert eventually(lambda: descriptors() < before, "a closed connection")


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


# --- healthcheck over TLS ---


def health(url: str, *options: str) -> int:
    return CliRunner().invoke(healthcheck, ["--url", f"{url}-/healthy", *options]).exit_code


def test_a_health_check_knows_the_service_by_its_authority(certificates: Certificates) -> None:
    with pages(certificates.config()) as shown:
        assert health(shown.url, "--ca-file", str(certificates.authority.certificate)) == 0


def test_a_health_check_takes_any_certificate_where_told(certificates: Certificates) -> None:
    with pages(certificates.config()) as shown:
        assert health(shown.url, "--insecure") == 0


def test_a_health_check_takes_no_unknown_certificate_unless_told(certificates: Certificates) -> None:
    with pages(certificates.config()) as shown:
        assert health(shown.url) == 1


def test_a_health_check_needs_no_log_in(served: Pages) -> None:
    assert health(served.url) == 0


# --- the public view ---

CANARY = "canary-of-the-relay"
SPOKEN = state(
    outcome="failed",
    reason=CANARY,
    message=f"got {CANARY}",
    up=False,
    rest="paused",
    rest_reason=CANARY,
    rules_failed=(CANARY,),
    undecided=(CANARY,),
)


@contextmanager
def public(config: WebConfig = NO_WEB_CONFIG, rows: Any = SIX) -> Iterator[Pages]:
    shown = Pages(config=config)
    site = PublicSite(rows=lambda: public_rows(rows, {}), wall_s=FixedClock().wall_s)
    server = PublicServer("127.0.0.1", 0, site, FixedClock(), entry=Entry(config=lambda: shown.config))
    shown.url = server.start().url
    try:
        yield shown
    finally:
        server.stop()


@pytest.mark.parametrize("path", ["/", "/api/v1/status"])
def test_the_public_view_is_shown_to_everybody(path: str) -> None:
    with public(WebConfig(access=ACCESS)) as shown:
        assert shown.ask(path, Host="status.example").status == 200


@pytest.mark.parametrize("path", ["/metrics", "/api/v1/probes", "/-/healthy", "/-/reload", "/nope"])
def test_the_public_view_has_nothing_else(path: str) -> None:
    with public() as shown:
        assert shown.ask(path, Authorization=f"Bearer {KEEPER}").status == 404


@pytest.mark.parametrize("path", ["/?lang=en", "/?lang=zh", "/api/v1/status"])
def test_the_public_view_tells_nothing_that_a_relay_said(path: str) -> None:
    with public(rows=(SPOKEN,)) as shown:
        body = shown.ask(path).body

    assert (b"gpt-4o" in body, CANARY.encode() in body) == (True, False)


def test_a_row_of_the_public_document_has_the_allowed_members_and_no_other() -> None:
    with public(rows=(SPOKEN,)) as shown:
        (row,) = json.loads(shown.ask("/api/v1/status").body)["probes"]

    shown_now = ["target", "check", "model", "state", "since_s", "ttft_s", "total_s"]
    assert list(row) == [*shown_now, "uptime", "hours", "outages"]


def test_the_public_view_speaks_chinese() -> None:
    with public(rows=(SPOKEN,)) as shown:
        assert "中断" in shown.ask("/?lang=zh").body.decode()


@pytest.mark.parametrize(("path", "after_s"), [("/", "60"), ("/?refresh=off", None)])
def test_the_public_view_says_when_it_is_to_be_asked_for_again(path: str, after_s: str | None) -> None:
    with public(rows=(SPOKEN,)) as shown:
        assert shown.ask(path).headers["refresh"] == after_s


def test_a_browser_is_told_in_a_page_what_the_public_view_has_not() -> None:
    with public(rows=()) as shown:
        assert b"<h1>404" in shown.ask("/metrics", Accept="text/html").body


def test_a_name_is_escaped_on_the_public_view() -> None:
    with public(rows=(state(target="<script>"),)) as shown:
        assert b"<script" not in shown.ask().body


def test_the_public_view_without_probes_says_so() -> None:
    with public(rows=()) as shown:
        assert b"No probes are configured." in shown.ask().body


def test_the_public_view_is_held_to_the_rate() -> None:
    with public(WebConfig(access=WebAccess(rate=RequestRate(interval_s=60, burst=1)))) as shown:
        assert [shown.ask().status for _ in range(2)] == [200, 429]


def test_the_public_view_asks_no_client_for_a_certificate(certificates: Certificates) -> None:
    with public(certificates.config(f"{CLIENTS}, client_allowed_sans: [nobody.example]")) as shown:
        assert shown.ask(trust=certificates.trust()).status == 200

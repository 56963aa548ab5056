"""`wnmon serve` with a web configuration, as a process: who gets in, what a changed file changes, who is shown what."""

from __future__ import annotations

import base64
import hashlib
import secrets
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from leaks import LeakDetector
from service_process import (
    PATIENCE_S,
    ServiceProcess,
    environment,
    eventually,
    public_address,
    relay_beside,
    serving,
    wnmon,
)
from tls_samples import issue, make_authority

TOKEN = "0123456789abcdef" * 4
DIGEST = hashlib.sha256(TOKEN.encode()).hexdigest()
PUBLIC = ("--public-listen", "127.0.0.1:0")
ROUTES = ("/", "/metrics", "/api/v1/probes", "/api/v1/status", "/-/healthy", "/nope")
TOKENS = f"wnmon: {{tokens: {{prometheus: {{sha256: {DIGEST}, scope: read}}}}}}\n"


def config(url: str) -> str:
    return f"targets: {{wn: {{base_url: {url}, models: [m]}}}}\nchecks: {{alive: {{every: 1h, prompt: hi}}}}\n"


@pytest.fixture(scope="module")
def relay() -> Iterator[str]:
    with relay_beside() as relay:
        yield relay.url


@pytest.fixture
def service(relay: str, tmp_path: Path) -> Iterator[ServiceProcess]:
    web = tmp_path / "web.yml"
    web.write_text(TOKENS, encoding="utf-8")
    options = ("--web-config", str(web), "--public-listen", "127.0.0.1:0", "--poll", "100ms", "--enable-reload")
    with serving(tmp_path / "service", config(relay), *options) as service:
        yield service


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_metrics_want_a_log_in(service: ServiceProcess) -> None:
    assert [service.get("/metrics").status, service.get("/metrics", **bearer(TOKEN)).status] == [401, 200]


def test_a_token_that_was_taken_out_lets_nobody_in_without_a_restart(service: ServiceProcess, tmp_path: Path) -> None:
    assert service.get("/metrics", **bearer(TOKEN)).status == 200
    other = hashlib.sha256(b"another").hexdigest()
    (tmp_path / "web.yml").write_text(TOKENS.replace(DIGEST, other), encoding="utf-8")

    assert eventually(lambda: service.get("/metrics", **bearer(TOKEN)).status == 401, "a log-in that counts no more")


def test_a_broken_web_configuration_changes_nothing_but_the_metric(service: ServiceProcess, tmp_path: Path) -> None:
    (tmp_path / "web.yml").write_text("wnmon: {tokens: 1}\n", encoding="utf-8")

    def told() -> bool:
        return "wnmon_config_last_reload_successful 0.0" in service.get("/metrics", **bearer(TOKEN)).text

    assert eventually(told, "a refused reload")


def test_a_broken_configuration_of_relays_keeps_no_log_in_from_changing(
    service: ServiceProcess, tmp_path: Path
) -> None:
    (service.folder / "wnmon.yaml").write_text("targets: 1\n", encoding="utf-8")
    (tmp_path / "web.yml").write_text(TOKENS.replace("read", "admin"), encoding="utf-8")

    assert eventually(
        lambda: service.get("/-/reload", method="POST", **bearer(TOKEN)).status == 400, "a log-in that may reload"
    )


def test_the_public_view_has_an_address_of_its_own(service: ServiceProcess) -> None:
    view = ServiceProcess(service.process, service.folder, public_address(service))

    assert [view.get(path).status for path in ("/", "/api/v1/status", "/metrics", "/-/reload")] == [200, 200, 404, 404]


def test_a_renewed_certificate_is_shown_without_a_restart(relay: str, tmp_path: Path) -> None:
    for name in ("authority", "tls"):
        (tmp_path / name).mkdir()
    authority = make_authority(tmp_path / "authority")
    issue(authority, tmp_path / "tls", days=30)
    web = tmp_path / "web.yml"
    web.write_text("tls_server_config: {cert_file: tls/cert.pem, key_file: tls/key.pem}\n", encoding="utf-8")
    options = ("--web-config", str(web), "--poll", "100ms")
    with serving(tmp_path / "service", config(relay), *options, ready=False) as service:
        address = (urlsplit(service.url).hostname or "", urlsplit(service.url).port or 0)
        before = ssl.get_server_certificate(address)
        issue(authority, tmp_path / "tls", days=40)

        assert eventually(lambda: ssl.get_server_certificate(address) != before, "the renewed certificate")


def test_a_password_of_bcrypt_logs_in(relay: str, tmp_path: Path) -> None:
    bcrypt = pytest.importorskip("bcrypt")
    web = tmp_path / "web.yml"
    hashed = bcrypt.hashpw(b"correct horse", bcrypt.gensalt(10)).decode()
    web.write_text(f"basic_auth_users:\n  alice: {hashed}\n", encoding="utf-8")
    said = base64.b64encode(b"alice:correct horse").decode()
    with serving(tmp_path / "service", config(relay), "--web-config", str(web)) as service:
        statuses = [service.get("/metrics", Authorization=f"Basic {said}").status for _ in range(2)]

    assert statuses == [200, 200]


PASSWORD, WRONG = f"{secrets.token_hex(12)}", f"{secrets.token_hex(12)}"


@pytest.fixture(scope="module")
def said(relay: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[LeakDetector, list[tuple[str, str]]]:
    """What must not be said, and all a service says while visitors log in, rightly and wrongly, over bad files too."""
    bcrypt = pytest.importorskip("bcrypt")
    folder, token = tmp_path_factory.mktemp("said"), secrets.token_hex(32)
    hashed, digest = (
        bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode(),
        hashlib.sha256(token.encode()).hexdigest(),
    )
    good = f"basic_auth_users: {{alice: {hashed}}}\nwnmon: {{tokens: {{p: {{sha256: {digest}, scope: admin}}}}}}\n"
    (folder / "web.yml").write_text(good, encoding="utf-8")
    logins = [
        f"Bearer {token}",
        f"Bearer {WRONG}",
        *(_basic(f"{WRONG}{number}") for number in range(8)),
        _basic(PASSWORD),
    ]
    options = (
        "--web-config",
        str(folder / "web.yml"),
        "--enable-reload",
        "--log-level",
        "debug",
        "--public-listen",
        "127.0.0.1:0",
    )
    outputs = []
    with serving(folder / "service", config(relay), *options, env={"PYTHONASYNCIODEBUG": "1"}) as service:
        view = ServiceProcess(service.process, service.folder, public_address(service))
        for text in (
            good,
            good.replace("alice", "a:b"),
            good.replace(hashed, PASSWORD),
            good.replace(digest, f"{token}x"),
        ):
            (folder / "web.yml").write_text(text, encoding="utf-8")
            answers = [service.get("/-/reload", method="POST", Authorization=one) for one in logins]
            answers += [shown.get(path, Authorization=logins[0]) for shown in (service, view) for path in ROUTES]
            outputs += [("an answer", f"{answer.text}{answer.headers}") for answer in answers]
        service.end()
        outputs += [("stdout", service.stdout), ("stderr", service.stderr)]
    secret = {
        "the password": PASSWORD,
        "a wrong one": WRONG,
        "the token": token,
        "the hash": hashed[7:],
        "the digest": digest,
    }
    return LeakDetector(secret), outputs


def _basic(password: str) -> str:
    return f"Basic {base64.b64encode(f'alice:{password}'.encode()).decode()}"


def test_nothing_that_visitors_or_the_web_configuration_say_is_repeated(
    said: tuple[LeakDetector, list[tuple[str, str]]],
) -> None:
    detector, outputs = said

    assert detector.all_leaks(outputs) == []


def test_wrong_log_ins_and_wrong_files_did_reach_the_log(said: tuple[LeakDetector, list[tuple[str, str]]]) -> None:
    stderr = dict(said[1])["stderr"]

    assert ("log-ins that failed" in stderr, stderr.count("reload refused") >= 3) == (True, True)


def started(tmp_path: Path, *options: str, text: str = "", python: tuple[str, ...] = ()) -> tuple[int, str]:
    """Return exit code and complaints of a service that ends by itself."""
    (tmp_path / "wnmon.yaml").write_text(text or config("http://127.0.0.1:9"), encoding="utf-8")
    order = [sys.executable, *(python or ("-m", "wnmon")), "serve", str(tmp_path / "wnmon.yaml"), *options]
    done = subprocess.run(order, capture_output=True, text=True, env=environment(), timeout=PATIENCE_S, check=False)
    return done.returncode, done.stderr


def test_a_broken_web_configuration_ends_the_start_with_2(tmp_path: Path) -> None:
    web = tmp_path / "web.yml"
    web.write_text("basic_auth_users:\n  alice: hunter2\n", encoding="utf-8")
    code, said = started(tmp_path, "--web-config", str(web))

    assert (code, said.startswith(f"{web}:2:10 "), "hunter2" in said) == (2, True, False)


def test_problems_of_both_configurations_are_shown_at_once(tmp_path: Path) -> None:
    web = tmp_path / "web.yml"
    web.write_text("wnmon: 1\n", encoding="utf-8")
    code, said = started(tmp_path, "--web-config", str(web), text="targets: 1\n")

    assert (code, "wnmon.yaml:1:" in said, "web.yml:1:" in said) == (2, True, True)


def validated(folder: Path, *arguments: str) -> tuple[int, str, str]:
    return wnmon("validate", *arguments, "--web-config", "web.yml", cwd=folder)


def test_a_web_configuration_can_be_validated_alone(tmp_path: Path) -> None:
    (tmp_path / "web.yml").write_text(TOKENS, encoding="utf-8")

    assert validated(tmp_path) == (0, "web.yml: OK, users: 0, tokens: 1, no TLS\n", "")


def test_what_is_wrong_with_both_configurations_is_validated_at_once(tmp_path: Path) -> None:
    (tmp_path / "web.yml").write_text("wnmon: 1\n", encoding="utf-8")
    (tmp_path / "wnmon.yaml").write_text("targets: 1\n", encoding="utf-8")
    code, _, said = validated(tmp_path, "wnmon.yaml")

    assert (code, [line.partition(":")[0] for line in said.splitlines()]) == (2, ["wnmon.yaml", "web.yml"])


NO_BCRYPT = "import sys; sys.modules['bcrypt'] = None; from wnmon.cli import run; run(sys.argv[1:])"


def test_a_password_without_the_extra_ends_the_start_with_2_and_the_install_line(tmp_path: Path) -> None:
    web = tmp_path / "web.yml"
    hashed = "$2y$10$mDwo.lAisC94iLAyP81MCesa29IzH37oigHC/42V2pdJlUprsJPze"
    web.write_text(f"basic_auth_users:\n  alice: {hashed}\n", encoding="utf-8")
    code, said = started(tmp_path, "--web-config", str(web), python=("-c", NO_BCRYPT))

    assert (code, "pip install 'wnmon[auth]'" in said) == (2, True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--web-config", "."), "is a directory"),
        (("--allowed-host", "https://wnmon.example"), "expected a host name"),
        (("--allowed-host", "*.example"), "expected a host name"),
        (("--allowed-host", ""), "expected a host name"),
        (("--public-listen", "nowhere"), "expected host:port"),
        (("--public-listen", "127.0.0.1:70000"), "expected host:port"),
        (("--listen", "127.0.0.1:0", "--public-listen", "203.0.113.9:1", "--no-selftest"), "--public-listen"),
    ],
)
def test_a_bad_value_of_an_option_ends_the_start_with_2(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    code, complaint = started(tmp_path, *options)

    assert (code, said in complaint) == (2, True), complaint


@pytest.mark.parametrize(
    ("host", "web", "said"),
    [
        ("0.0.0.0", "", "--web-config asks who is there"),
        ("0.0.0.0", TOKENS, "log-ins travel unencrypted to 0.0.0.0:"),
        ("127.0.0.1", "", ""),
        ("127.0.0.1", TOKENS, ""),
    ],
)
def test_a_page_open_to_other_machines_is_told_of(relay: str, tmp_path: Path, host: str, web: str, said: str) -> None:
    options: tuple[str, ...] = ("--listen", f"{host}:0")
    if web:
        (tmp_path / "web.yml").write_text(web, encoding="utf-8")
        options += ("--web-config", str(tmp_path / "web.yml"))
    with serving(tmp_path / "service", config(relay), *options) as service:
        told = [line for line in service.stdout.splitlines() if "--web-config" in line or "log-ins" in line]

    assert [said in line for line in told] == ([True] if said else [])

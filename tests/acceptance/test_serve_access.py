"""`wnmon serve` with a web configuration, as a process: who gets in, what a changed file changes, who is shown what."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from service_process import PATIENCE_S, ServiceProcess, environment, eventually, public_address, relay_beside, serving

TOKEN = "0123456789abcdef" * 4
DIGEST = hashlib.sha256(TOKEN.encode()).hexdigest()
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


def test_a_password_of_bcrypt_logs_in(relay: str, tmp_path: Path) -> None:
    bcrypt = pytest.importorskip("bcrypt")
    web = tmp_path / "web.yml"
    hashed = bcrypt.hashpw(b"correct horse", bcrypt.gensalt(10)).decode()
    web.write_text(f"basic_auth_users:\n  alice: {hashed}\n", encoding="utf-8")
    said = base64.b64encode(b"alice:correct horse").decode()
    with serving(tmp_path / "service", config(relay), "--web-config", str(web)) as service:
        statuses = [service.get("/metrics", Authorization=f"Basic {said}").status for _ in range(2)]

    assert statuses == [200, 200]


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

"""Web configurations held to Prometheus itself: its own tool reads them too, and it scrapes what they guard."""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
import yaml
from bench_runs import free_port
from service_process import eventually, relay_beside, serving
from soak import process, wait_for
from tls_samples import issue, make_authority

from wnmon.config import load_web_config
from wnmon.errors import ConfigError

HASH = "$2y$10$mDwo.lAisC94iLAyP81MCesa29IzH37oigHC/42V2pdJlUprsJPze"
TLS = "cert_file: tls/cert.pem, key_file: tls/key.pem"

BOTH_TAKE = {
    "users": f"basic_auth_users: {{alice: {HASH}}}",
    "no users": "basic_auth_users: {}",
    "TLS": f"tls_server_config: {{{TLS}, min_version: TLS13, prefer_server_cipher_suites: false}}",
    "cipher suites": f"tls_server_config: {{{TLS}, cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]}}",
    "clients": (
        f"tls_server_config: {{{TLS}, client_auth_type: RequireAndVerifyClientCert, "
        "client_ca_file: authority/cert.pem}"
    ),
    "headers": "http_server_config: {http2: false, headers: {X-Frame-Options: sameorigin}}",
}
BOTH_REFUSE = {
    "an unknown key": "basic_auth_user: {}",
    "no key": "tls_server_config: {cert_file: tls/cert.pem}",
    "no file": "tls_server_config: {cert_file: tls/cert.pem, key_file: no.pem}",
    "another's key": "tls_server_config: {cert_file: tls/cert.pem, key_file: authority/key.pem}",
    "a password": "basic_auth_users: {alice: hunter2}",
    "a header": "http_server_config: {headers: {Server: me}}",
    "frames": "http_server_config: {headers: {X-Frame-Options: allowall}}",
    "authorities of clients alone": f"tls_server_config: {{{TLS}, client_ca_file: authority/cert.pem}}",
}


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an authority and what it issued."""
    folder = tmp_path_factory.mktemp("papers")
    for name in ("authority", "tls"):
        (folder / name).mkdir()
    issue(make_authority(folder / "authority"), folder / "tls", days=30)
    return folder


def verdicts(promtool: str, folder: Path, text: str) -> tuple[bool, bool]:
    """Tell whether Prometheus' tool takes a web configuration, and whether wnmon does."""
    path = folder / "web.yml"
    path.write_text(text, encoding="utf-8")
    done = subprocess.run([promtool, "check", "web-config", str(path)], capture_output=True, check=False)
    try:
        load_web_config(path)
    except ConfigError:
        return done.returncode == 0, False
    return done.returncode == 0, True


@pytest.mark.parametrize("text", BOTH_TAKE.values(), ids=BOTH_TAKE)
def test_what_prometheus_takes_wnmon_takes(promtool: str, papers: Path, text: str) -> None:
    assert verdicts(promtool, papers, text) == (True, True)


@pytest.mark.parametrize("text", BOTH_REFUSE.values(), ids=BOTH_REFUSE)
def test_what_prometheus_refuses_wnmon_refuses(promtool: str, papers: Path, text: str) -> None:
    assert verdicts(promtool, papers, text) == (False, False)


@pytest.fixture(scope="module")
def scraped(papers: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Prometheus that scrapes a service over TLS, with a token, and a second time without one."""
    if shutil.which("prometheus") is None:
        pytest.skip("prometheus is not installed")
    folder, token, port = tmp_path_factory.mktemp("scraped"), secrets.token_hex(32), free_port()
    digest = hashlib.sha256(token.encode()).hexdigest()
    (folder / "token").write_text(token, encoding="ascii")
    web = papers / "scraped.yml"
    tokens = f"wnmon: {{tokens: {{prometheus: {{sha256: {digest}, scope: read}}}}}}"
    web.write_text(f"tls_server_config: {{{TLS}}}\n{tokens}\n", encoding="utf-8")
    with ExitStack() as stack:
        relay = stack.enter_context(relay_beside())
        config = f"targets: {{wn: {{base_url: {relay.url}, models: [m]}}}}\n"
        service = stack.enter_context(serving(folder / "service", config, "--web-config", str(web), ready=False))
        job = {
            "scheme": "https",
            "tls_config": {"ca_file": str(papers / "authority" / "cert.pem")},
            "static_configs": [{"targets": [urlsplit(service.url).netloc]}],
        }
        known = {"job_name": "known", "authorization": {"credentials_file": str(folder / "token")}, **job}
        jobs = {"global": {"scrape_interval": "1s"}, "scrape_configs": [known, {"job_name": "unknown", **job}]}
        (folder / "prometheus.yml").write_text(yaml.safe_dump(jobs), encoding="utf-8")
        order = ["prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}"]
        order += [f"--web.listen-address=127.0.0.1:{port}"]
        stack.enter_context(process(order, folder / "prometheus.log"))
        wait_for(f"http://127.0.0.1:{port}/-/ready")
        yield f"http://127.0.0.1:{port}"


def targets(prometheus: str) -> dict[str, tuple[str, str]]:
    """Return how Prometheus finds each job, once it has scraped it."""
    with urlopen(f"{prometheus}/api/v1/targets", timeout=30) as answer:
        active = json.load(answer)["data"]["activeTargets"]
    return {one["scrapePool"]: (one["health"], one["lastError"]) for one in active if one["health"] != "unknown"}


def test_prometheus_scrapes_over_tls_with_a_token(scraped: str) -> None:
    assert eventually(lambda: targets(scraped).get("known"), "a scrape") == ("up", "")


def test_prometheus_is_refused_without_one(scraped: str) -> None:
    health, error = eventually(lambda: targets(scraped).get("unknown"), "a scrape")

    assert (health, "401" in error) == ("down", True)

"""Web configurations: what a file of exporter-toolkit means here, and what every wrong one is told."""

from __future__ import annotations

import re
import ssl
import sys
from pathlib import Path

import pytest
from config_samples import GOLDEN, write
from tls_samples import issue, make_authority, openssl

from wnmon.config import load_web_config
from wnmon.engine.web_config import WebConfig
from wnmon.errors import ConfigError
from wnmon.model.web_access import RequestRate, Scope, WebToken, WebUser

ALICE = "$2y$10$mDwo.lAisC94iLAyP81MCesa29IzH37oigHC/42V2pdJlUprsJPze"
BOB = "$2b$04$hLqFl9jSjoAAy95Z/zw8Ye8wkdMBM8c5Bn1ptYqP/AXyV0.oy0S8m"
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

Case = tuple[str, str, list[str]]


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the files of certificates that configurations name."""
    folder = tmp_path_factory.mktemp("papers")
    for name in ("authority", "mine", "other"):
        (folder / name).mkdir()
    authority = make_authority(folder / "authority")
    issue(authority, folder / "mine", days=30)
    issue(authority, folder / "other", days=30)
    openssl("pkey", "-in", folder / "mine" / "key.pem", "-aes256", "-passout", "pass:x", "-out", folder / "locked.pem")
    write(folder, "nothing of the kind", "words.txt")
    write(folder, "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n", "broken.pem")
    return folder


def loaded(folder: Path, text: str) -> WebConfig:
    return load_web_config(write(folder, text, "web.yml"))


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text)
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


# --- what a good one means ---


def test_a_user_of_exporter_toolkit_may_do_everything(tmp_path: Path) -> None:
    users = loaded(tmp_path, f"basic_auth_users: {{alice: {ALICE}}}").access.users

    assert users == (WebUser(name="alice", bcrypt=ALICE, scope=Scope.ADMIN),)


def test_a_scope_holds_a_user_to_less(tmp_path: Path) -> None:
    text = f"basic_auth_users: {{alice: {ALICE}, bob: {BOB}}}\nwnmon: {{scopes: {{bob: read}}}}"

    assert [user.scope for user in loaded(tmp_path, text).access.users] == [Scope.ADMIN, Scope.READ]


def test_a_token_is_known_by_its_hash(tmp_path: Path) -> None:
    text = f"wnmon: {{tokens: {{prometheus: {{sha256: {DIGEST}, scope: read}}}}}}"

    token = WebToken(name="prometheus", sha256=bytes.fromhex(DIGEST), scope=Scope.READ)
    assert loaded(tmp_path, text).access.tokens == (token,)


def test_headers_are_those_that_are_not_blank(tmp_path: Path) -> None:
    text = 'http_server_config: {http2: true, headers: {Strict-Transport-Security: max-age=1, X-XSS-Protection: ""}}'

    assert loaded(tmp_path, text).access.headers == (("Strict-Transport-Security", "max-age=1"),)


def test_a_rate_is_an_interval_and_a_burst(tmp_path: Path) -> None:
    rate = loaded(tmp_path, 'rate_limit: {interval: "1s", burst: 20}').access.rate

    assert rate == RequestRate(interval_s=1, burst=20)


def test_an_interval_of_nothing_is_no_rate(tmp_path: Path) -> None:
    assert loaded(tmp_path, 'rate_limit: {interval: "0s", burst: 20}').access.rate is None


def test_without_users_and_tokens_nobody_is_asked(tmp_path: Path) -> None:
    assert not loaded(tmp_path, "basic_auth_users: {}").access.asks_login


def test_the_sample_file_of_exporter_toolkit_is_taken_as_it_is(papers: Path) -> None:
    text = f"""
tls_server_config:
  cert_file: mine/cert.pem
  key_file: mine/key.pem
basic_auth_users:
  alice: {ALICE}
  bob: {BOB}
rate_limit:
  interval: "1s"
  burst: 20
"""
    config = loaded(papers, text)

    assert (config.tls is not None, len(config.access.users)) == (True, 2)


TLS = "tls_server_config: {{cert_file: mine/cert.pem, key_file: mine/key.pem{}}}"


def context(folder: Path, more: str = "") -> ssl.SSLContext:
    tls = loaded(folder, TLS.format(more)).tls
    assert tls is not None
    return tls


def test_files_are_relative_to_the_web_configuration_and_watched(papers: Path) -> None:
    files = loaded(papers, TLS.format("")).files

    assert files == (papers / "web.yml", papers / "mine/cert.pem", papers / "mine/key.pem")


def test_tls_is_1_2_and_1_3_unless_said(papers: Path) -> None:
    tls = context(papers)

    assert (tls.minimum_version, tls.maximum_version) == (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


def test_versions_are_those_that_are_said(papers: Path) -> None:
    assert context(papers, ", min_version: TLS13").minimum_version is ssl.TLSVersion.TLSv1_3


@pytest.mark.parametrize(
    ("policy", "mode"),
    [("VerifyClientCertIfGiven", ssl.CERT_OPTIONAL), ("RequireAndVerifyClientCert", ssl.CERT_REQUIRED)],
)
def test_clients_are_asked_as_exporter_toolkit_asks_them(papers: Path, policy: str, mode: ssl.VerifyMode) -> None:
    assert context(papers, f", client_auth_type: {policy}, client_ca_file: authority/cert.pem").verify_mode is mode


def test_the_public_view_asks_no_client_for_a_certificate(papers: Path) -> None:
    more = ", client_auth_type: RequireAndVerifyClientCert, client_ca_file: authority/cert.pem"
    public = loaded(papers, TLS.format(more)).public_tls

    assert public is not None
    assert public.verify_mode is ssl.CERT_NONE


def test_cipher_suites_go_by_the_names_of_iana(papers: Path) -> None:
    more = ", cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256]"
    names = [one["name"] for one in context(papers, more).get_ciphers() if one["protocol"] != "TLSv1.3"]

    assert names == ["ECDHE-RSA-AES256-GCM-SHA384"]


@pytest.mark.parametrize(("written", "prefers"), [("", True), (", prefer_server_cipher_suites: false", False)])
def test_the_order_of_ciphers_is_the_server_s_unless_said(papers: Path, written: str, prefers: bool) -> None:
    assert bool(context(papers, written).options & ssl.OP_CIPHER_SERVER_PREFERENCE) is prefers


def test_what_the_page_on_operations_shows_can_be_copied(papers: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "operations.md").read_text("utf-8")
    (block,) = re.findall(r"```yaml\n(tls_server_config:\n.*?)```", page, re.DOTALL)
    shown = block.replace("tls.crt", "mine/cert.pem").replace("tls.key", "mine/key.pem")

    assert [user.scope for user in loaded(papers, shown).access.users] == [Scope.ADMIN, Scope.READ]


# --- bad values ---


def _cases() -> list[Case]:
    blocks = (GOLDEN / "web_problems.txt").read_text("utf-8").split("=== ")[1:]
    return [_case(block) for block in blocks]


def _case(block: str) -> Case:
    name, _, rest = block.partition("\n")
    text, _, expected = rest.partition(">>>\n")
    return name, text, expected.splitlines()


@pytest.mark.parametrize(("text", "expected"), [pytest.param(*case[1:], id=case[0]) for case in _cases()])
def test_a_broken_web_configuration_is_explained(papers: Path, text: str, expected: list[str]) -> None:
    assert problems(papers, text) == expected


def test_every_key_of_exporter_toolkit_that_is_not_supported_is_refused() -> None:
    text = (GOLDEN / "web_problems.txt").read_text("utf-8")

    assert [
        key for key in ("cert", "key", "client_ca", "curve_preferences") if f".{key}: wnmon does not" not in text
    ] == []


def test_no_complaint_quotes_a_hash_a_password_or_a_key() -> None:
    said = "".join(
        part.partition("=== ")[0] for part in (GOLDEN / "web_problems.txt").read_text("utf-8").split(">>>\n")[1:]
    )

    assert not re.search(r"hunter2|\$2|MIIE|[0-9a-f]{16}", said)


def test_a_file_that_is_missing_is_said_and_watched(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_web_config(tmp_path / "web.yml")

    assert (str(caught.value), caught.value.files) == (f"{tmp_path}/web.yml:1:1: no such file", (tmp_path / "web.yml",))  # type: ignore[attr-defined]


def test_a_file_of_somebody_else_is_not_quoted(tmp_path: Path) -> None:
    (said,) = problems(tmp_path, "root: x:0:0:hunter2\ndaemon: hunter2\n")

    assert "hunter2" not in said


def test_a_password_asks_for_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bcrypt", None)  # as where it is not installed

    assert problems(tmp_path, f"basic_auth_users:\n  alice: {ALICE}") == [
        "web.yml:1:1 basic_auth_users: the extra \"auth\" is not installed, pip install 'wnmon[auth]'"
    ]


def test_a_token_needs_no_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bcrypt", None)  # as where it is not installed

    assert loaded(tmp_path, f"wnmon: {{tokens: {{p: {{sha256: {DIGEST}, scope: read}}}}}}").access.asks_login

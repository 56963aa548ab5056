"""The rules that need TLS (HTTP-001, 002, 014): certificates made on the spot, and a door for plain http beside it."""

from __future__ import annotations

import asyncio
import shutil
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from tls_door import MOVED, door
from tls_samples import Papers, issue, make_authority

from wnmon.app.check import Surroundings, one_off_runner
from wnmon.config import adhoc_target, load_suites, narrow
from wnmon.mock.server import MockRelay, serve
from wnmon.mock.settings import MockSettings
from wnmon.model.check import Check
from wnmon.model.result import RuleVerdict, Verdict
from wnmon.model.target import Probe, Secret, Target

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

KEY, MODEL = "sk-matrix-0123456789", "m-1"
PLAN = narrow(load_suites(["builtin:http"], Path())[0], only=("HTTP-001", "HTTP-002", "HTTP-014"), full=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def good(authority: Papers, tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return issue(authority, tmp_path_factory.mktemp("good"), days=90)


def secured(papers: Papers) -> MockSettings:
    return MockSettings(
        strict=True,
        key=KEY,
        models=(MODEL,),
        ttft_s=0,
        gap_s=0,
        tls_cert=str(papers.certificate),
        tls_key=str(papers.key),
    )


def target_of(url: str, authority: Papers) -> Target:
    return replace(adhoc_target(url, (MODEL,), KEY), ca_file=str(authority.certificate))


async def judged(target: Target) -> dict[str, RuleVerdict]:
    async with one_off_runner(2, Surroundings()) as runner:
        probe = Probe(check=Check(name="c", plan=PLAN, every_s=0), target=target, model=MODEL)
        run = await runner.run(probe, full=True)
    return {verdict.rule: verdict for verdict in run.result.verdicts}


async def judge_relay(papers: Papers, authority: Papers) -> dict[str, RuleVerdict]:
    async with serve(secured(papers)) as relay:
        return await judged(target_of(relay.url, authority))


def verdicts(papers: Papers, authority: Papers) -> dict[str, Verdict]:
    return {rule: one.verdict for rule, one in asyncio.run(judge_relay(papers, authority)).items()}


def test_the_good_relay_keeps_all_rules(good: Papers, authority: Papers) -> None:
    assert verdicts(good, authority) == dict.fromkeys(("HTTP-001", "HTTP-014", "HTTP-002"), Verdict.PASSED)


def test_a_certificate_about_to_end_breaks_its_rule_alone(authority: Papers, tmp_path: Path) -> None:
    soon = issue(authority, tmp_path, days=13)

    assert [rule for rule, one in verdicts(soon, authority).items() if one is not Verdict.PASSED] == ["HTTP-014"]


@pytest.mark.parametrize(
    ("days", "host"), [(-1, "IP:127.0.0.1"), (90, "DNS:other.example")], ids=["over", "other name"]
)
def test_a_certificate_that_is_refused_breaks_its_rule(days: int, host: str, authority: Papers, tmp_path: Path) -> None:
    refused = issue(authority, tmp_path, days=days, host=host)

    assert verdicts(refused, authority)["HTTP-001"] is Verdict.FAILED


def test_a_certificate_nobody_signed_breaks_its_rule(good: Papers, tmp_path: Path) -> None:
    stranger = make_authority(tmp_path)

    assert verdicts(good, stranger)["HTTP-001"] is Verdict.FAILED


def test_a_relay_that_speaks_only_tls_1_1_breaks_its_rule(good: Papers, authority: Papers) -> None:
    async def scenario() -> RuleVerdict:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.load_cert_chain(good.certificate, good.key)
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return (await judged(target_of(f"https://127.0.0.1:{port}", authority)))["HTTP-001"]

    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        verdict = asyncio.run(scenario())

    assert verdict.verdict is Verdict.FAILED


# --- plain http beside TLS, on the same port


async def beside(papers: Papers, authority: Papers, said: bytes | None) -> tuple[dict[str, RuleVerdict], MockRelay]:
    """Judge a relay that says something on plain http: fixed bytes, or what the API says."""
    without_tls = replace(secured(papers), tls_cert=None, tls_key=None)
    async with (
        serve(secured(papers)) as secure,
        serve(without_tls) as open_relay,
        door(secure.port, open_relay.port if said is None else said) as port,
    ):
        target = target_of(f"https://127.0.0.1:{port}", authority)
        pass_header = ("X-Relay-Pass", Secret("open-sesame-1234", "header:X-Relay-Pass"))
        known = await judged(replace(target, headers=(pass_header, ("X-Team", "blue"))))
    return known, open_relay


def test_an_api_that_answers_on_plain_http_breaks_its_rule_alone(good: Papers, authority: Papers) -> None:
    known, _ = asyncio.run(beside(good, authority, None))

    assert {rule: one.verdict for rule, one in known.items()} == {
        "HTTP-001": Verdict.PASSED,
        "HTTP-014": Verdict.PASSED,
        "HTTP-002": Verdict.FAILED,
    }


def test_no_secret_is_sent_over_plain_http(good: Papers, authority: Papers) -> None:
    _, open_relay = asyncio.run(beside(good, authority, None))
    headers = open_relay.last.headers

    assert (KEY in headers["authorization"], "x-relay-pass" in headers, headers["x-team"]) == (False, False, "blue")


@pytest.mark.parametrize(
    ("status", "location", "verdict"),
    [
        (301, b"https://relay.example/", Verdict.PASSED),
        (308, b"https://relay.example/", Verdict.PASSED),
        (302, b"https://relay.example/", Verdict.FAILED),
        (301, b"http://relay.example/", Verdict.FAILED),
    ],
)
def test_a_lasting_redirect_to_https_is_a_refusal(
    status: int, location: bytes, verdict: Verdict, good: Papers, authority: Papers
) -> None:
    known, _ = asyncio.run(beside(good, authority, MOVED % (status, location)))

    assert known["HTTP-002"].verdict is verdict

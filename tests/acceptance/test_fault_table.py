"""Which fault of a relay breaks which rule, and what `wnmon check` makes of it: the promise, as a table."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from check_process import KEY, MODEL, Checked, check, check_on_time, config
from jsonschema import Draft202012Validator
from junitparser import TestCase
from service_process import ROOT, relay_beside

from wnmon.mock.server import MockRelay
from wnmon.mock.settings import MockSettings
from wnmon.model.said import Why

SUITES = ("builtin:documented", "builtin:stream")
LONG = "builtin:semantics"
"""Its long stream takes a second, so only those faults are checked with it that it is about."""

SHORT = "{connect: 10s, headers: 10s, first_token: 10s, stall: 3s, total: 20s}"
SCHEMA = Draft202012Validator(json.loads((ROOT / "wnmon/report/report.schema.json").read_text(encoding="utf-8")))


@dataclass(frozen=True, slots=True)
class Row:
    """A fault, the rules it breaks, and the exit codes. `also` are broken by the same bytes on other requests."""

    fault: str
    level: str
    broken: frozenset[str]
    exit: int
    strict_exit: int
    also: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return self.fault


def row(fault: str, level: str, broken: str, exit_code: int, strict_exit: int, also: str = "") -> Row:
    return Row(fault, level, frozenset(broken.split()), exit_code, strict_exit, frozenset(also.split()))


BROKEN = [
    row("no-fingerprint", "MUST", "DOC-009", 1, 1),
    row("null-fingerprint", "MUST", "DOC-009", 1, 1),
    row("no-usage", "MUST", "DOC-010", 1, 1),
    row("bad-json", "MUST", "DOC-003", 1, 1, also="DOC-012 STR-005"),
    row("error-in-200", "MUST", "ERR-006", 1, 1, also="STR-001"),
    row("no-done", "MUST", "STR-006", 1, 1),
    row("truncated-stream", "MUST", "STR-010", 1, 1),
    row("stream-error", "MUST", "STR-014", 1, 1),
    row("wrong-total", "SHOULD", "SEM-002", 0, 1),
    row("model-swap", "SHOULD", "REL-001", 0, 1),
]
"""Without faults about time (STR-013), which a busy machine may leave open: the matrix has those, in virtual time."""
SHOULD = {row.fault for row in BROKEN if row.level == "SHOULD"}
ON_THE_PREFLIGHT = {
    "401": "auth",
    "balance": "balance",
    "model-unavailable": "model_unavailable",
    "429-empty": "rate_limited",
    "500": "http_5xx",
    "html-524": "http_5xx",
    "html-200": "content_type",
    "redirect": "protocol",
    "close-at-once": "protocol",
    "stall": "stall",
}

Ask = Callable[..., Checked]


@pytest.fixture(scope="module")
def relay() -> Iterator[MockRelay]:
    with relay_beside(MockSettings()) as running:
        yield running


@pytest.fixture(scope="module")
def ask(relay: MockRelay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Return a function that checks the relay with a fault. Each combination is run once, and two are at once."""
    pool = ThreadPoolExecutor(2)
    asked = [(row.fault, strict) for strict in (False, True) for row in BROKEN]
    asked += [(fault, False) for fault in ON_THE_PREFLIGHT]
    begun = {one: pool.submit(check_fault, *one, relay, tmp_path_factory.mktemp(one[0])) for one in asked}
    yield lambda fault, *, strict=False: begun[fault, strict].result()
    pool.shutdown(cancel_futures=True)


def check_fault(fault: str, strict: bool, relay: MockRelay, folder: Path) -> Checked:
    file = config(folder, relay.url, timeout=SHORT, headers=f'{{X-Wnmon-Fault: "{fault}"}}')
    suites = (*SUITES, LONG) if fault in SHOULD else SUITES
    return check_on_time(folder, *suites, "-c", str(file), "--patience", "0", *(("--strict",) if strict else ()))


def rules_of(level: str, checked: Checked) -> set[str]:
    return {name for name in checked.of_verdict("failed") if checked.rules[name]["level"] == level}


@pytest.mark.parametrize("row", BROKEN, ids=str)
def test_a_fault_breaks_its_rule(row: Row, ask: Ask) -> None:
    assert row.broken <= rules_of(row.level, ask(row.fault))


@pytest.mark.parametrize("row", BROKEN, ids=str)
def test_a_fault_breaks_no_other_must(row: Row, ask: Ask) -> None:
    musts = row.broken | row.also if row.level == "MUST" else set()

    assert rules_of("MUST", ask(row.fault)) == musts


@pytest.mark.parametrize("row", BROKEN, ids=str)
def test_a_fault_has_its_exit_code(row: Row, ask: Ask) -> None:
    assert ask(row.fault).code == row.exit


@pytest.mark.parametrize("row", BROKEN, ids=str)
def test_a_fault_has_its_exit_code_with_strict(row: Row, ask: Ask) -> None:
    assert ask(row.fault, strict=True).code == row.strict_exit


@pytest.mark.parametrize("row", BROKEN, ids=str)
def test_every_finding_says_what_was_expected_and_seen(row: Row, ask: Ask) -> None:
    findings = [finding for name in row.broken for finding in ask(row.fault).rules[name]["findings"]]

    assert all(finding["message"] and finding["expected"] and finding["actual"] for finding in findings)


@pytest.mark.parametrize(("fault", "seen"), [("no-fingerprint", "absent"), ("null-fingerprint", "null")])
def test_absent_and_null_are_told_apart(fault: str, seen: str, ask: Ask) -> None:
    (finding,) = ask(fault).rules["DOC-009"]["findings"]

    assert seen in finding["actual"]


def test_what_depends_on_broken_json_is_inconclusive(ask: Ask) -> None:
    rules = ask("bad-json").rules

    assert {rules[f"DOC-{number:03}"]["verdict"] for number in range(4, 12)} == {"inconclusive"}


def test_what_depends_on_broken_json_says_what_blocked_it(ask: Ask) -> None:
    assert ask("bad-json").rules["DOC-009"]["why"] == "blocked by DOC-003"


@pytest.mark.parametrize(("fault", "reason"), ON_THE_PREFLIGHT.items())
def test_an_answer_that_says_nothing_is_errored_with_its_reason(fault: str, reason: str, ask: Ask) -> None:
    run = ask(fault).runs[0]

    assert (run["outcome"], run["reason"]) == ("errored", reason)


@pytest.mark.parametrize("fault", ON_THE_PREFLIGHT)
def test_suites_after_an_errored_one_are_named_all_the_same(fault: str, ask: Ask) -> None:
    assert [run["outcome"] for run in ask(fault).runs[1:]] == ["skipped"] * (len(ask(fault).runs) - 1)


@pytest.mark.parametrize("fault", ON_THE_PREFLIGHT)
def test_an_answer_that_says_nothing_exits_with_3(fault: str, ask: Ask) -> None:
    assert ask(fault).code == 3


@pytest.mark.parametrize("fault", ON_THE_PREFLIGHT)
def test_an_answer_that_says_nothing_breaks_no_rule(fault: str, ask: Ask) -> None:
    assert ask(fault).of_verdict("failed") == set()


@pytest.mark.parametrize("fault", ON_THE_PREFLIGHT)
def test_after_the_preflight_nothing_more_is_sent(fault: str, ask: Ask) -> None:
    assert sum(run["requests"] for run in ask(fault).runs) == 1


UNANSWERED = {"bad-json": "bad_json", "error-in-200": "schema"}
"""Faults that leave no answer to a valid request, and yet break a rule."""


@pytest.mark.parametrize(("fault", "reason"), UNANSWERED.items())
def test_a_suite_that_got_no_answer_is_errored_and_its_rules_are_broken(fault: str, reason: str, ask: Ask) -> None:
    run = ask(fault).runs[0]
    failed = [rule["id"] for rule in run["rules"] if rule["verdict"] == "failed"]

    assert (run["outcome"], run["reason"], ask(fault).code, failed != []) == ("errored", reason, 1, True)


# No relay at all


def reasons(checked: Checked) -> list[tuple[str, str]]:
    return [(run["outcome"], run["reason"]) for run in checked.runs]


def test_a_closed_port_is_errored_as_connect(tmp_path: Path) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        at = ("--base-url", f"http://127.0.0.1:{unheard.getsockname()[1]}", "--model", MODEL)
        checked = check(tmp_path, "builtin:documented", *at)

    assert (checked.code, reasons(checked)) == (3, [("errored", "connect")])


def self_signed(folder: Path) -> MockSettings:
    """Return settings of a relay whose certificate nobody signed."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    made = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key)]
    order = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *made, "-out", str(certificate)]
    subprocess.run(order, check=True, capture_output=True)
    return MockSettings(tls_cert=str(certificate), tls_key=str(key))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_a_refused_certificate_is_errored_as_tls(tmp_path: Path) -> None:
    with relay_beside(self_signed(tmp_path)) as relay:
        at = ("--base-url", f"https://localhost:{relay.port}", "--model", MODEL)
        checked = check(tmp_path, "builtin:documented", *at)

    assert (checked.code, reasons(checked)) == (3, [("errored", "tls")])


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_a_refused_certificate_breaks_the_rule_on_certificates_and_no_other(tmp_path: Path) -> None:
    with relay_beside(self_signed(tmp_path)) as relay:
        checked = check(tmp_path, "--base-url", f"https://localhost:{relay.port}", "--model", MODEL)

    assert (checked.code, checked.of_verdict("failed")) == (1, {"HTTP-001"})


# The good relay


@contextmanager
def mock(*arguments: str) -> Iterator[str]:
    """Run `wnmon mock` as a process and yield its address."""
    order = [sys.executable, "-m", "wnmon", "mock", *arguments]
    with subprocess.Popen(order, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=180)


def built_in_suites() -> list[str]:
    """Return every suite that is shipped."""
    files = sorted((ROOT / "checks").glob("*.yaml"))
    return [f"builtin:{file.stem}" for file in files if "\nsuite:" in "\n" + file.read_text(encoding="utf-8")]


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """Return every shipped suite, strictly, on the relay that is right."""
    folder = tmp_path_factory.mktemp("healthy")
    with mock("--strict", "--key", KEY, "--models", MODEL) as url:
        return check_on_time(folder, *built_in_suites(), "--strict", "--base-url", url, "--model", MODEL)


def test_the_three_suites_are_shipped() -> None:
    assert {*SUITES, LONG} <= set(built_in_suites())


def test_who_answered_is_asked_without_a_suite_named(relay: MockRelay, tmp_path: Path) -> None:
    file = config(tmp_path, relay.url, headers='{X-Wnmon-Fault: "model-swap"}')
    checked = check_on_time(tmp_path, "-c", str(file))

    assert (checked.code, checked.of_verdict("failed")) == (0, {"REL-001"})


def test_a_healthy_relay_keeps_every_rule_of_every_suite(healthy: Checked) -> None:
    assert {rule["verdict"] for rule in healthy.rules.values()} <= {"passed", "skipped", "noted"}


def test_a_healthy_relay_skips_only_what_was_not_asked(healthy: Checked) -> None:
    whys = {rule["why_id"] for rule in healthy.rules.values() if rule["verdict"] == "skipped"}

    assert whys <= {Why.NEEDS_FULL, Why.NOT_CLAIMED, Why.NOT_HTTPS, Why.NO_HTTP2, Why.NO_ANSWER, Why.NOT_CODED}


def test_a_healthy_relay_exits_with_0_also_with_strict(healthy: Checked) -> None:
    assert (healthy.code, healthy.stderr) == (0, "")


@pytest.mark.parametrize("suite", [suite for suite in built_in_suites() if suite != "builtin:limits"])
def test_a_suite_alone_passes_on_a_healthy_relay(suite: str, relay: MockRelay, tmp_path: Path) -> None:
    assert check_on_time(tmp_path, suite, "--strict", "--base-url", relay.url, "--model", MODEL).code == 0


def test_a_fault_given_to_the_mock_is_the_fault_asked_for_by_header(tmp_path: Path) -> None:
    with mock("--fault", "no-fingerprint") as url:
        checked = check(tmp_path, "--base-url", url, "--model", MODEL)

    assert (checked.code, checked.of_verdict("failed")) == (1, {"DOC-009"})


# The reports


@pytest.mark.parametrize("fault", [*(row.fault for row in BROKEN), *ON_THE_PREFLIGHT])
def test_the_json_report_fits_its_schema(fault: str, ask: Ask) -> None:
    assert [error.message for error in SCHEMA.iter_errors(ask(fault).report)] == []


def test_the_schema_has_teeth(ask: Ask) -> None:
    report: dict[str, Any] = {**ask("no-usage").report, "exit_code": 9}

    assert not SCHEMA.is_valid(report)


def test_the_json_report_says_the_exit_code(ask: Ask) -> None:
    assert [ask(fault).report["exit_code"] for fault in ("no-usage", "500")] == [1, 3]


def cases(checked: Checked) -> dict[str, TestCase]:
    """Return the test cases of the JUnit report by the rule they stand for."""
    named = ((str(case.name), case) for suite in checked.junit for case in suite)
    return {name.split()[0]: case for name, case in named if not name.endswith("could be judged")}


@pytest.mark.parametrize("row", BROKEN, ids=str)
def test_a_junit_reader_sees_every_rule(row: Row, ask: Ask) -> None:
    assert cases(ask(row.fault)).keys() == ask(row.fault).rules.keys()


@pytest.mark.parametrize("row", [row for row in BROKEN if row.level == "MUST"], ids=str)
def test_a_junit_reader_sees_the_failures(row: Row, ask: Ask) -> None:
    failed = {name for name, case in cases(ask(row.fault)).items() if case.is_failure}

    assert failed == row.broken | row.also


@pytest.mark.parametrize("row", [row for row in BROKEN if row.level == "SHOULD"], ids=str)
def test_a_junit_reader_sees_a_broken_should_only_with_strict(row: Row, ask: Ask) -> None:
    failed = [
        {name for name, case in cases(ask(row.fault, strict=strict)).items() if case.is_failure}
        for strict in (False, True)
    ]

    assert failed == [set(), set(row.broken)]


def test_a_junit_reader_sees_an_error_where_nothing_could_be_judged(ask: Ask) -> None:
    assert ask("401").junit.errors == 1

"""The pytest plugin as its user sees it: a project with a test of its own, pytest as a process, a relay on loopback."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest
from leaks import LeakDetector
from service_process import relay_beside

from wnmon.config.shipped import DEFAULT_SUITES
from wnmon.mock.server import MockRelay
from wnmon.mock.settings import MockSettings

pytest_plugins = ["pytester"]

KEY = f"sk-{secrets.token_hex(20)}"
MODEL = "gpt-4o-mini"
DOCUMENTED = "--wnmon-suite=builtin:documented"
OWN = "def test_own(): pass"
# The other plugins of this environment are not what is tested, and take longer to load than wnmon.
BARE = [f"-pno:{name}" for name in ("hypothesispytest", "pytest_cov", "anyio", "cacheprovider")]

STRICT = "[pytest]\naddopts = --strict-markers --strict-config\nfilterwarnings = error\nxfail_strict = true"
RULE = (
    "  {id}: {{on: {on}, needs: [{needs}], levels: {{{level}}}, "
    "says: {{en: a, zh: 一}}, source: us, expect: {{status: {want}}}}}"
)
SUITE = "\n".join(
    [
        "suite: mine",
        "profiles: [basic]",
        "requests:",
        "  completion: {prompt: hello}",
        "  refused: {prompt: hello, risk: refused}",
        "rules:",
        RULE.format(id="MINE-001", on="completion", needs="", level="basic: MUST", want=200),
        RULE.format(id="MINE-002", on="completion", needs="", level="basic: SHOULD", want=418),
        RULE.format(id="MINE-003", on="completion", needs="", level="basic: INFO", want=418),
        RULE.format(id="MINE-004", on="refused", needs="", level="basic: MUST", want=200),
        RULE.format(id="MINE-005", on="completion", needs="", level="extra: MUST", want=200),
        RULE.format(id="MINE-006", on="completion", needs="MINE-002", level="basic: MUST", want=200),
    ]
)


@pytest.fixture(scope="module")
def good() -> Iterator[MockRelay]:
    with relay_beside(MockSettings(ttft_s=0, gap_s=0.001)) as relay:
        yield relay


@pytest.fixture(scope="module")
def broken() -> Iterator[MockRelay]:
    with relay_beside(MockSettings(ttft_s=0, gap_s=0.001, faults=("null-fingerprint",))) as relay:
        yield relay


@pytest.fixture(scope="module")
def closed() -> Iterator[MockRelay]:
    """A strict relay whose key is another one."""
    with relay_beside(MockSettings(strict=True, key=f"sk-{secrets.token_hex(20)}")) as relay:
        yield relay


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project as strict as a project can be, with a test of its own, a suite of its own, and a key."""
    for name in [name for name in os.environ if name.startswith(("WN", "OPENAI", "PYTEST_", "COV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("WNMON_API_KEY", KEY)
    pytester.makepyfile(test_own=OWN)
    pytester.makeini(
        "[pytest]\naddopts = --strict-markers --strict-config\nfilterwarnings = error\nxfail_strict = true"
    )
    (pytester.path / "mine.yaml").write_text(SUITE, encoding="utf-8")
    return pytester


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return project.runpytest_subprocess(*BARE, *arguments, timeout=600)


def judged(project: pytest.Pytester, relay: MockRelay, *arguments: str) -> pytest.RunResult:
    return run(project, f"--wnmon-base-url={relay.url}", f"--wnmon-model={MODEL}", *arguments)


def posts(relay: MockRelay) -> int:
    return len(relay.requests)


# Without being asked for


def test_a_project_that_asks_for_no_suite_gets_no_test(project: pytest.Pytester) -> None:
    run(project).assert_outcomes(passed=1)


def test_without_a_suite_nothing_of_wnmon_is_imported(project: pytest.Pytester) -> None:
    project.makepyfile(test_own="import sys\ndef test_own(): print(sorted(n for n in sys.modules if n[:5] == 'wnmon'))")

    run(project, "-rP").stdout.fnmatch_lines(["['wnmon', 'wnmon.pytest_plugin']"])


def test_plugin_can_be_left_out(project: pytest.Pytester) -> None:
    result = run(project, "-p", "no:wnmon", "--wnmon-suite=builtin:documented")

    result.stderr.fnmatch_lines(["*unrecognized arguments: --wnmon-suite=builtin:documented*"])


# One test per rule


def test_every_rule_of_a_kept_suite_is_a_passed_test(project: pytest.Pytester, good: MockRelay) -> None:
    listed = run(project, "--collect-only", "-q", DOCUMENTED).outlines

    rules = [line for line in listed if line.startswith("wnmon::documented::")]
    assert len(rules) == len(set(rules)) > 10
    judged(project, good, DOCUMENTED).assert_outcomes(passed=1 + len(rules))


def test_collecting_sends_nothing_and_needs_neither_relay_nor_key(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WNMON_API_KEY")

    run(project, "--collect-only", "-q", DOCUMENTED).stdout.fnmatch_lines(["wnmon::documented::DOC-001"])


def test_deselected_rules_send_nothing_and_need_neither_relay_nor_key(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WNMON_API_KEY")

    result = run(project, DOCUMENTED, "-m", "not wnmon")

    assert (result.ret, result.parseoutcomes()["passed"]) == (0, 1)


def test_a_suite_is_asked_once_for_all_its_tests(project: pytest.Pytester, good: MockRelay) -> None:
    before = posts(good)

    judged(project, good, "--wnmon-suite=mine.yaml")

    assert posts(good) - before == 1


def test_only_requests_of_selected_rules_are_sent(project: pytest.Pytester, good: MockRelay) -> None:
    before = posts(good)

    judged(project, good, DOCUMENTED, "-k", "DOC-001")

    assert posts(good) - before == 1


def test_relay_and_a_suite_of_ones_own_may_stand_in_the_ini_file(project: pytest.Pytester, good: MockRelay) -> None:
    project.makeini(
        f"[pytest]\nwnmon_suite = mine.yaml\nwnmon_base_url = {good.url}\nwnmon_model = {MODEL}\nwnmon_strict = true"
    )
    (project.path / "sub").mkdir()

    result = run(project, "-k", "MINE-002", "--rootdir", ".", "sub", "-rf")

    result.stdout.fnmatch_lines(["FAILED wnmon::mine::MINE-002 *"])


def test_a_relay_on_the_command_line_without_a_suite_is_judged_as_wnmon_check_judges_it(
    project: pytest.Pytester,
) -> None:
    listed = run(project, "--collect-only", "-q", "--wnmon-base-url=http://127.0.0.1:9").outlines

    suites = {line.split("::")[1] for line in listed if line.startswith("wnmon::")}
    assert {f"builtin:{suite}" for suite in suites} == set(DEFAULT_SUITES)


# Selection


@pytest.mark.parametrize(
    ("expression", "rules"),
    [
        ("wnmon_must", {"MINE-001", "MINE-004", "MINE-006"}),
        ("wnmon_should", {"MINE-002"}),
        ("wnmon_info", {"MINE-003"}),
        ("wnmon_profile_basic and not wnmon_must", {"MINE-002", "MINE-003"}),
        ("wnmon(level='SHOULD')", {"MINE-002"}),
        ("wnmon(rule='MINE-001')", {"MINE-001"}),
    ],
)
def test_rules_are_selected_by_level_and_profile(project: pytest.Pytester, expression: str, rules: set[str]) -> None:
    listed = run(project, "--collect-only", "-q", "--wnmon-suite=mine.yaml", "-m", expression).outlines

    assert {line.removeprefix("wnmon::mine::") for line in listed if line.startswith("wnmon::")} == rules


def test_another_profile_has_its_own_rules(project: pytest.Pytester) -> None:
    listed = run(project, "--collect-only", "-q", "--wnmon-suite=mine.yaml", "--wnmon-profile=extra").outlines

    assert [line for line in listed if line.startswith("wnmon::")] == ["wnmon::mine::MINE-005"]


# Verdicts


def test_a_broken_must_fails_with_what_whoever_mends_it_needs(project: pytest.Pytester, broken: MockRelay) -> None:
    result = judged(project, broken, DOCUMENTED)

    assert (result.ret, result.parseoutcomes()["failed"], "errors" in result.parseoutcomes()) == (1, 1, False)
    result.stdout.fnmatch_lines(
        [
            "DOC-009 MUST system_fingerprint is a required string",
            "*expected: string",
            "*actual: null",
            "*place: /system_fingerprint (completion)",
            "*source: API page*",
            "curl *",
            "*$WNMON_API_KEY*",
            "FAILED wnmon::documented::DOC-009 *DOC-009 MUST*",
        ]
    )


def outcome(project: pytest.Pytester, relay: MockRelay, rule: str, *arguments: str) -> dict[str, int]:
    result = judged(project, relay, "--wnmon-suite=mine.yaml", "-k", rule, *arguments)
    return {name: count for name, count in result.parseoutcomes().items() if name != "deselected"}


def test_a_broken_should_is_an_expected_failure(project: pytest.Pytester, good: MockRelay) -> None:
    assert outcome(project, good, "MINE-002") == {"xfailed": 1}


def test_a_broken_should_fails_when_strict(project: pytest.Pytester, good: MockRelay) -> None:
    assert outcome(project, good, "MINE-002", "--wnmon-strict") == {"failed": 1}


def test_a_broken_should_fails_where_expected_failures_count(project: pytest.Pytester, good: MockRelay) -> None:
    assert outcome(project, good, "MINE-002", "--runxfail") == {"failed": 1}


def test_a_note_is_neither_passed_nor_failed(project: pytest.Pytester, good: MockRelay) -> None:
    assert outcome(project, good, "MINE-003") == {"skipped": 1}


def test_a_risky_rule_is_skipped_and_says_how_to_judge_it(project: pytest.Pytester, good: MockRelay) -> None:
    result = judged(project, good, "--wnmon-suite=mine.yaml", "-k", "MINE-004", "-rs")

    result.stdout.fnmatch_lines(["SKIPPED [[]1[]] wnmon: needs --wnmon-full"])


def test_a_risky_rule_is_judged_when_asked_for(project: pytest.Pytester, good: MockRelay) -> None:
    assert outcome(project, good, "MINE-004", "--wnmon-full") == {"passed": 1}


def configured(project: pytest.Pytester, relay: MockRelay, more: str = "", models: str = MODEL) -> str:
    target = f"    base_url: {relay.url}\n    api_key: ${{WNMON_API_KEY}}\n    models: [{models}]\n{more}"
    (project.path / "wnmon.yaml").write_text(f"targets:\n  wn:\n{target}", encoding="utf-8")
    return "--wnmon-config=wnmon.yaml"


def test_a_waived_rule_is_an_expected_failure_with_the_reason(project: pytest.Pytester, broken: MockRelay) -> None:
    waiver = "    waive: [{rule: DOC-009, reason: the vendor knows, until: 2099-01-01}]\n"

    result = run(project, DOCUMENTED, configured(project, broken, waiver), "-k", "DOC-009", "-rx")

    result.stdout.fnmatch_lines(["XFAIL wnmon::documented::DOC-009 - WAIVED: *2099-01-01: the vendor knows"])


def test_every_model_of_a_configuration_is_judged(project: pytest.Pytester, good: MockRelay) -> None:
    config = configured(project, good, models=f"{MODEL}, claude-3-5-sonnet-20241022")

    result = run(project, DOCUMENTED, config, "-k", "DOC-001", "-v")

    result.stdout.fnmatch_lines(
        [
            f"wnmon::documented::DOC-001[[]{MODEL}[]] PASSED*",
            "wnmon::documented::DOC-001[[]claude-3-5-sonnet-20241022[]] PASSED*",
        ]
    )


def test_sentences_are_chinese_where_asked(project: pytest.Pytester, broken: MockRelay) -> None:
    result = judged(project, broken, DOCUMENTED, "--wnmon-lang=zh", "-k", "DOC-009")

    result.stdout.fnmatch_lines(["DOC-009 MUST system_fingerprint 为必需字符串"])


def test_junit_of_pytest_names_what_became_of_a_rule(project: pytest.Pytester, broken: MockRelay) -> None:
    judged(project, broken, DOCUMENTED, "-k", "DOC-009", "--junitxml=report.xml")

    properties = ET.parse(project.path / "report.xml").iterfind("testsuite/testcase/properties/property")
    assert [one.attrib for one in properties] == [{"name": "wnmon", "value": "broken"}]


# What could not be judged


def one_error(result: pytest.RunResult) -> list[str]:
    """Return the report of the only error; nothing else of the rules was passed or failed."""
    outcomes = result.parseoutcomes()
    assert (result.ret, outcomes["errors"], outcomes["passed"], "failed" in outcomes) == (1, 1, 1, False)
    return result.outlines


def test_a_wrong_key_is_one_error_over_all_suites(project: pytest.Pytester, closed: MockRelay) -> None:
    said = one_error(judged(project, closed, DOCUMENTED, "--wnmon-suite=builtin:stream"))

    assert [line for line in said if line.startswith("Could not be judged: auth: ")]


def test_after_a_refused_key_no_further_suite_is_asked(project: pytest.Pytester, closed: MockRelay) -> None:
    before = posts(closed)

    judged(project, closed, DOCUMENTED, "--wnmon-suite=builtin:stream")

    assert posts(closed) - before == 1


def test_a_dead_host_is_one_error(project: pytest.Pytester) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unheard.getsockname()[1]}"
        result = run(project, DOCUMENTED, f"--wnmon-base-url={url}", f"--wnmon-model={MODEL}")

    assert [line for line in one_error(result) if line.startswith("Could not be judged: connect: ")]


def test_without_a_key_a_relay_is_asked_without_one(
    project: pytest.Pytester, good: MockRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WNMON_API_KEY")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    said = one_error(judged(project, good, DOCUMENTED))

    assert [line for line in said if line.startswith("Could not be judged: auth: ")]


def test_a_key_is_read_where_wnmon_check_reads_it(
    project: pytest.Pytester, good: MockRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WNMON_API_KEY")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    assert judged(project, good, DOCUMENTED).ret == 0


def test_a_missing_model_is_one_error(project: pytest.Pytester, good: MockRelay) -> None:
    said = one_error(run(project, DOCUMENTED, f"--wnmon-base-url={good.url}"))

    assert "Could not be judged: wnmon: missing --wnmon-model" in said


def test_a_must_that_could_not_be_judged_is_an_error(project: pytest.Pytester, good: MockRelay) -> None:
    result = judged(project, good, "--wnmon-suite=mine.yaml", "-k", "MINE-006")

    assert "Could not be judged: INCONCLUSIVE: blocked by MINE-002" in result.outlines
    assert set(result.parseoutcomes()) == {"errors", "deselected"}


def test_a_rule_blocked_by_one_that_fails_is_not_complained_about_again(
    project: pytest.Pytester, good: MockRelay
) -> None:
    result = judged(project, good, "--wnmon-suite=mine.yaml", "--wnmon-strict", "-k", "MINE-002 or MINE-006", "-rs")

    result.stdout.fnmatch_lines(["SKIPPED [[]1[]] wnmon: INCONCLUSIVE: blocked by MINE-002"])


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("--wnmon-suite=builtin:documentd", '*no built-in file "documentd", did you mean "documented"*'),
        ("--wnmon-suite=nowhere.yaml", "*nowhere.yaml:1:1: no such file*"),
        ("--wnmon-profile=no-such", "*unknown profile 'no-such'*"),
        ("--wnmon-config=nowhere.yaml", "*nowhere.yaml:1:1: no such file*"),
    ],
)
def test_what_is_wrong_with_a_file_or_an_option_is_one_error_of_the_collection(
    project: pytest.Pytester, argument: str, said: str
) -> None:
    result = run(project, DOCUMENTED, argument)

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*ERROR collecting wnmon*", said])


@pytest.mark.parametrize("option", ["--wnmon-lang=fr", "--wnmon-patience=long", "--wnmon-patience=-1s"])
def test_a_value_that_is_none_is_a_usage_error(project: pytest.Pytester, option: str) -> None:
    assert run(project, DOCUMENTED, option).ret == pytest.ExitCode.USAGE_ERROR


# The key


@pytest.mark.parametrize("fault", ["echo-key", "echo-key-split"])
def test_a_key_the_relay_repeats_shows_in_no_output_of_pytest(project: pytest.Pytester, fault: str) -> None:
    detector = LeakDetector({"the key": KEY})
    with relay_beside(MockSettings(ttft_s=0, gap_s=0.001, faults=(fault, "null-fingerprint"))) as relay:
        suites = [DOCUMENTED, "--wnmon-suite=builtin:stream", "--wnmon-suite=builtin:refusals", "--wnmon-full"]
        loud = ["-rA", "-vv", "--showlocals", "--full-trace", "--log-level=DEBUG", "--junitxml=report.xml"]
        result = judged(project, relay, *suites, *loud)

    outputs = [(name, str(getattr(result, name))) for name in ("stdout", "stderr")]
    junit = ("report.xml", (project.path / "report.xml").read_text(encoding="utf-8"))
    assert result.parseoutcomes()["failed"] >= 1
    assert detector.all_leaks([*outputs, junit]) == []


def test_a_key_shows_not_even_where_a_configuration_is_wrong(project: pytest.Pytester, good: MockRelay) -> None:
    config = configured(project, good, "    no_such_member: 1\n")

    result = run(project, DOCUMENTED, config, "-vv", "--showlocals", "--full-trace")

    assert LeakDetector({"the key": KEY}).leaks("stdout", str(result.stdout)) == []

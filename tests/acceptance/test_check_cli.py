"""The flags, the environment and the exit codes of `wnmon check`, by the command itself."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from check_process import KEY, MODEL, PATIENCE_S, Checked, check, config, interrupt, order, with_key
from junitparser import JUnitXml
from service_process import environment, eventually, relay_beside

from wnmon.mock.server import MockRelay
from wnmon.mock.settings import MockSettings

OTHER_KEY = "sk-fedcba9876543210"
ANSI = re.compile(r"\x1b")


@pytest.fixture(scope="module")
def running() -> Iterator[MockRelay]:
    with relay_beside(MockSettings(ttft_s=0, gap_s=0.001)) as relay:
        yield relay


@pytest.fixture
def relay(running: MockRelay) -> MockRelay:
    """Return the relay with nothing noted yet."""
    running.requests.clear()
    running.received = running.accepted = 0
    return running


def at(relay: MockRelay) -> list[str]:
    return ["--base-url", relay.url, "--model", MODEL]


def keys_seen(relay: MockRelay) -> set[str]:
    return {request.headers.get("authorization", "") for request in relay.requests}


# Usage


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "missing --base-url and --model"),
        (["--base-url", "http://127.0.0.1:9"], "missing --model"),
        (["--base-url", "ftp://127.0.0.1", "--model", "m"], "--base-url"),
        (["--base-url", "http://127.0.0.1:9", "--model", "m", "--report", "pdf"], "terminal, json, junit"),
        (["--base-url", "http://127.0.0.1:9", "--model", "m", "--wait", "soon"], "soon"),
        (["--base-url", "http://127.0.0.1:9", "--model", "m", "--patience", "long"], "long"),
        (["--base-url", "http://127.0.0.1:9", "--model", "m", "--patience", "-1s"], "-1s"),
        (["--base-url", "http://127.0.0.1:9", "--model", "m", "--only", "NO-SUCH-*"], "no rule is selected"),
        (["--base-url", "http://127.0.0.1:9", "--model", "m", "--profile", "no-such"], "profiles here: "),
        (["--base-url", "http://127.0.0.1:9", "--model", "m", "no-such-suite.yaml"], "no-such-suite.yaml"),
        (["--base-url", "http://127.0.0.1:9", "--model", "m", "builtin:documentd"], "documented"),
        (["--base-url", "http://127.0.0.1:9", "--model", "m", "--target", "wn"], "--target needs --config"),
        (["--base-url", "http://127.0.0.1:9", "--model", ","], "expected names such as a,b"),
        (["--base-url", "http://127.0.0.1:9", "--model", "m", "--waive", "DOC-009"], "expected RULE=REASON@DATE"),
        (["--base-url", "http://127.0.0.1:9", "--model", "m", "--waive", "DOC-0009=x@2999-01-31"], 'mean "DOC-009"?'),
        (["--base-url", "http://127.0.0.1:9", "--model", "m", "--data", "/proc/nowhere"], "cannot be written"),
        (["--base-url", "http://127.0.0.1:9", "--model", "m", "--data", __file__], "is a file"),
        (["--base-url", "http://127.0.0.1:9", "--model", "m", "--data", ""], "empty"),
        (["--no-such-flag"], "--no-such-flag"),
    ],
)
def test_what_cannot_be_done_exits_with_2_and_says_why(arguments: list[str], said: str, tmp_path: Path) -> None:
    checked = check(tmp_path, *arguments)

    assert (checked.code, said in checked.stderr) == (2, True), checked.stderr


def test_a_usage_error_shows_no_stack(tmp_path: Path) -> None:
    assert "Traceback" not in check(tmp_path, "--base-url", "http://127.0.0.1:9").stderr


def test_a_configuration_given_as_a_suite_gets_a_hint(relay: MockRelay, tmp_path: Path) -> None:
    file = config(tmp_path, relay.url)
    checked = check(tmp_path, str(file), *at(relay))

    assert checked.code == 2
    assert 'this is a configuration, not a suite, use "wnmon check -c FILE --target NAME"' in checked.stderr


def test_a_suite_given_as_a_configuration_gets_a_hint(relay: MockRelay, tmp_path: Path) -> None:
    checked = check(tmp_path, "-c", str(suite(tmp_path)))

    assert checked.code == 2
    assert "this is a suite, not a configuration" in checked.stderr


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--target", "other"], "no target 'other'"),
        (["--model", "other"], "has no model 'other'"),
        (["--model", f"{MODEL},other"], "has no model 'other'"),
        (["--base-url", "http://127.0.0.1:9"], "exclude each other"),
    ],
)
def test_what_the_configuration_does_not_have_exits_with_2(more: list[str], said: str, tmp_path: Path) -> None:
    checked = check(tmp_path, "-c", str(config(tmp_path, "http://127.0.0.1:9")), *more)

    assert (checked.code, said in checked.stderr) == (2, True), checked.stderr


def test_of_several_targets_one_must_be_named(tmp_path: Path) -> None:
    file = config(tmp_path, "http://127.0.0.1:9")
    file.write_text(file.read_text() + "  second: {base_url: http://127.0.0.1:9, models: [m]}\n")
    checked = check(tmp_path, "-c", str(file))

    assert (checked.code, "--target is needed" in checked.stderr) == (2, True)


def test_a_report_into_no_folder_exits_with_2(relay: MockRelay, tmp_path: Path) -> None:
    checked = check(tmp_path, *at(relay), "--only", "DOC-001", "--report", "json=/dev/null/no/report.json")

    assert (checked.code, "there is no folder" in checked.stderr) == (2, True)


# The key


@pytest.mark.parametrize(
    ("env", "flags", "used"),
    [
        ({"WNMON_API_KEY": KEY, "OPENAI_API_KEY": OTHER_KEY}, [], KEY),
        ({"WNMON_API_KEY": "", "OPENAI_API_KEY": OTHER_KEY}, [], OTHER_KEY),
        ({"WNMON_API_KEY": KEY, "MY_KEY": OTHER_KEY}, ["--api-key-env", "MY_KEY"], OTHER_KEY),
    ],
    ids=["WNMON_API_KEY", "OPENAI_API_KEY", "--api-key-env"],
)
def test_the_key_is_found(
    env: Mapping[str, str], flags: list[str], used: str, relay: MockRelay, tmp_path: Path
) -> None:
    check(tmp_path, *at(relay), "--only", "DOC-001", *flags, env=env)

    assert keys_seen(relay) == {f"Bearer {used}"}


def test_without_the_key_of_a_variable_that_is_named_it_exits_with_2(relay: MockRelay, tmp_path: Path) -> None:
    checked = check(tmp_path, *at(relay), "--api-key-env", "MY_KEY", env={"WNMON_API_KEY": ""})

    assert (checked.code, relay.received, "MY_KEY" in checked.stderr) == (2, 0, True)


# What is sent


def test_a_default_run_judges_the_page_the_stream_and_http(relay: MockRelay, tmp_path: Path) -> None:
    assert [run["suite"] for run in check(tmp_path, *at(relay)).runs] == ["documented", "stream", "http"]


def test_a_default_run_makes_at_most_twelve_calls(relay: MockRelay, tmp_path: Path) -> None:
    check(tmp_path, *at(relay))

    assert 0 < relay.received <= 12


def test_a_dry_run_sends_nothing_and_needs_no_key(relay: MockRelay, tmp_path: Path) -> None:
    checked = check(tmp_path, *at(relay), "--dry-run", env={"WNMON_API_KEY": ""})

    assert (checked.code, relay.accepted) == (0, 0), checked.stderr


def test_a_dry_run_says_how_many_calls_it_would_make(relay: MockRelay, tmp_path: Path) -> None:
    said = check(tmp_path, *at(relay), "--dry-run").stdout
    check(tmp_path, *at(relay))

    assert f"{relay.received} calls, at most " in said


def test_only_the_wanted_rules_are_judged(relay: MockRelay, tmp_path: Path) -> None:
    assert check(tmp_path, *at(relay), "--only", "DOC-001").rules.keys() == {"DOC-001"}


def test_only_the_requests_of_wanted_rules_are_sent(relay: MockRelay, tmp_path: Path) -> None:
    check(tmp_path, *at(relay), "--only", "DOC-001")

    assert relay.received == 1


def test_rules_a_wanted_rule_needs_are_judged_with_it(relay: MockRelay, tmp_path: Path) -> None:
    checked = check(tmp_path, *at(relay), "--only", "DOC-009")

    assert checked.rules.keys() == {"DOC-001", "DOC-003", "DOC-009", "ERR-006"}


def test_a_skipped_rule_is_not_judged(relay: MockRelay, tmp_path: Path) -> None:
    rules = check(tmp_path, *at(relay), "--skip", "DOC-0*,REL-*", "builtin:documented").rules

    assert rules.keys() == {"ERR-006"}


def test_a_skipped_rule_cannot_fail_the_check(relay: MockRelay, tmp_path: Path) -> None:
    file = config(tmp_path, relay.url, headers="{X-Wnmon-Fault: no-fingerprint}")

    assert [check(tmp_path, "-c", str(file), *more).code for more in ([], ["--skip", "DOC-009"])] == [1, 0]


def test_a_profile_chooses_how_binding_a_rule_is(relay: MockRelay, tmp_path: Path) -> None:
    file = config(tmp_path, relay.url, headers="{X-Wnmon-Fault: no-fingerprint}")
    checked = check(tmp_path, "-c", str(file), "--profile", "openai")

    assert (checked.code, checked.rules["DOC-009"]["level"]) == (0, "MAY")


def test_a_waiver_excuses_a_broken_rule(relay: MockRelay, tmp_path: Path) -> None:
    waiver = "[{rule: DOC-009, reason: known, until: 2999-01-31}]"
    file = config(tmp_path, relay.url, headers="{X-Wnmon-Fault: no-fingerprint}", waive=waiver)
    checked = check(tmp_path, "-c", str(file))

    assert (checked.code, checked.rules["DOC-009"]["waived"]) == (0, True)


@pytest.mark.parametrize(("until", "code"), [("2999-01-31", 0), ("2001-01-31", 1)])
def test_an_option_waives_a_rule_until_its_day(until: str, code: int, relay: MockRelay, tmp_path: Path) -> None:
    file = config(tmp_path, relay.url, headers="{X-Wnmon-Fault: no-fingerprint}")

    assert check(tmp_path, "-c", str(file), "--waive", f"DOC-009=known@{until}").code == code


def test_every_named_model_is_asked_once(relay: MockRelay, tmp_path: Path) -> None:
    named = ["--model", "a,b", "--model", "a"]
    check(tmp_path, "--base-url", relay.url, *named, "--only", "DOC-001", "builtin:documented")

    assert [json.loads(request.body)["model"] for request in relay.requests] == ["a", "b"]


def test_profile_openai_judges_the_stream_and_the_http_too(relay: MockRelay, tmp_path: Path) -> None:
    rules = check(tmp_path, *at(relay), "--profile", "openai").rules

    assert {"STR-010", "HTTP-009"} <= rules.keys()


def test_a_waiver_out_of_date_excuses_nothing(relay: MockRelay, tmp_path: Path) -> None:
    waiver = "[{rule: DOC-009, reason: known, until: 2001-01-31}]"
    file = config(tmp_path, relay.url, headers="{X-Wnmon-Fault: no-fingerprint}", waive=waiver)

    assert check(tmp_path, "-c", str(file)).code == 1


def test_the_suggested_waiver_line_can_be_pasted(relay: MockRelay, tmp_path: Path) -> None:
    file = config(tmp_path, relay.url, headers="{X-Wnmon-Fault: no-fingerprint}")
    line = next(line for line in check(tmp_path, "-c", str(file)).stdout.splitlines() if line.startswith("waive: "))
    config(tmp_path, relay.url, headers="{X-Wnmon-Fault: no-fingerprint}", waive=line.removeprefix("waive: "))

    assert check(tmp_path, "-c", str(file)).code == 0


def test_fail_fast_sends_nothing_after_a_broken_must(relay: MockRelay, tmp_path: Path) -> None:
    file = config(tmp_path, relay.url, headers="{X-Wnmon-Fault: no-fingerprint}")
    checked = check(tmp_path, "-c", str(file), "--fail-fast", "builtin:documented", "builtin:stream")

    assert (checked.code, relay.received) == (1, 1)


def test_fail_fast_does_not_stop_for_a_broken_should(relay: MockRelay, tmp_path: Path) -> None:
    file = config(tmp_path, relay.url, headers="{X-Wnmon-Fault: wrong-total}")
    checked = check(tmp_path, "-c", str(file), "--fail-fast", "builtin:semantics", "builtin:stream")

    assert len(checked.runs) == 2


SUITE = """\
suite: mine
profiles: [mine]
requests:
  plain: {prompt: "Reply with only: pong", request: {max_tokens: 16}}
  refused: {prompt: "Reply with only: pong", request: {max_tokens: 16}, auth: wrong, risk: refused}
rules:
  MY-001:
    on: plain
    levels: {mine: MUST}
    says: {en: a right key is accepted, zh: 正确的密钥被接受}
    source: our own
    expect: {status: 200}
  MY-002:
    on: refused
    levels: {mine: MUST}
    says: {en: a wrong key is refused, zh: 错误的密钥被拒绝}
    source: our own
    expect: {status: 401}
"""


def suite(folder: Path) -> Path:
    """Write a suite with a risky request."""
    path = folder / "mine.yaml"
    path.write_text(SUITE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def strict_relay() -> Iterator[MockRelay]:
    with relay_beside(MockSettings(strict=True, key=KEY, models=(MODEL,), ttft_s=0, gap_s=0)) as relay:
        yield relay


def test_a_risky_request_is_not_sent_without_full(strict_relay: MockRelay, tmp_path: Path) -> None:
    before = strict_relay.received
    checked = check(tmp_path, str(suite(tmp_path)), *at(strict_relay))

    assert (checked.code, strict_relay.received - before) == (0, 1)


def test_a_rule_on_a_risky_request_is_skipped_without_full(strict_relay: MockRelay, tmp_path: Path) -> None:
    rule = check(tmp_path, str(suite(tmp_path)), *at(strict_relay)).rules["MY-002"]

    assert (rule["verdict"], rule["why"]) == ("skipped", "needs --full")


def test_a_risky_request_is_sent_with_full(strict_relay: MockRelay, tmp_path: Path) -> None:
    checked = check(tmp_path, str(suite(tmp_path)), *at(strict_relay), "--full", "--yes")

    assert (checked.code, checked.rules["MY-002"]["verdict"]) == (0, "passed")


def test_every_model_of_a_target_is_checked(relay: MockRelay, tmp_path: Path) -> None:
    file = config(tmp_path, relay.url)
    file.write_text(file.read_text().replace(f"[{MODEL}]", f"[{MODEL}, second]"))
    checked = check(tmp_path, "-c", str(file), "--only", "DOC-001")

    assert [run["model"] for run in checked.runs] == [MODEL, "second"]


def test_one_model_of_a_target_can_be_chosen(relay: MockRelay, tmp_path: Path) -> None:
    file = config(tmp_path, relay.url)
    file.write_text(file.read_text().replace(f"[{MODEL}]", f"[{MODEL}, second]"))
    checked = check(tmp_path, "-c", str(file), "--only", "DOC-001", "--model", "second")

    assert [run["model"] for run in checked.runs] == ["second"]


def test_the_timeouts_of_the_configuration_apply(relay: MockRelay, tmp_path: Path) -> None:
    limits = "{headers: 300ms, first_token: 10s, stall: 10s, total: 30s}"
    file = config(tmp_path, relay.url, timeout=limits, headers="{X-Wnmon-Fault: slow-headers}")
    (run,) = check(tmp_path, "-c", str(file), "builtin:documented").runs

    assert (run["reason"], "within 0.3 s" in run["message"]) == ("timeout_headers", True)


# Waiting and interrupting


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def begin(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a check that is not waited for."""
    return subprocess.Popen(
        order(folder, *arguments), env=with_key(env), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_a_check_waits_for_a_relay_that_starts_later(tmp_path: Path) -> None:
    port = free_port()
    arguments = ("--base-url", f"http://127.0.0.1:{port}", "--model", MODEL, "--only", "DOC-001", "--wait", "60s")
    with begin(tmp_path, *arguments) as process:
        time.sleep(1.5)
        assert process.poll() is None
        with relay_beside(MockSettings(port=port)):
            assert process.wait(timeout=PATIENCE_S) == 0


def test_a_relay_that_never_starts_is_connect(tmp_path: Path) -> None:
    arguments = ("--base-url", f"http://127.0.0.1:{free_port()}", "--model", MODEL, "--wait", "500ms")
    checked = check(tmp_path, *arguments)

    assert (checked.code, checked.runs[0]["reason"]) == (3, "connect")


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """Return a check interrupted while the relay keeps it waiting."""
    folder = tmp_path_factory.mktemp("interrupted")
    with relay_beside(MockSettings(faults=("slow-headers",))) as relay, begin(folder, *at(relay)) as process:
        eventually(lambda: relay.received, "a request")
        interrupt(process)
        out, err = process.communicate()
        return Checked(process.returncode, out.decode(), err.decode(), folder)


def test_an_interrupted_check_exits_with_130(interrupted: Checked) -> None:
    assert interrupted.code == 130


def test_an_interrupted_check_writes_its_reports(interrupted: Checked) -> None:
    assert (interrupted.report["complete"], interrupted.report["exit_code"]) == (False, 130)
    assert JUnitXml.fromfile(str(interrupted.folder / "report.xml")) is not None


def test_an_interrupted_check_shows_no_stack(interrupted: Checked) -> None:
    assert "Traceback" not in interrupted.stderr


def test_an_interrupted_check_breaks_no_rule(interrupted: Checked) -> None:
    assert interrupted.of_verdict("failed") == set()


def test_a_check_of_one_request_can_be_interrupted_too(tmp_path: Path) -> None:
    settings = MockSettings(faults=("slow-headers",))
    with relay_beside(settings) as relay, begin(tmp_path, "builtin:stream", *at(relay)) as process:
        eventually(lambda: relay.received, "a request")
        code = interrupt(process)
        process.communicate()

    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (code, report["complete"]) == (130, False)


@contextmanager
def crowded_port() -> Iterator[int]:
    """Yield a port with a queue of one that is full: whoever connects next is neither let in nor refused."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as door:
        port: int = door.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            yield port


def knocks_at(port: int) -> bool:
    """Tell whether somebody waits for a connection to a port of this machine (SYN_SENT)."""
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return any(row[2:4] == [f"0100007F:{port:04X}", "02"] for row in rows)


def test_an_interrupted_wait_writes_its_reports_and_exits_with_130(tmp_path: Path) -> None:
    with crowded_port() as port:
        arguments = ("--base-url", f"http://127.0.0.1:{port}", "--model", MODEL, "--wait", "10m")
        with begin(tmp_path, *arguments) as process:
            eventually(lambda: knocks_at(port), "a check that waits")
            code = interrupt(process)
            _, err = process.communicate()

    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (code, report["complete"], "Traceback" in err.decode()) == (130, False, False)


def test_an_interrupted_wait_for_a_limit_ends_at_once(tmp_path: Path) -> None:
    settings = MockSettings(ttft_s=0, gap_s=0.001, faults=("20-a-minute",))
    with relay_beside(settings) as relay, begin(tmp_path, *at(relay), "--full", "--yes") as process:
        eventually(lambda: relay.received >= 20, "all the requests of a minute, before a wait until it is over")
        time.sleep(2)
        code = interrupt(process)
        process.communicate()

    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (code, report["complete"], relay.received) == (130, False, 20)


def test_a_sigterm_before_the_first_request_exits_with_130(tmp_path: Path) -> None:
    pipe = tmp_path / "known.json"
    os.mkfifo(pipe)
    dead = ("--base-url", "http://127.0.0.1:9", "--model", MODEL)
    with begin(tmp_path, *dead, "--baseline", str(pipe)) as process:
        with pipe.open("wb"):  # opens once the check reads its baseline
            process.terminate()
            code = process.wait(timeout=PATIENCE_S)
        _, err = process.communicate()

    assert (code, "Traceback" in err.decode()) == (130, False)


@pytest.fixture
def insisted(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Yield an interrupted check that was interrupted again while it wrote, and the pipe its next report goes to."""
    pipes = [tmp_path / name for name in ("first", "second")]
    for pipe in pipes:
        os.mkfifo(pipe)
    reports = (f"--report=tap={pipes[0]}", f"--report=markdown={pipes[1]}")
    settings = MockSettings(faults=("slow-headers",))
    with relay_beside(settings) as relay, begin(tmp_path, *at(relay), "--lang", "en", *reports) as process:
        eventually(lambda: relay.received, "a request")
        process.send_signal(signal.SIGINT)
        pipes[0].read_bytes()  # opens once the check writes
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        try:
            assert process.stderr.readline() == b"wnmon: writing the reports; once more to abandon them\n"
            yield process, pipes[1]
        finally:
            process.kill()


def test_a_second_interrupt_says_what_goes_on_and_leaves_every_report(
    insisted: tuple[subprocess.Popen[bytes], Path], tmp_path: Path
) -> None:
    process, pipe = insisted
    markdown = pipe.read_bytes()
    code = process.wait(timeout=PATIENCE_S)

    assert (code, b"interrupted" in markdown) == (130, True)
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["complete"] is False
    assert JUnitXml.fromfile(str(tmp_path / "report.xml")) is not None


def test_a_third_interrupt_abandons_the_reports(insisted: tuple[subprocess.Popen[bytes], Path], tmp_path: Path) -> None:
    process, _ = insisted
    process.send_signal(signal.SIGTERM)
    code = process.wait(timeout=PATIENCE_S)
    _, said = process.communicate()

    assert (code, (tmp_path / "report.json").exists(), said.strip()) == (130, False, b"")


# What is printed


def test_without_a_terminal_nothing_is_coloured(relay: MockRelay, tmp_path: Path) -> None:
    checked = check(tmp_path, *at(relay), env={"NO_COLOR": ""})

    assert ANSI.search(checked.stdout + checked.stderr) is None


def on_a_terminal(folder: Path, *arguments: str, env: Mapping[str, str]) -> str:
    """Return what a check writes to a terminal."""
    script = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"
    command = [sys.executable, "-c", script, *order(folder, *arguments)]
    done = subprocess.run(
        command,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        env={**with_key(env), "TERM": "xterm-256color"},
        timeout=PATIENCE_S,
        check=False,
    )
    return done.stdout.decode()


def test_on_a_terminal_the_report_is_coloured(relay: MockRelay, tmp_path: Path) -> None:
    assert ANSI.search(on_a_terminal(tmp_path, *at(relay), env={"NO_COLOR": ""}).partition("wnmon check")[2])


def test_no_color_wins_over_a_terminal(relay: MockRelay, tmp_path: Path) -> None:
    said = on_a_terminal(tmp_path, *at(relay), env={"NO_COLOR": "1"})

    assert "\x1b[3" not in said.partition("wnmon check")[2]


def test_a_quiet_check_prints_nothing(relay: MockRelay, tmp_path: Path) -> None:
    checked = check(tmp_path, *at(relay), "--quiet")

    assert (checked.code, checked.stdout, checked.stderr) == (0, "", "")


def test_a_quiet_check_still_prints_the_report_asked_for(relay: MockRelay, tmp_path: Path) -> None:
    assert json.loads(check(tmp_path, *at(relay), "--quiet", "--report", "json").stdout)["exit_code"] == 0


def test_a_report_on_stdout_stands_there_alone(relay: MockRelay, tmp_path: Path) -> None:
    assert json.loads(check(tmp_path, *at(relay), "--report", "json").stdout)["format"] == "wnmon-check"


def test_several_reports_are_written_at_once(relay: MockRelay, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    checked = check(tmp_path, *at(relay), "--report", f"terminal={tmp_path / 'deep' / 'report.txt'}")

    assert checked.report["exit_code"] == 0
    assert checked.junit.tests == len(checked.rules)
    assert "DOC-" not in (tmp_path / "deep" / "report.txt").read_text(encoding="utf-8")


def test_broken_rules_are_shown_with_their_sentence(relay: MockRelay, tmp_path: Path) -> None:
    file = config(tmp_path, relay.url, headers="{X-Wnmon-Fault: no-fingerprint}")
    said = " ".join(check(tmp_path, "-c", str(file)).stdout.split())

    assert "DOC-009" in said
    assert "system_fingerprint is a required string" in said


@pytest.mark.parametrize(("flags", "env"), [(["--lang", "zh"], {}), ([], {"LANG": "zh_CN.UTF-8"})])
def test_the_report_is_chinese_when_asked(
    flags: list[str], env: Mapping[str, str], relay: MockRelay, tmp_path: Path
) -> None:
    file = config(tmp_path, relay.url, headers="{X-Wnmon-Fault: no-fingerprint}")

    assert "system_fingerprint 为必需字符串" in check(tmp_path, "-c", str(file), *flags, env=env).stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_curl_line_repeats_the_request(relay: MockRelay, tmp_path: Path) -> None:
    file = config(tmp_path, relay.url, headers="{X-Wnmon-Fault: no-fingerprint}")
    said = check(tmp_path, "-c", str(file), "--only", "DOC-009").stdout
    line = re.search(r"^curl (?:.*\\\n)*.*$", said, re.MULTILINE)
    first = relay.last
    assert line is not None
    subprocess.run(["sh", "-c", line[0]], env=with_key(), capture_output=True, timeout=PATIENCE_S, check=True)

    assert (relay.received, relay.last.body) == (2, first.body)
    assert relay.last.headers["authorization"] == first.headers["authorization"]


def test_help_names_every_exit_code(tmp_path: Path) -> None:
    order = [sys.executable, "-m", "wnmon", "check", "--help"]
    said = subprocess.run(order, capture_output=True, text=True, env=environment(), check=True).stdout
    codes: dict[str, Any] = dict.fromkeys(re.findall(r"\b(0|1|2|3|4|130) [a-z]", said.partition("Exit codes")[2]))

    assert list(codes) == ["0", "1", "2", "3", "4", "130"]

"""`wnmon check` with everything on, as a process: asked first, interrupted, out of tokens, with nothing to judge."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from check_process import KEY, MODEL, PATIENCE_S, Checked, check, config, interrupt, order, with_key
from service_process import eventually, relay_beside

from wnmon.cli.destinations import FORMATS
from wnmon.cli.suites import load, names_of
from wnmon.config import narrow
from wnmon.mock.server import MockRelay
from wnmon.mock.settings import MockSettings

GOOD = MockSettings(strict=True, key=KEY, models=(MODEL,), ttft_s=0, gap_s=0)
FULL = ("--full", "--yes")
_AGAIN_S = 3.0
FEATURES = ("json_mode", "tools", "vision")


@pytest.fixture(scope="module")
def good() -> Iterator[MockRelay]:
    with relay_beside(GOOD) as relay:
        yield relay


def at(relay: MockRelay) -> list[str]:
    return ["--base-url", relay.url, "--model", MODEL]


def every_report(folder: Path) -> list[str]:
    """Return the flags that write a report of each format into the folder."""
    return [f"--report={name}={folder / f'every.{name}'}" for name in FORMATS]


def of_every_format(folder: Path) -> dict[str, str]:
    return {name: (folder / f"every.{name}").read_text(encoding="utf-8") for name in FORMATS}


# Asking first


def answered(folder: Path, relay: MockRelay, answer: bytes, *more: str) -> tuple[int, str]:
    """Run a full check at a terminal and answer its question; return exit code and what the terminal showed."""
    person, terminal = pty.openpty()
    arguments = ("builtin:http", *at(relay), "--full", "--only", "HTTP-003", *more)
    with subprocess.Popen(
        # At a terminal of its own Ctrl-C is a signal.
        ["setsid", "--ctty", *order(folder, *arguments)],
        env=with_key(),
        cwd=folder,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    ) as process:
        os.close(terminal)
        shown = bytearray()
        while chunk := _read(person, again=answer if b"[y/N]" in shown else b""):
            asked_before = b"[y/N]" in shown
            shown += chunk
            if b"[y/N]" in shown and not asked_before:
                os.write(person, answer)
        os.close(person)
        return process.wait(timeout=PATIENCE_S), shown.decode()


def _read(person: int, *, again: bytes) -> bytes:
    """Return what is shown next, pressing the key again while nothing is.

    A Ctrl-C in the instant before Python waits for a key is seen only with the next one: a person presses it twice.
    """
    for _ in range(int(PATIENCE_S / _AGAIN_S)):
        if select.select([person], [], [], _AGAIN_S)[0]:
            break
        os.write(person, again)
    else:
        raise AssertionError("the question has no end")
    try:
        return os.read(person, 4096)
    except OSError:  # Linux says EIO once nobody holds the other side
        return b""


@pytest.mark.parametrize(("answer", "code", "sent"), [(b"y\n", 0, True), (b"n\n", 2, False), (b"\n", 2, False)])
def test_at_a_terminal_a_person_decides(answer: bytes, code: int, sent: bool, good: MockRelay, tmp_path: Path) -> None:
    before = good.received
    ended, shown = answered(tmp_path, good, answer)

    assert (ended, good.received > before) == (code, sent), shown


def test_the_question_is_asked_in_chinese_too(good: MockRelay, tmp_path: Path) -> None:
    assert "要发送吗？ [y/N]" in answered(tmp_path, good, b"n\n", "--lang", "zh")[1]


@pytest.mark.parametrize(
    ("key", "code", "said"),
    [
        (b"\x04", 2, "wnmon: nothing was sent\r\nhint: add --yes"),
        (b"\x03", 130, "wnmon: nothing was sent\r\n"),
    ],
    ids=["ctrl-d", "ctrl-c"],
)
def test_who_leaves_the_question_is_told_that_nothing_was_sent(
    key: bytes, code: int, said: str, good: MockRelay, tmp_path: Path
) -> None:
    before = good.received
    ended, shown = answered(tmp_path, good, key, "--lang", "en")

    assert (ended, said in shown, good.received - before) == (code, True, 0), shown


def test_without_a_terminal_nothing_is_sent_and_the_exit_code_is_2(good: MockRelay, tmp_path: Path) -> None:
    before = good.received
    checked = check(tmp_path, *at(good), "--full")

    assert (checked.code, good.received - before, "--yes" in checked.stderr) == (2, 0, True), checked.stderr


def test_a_configuration_can_agree(good: MockRelay, tmp_path: Path) -> None:
    file = config(tmp_path, good.url, allow_risk="true")
    checked = check(tmp_path, "builtin:http", "-c", str(file), "--full", "--only", "HTTP-003")

    assert (checked.code, checked.rules["HTTP-003"]["verdict"]) == (0, "passed"), checked.stderr


# Interrupted in the middle


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """Return a full check interrupted between two of its suites, with a report of every format."""
    folder = tmp_path_factory.mktemp("interrupted")
    slow = MockSettings(strict=True, key=KEY, models=(MODEL,), ttft_s=0.3, gap_s=0.05)
    with relay_beside(slow) as relay:
        arguments = order(folder, *at(relay), *FULL, *every_report(folder))
        with subprocess.Popen(
            arguments, env=with_key(), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            eventually(lambda: relay.received > 5, "some requests")
            code = interrupt(process)
            out, err = process.communicate()
    return Checked(code, out.decode(), err.decode(), folder)


def test_an_interrupted_full_check_exits_with_130(interrupted: Checked) -> None:
    assert interrupted.code == 130


INCOMPLETE = {
    "terminal": "interrupted: some runs are missing",
    "json": '"complete": false',
    "junit": "interrupted",
    "tap": "interrupted",
    "markdown": "interrupted",
    "github": "interrupted",
    "html": "interrupted",
    "transcript": '"complete": false',
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_report_of_an_interrupted_check_says_so(name: str, interrupted: Checked) -> None:
    assert INCOMPLETE[name] in of_every_format(interrupted.folder)[name]


def test_an_interrupted_full_check_judged_what_it_had(interrupted: Checked) -> None:
    assert interrupted.rules["DOC-001"]["verdict"] == "passed"


def test_an_interrupted_full_check_names_the_suites_it_did_not_get_to(interrupted: Checked) -> None:
    names = [f"builtin:{run['suite']}" for run in interrupted.runs]

    assert (names, interrupted.runs[-1]["outcome"]) == (list(names_of((), full=True)), "skipped")


def test_an_interrupted_full_check_blames_nobody(interrupted: Checked) -> None:
    assert (interrupted.of_verdict("failed"), "Traceback" in interrupted.stderr) == (set(), False)


# Nothing to judge


@dataclass(frozen=True)
class Trouble:
    """Why a relay says nothing about its rules: the reason, what a person reads, and how the relay is set up."""

    reason: str
    said: str
    said_zh: str
    settings: MockSettings | None
    headers: str = "{}"


OTHER_MODEL = MockSettings(strict=True, key=KEY, models=("other",))
OTHER_KEY = MockSettings(strict=True, key="sk-another-key-0001", models=(MODEL,))
TROUBLES = {
    "wrong key": Trouble("auth", "check the key", "检查密钥", OTHER_KEY),
    "empty balance": Trouble("balance", "top up", "充值", GOOD, "{X-Wnmon-Fault: balance}"),
    "unknown model": Trouble(
        "model_unavailable",
        "check the model name",
        "检查模型名称",
        OTHER_MODEL,
    ),
    "dead host": Trouble("connect", "check the address", "检查地址", None),
}


@contextmanager
def troubled(trouble: Trouble) -> Iterator[str]:
    """Yield the URL of a relay in trouble."""
    if trouble.settings is not None:
        with relay_beside(trouble.settings) as relay:
            yield relay.url
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{probe.getsockname()[1]}"  # bound, and nobody listens


@pytest.fixture(scope="module", params=[(name, flags) for name in TROUBLES for flags in ((), FULL)], ids=str)
def stuck(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Trouble, Checked, Checked]:
    """Return a trouble, and how a check behind one's own configuration ends, in English and in Chinese."""
    name, flags = request.param
    folder, trouble = tmp_path_factory.mktemp("stuck"), TROUBLES[name]
    with troubled(trouble) as url:
        file = config(folder, url, headers=trouble.headers)
        narrow_screen = {"COLUMNS": "60"}
        english = check(folder, "-c", str(file), *flags, env=narrow_screen)
        chinese = check(folder, "-c", str(file), *flags, "--lang", "zh", env=narrow_screen)
    return trouble, english, chinese


Stuck = tuple[Trouble, Checked, Checked]


def test_a_relay_with_nothing_to_judge_exits_with_3(stuck: Stuck) -> None:
    assert (stuck[1].code, stuck[2].code) == (3, 3)


def test_a_relay_with_nothing_to_judge_breaks_no_rule(stuck: Stuck) -> None:
    assert (stuck[1].of_verdict("failed"), "✗" in stuck[1].stdout) == (set(), False)


def test_why_nothing_was_judged_is_said_in_one_place(stuck: Stuck) -> None:
    trouble, english, _ = stuck

    assert english.stdout.count(f"Nothing to judge: {trouble.reason}") == 1
    assert english.stdout.count("Not run") == 1


def test_what_to_do_about_it_is_said_in_both_languages(stuck: Stuck) -> None:
    trouble, english, chinese = stuck

    assert trouble.said in " ".join(english.stdout.split())
    assert trouble.said_zh in "".join(chinese.stdout.split())


def test_a_relay_with_nothing_to_judge_fits_a_narrow_screen(stuck: Stuck) -> None:
    report = stuck[1].stdout.partition("  Reproduce")[0]

    assert (max(map(len, report.splitlines())) <= 60, len(report.splitlines()) <= 24) == (True, True), report


def test_a_relay_with_nothing_to_judge_is_asked_once(stuck: Stuck) -> None:
    assert [run["requests"] for run in stuck[1].runs] == [1] + [0] * (len(stuck[1].runs) - 1)


# Out of tokens


@pytest.fixture(scope="module")
def short_of_tokens(good: MockRelay, tmp_path_factory: pytest.TempPathFactory) -> Checked:
    folder = tmp_path_factory.mktemp("budget")
    return check(folder, *at(good), "--budget-tokens", "600", *every_report(folder))


def test_a_check_stops_before_the_request_that_could_exceed_its_budget(short_of_tokens: Checked) -> None:
    rules = short_of_tokens.rules

    assert (rules["DOC-012"]["verdict"], rules["DOC-013"]["verdict"]) == ("passed", "inconclusive")


def test_what_the_budget_kept_from_being_judged_says_so(short_of_tokens: Checked) -> None:
    assert short_of_tokens.rules["DOC-013"]["why"] == "not sent: --budget-tokens"


def test_after_that_no_suite_is_sent_though_its_requests_are_small(short_of_tokens: Checked) -> None:
    assert [run["requests"] for run in short_of_tokens.runs] == [2, 0, 0]


def test_a_check_short_of_tokens_exits_with_3(short_of_tokens: Checked) -> None:
    assert short_of_tokens.code == 3


@pytest.mark.parametrize("name", sorted({*FORMATS} - {"transcript"}))
def test_every_report_says_that_the_budget_ended_the_check(name: str, short_of_tokens: Checked) -> None:
    assert "--budget-tokens" in of_every_format(short_of_tokens.folder)[name]


def test_a_broken_must_counts_more_than_a_short_budget(tmp_path: Path) -> None:
    with relay_beside(MockSettings(ttft_s=0, gap_s=0, faults=("no-fingerprint",))) as relay:
        assert check(tmp_path, *at(relay), "--budget-tokens", "600").code == 1


def test_a_budget_is_settled_with_what_the_relay_reports(good: MockRelay, tmp_path: Path) -> None:
    # The worst case of all three requests together is 1590: what the first two did not spend is free for the third.
    checked = check(tmp_path, *at(good), "builtin:documented", "--budget-tokens", "1500")

    assert (checked.code, checked.runs[0]["requests"]) == (0, 3)


def test_a_budget_below_the_first_request_judges_nothing(good: MockRelay, tmp_path: Path) -> None:
    checked = check(tmp_path, *at(good), "--budget-tokens", "10")

    assert (checked.code, {run["requests"] for run in checked.runs}) == (3, {0})


# Every rule in every report


@pytest.fixture(scope="module")
def everything(good: MockRelay, tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """Return a full check of the good relay, which claims no feature."""
    folder = tmp_path_factory.mktemp("everything")
    return check(folder, *at(good), *FULL, "--verbose", *every_report(folder))


def selected() -> set[str]:
    plans = [narrow(plan, full=True) for plan in load(names_of((), full=True))]
    return {rule.id for plan in plans for rule in plan.rules if plan.level(rule)}


def named(name: str, checked: Checked) -> set[str]:
    text = checked.stdout if name == "terminal" else of_every_format(checked.folder)[name]
    return set(re.findall(r"\b[A-Z]{2,8}-[0-9]{3}\b", text))


def test_a_full_check_of_the_good_relay_breaks_nothing(everything: Checked) -> None:
    assert (everything.code, everything.of_verdict("failed")) == (0, set())


@pytest.mark.parametrize("name", FORMATS)
def test_every_rule_is_in_every_report(name: str, everything: Checked) -> None:
    assert selected() - named(name, everything) == set()


@pytest.mark.parametrize("name", FORMATS)
def test_every_reason_for_leaving_a_rule_out_is_in_every_report(name: str, everything: Checked) -> None:
    text = everything.stdout if name == "terminal" else of_every_format(everything.folder)[name]
    reasons = {rule["why"] for rule in everything.rules.values() if rule["verdict"] == "skipped"}

    assert reasons
    assert {why for why in reasons if why not in " ".join(text.split())} == set()


def test_each_rule_left_out_stands_beside_its_reason_in_junit(everything: Checked) -> None:
    cases = {
        case.get("name", "").split()[0]: case.find("skipped")
        for case in ElementTree.fromstring(of_every_format(everything.folder)["junit"]).iter("testcase")
    }
    left_out = {name: rule["why"] for name, rule in everything.rules.items() if rule["verdict"] == "skipped"}
    said = {name: skipped.get("message", "") for name, skipped in cases.items() if skipped is not None}

    assert {name for name, why in left_out.items() if why not in said.get(name, "")} == set()


def test_each_rule_left_out_stands_beside_its_reason_at_the_terminal(everything: Checked) -> None:
    lines = " ".join(everything.stdout.split())
    left_out = {name: rule for name, rule in everything.rules.items() if rule["verdict"] == "skipped"}

    assert {
        name for name, rule in left_out.items() if f"- {name} {rule['level']} skipped {rule['why']}" not in lines
    } == set()


def test_a_full_check_keeps_its_promise_of_ninety_calls(everything: Checked) -> None:
    assert sum(run["requests"] for run in everything.runs) <= 90


def test_json_and_transcript_of_a_full_check_are_json(everything: Checked) -> None:
    texts: dict[str, Any] = of_every_format(everything.folder)

    assert [json.loads(texts[name])["complete"] for name in ("json", "transcript")] == [True, True]


def test_a_full_check_of_a_relay_without_delay_takes_as_long_as_a_few_of_one_request(
    good: MockRelay, tmp_path: Path
) -> None:
    # A stream without gaps cannot be told from one that was held back.
    full = (*FULL, *(f"--feature={name}" for name in FEATURES), "--skip", "STR-013", "--skip", "REL-011")
    one_s = [taken_s(tmp_path, *at(good), "--only", "DOC-001") for _ in range(2)]

    assert taken_s(tmp_path, *at(good), *full) <= 4 * sum(one_s)


def taken_s(folder: Path, *arguments: str) -> float:
    """Return how long a check took."""
    began_s = time.monotonic()
    check(folder, *arguments)
    return time.monotonic() - began_s


def test_a_relay_that_asks_to_be_left_alone_still_has_every_rule_in_the_report(tmp_path: Path) -> None:
    # 429 is about the key, so after the first model the second one is not asked at all.
    with relay_beside(replace(GOOD, faults=("429",))) as limited:
        path = config(tmp_path, limited.url)
        path.write_text(path.read_text("utf-8").replace(f"[{MODEL}]", f"[{MODEL}, {MODEL}-2]"), encoding="utf-8")
        checked = check(tmp_path, "-c", str(path), "--patience", "0")

    assert [run["suite"] for run in checked.runs if not run["rules"]] == []


# The list of rules


@pytest.fixture(scope="module")
def listed() -> list[dict[str, Any]]:
    """Return the rules as `wnmon check --list --json` has them."""
    done = subprocess.run(
        [sys.executable, "-m", "wnmon", "check", "--list", "--json"], env=with_key(), capture_output=True, check=True
    )
    rules: list[dict[str, Any]] = json.loads(done.stdout)["rules"]
    return rules


def test_at_least_107_rules_are_listed_each_once(listed: list[dict[str, Any]]) -> None:
    assert len({rule["id"] for rule in listed}) == len(listed) >= 107


def test_each_listed_rule_has_its_levels_both_sentences_and_its_source(listed: list[dict[str, Any]]) -> None:
    members = [(rule["levels"], rule["says"]["en"], rule["says"]["zh"], rule["source"]) for rule in listed]

    assert [rule["id"] for rule, said in zip(listed, members, strict=True) if not all(said)] == []

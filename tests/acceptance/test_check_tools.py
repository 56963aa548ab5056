"""Work with a check that has run: baselines, waivers that are over, transcripts judged again, reports compared."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from check_process import KEY, MODEL, config
from service_process import relay_beside

from wnmon.cli import run
from wnmon.mock.faults import FAULTS
from wnmon.mock.server import MockRelay
from wnmon.mock.settings import MockSettings

SUITES = ("builtin:documented", "builtin:stream")
DEAD = "http://127.0.0.1:9"

# These go on until a time limit, or for a long time.
SLOW = {"stall", "slow-headers", "endless-headers", "endless-stream", "huge-body", "gzip-bomb"}
RECORDED = [
    "none",
    "no-fingerprint",
    "no-done",
    "truncated-stream",
    "echo-key",
    "echo-key-split",
    "html-524",
    "401",
    "reset",
]


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    code: int
    stdout: str
    stderr: str


@pytest.fixture(scope="module")
def relay() -> Iterator[MockRelay]:
    with relay_beside(MockSettings(ttft_s=0, gap_s=0)) as running:
        yield running


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WNMON_API_KEY", KEY)


def wnmon(*arguments: str) -> Done:
    stdout, stderr = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    with redirect_stdout(stdout), redirect_stderr(stderr), pytest.raises(SystemExit) as ended:
        run(arguments)
    stdout.flush()
    assert isinstance(stdout.buffer, io.BytesIO)
    assert isinstance(ended.value.code, int)
    return Done(ended.value.code, stdout.buffer.getvalue().decode(), stderr.getvalue())


def faulty(folder: Path, relay: MockRelay, fault: str, **more: str) -> list[str]:
    """Return the arguments for a check of the relay under a fault (or none)."""
    headers = {} if fault == "none" else {"headers": f"{{X-Wnmon-Fault: '{fault}'}}"}
    return ["-c", str(config(folder, relay.url, **headers, **more))]


def loaded(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


# --- baselines


def test_a_known_break_does_not_fail_the_next_check(relay: MockRelay, tmp_path: Path) -> None:
    order, file = faulty(tmp_path, relay, "no-fingerprint"), tmp_path / "known.json"
    codes = [wnmon("check", *order, flag, str(file)).code for flag in ("--write-baseline", "--baseline")]

    assert codes == [1, 0]


def test_what_got_worse_than_the_baseline_fails(relay: MockRelay, tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    wnmon("check", *faulty(tmp_path, relay, "no-fingerprint"), "--write-baseline", str(file))
    worse = wnmon("check", *faulty(tmp_path, relay, "no-fingerprint,no-usage"), "--baseline", str(file), "--lang", "en")

    assert (worse.code, "Known breaks ignored: 1 (baseline known.json)" in worse.stdout) == (1, True)


def test_fail_fast_goes_on_past_a_known_break(relay: MockRelay, tmp_path: Path) -> None:
    order = ["builtin:documented", *faulty(tmp_path, relay, "no-fingerprint")]
    file, report = tmp_path / "known.json", tmp_path / "r.json"
    wnmon("check", *order, "--write-baseline", str(file))
    wnmon("check", *order, "--baseline", str(file), "--fail-fast", f"--report=json={report}")

    assert {rule["why"] for run in loaded(report)["runs"] for rule in run["rules"]} == {
        "",
        "known: in the baseline known.json",
    }


def test_a_dead_relay_makes_no_baseline(tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    done = wnmon("check", "--base-url", DEAD, "--model", MODEL, "--write-baseline", str(file))

    assert (done.code, file.exists(), "no baseline written" in done.stderr) == (3, False, True)


@pytest.mark.parametrize("text", ["", "{}", "\x00", '{"format": "wnmon-baseline", "version": 1, "runs": 7}'])
def test_a_broken_baseline_is_refused_before_anything_is_sent(relay: MockRelay, tmp_path: Path, text: str) -> None:
    (tmp_path / "known.json").write_text(text, encoding="utf-8")
    before = relay.received
    done = wnmon("check", *faulty(tmp_path, relay, "none"), "--baseline", str(tmp_path / "known.json"))

    assert (done.code, relay.received - before, "write one with" in done.stderr) == (2, 0, True)


def test_a_link_to_a_baseline_stays_one(relay: MockRelay, tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to(tmp_path / "known.json")
    wnmon("check", *faulty(tmp_path, relay, "no-fingerprint"), "-q", "--write-baseline", str(tmp_path / "link.json"))

    assert ((tmp_path / "link.json").is_symlink(), (tmp_path / "known.json").is_file()) == (True, True)


def test_a_baseline_is_spoken_of_in_chinese_too(relay: MockRelay, tmp_path: Path) -> None:
    file = str(tmp_path / "known.json")
    orders = [faulty(tmp_path, relay, "no-fingerprint"), ["--base-url", DEAD, "--model", MODEL]]
    said = [wnmon("check", *order, "-q", "--lang", "zh", "--write-baseline", file).stderr for order in orders]

    assert (said[0], "未写入基线：" in said[1]) == (f"wnmon：已写入基线 {file}\n", True)


# --- waivers


def test_a_waiver_that_is_over_is_said_to_be_in_the_terminal(relay: MockRelay, tmp_path: Path) -> None:
    waive = "[{rule: DOC-009, reason: until the move, until: 2001-01-31}]"
    done = wnmon("check", *faulty(tmp_path, relay, "no-fingerprint", waive=waive), "--lang", "en")

    assert (done.code, "waiver expired on 2001-01-31: until the move" in done.stdout) == (1, True)
    assert "! Waivers that are over: DOC-009" in done.stdout


def test_a_waiver_hides_no_other_failure(relay: MockRelay, tmp_path: Path) -> None:
    waive = "[{rule: DOC-009, reason: known, until: 2999-01-31}]"
    report = tmp_path / "r.json"
    order = faulty(tmp_path, relay, "no-fingerprint,no-usage", waive=waive)
    done = wnmon("check", "builtin:documented", *order, "-q", f"--report=json={report}")
    failed = {
        rule["id"]
        for run in loaded(report)["runs"]
        for rule in run["rules"]
        if rule["verdict"] == "failed" and not rule["waived"]
    }

    assert (done.code, failed) == (1, {"DOC-010"})


# --- transcripts


@pytest.fixture(scope="module", params=RECORDED)
def recorded(
    request: pytest.FixtureRequest, relay: MockRelay, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Done]:
    """A folder with the reports of a check under a fault, and how it ended."""
    folder = tmp_path_factory.mktemp(request.param)
    reports = (f"--report=json={folder / 'r.json'}", f"--report=transcript={folder / 't.json'}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WNMON_API_KEY", KEY)
        done = wnmon("check", *SUITES, *faulty(folder, relay, request.param), "-q", *reports)
    return folder, done


def replayed(folder: Path) -> Done:
    return wnmon("replay", str(folder / "t.json"), "-q", f"--report=json={folder / 'again.json'}")


def test_a_transcript_is_judged_again_to_the_same_byte(recorded: tuple[Path, Done]) -> None:
    folder, _ = recorded
    replayed(folder)

    assert (folder / "again.json").read_bytes() == (folder / "r.json").read_bytes()


def test_a_replay_exits_as_the_check_did(recorded: tuple[Path, Done]) -> None:
    folder, done = recorded

    assert replayed(folder).code == done.code


def test_a_replay_makes_the_same_transcript(recorded: tuple[Path, Done]) -> None:
    folder, _ = recorded
    wnmon("replay", str(folder / "t.json"), "-q", f"--report=transcript={folder / 't2.json'}")

    assert (folder / "t2.json").read_bytes() == (folder / "t.json").read_bytes()


def test_a_replay_says_that_nothing_came_out_differently(recorded: tuple[Path, Done]) -> None:
    assert "verdicts, the same as recorded" in wnmon("replay", str(recorded[0] / "t.json")).stderr


def test_a_transcript_holds_no_key(recorded: tuple[Path, Done]) -> None:
    assert KEY not in (recorded[0] / "t.json").read_text("utf-8")


def test_every_fault_recorded_here_is_one() -> None:
    assert set(RECORDED) - {"none"} <= FAULTS.keys() - SLOW


def test_a_replay_opens_no_connection(relay: MockRelay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wnmon("check", *faulty(tmp_path, relay, "none"), "-q", f"--report=transcript={tmp_path / 't.json'}")
    monkeypatch.delenv("WNMON_API_KEY")
    before = relay.accepted
    done = wnmon("replay", str(tmp_path / "t.json"))

    assert (done.code, relay.accepted - before) == (0, 0)


SUITE = """\
suite: mine
requests: {{plain: {{prompt: hi}}}}
rules:
  MY-001: {{on: plain, levels: {{house: MUST}}, says: {{en: one}}, source: us, expect: {{status: {status}}}}}
"""


@pytest.fixture
def mine(relay: MockRelay, tmp_path: Path) -> Path:
    """A folder with a suite of one's own and a transcript of it."""
    (tmp_path / "mine.yaml").write_text(SUITE.format(status=200), encoding="utf-8")
    order = faulty(tmp_path, relay, "none")
    wnmon("check", str(tmp_path / "mine.yaml"), *order, "-q", f"--report=transcript={tmp_path / 't.json'}")
    return tmp_path


def test_a_replay_by_a_suite_that_changed_says_so(mine: Path) -> None:
    (mine / "mine.yaml").write_text(SUITE.format(status=201), encoding="utf-8")
    done = wnmon("replay", str(mine / "t.json"))

    assert "suite mine has changed since the transcript was written" in done.stderr
    assert (done.code, "mine MY-001: was passed, is failed" in done.stderr) == (1, True)


def test_a_replay_by_a_suite_that_only_reads_better_says_nothing(mine: Path) -> None:
    (mine / "mine.yaml").write_text(SUITE.format(status=200).replace("one", "better words"), encoding="utf-8")

    assert "changed" not in wnmon("replay", str(mine / "t.json")).stderr


def test_a_replay_takes_a_suite_that_has_moved(mine: Path) -> None:
    moved = (mine / "mine.yaml").rename(mine / "moved.yaml")

    assert [wnmon("replay", str(mine / "t.json"), *more).code for more in ([], [str(moved)])] == [2, 0]


def test_a_replay_by_another_suite_is_refused(mine: Path) -> None:
    done = wnmon("replay", str(mine / "t.json"), "builtin:stream")

    assert (done.code, "a run of suite mine, which is not among those named" in done.stderr) == (2, True)
    assert "hint: named: stream; name every suite of the transcript, or none" in done.stderr


def test_a_replay_holds_to_the_baseline_of_the_check(relay: MockRelay, tmp_path: Path) -> None:
    order, file = faulty(tmp_path, relay, "no-fingerprint"), tmp_path / "known.json"
    wnmon("check", *order, "-q", "--write-baseline", str(file))
    reports = (f"--report=json={tmp_path / 'r.json'}", f"--report=transcript={tmp_path / 't.json'}")
    wnmon("check", *order, "-q", "--baseline", str(file), *reports)
    file.unlink()

    assert replayed(tmp_path).code == 0
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "r.json").read_bytes()


@pytest.mark.parametrize("text", ["", "[]", '{"format": "wnmon-transcript", "version": 1}'])
def test_what_is_no_transcript_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.json").write_text(text, encoding="utf-8")
    done = wnmon("replay", str(tmp_path / "t.json"))

    assert (done.code, "Traceback" in done.stderr) == (2, False)


# --- comparing


@pytest.mark.parametrize(("then", "now", "code"), [("none", "no-fingerprint", 1), ("no-fingerprint", "none", 0)])
def test_diff_fails_when_something_got_worse(relay: MockRelay, tmp_path: Path, then: str, now: str, code: int) -> None:
    files = [tmp_path / f"{name}.json" for name in ("a", "b")]
    for fault, file in zip((then, now), files, strict=True):
        wnmon("check", *faulty(tmp_path, relay, fault), "-q", f"--report=json={file}")
    done = wnmon("diff", *map(str, files), "--lang", "en")

    assert (done.code, "DOC-009 MUST" in done.stdout) == (code, True)


def test_diff_of_what_is_no_report_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"\xff")
    (tmp_path / "b.json").write_text("{}", encoding="utf-8")
    pairs = [("a.json", "b.json"), ("b.json", "a.json"), ("none.json", "b.json")]

    assert [wnmon("diff", *(str(tmp_path / name) for name in pair)).code for pair in pairs] == [2, 2, 2]


def test_nobody_listens_where_the_dead_relay_is_said_to_be() -> None:
    with socket.socket() as trying:
        assert trying.connect_ex(("127.0.0.1", 9)) != 0

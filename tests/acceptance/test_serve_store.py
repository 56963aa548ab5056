"""What a service still knows after it ended, however it ended; and that it goes on where nothing can be kept."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from service_process import ServiceProcess, eventually, relay_beside, serving, wnmon

from wnmon.mock.server import MockRelay
from wnmon.mock.settings import MockSettings

CONFIG = """\
timezone: Asia/Shanghai
targets:
  down: {{base_url: {url}, api_key: "${{WN_API_KEY}}", models: [m], headers: {{X-Wnmon-Fault: "500"}}}}
  up: {{base_url: {url}, api_key: "${{WN_API_KEY}}", models: [m], budget: {{tokens_per_day: 5000}}, step_down: false}}
checks:
  alive: {{every: 2s, timeout: 1900ms, prompt: hello, request: {{max_tokens: 16}}, confirm: {{recheck: never}}}}
"""
KILLS = 5


def asked(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    """Return what the file of a service says."""
    db = sqlite3.connect(folder / "data" / "wnmon.db")
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


def since(service: ServiceProcess) -> float | None:
    row = service.probes()["down/alive/m"]
    return row["up_since_s"] if row["up"] is False else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """A service that was killed again and again: what it said before the first time, and after the last."""

    folder: Path
    before_since_s: float
    after_since_s: float
    left_before: float
    left_after: float
    runs: set[tuple[str]]


@pytest.fixture(scope="module")
def relay() -> Iterator[MockRelay]:
    with relay_beside(MockSettings(ttft_s=0.05)) as relay:
        yield relay


@pytest.fixture(scope="module")
def killed(relay: MockRelay, tmp_path_factory: pytest.TempPathFactory) -> Killed:
    folder, config = tmp_path_factory.mktemp("killed"), CONFIG.format(url=relay.url)
    with serving(folder, config) as service:
        before = eventually(lambda: since(service), "an outage")
        eventually(lambda: len(asked(folder, "SELECT 1 FROM incident")) == 1, "an incident that is written")
        left = service.value("wnmon_budget_tokens_remaining", target="up")
        assert left is not None
        service.end(signal.SIGKILL)
    runs = set(asked(folder, "SELECT run FROM run"))
    for _ in range(KILLS - 1):
        with serving(folder, config) as service:
            eventually(lambda: service.value("wnmon_probe_runs_total", target="up"), "a run")
            service.end(signal.SIGKILL)
    with serving(folder, config) as service:
        after = eventually(lambda: since(service), "an outage that goes on")
        left_after = service.value("wnmon_budget_tokens_remaining", target="up")
        assert left_after is not None
        service.end()
    return Killed(
        folder=folder,
        before_since_s=before,
        after_since_s=after,
        left_before=left,
        left_after=left_after,
        runs=runs,
    )


def test_an_outage_goes_on_since_when_it_began(killed: Killed) -> None:
    assert abs(killed.after_since_s - killed.before_since_s) < 0.01


def test_an_outage_is_shown_before_anything_is_asked_again(killed: Killed) -> None:
    """The first run after a restart is a slot away: here so far that it does not come."""
    config = (killed.folder / "wnmon.yaml").read_text("utf-8").replace("every: 2s", "every: 3h")
    with serving(killed.folder, config) as service:
        row = service.probes()["down/alive/m"]
        shown = (row["outcome"], row["runs"], service.value("wnmon_probe_up", target="down"))
        since_s = row["since_s"]

    assert (shown, abs(since_s - killed.before_since_s) < 0.01) == (("failed", 0, 0), True)


def test_an_outage_over_restarts_is_one_incident(killed: Killed) -> None:
    assert asked(killed.folder, "SELECT count(*), count(closed_ms) FROM incident") == [(1, 0)]


def test_what_was_spent_stays_spent(killed: Killed) -> None:
    assert killed.left_after < killed.left_before


def test_what_was_written_is_still_there(killed: Killed) -> None:
    assert killed.runs <= set(asked(killed.folder, "SELECT run FROM run"))


def test_a_file_of_a_service_that_was_killed_is_whole(killed: Killed) -> None:
    assert asked(killed.folder, "PRAGMA integrity_check") == [("ok",)]


def test_a_service_that_ends_in_order_keeps_no_share_of_a_budget(killed: Killed) -> None:
    assert asked(killed.folder, "SELECT count(*) FROM share") == [(0,)]


def test_the_folder_is_for_nobody_elses_eyes(killed: Killed) -> None:
    assert (killed.folder / "data").stat().st_mode & 0o077 == 0


def test_no_key_stands_in_the_folder(killed: Killed) -> None:
    held = b"".join(file.read_bytes() for file in (killed.folder / "data").rglob("*") if file.is_file())

    assert b"sk-acceptance-0123456789" not in held


def test_history_shows_the_outage(killed: Killed) -> None:
    code, said, _ = wnmon("history", "--data", str(killed.folder / "data"))

    assert (code, "down since" in said) == (0, True)


def test_history_by_days_says_whose(killed: Killed) -> None:
    _, said, _ = wnmon("history", "--last", "30d", "--data", str(killed.folder / "data"))

    assert "by days of Asia/Shanghai" in said


def test_the_page_of_a_target_shows_the_outage_before_anything_is_asked_again(killed: Killed) -> None:
    config = (killed.folder / "wnmon.yaml").read_text("utf-8").replace("every: 2s", "every: 3h")
    with serving(killed.folder, config) as service:
        page = service.get("/targets/down")

    assert (page.status, "so far" in page.text) == (200, True)


def test_a_target_that_nobody_asks_has_no_page(killed: Killed) -> None:
    config = (killed.folder / "wnmon.yaml").read_text("utf-8")
    with serving(killed.folder, config) as service:
        assert service.get("/targets/nobody").status == 404


def test_history_is_exported_as_a_line_for_each_run(killed: Killed) -> None:
    code, said, _ = wnmon("history", "export", "--format", "jsonl", "--data", str(killed.folder / "data"))

    assert (code, len(said.splitlines())) == (0, len(asked(killed.folder, "SELECT 1 FROM run")))


def test_a_copy_has_what_the_file_has(killed: Killed, tmp_path: Path) -> None:
    wnmon("history", "backup", str(tmp_path / "copy.db"), "--data", str(killed.folder / "data"))
    copy = sqlite3.connect(tmp_path / "copy.db")
    count = copy.execute("SELECT count(*) FROM run").fetchall()
    copy.close()

    assert count == asked(killed.folder, "SELECT count(*) FROM run")


def test_a_copy_replaces_no_file(killed: Killed, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    code, _, _ = wnmon("history", "backup", str(tmp_path / "mine"), "--data", str(killed.folder / "data"))

    assert (code, (tmp_path / "mine").read_text()) == (2, "mine")


@pytest.mark.parametrize("asked_for", [(), ("export",), ("backup", "copy.db")], ids=str)
def test_of_a_damaged_file_history_says_so_in_a_sentence(
    killed: Killed, tmp_path: Path, asked_for: tuple[str, ...]
) -> None:
    content = (killed.folder / "data" / "wnmon.db").read_bytes()
    (tmp_path / "wnmon.db").write_bytes(content[:8192] + b"\xff" * (len(content) - 8192))
    code, _, said = wnmon("history", *asked_for, "--data", str(tmp_path), cwd=tmp_path)

    assert (code, len(said.splitlines()), "wnmon.db is damaged" in said) == (2, 1, True), said


def test_a_second_service_with_the_same_folder_works_in_memory(relay: MockRelay, tmp_path: Path) -> None:
    config, data = CONFIG.format(url=relay.url), ("--data", str(tmp_path / "data"))
    with serving(tmp_path / "a", config, *data), serving(tmp_path / "b", config, *data) as second:
        assert second.value("wnmon_store_problem", problem="in_use") == 1


def test_a_file_that_is_not_wnmons_is_left_alone(relay: MockRelay, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "wnmon.db").write_bytes(b"a diary")
    with serving(tmp_path, CONFIG.format(url=relay.url)) as service:
        eventually(lambda: service.value("wnmon_probe_runs_total", target="up"), "a run all the same")

    assert (tmp_path / "data" / "wnmon.db").read_bytes() == b"a diary"


def test_what_keeps_results_from_being_kept_is_said_once(relay: MockRelay, tmp_path: Path) -> None:
    with serving(tmp_path, CONFIG.format(url=relay.url), "--data", "/proc/nowhere") as service:
        eventually(lambda: service.value("wnmon_probe_runs_total", target="up"), "a run all the same")

        assert service.stderr.count("kept in memory alone") == 1


SPENT = """\
targets:
  frugal:
    {{base_url: {url}, api_key: "${{WN_API_KEY}}", models: [m], budget: {{requests_per_day: 2}}, step_down: false}}
checks:
  alive: {{every: 100d, prompt: hello, confirm: {{recheck: never}}}}
"""


def test_a_check_spends_of_the_budget_of_the_service_beside_it(relay: MockRelay, tmp_path: Path) -> None:
    with serving(tmp_path, SPENT.format(url=relay.url), "--run-now") as service:
        eventually(lambda: service.probes()["frugal/alive/m"]["runs"], "a run")
        options = ("-c", str(tmp_path / "wnmon.yaml"), "--data", str(tmp_path / "data"), "--only", "DOC-001,STREAM-001")
        wnmon("check", *options)
        service.end()
    spent = asked(tmp_path, "SELECT sum(requests) FROM ledger WHERE scope = 'all' AND step_s = 3600")

    assert spent == [(2,)]


def test_a_second_service_with_the_same_folder_spends_of_the_same_budget(relay: MockRelay, tmp_path: Path) -> None:
    config, data = SPENT.format(url=relay.url).replace("100d", "1s, timeout: 900ms"), ("--data", str(tmp_path / "data"))
    with serving(tmp_path / "a", config, *data, "--run-now") as first:
        eventually(lambda: first.value("wnmon_budget_exhausted", target="frugal"), "a budget that is used up")
        with serving(tmp_path / "b", config, *data, "--run-now") as second:
            eventually(lambda: second.value("wnmon_budget_exhausted", target="frugal"), "the same of the other one")

            assert second.value("wnmon_probe_runs_total", target="frugal", outcome="passed") in {None, 0.0}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("--data", "/nowhere"), "there is none"),
        (("--data", ""), "empty"),
        (("--last", "long"), "long"),
        (("export", "--format", "pdf"), "pdf"),
        (("backup",), "FILE"),
        (("backup", "/nowhere/copy.db"), "no folder"),
        (("no-such",), "no-such"),
    ],
)
def test_a_past_that_cannot_be_shown_exits_with_2_and_says_why(typed: tuple[str, ...], said: str) -> None:
    code, _, complaint = wnmon("history", *typed)

    assert (code, said in complaint) == (2, True), complaint


@pytest.mark.parametrize(("data", "said"), [(__file__, "is a file"), ("", "empty")])
def test_a_service_whose_folder_is_none_exits_with_2(data: str, said: str, relay: MockRelay, tmp_path: Path) -> None:
    (tmp_path / "wnmon.yaml").write_text(CONFIG.format(url=relay.url), encoding="utf-8")
    code, _, complaint = wnmon("serve", str(tmp_path / "wnmon.yaml"), "--data", data)

    assert (code, said in complaint) == (2, True), complaint

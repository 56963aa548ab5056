"""What a service keeps of runs that failed: what is in it, and that it can be judged again elsewhere."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from service_process import Answer, eventually, relay_beside, serving, wnmon

from wnmon.mock.server import MockRelay
from wnmon.mock.settings import MockSettings

CONFIG = """\
targets:
  down: {{base_url: {url}, api_key: "${{WN_API_KEY}}", models: [m], headers: {{X-Wnmon-Fault: "500"}}}}
  odd: {{base_url: {url}, api_key: "${{WN_API_KEY}}", models: [m], headers: {{X-Wnmon-Fault: no-done}}}}
  up: {{base_url: {url}, api_key: "${{WN_API_KEY}}", models: [m]}}
retention: {{transcripts: 3}}
checks:
  alive:
    every: 2s
    timeout: 1900ms
    targets: [down, up]
    prompt: hello
    request: {{max_tokens: 16}}
    confirm: {{recheck: never}}
  contract: {{every: 1h, suite: builtin:stream, gate: MUST, targets: [odd]}}
"""


def asked(folder: Path, sql: str) -> list[tuple[str, ...]]:
    """Return what the file of a service says."""
    db = sqlite3.connect(folder / "data" / "wnmon.db")
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


OF_TARGET = "SELECT run FROM transcript JOIN probe ON probe.id = probe WHERE target = '{}' ORDER BY ended_ms"
OF_DOWN = "SELECT 1 FROM run JOIN probe ON id = probe WHERE target = 'down'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a service showed of its runs: `kept` by target, `opened` the run that began an outage."""

    folder: Path
    kept: dict[str, list[str]]
    opened: str
    pages: dict[str, Answer]


@pytest.fixture(scope="module")
def relay() -> Iterator[MockRelay]:
    with relay_beside(MockSettings(ttft_s=0.05)) as relay:
        yield relay


@pytest.fixture(scope="module")
def seen(relay: MockRelay, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    folder = tmp_path_factory.mktemp("evidence")
    with serving(folder, CONFIG.format(url=relay.url), "--run-now") as service:
        eventually(lambda: len(asked(folder, OF_DOWN)) > 5 and asked(folder, OF_TARGET.format("odd")), "runs")
        ((opened,),) = asked(folder, "SELECT run FROM incident")
        ((passed,),) = asked(folder, "SELECT run FROM run WHERE outcome = 'passed' LIMIT 1")
        kept = {name: [run for (run,) in asked(folder, OF_TARGET.format(name))] for name in ("down", "odd", "up")}
        (odd,) = kept["odd"]
        routes = {
            "target": "/targets/down",
            "opened": f"/runs/{opened}",
            "opened, zh": f"/runs/{opened}?lang=zh",
            "opened, transcript": f"/runs/{opened}/transcript.json",
            "opened, report": f"/runs/{opened}/report.html",
            "odd": f"/runs/{odd}",
            "odd, zh": f"/runs/{odd}?lang=zh",
            "odd, transcript": f"/runs/{odd}/transcript.json",
            "passed": f"/runs/{passed}",
            "passed, transcript": f"/runs/{passed}/transcript.json",
        }
        pages = {name: service.get(route) for name, route in routes.items()}
        service.end()
    return Seen(folder=folder, kept=kept, opened=opened, pages=pages)


def test_the_last_failures_are_kept_and_the_run_that_began_the_outage(seen: Seen) -> None:
    runs = asked(seen.folder, f"{OF_DOWN.replace('1', 'run', 1)} ORDER BY ended_ms")

    assert (seen.kept["down"][0], len(seen.kept["down"])) == (seen.opened, 4)
    assert runs[0] == (seen.opened,)


def test_of_what_passes_no_transcript_is_kept(seen: Seen) -> None:
    assert seen.kept["up"] == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "opened",
            ["failed: relay error", "expected", "500", "internal error", "$WNMON_API_KEY", "curl -sSiN", "<svg"],
        ),
        ("opened, zh", ["未通过：中转站错误", "期望", "请求与响应", "重新发送"]),
        ("opened, report", ["failed: relay error", "$WNMON_API_KEY", "<svg"]),
        ("odd", ["failed: rule broken", "STR-006", "[DONE] is sent exactly once", "OpenAI description", "data: {"]),
        ("odd, zh", ["STR-006", "[DONE] "]),
        ("passed", ["passed", "no transcript is kept"]),
    ],
)
def test_a_run_has_a_page(seen: Seen, name: str, said: list[str]) -> None:
    page = seen.pages[name]

    assert (page.status, [one for one in said if one in page.text]) == (200, said)


def test_a_run_that_passed_has_nothing_to_be_sent(seen: Seen) -> None:
    assert seen.pages["passed, transcript"].status == 404


def test_an_outage_leads_to_the_run_that_began_it(seen: Seen) -> None:
    assert seen.pages["target"].text.count(f"../runs/{seen.opened}?") >= 1


@pytest.mark.parametrize(("name", "said"), [("opened", "alive"), ("odd", "STR-006")])
def test_what_was_kept_is_judged_again_as_it_was(seen: Seen, name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(seen.pages[f"{name}, transcript"].text, encoding="utf-8")
    code, stdout, stderr = wnmon("replay", str(tmp_path / "run.json"))

    assert (code, said in stdout, "the same as recorded" in stderr) == (1, True, True), stderr


def test_no_key_is_on_any_page_of_a_run(seen: Seen) -> None:
    assert [name for name, page in seen.pages.items() if "sk-acceptance-0123456789" in page.text] == []

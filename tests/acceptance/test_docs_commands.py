"""Every command of every page but those with a test of their own: typed as its reader would, or listed with why not."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from check_process import with_key
from page_commands import ROOT, SHELLS, Command, commands_in, fenced, free_port, of_page, typed
from service_process import relay_beside

from wnmon.mock.settings import MockSettings

TESTED_ELSEWHERE = {
    "README.md": "test_readme.py",
    "README.zh-CN.md": "test_readme.py",
    "docs/install.md": "test_install_page.py",
    "docs/relays.md": "test_relays_page.py",
}
RUN = ("wnmon ", "pytest ", "export ", "mkdir ")
"""How commands begin that harm no machine: a page that is wrong must not have a test reach for somebody's cluster."""

NOT_RUN = {
    "make test": "it would run this test again",
    "docker": "needs a container engine; test_container.py parses the files, make image-test builds and runs the image",
}
LASTING = ("wnmon serve", "wnmon mock")
"""What goes on until it is stopped, unless the page puts it into the background."""

BEFORE = {
    "wnmon validate wnmon.yaml   # exits 2": (
        r"sed -i '5a\    waive: [{rule: DOC-09, reason: known, until: 2099-12-31}]' wnmon.yaml"
    ),
    "wnmon check -c wnmon.yaml --report transcript=check.json": "sed -i '/waive:/d' wnmon.yaml",
    "wnmon diff": "cp today.json yesterday.json",
    "wnmon init": "rm wnmon.yaml",
}
"""What the text around a command takes for granted, by how the command begins."""

KEY = "sk-demo-0123456789abcdef"
RELAY = "https://relay.example"
SETTINGS = MockSettings(
    strict=True,
    key=KEY,
    models=("gpt-4o-mini", "gpt-4o", "claude-3-5-sonnet-20241022"),
    ttft_s=0,
    gap_s=0.001,
    faults=("balance-new-api",),
)
"""A right relay that tells what is left of the money."""

CURL = 'curl https://relay.example/v1/chat/completions -d \'{"model": "gpt-4o", "messages": []}\''


def commands(page: str) -> list[Command]:
    """Return the commands of a page; in the reference of options they are the examples below the options."""
    if page != "docs/cli.md":
        return of_page(page)
    text = (ROOT / page).read_text(encoding="utf-8")
    return [Command(line) for line in re.findall(r"^  (wnmon .*?)(?:   .*)?$", text, re.MULTILINE)]


ALL = [str(path.relative_to(ROOT)) for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])]
PAGES = [page for page in ALL if page not in TESTED_ELSEWHERE and commands(page)]


def reasons(command: Command) -> list[str]:
    return [reason for start, reason in NOT_RUN.items() if command.line.startswith(start)]


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a command, the relay called by the name it has on the page."""

    command: Command
    code: int
    output: str


@pytest.fixture(scope="module", params=PAGES)
def tried(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Tried]:
    """Each command of a page, typed in a folder with what the pages take for granted, in the order of the page."""
    found = [command for command in commands(request.param) if command.line.startswith(RUN)]
    folder = tmp_path_factory.mktemp("page")
    with relay_beside(SETTINGS) as relay:
        _furnish(folder, relay.url)
        own = any(command.line.startswith("wnmon mock --port 8080") for command in found)
        ports = {"8080": free_port() if own else urlsplit(relay.url).port, "9877": free_port()}
        env = with_key({"WNMON_API_KEY": KEY, "WN_API_KEY": KEY, "COLUMNS": "120"})
        env["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        env = {name: value for name, value in env.items() if not name.startswith("PYTEST")}
        ended = typed([_line(command, relay.url, ports) for command in found], folder, env)
        here = urlsplit(relay.url).netloc
        return [
            Tried(command, code, output.replace(relay.url, RELAY).replace(here, urlsplit(RELAY).netloc))
            for command, (code, output) in zip(found, ended, strict=True)
        ]


def _furnish(folder: Path, relay: str) -> None:
    """Write what a reader has: a configuration, the one that docs/costs.md shows, suites, and a relay's page."""
    costs = (ROOT / "docs" / "costs.md").read_text(encoding="utf-8")
    (config,) = re.findall(r"^```yaml\n(targets:\n.*?)^```", costs, re.DOTALL | re.MULTILINE)
    config = config.replace("checks: {}", "checks: {contract: {every: 6h, suite: builtin:documented}}")
    (folder / "wnmon.yaml").write_text(config.replace(RELAY, relay), encoding="utf-8")
    suite = (ROOT / "checks" / "documented.yaml").read_text(encoding="utf-8")
    (folder / "suites").mkdir()
    for path in (folder / "mine.yaml", folder / "documented.yaml", folder / "suites" / "mine.yaml"):
        path.write_text(suite, encoding="utf-8")
    (folder / "page.txt").write_text(CURL, encoding="utf-8")


def _line(command: Command, relay: str, ports: dict[str, int | None]) -> str:
    line = command.line.replace(RELAY, relay)
    for shown, port in ports.items():
        line = re.sub(rf"(:|--port ){shown}\b", rf"\g<1>{port}", line)
    if line.startswith(LASTING) and not line.endswith("&"):
        line = f"lasts {line}"
    return "\n".join([*(before for start, before in BEFORE.items() if command.line.startswith(start)), line])


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_run_or_has_one_reason_why_not(page: str) -> None:
    assert [one for one in commands(page) if one.line.startswith(RUN) + len(reasons(one)) != 1] == []


def test_every_command_ends_as_the_page_says(tried: list[Tried]) -> None:
    assert [one for one in tried if one.code != one.command.code] == []


def test_what_a_page_shows_is_what_is_printed(tried: list[Tried]) -> None:
    missing = {
        (one.command.line, shown): one.output
        for one in tried
        for shown in one.command.shown
        if _without_numbers(shown) not in {"  …", *_without_numbers(one.output).splitlines()}
    }

    assert missing == {}


def _without_numbers(text: str) -> str:
    """Leave out numbers: the relay here is asked without TLS, and so less; test_cli_costs_page.py holds the numbers."""
    return re.sub(r"\d+", "0", text)


@pytest.mark.parametrize("start", [*NOT_RUN, *BEFORE])
def test_a_command_with_a_reason_or_a_preparation_stands_on_a_page(start: str) -> None:
    assert [page for page in PAGES for command in commands(page) if command.line.startswith(start)] != []


@pytest.mark.parametrize("page", ALL)
def test_a_prompt_stands_in_a_block_that_is_typed(page: str) -> None:
    others = [block for kind, block in fenced((ROOT / page).read_text(encoding="utf-8")) if kind not in SHELLS]

    assert [line for block in others for line in block.splitlines() if line.startswith("$ ")] == []


@pytest.mark.parametrize(("page", "test"), TESTED_ELSEWHERE.items())
def test_a_page_with_a_test_of_its_own_has_commands(page: str, test: str) -> None:
    assert of_page(page) != []
    assert "page_commands" in (Path(__file__).parent / test).read_text(encoding="utf-8")


def test_a_command_of_several_lines_in_a_list_is_one() -> None:
    assert commands_in("- so:\n  ```console\n  $ one \\\n  two\n  output\n  ```\n") == [Command("one two", ("output",))]


def test_a_block_within_a_block_is_shown_and_not_typed() -> None:
    assert commands_in("````markdown\n```sh\nno\n```\n````\n```sh\nyes\n```\n") == [Command("yes")]

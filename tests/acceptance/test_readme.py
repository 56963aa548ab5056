"""Every command of the README, run as a new user would, in one shell, from a checkout that has its environment."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from page_commands import ROOT, Command, free_port, of_page, typed

PAGES = ("README.md", "README.zh-CN.md")

EXEMPT = {
    "make test": "it would run this test again",
    "docker compose up": "needs a container engine",
}
LASTING = {"wnmon serve wnmon.yaml": "it goes on until stopped, so the test starts it and stops it"}


def blocks(page: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def commands(page: str) -> list[str]:
    return [command.line for command in of_page(page)]


@pytest.fixture(scope="module")
def transcript(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    """Each command with its exit code and output, from one shell with the README's own variables set by the reader."""
    folder = tmp_path_factory.mktemp("readme")
    checkout = folder / "wnmon"
    ignored = shutil.ignore_patterns(".git", ".venv", "*_cache", "__pycache__", ".hypothesis")
    shutil.copytree(ROOT, checkout, ignore=ignored)
    (checkout / ".venv").symlink_to(Path(sys.prefix), target_is_directory=True)
    port, page_port, own_port = free_port(), free_port(), free_port()
    own = f". .venv/bin/activate\nwnmon mock --port {own_port} &"  # the reader's own relay, a healthy one
    run = [command for command in commands("README.md") if command not in EXEMPT]
    env = {key: value for key, value in os.environ.items() if not key.startswith(("WN", "OPENAI", "LANG", "LC_"))}
    env |= {"RELAY_URL": f"http://127.0.0.1:{own_port}", "RELAY_MODEL": "gpt-4o", "COLUMNS": "100"}
    _, *ended = typed([own, *(_here(command, port, page_port) for command in run)], checkout, env)
    return dict(zip(run, ended, strict=True))


def _here(command: str, port: int, page_port: int) -> str:
    """Return a command on ports that are free here."""
    run = command.replace(":8080", f":{port}").replace("--port 8080", f"--port {port}")
    if command.startswith("make demo"):
        run = run.replace("make demo", "touch .venv/.runtime && make demo")
    if command in LASTING:
        run = f"lasts {run} --listen 127.0.0.1:{page_port}"
    return run


@pytest.mark.parametrize("command", [command for command in commands("README.md") if command not in EXEMPT])
def test_command_of_the_readme_ends_as_the_readme_says(command: str, transcript: dict[str, tuple[int, str]]) -> None:
    code, output = transcript[command]

    assert code == Command(command).code, output


def test_shown_report_is_the_real_one(transcript: dict[str, tuple[int, str]]) -> None:
    shown = next(block for block in blocks("README.md", "text") if "Broken rules" in block)
    real = next(output for command, (_, output) in transcript.items() if command.startswith("wnmon check --wait"))

    assert _without_numbers(shown) in _without_numbers(real)


def test_shown_demo_lines_are_the_real_ones(transcript: dict[str, tuple[int, str]]) -> None:
    shown = {_kind_of_line(line) for line in blocks("README.md", "text")[0].splitlines()}
    real = {_kind_of_line(line) for line in transcript["make demo SECONDS=15"][1].splitlines()}

    assert shown <= real


def test_exempt_commands_are_in_the_readme() -> None:
    assert set(EXEMPT) | set(LASTING) <= set(commands("README.md"))


def test_both_languages_show_the_same_commands() -> None:
    assert commands("README.md") == commands("README.zh-CN.md")


def test_both_languages_have_the_same_headings() -> None:
    english, chinese = (
        re.findall(r"^(#+) ", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE) for page in PAGES
    )

    assert english == chinese


@pytest.mark.parametrize("page", PAGES)
def test_each_variable_of_a_command_is_explained_or_set(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    taken = {name for command in commands(page) for name in re.findall(r"\$([A-Z_]+)", command)}

    assert {name for name in taken if f"`{name}`" not in text} == set()


@pytest.mark.parametrize("page", PAGES)
def test_first_command_and_its_output_stand_within_25_lines(page: str) -> None:
    lines = (ROOT / page).read_text(encoding="utf-8").splitlines()

    assert [i for i, line in enumerate(lines) if line == "```"][1] < 25


@pytest.mark.parametrize("page", [*PAGES, *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))])
def test_links_of_the_page_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text) if "://" not in link]

    assert [link for link in links if not ((ROOT / page).parent / link).exists()] == []


def _without_numbers(text: str) -> str:
    return re.sub(r"\d+", "0", text)


def _kind_of_line(line: str) -> str:
    return " ".join(re.sub(r"\d+", "0", re.sub(r"(ttft|total) [\d.]+ m?s", r"\1", line)).split())

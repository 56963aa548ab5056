"""Help and click's own words come from the catalogue, in both languages, and fit into the terminal."""

from __future__ import annotations

import gettext
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unicodedata import east_asian_width

import click
import pytest

import wnmon.cli
from wnmon.cli import COMMANDS, root
from wnmon.cli.localized import worded
from wnmon.cli.terminal import speak, words
from wnmon.model.catalogue import CATALOGUE

ROOT = Path(__file__).parents[3]
CLICK = {name: pair for name, pair in CATALOGUE.items() if name.startswith("click_")}


@pytest.fixture(autouse=True)
def english_again(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LANGUAGE", "en")
    yield
    speak("en")


def contexts(lang: str, width: int) -> Iterator[click.Context]:
    """Yield a context for every command there is, its words in a language."""
    speak(lang)
    top = worded(root, "wnmon").make_context("wnmon", ["check"], resilient_parsing=True, terminal_width=width)
    yield top
    for name in COMMANDS:
        command = root.get_command(top, name)
        assert command is not None
        yield (below := command.context_class(command, parent=top, info_name=name))
        for child in command.commands.values() if isinstance(command, click.Group) else ():
            yield child.context_class(child, parent=below, info_name=child.name)


def page(context: click.Context) -> str:
    return context.command.get_help(context)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_command_and_option_has_its_help(lang: str) -> None:
    found = list(contexts(lang, 80))
    options = [one for ctx in found for one in ctx.command.params if isinstance(one, click.Option)]

    assert [ctx.command_path for ctx in found if not ctx.command.help] == []
    assert [option.name for option in options if not option.help] == []


def test_every_sentence_of_help_is_shown_somewhere() -> None:
    speak("zh")
    shown = "".join("".join(page(context).split()) for context in contexts("zh", 80))
    help_ids = [name for name in CATALOGUE if name.startswith("help_") and name != "help_heading"]

    assert [name for name in help_ids if "".join(words(name).replace("\b", "").split()) not in shown] == []


def columns(line: str) -> int:
    return sum(2 if east_asian_width(char) in "FW" else 1 for char in line)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_line_of_chinese_help_fits_into_the_terminal(width: int) -> None:
    lines = [line for context in contexts("zh", width) for line in page(context).splitlines()]
    examples = ("wnmon ", "退出码", "3 无法", "变差是指", "或一次运行", "claude")

    assert [one for one in lines if columns(one) > width and not one.strip().startswith(examples)] == []


def test_no_line_of_chinese_help_begins_with_a_closing_mark() -> None:
    lines = [line.strip() for context in contexts("zh", 60) for line in page(context).splitlines()]

    assert [line for line in lines if line.startswith(tuple("，。；：、）”"))] == []


def test_english_help_is_wrapped_as_click_wraps_it() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "cli_reference.py"), "--print"],
        capture_output=True,
        env={**os.environ, "LANG": "zh_CN.UTF-8", "PYTHONIOENCODING": "utf-8"},
        check=True,
    )

    assert done.stdout.decode() == (ROOT / "docs" / "cli.md").read_text(encoding="utf-8"), "stale: make generate"


# What click says


@pytest.fixture(scope="module")
def compiled() -> gettext.GNUTranslations:
    folder = Path(wnmon.cli.__file__).parent / "locale"
    with (folder / "zh" / "LC_MESSAGES" / "click.mo").open("rb") as file:
        return gettext.GNUTranslations(file)


@pytest.mark.parametrize("name", CLICK)
def test_the_compiled_words_of_click_are_those_of_the_catalogue(name: str, compiled: gettext.GNUTranslations) -> None:
    english, chinese = CLICK[name]

    assert compiled.gettext(english) == chinese, "stale: make generate"


@pytest.mark.parametrize("number", [1, 2])
def test_a_plural_of_click_has_its_chinese(number: int, compiled: gettext.GNUTranslations) -> None:
    english = "Got unexpected extra argument ({args})"

    assert compiled.ngettext(english, "Got unexpected extra arguments ({args})", number) == "多余的参数：{args}"


@pytest.mark.parametrize("name", CLICK)
def test_click_still_says_what_is_translated(name: str) -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in Path(click.__file__).parent.glob("*.py"))

    assert f'"{CLICK[name][0]}"' in source


def test_a_help_page_costs_little_more_than_click_alone() -> None:
    """Twice of it at the most, of the processor's time of a fresh process, the best of five in turn."""
    pairs = [
        (_processor_s([sys.executable, "-m", "wnmon", "--help"]), _processor_s([sys.executable, "-c", "import click"]))
        for _ in range(5)
    ]
    help_s, click_s = map(min, zip(*pairs, strict=True))

    assert help_s <= 2 * click_s


def _processor_s(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_a_help_page_opens_no_room_it_has_no_use_for() -> None:
    script = (
        "import sys; from wnmon.cli import run\ntry: run(['--help'])\nexcept SystemExit: print(sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)

    heavy = ["wnmon.model.catalogue.config", "wnmon.model.credentials", "pathlib", "shutil", "difflib"]
    assert [name for name in heavy if f"'{name}'" in done.stdout] == []

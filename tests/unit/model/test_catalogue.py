"""The catalogue is whole: both languages for every id, holes that agree, each id used, no sentence anywhere else."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from wnmon.cli import COMMANDS
from wnmon.model.catalogue import CATALOGUE, ROOMS, is_on_help_pages, sentences
from wnmon.model.said import Why
from wnmon.report.summary import Exit

PACKAGE = Path(__file__).parents[3] / "wnmon"
SAYING = {"Said", "say", "words"}
"""Calls whose first argument is an id, the others being its holes."""

PREFIXES = (
    "report_",
    "report_diff_",
    "report_first_token_",
    "report_standing_",
    "report_unmeasured_",
    "html_",
    "page_",
    "page_bars_",
    "reason_",
    "within_reason_",
    "layer_",
    "advice_",
    "cli_",
    "cli_risk_",
    "about_",
    "listed_",
    "unit_",
    "balance_of_",
    "models_head_",
    "models_state_",
    "selftest_",
    "store_",
    "history_head_",
    "notify_",
    "notify_failure_",
    "notify_head_",
    "notify_ends_",
)
"""Beginnings put before a word that code or a template names, or an enum holds."""

FEWER_HOLES = {
    "n_values": "English names what there are several of",
    "click_": "Chinese does not tell the kind of a parameter apart",
}
"""Sentences, or beginnings of ids, whose Chinese leaves a hole out, and why."""

ELSEWHERE = {
    "mock": "what the reference relay says as a relay, and its faults, in the language of relays",
    "pytest_plugin/__init__.py": "options and markers, among pytest's own English",
    "pytest_plugin/settings.py": "options, among pytest's own English",
    "pytest_plugin/tests.py": "markers, among pytest's own English",
    "metrics": "help texts of metrics and the page made of them, which are English everywhere",
    "store": "SQL",
    "report/junit.py": "a format for machines",
    "report/tap.py": "a format for machines",
    "web/routes.py": "plain text for machines",
    "model/placeholders.py": "words that stand for a key, and those of every answer",
    "wire/cause_table.py": "words of relays",
    "wire/listing.py": "words of relays",
    "app/account.py": "a question to a model",
    "app/selftest.py": "a question to a relay of our own, and what starts it",
    "transport/over_httpx.py": "words of h11",
    "judge/kinds/canned.py": "words of relays",
    "judge/kinds/leaks.py": "words of relays",
    "judge/kinds/status.py": "words of relays",
    "config/load.py": "words of libyaml",
    "wire/retry.py": "words of relays that ask to wait",
    "redact/jsontext.py": "notes for readers of the code",
    "model/target.py": "a bug of ours, shown by Python",
}
"""Modules that hold sentences of others, or for machines, and whose."""

_SENTENCE = re.compile(r"\b[A-Za-z]{2,}(?:'s)? [a-z]+,? [a-z]+\b")


@cache
def sources() -> dict[str, ast.Module]:
    files = (file for file in PACKAGE.rglob("*.py") if file.parent.name != "catalogue")
    return {str(file.relative_to(PACKAGE)): ast.parse(file.read_text(encoding="utf-8")) for file in files}


def holes_of(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_no_id_is_in_two_rooms() -> None:
    assert len(set(CATALOGUE)) == len(CATALOGUE)


def test_every_module_of_the_catalogue_is_a_room() -> None:
    assert {file.stem for file in (PACKAGE / "model/catalogue").glob("[a-z]*.py")} == set(ROOMS)


def test_every_sentence_can_be_looked_up() -> None:
    assert [name for room in ROOMS for name, pair in sentences(room).items() if CATALOGUE[name] is not pair] == []


def test_a_sentence_that_is_not_there_is_not_found() -> None:
    assert "no such sentence" not in CATALOGUE


def test_every_sentence_of_a_help_page_stands_where_help_pages_look() -> None:
    assert [name for name in CATALOGUE if name.startswith("help_") and not is_on_help_pages(name)] == []


def test_every_id_has_both_languages() -> None:
    assert [name for name, pair in CATALOGUE.items() if not all(pair)] == []


def test_the_languages_have_the_same_holes() -> None:
    differing = [name for name, (en, zh) in CATALOGUE.items() if holes_of(en) != holes_of(zh)]

    assert [name for name in differing if not name.startswith(tuple(FEWER_HOLES))] == []


def test_a_sentence_with_words_has_a_chinese_form() -> None:
    same = {name for name, (en, zh) in CATALOGUE.items() if en == zh and _SENTENCE.search(en)}

    assert same == set()


def said() -> Iterator[tuple[str, str, set[str] | None]]:
    """Yield (place, id, holes given) of every sentence a call names; None where the holes are not written out."""
    for file, tree in sources().items():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            if getattr(call.func, "id", "") in SAYING and call.args and isinstance(call.args[0], ast.Constant):
                given = {keyword.arg for keyword in call.keywords}
                yield (
                    f"{file}:{call.lineno}",
                    str(call.args[0].value),
                    None if None in given else {str(a) for a in given},
                )


def test_what_is_said_is_in_the_catalogue() -> None:
    assert [(place, name) for place, name, _ in said() if name not in CATALOGUE] == []


def test_what_is_said_fills_the_holes_of_its_sentence() -> None:
    given = ((place, name, holes) for place, name, holes in said() if holes is not None and name in CATALOGUE)

    assert [place for place, name, holes in given if holes != holes_of(CATALOGUE[name][0])] == []


def test_what_decides_something_has_a_sentence() -> None:
    assert [why for why in Why if why not in CATALOGUE] == []


@cache
def named() -> set[str]:
    """Return every text of code, templates and the language of the configuration that may be an id, or its end."""
    texts = {node.value for tree in sources().values() for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    for template in PACKAGE.rglob("*.html"):
        texts |= set(re.findall(r"\w+", template.read_text(encoding="utf-8")))
    texts |= set(re.findall(r'"(\w+)"', (PACKAGE / "config" / "schema.json").read_text(encoding="utf-8")))
    return {text for text in texts if isinstance(text, str)} | {f"exit_{code}" for code in Exit} | helped()


def helped() -> set[str]:
    """Return the ids by which the command line words its help, see `wnmon.cli.localized`."""
    ids = {"help_options", "help_subcommand", "help_usage", "help_heading", "help_wnmon", "help_wnmon_version"}
    pairs = [(name, importlib.import_module(f"wnmon.cli.{name}").command) for name in COMMANDS]
    for name, command in pairs:
        ids |= {f"help_{name}", f"help_{name}_short", f"help_{name}_epilog"}
        ids |= {f"help_{of}_{parameter.name}" for parameter in command.params for of in (name, "any")}
        pairs += [(f"{name}_{child}", below) for child, below in getattr(command, "commands", {}).items()]
    return ids


def is_named(name: str) -> bool:
    ends = (name.removeprefix(prefix) for prefix in PREFIXES if name.startswith(prefix))
    return name in named() or any(end in named() for end in ends)


@pytest.mark.parametrize("room", ROOMS)
def test_every_id_is_used(room: str) -> None:
    unused = [name for name in sentences(room) if not name.startswith("click_") and not is_named(name)]

    assert unused == []


def sentences_in(tree: ast.Module) -> Iterator[tuple[int, str]]:
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    joined = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs | joined:
            text = node.value
        else:
            continue
        if _SENTENCE.search(text):
            yield node.lineno, text


def test_no_sentence_stands_anywhere_else() -> None:
    found = [
        f"{file}:{line}: {text[:80]}"
        for file, tree in sources().items()
        if not any(file == home or file.startswith(f"{home}/") for home in ELSEWHERE)
        for line, text in sentences_in(tree)
    ]

    assert found == []


def test_every_home_of_other_sentences_still_holds_one() -> None:
    holding = {
        home
        for home in ELSEWHERE
        for file, tree in sources().items()
        if file.startswith(home) and any(sentences_in(tree))
    }

    assert set(ELSEWHERE) - holding == set()

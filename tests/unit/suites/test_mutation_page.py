"""docs/mutation.md: its numbers and survivors fit together, and are of the modules and functions there are."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import reduce
from importlib import import_module, util
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "mutation.md").read_text("utf-8")
REASONS = yaml.safe_load((ROOT / "docs" / "mutation-survivors.yaml").read_text("utf-8"))
SURVIVORS: list[str] = [line for reason in REASONS for line in reason["mutants"]]
ROW = re.compile(
    r"^\| (?:\*\*)?`([\w.]+)`(?:\*\*)? \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (?:[\d.]+ %|–) \|$", re.MULTILINE
)
ROWS = {name: tuple(map(int, counts)) for name, *counts in ROW.findall(PAGE)}
PACKAGES = ("wnmon.wire", "wnmon.judge")
FILES = [file for package in PACKAGES for file in ROOT.joinpath(*package.split(".")).rglob("*.py")]
MODULES = {".".join(file.relative_to(ROOT).with_suffix("").parts) for file in FILES if file.stem != "__init__"}


def module_of(function: str) -> str:
    """Return the module a dotted name lies in, "" where there is none such."""
    return next((module for module in MODULES if function.startswith(f"{module}.")), "")


def test_the_table_has_each_module_there_is() -> None:
    assert {name for name in ROWS if name not in PACKAGES} == MODULES


@pytest.mark.parametrize("function", sorted({line.partition(": ")[0] for line in SURVIVORS}))
def test_a_survivor_is_of_a_function_there_is(function: str) -> None:
    module = module_of(function)

    assert callable(reduce(getattr, function.removeprefix(f"{module}.").split("."), import_module(module)))


def test_no_survivor_is_named_twice() -> None:
    assert len(SURVIVORS) == len(set(SURVIVORS))


def test_every_reason_is_on_the_page_with_its_survivors() -> None:
    lines = PAGE.split("\n")

    assert sum(line.startswith("- `wnmon.") for line in lines) == len(SURVIVORS)
    assert [line[4:] for line in lines if line.startswith("### ")] == [reason["title"] for reason in REASONS]


@pytest.mark.parametrize("name", [name for name in ROWS if name not in PACKAGES])
def test_a_module_has_as_many_survivors_with_a_reason_as_the_table_says(name: str) -> None:
    assert sum(module_of(line.partition(": ")[0]) == name for line in SURVIVORS) == ROWS[name][3]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_is_the_sum_of_its_modules(package: str) -> None:
    modules = [counts for name, counts in ROWS.items() if name.startswith(f"{package}.")]

    assert ROWS[package] == tuple(map(sum, zip(*modules, strict=True)))


@pytest.mark.parametrize("package", PACKAGES)
def test_at_least_nine_of_ten_mutants_of_a_package_are_caught(package: str) -> None:
    made, killed, timed_out, _ = ROWS[package]

    assert (killed + timed_out) / made >= 0.9


@pytest.mark.long
@pytest.mark.skipif(util.find_spec("mutmut") is None, reason="`make mutmut` installs mutmut")
def test_the_mutants_of_a_module_are_what_the_page_says() -> None:
    module = "wnmon.wire.httpdate"
    order = [sys.executable, str(ROOT / "scripts" / "mutation.py"), "--look", module]
    done = subprocess.run(order, capture_output=True, text=True, timeout=600, check=False)

    made, killed, timed_out, survived = ROWS[module]
    assert done.stdout.startswith(f"{made} mutants, {killed + timed_out} caught, {survived} survived"), done.stderr

"""No pin lacks an extra that another pin of its file asks for: pip before 23.3 refuses such a file (decision 004).

The files whose distributions are not installed next to these tests are asked about by `make oldest-pip`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib import util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "scripts" / "pinned_extras.py"
REQUIREMENTS = ROOT / "requirements"
DEV = REQUIREMENTS / "dev.txt"
NO_MUTMUT = pytest.mark.skipif(util.find_spec("mutmut") is None, reason="`make mutmut` installs mutmut")
INSTALLED = ["runtime", "dev", "build", pytest.param("mutation", marks=NO_MUTMUT)]


def said(*files: Path) -> list[str]:
    """What the script says, line by line; it exits with 1 where it says something, with 0 where it does not."""
    order = [sys.executable, str(SCRIPT), *map(str, files)]
    done = subprocess.run(order, capture_output=True, text=True, timeout=120, check=False)
    lines = done.stdout.splitlines()
    assert done.returncode == bool(lines), done.stderr
    assert not done.stderr
    return [line.partition(".txt: ")[2] for line in lines]


def pinned(tmp_path: Path, *pins: str) -> Path:
    file = tmp_path / "some.txt"
    file.write_text("".join(f"{pin} \\\n    --hash=sha256:00\n" for pin in pins), encoding="utf-8")
    return file


def reported(tmp_path: Path, **needs: list[str]) -> Path:
    """A report of pip with these distributions and what each asks for."""
    file = tmp_path / "report.json"
    entries = [{"metadata": {"name": name, "requires_dist": asked}} for name, asked in needs.items()]
    file.write_text(json.dumps({"install": entries}), encoding="utf-8")
    return file


@pytest.mark.parametrize("name", INSTALLED)
def test_no_pin_lacks_an_extra_that_another_pin_asks_for(name: str) -> None:
    assert said(REQUIREMENTS / f"{name}.txt") == []


def test_a_pin_stripped_of_its_extra_is_named_with_who_asks_for_it(tmp_path: Path) -> None:
    stripped = tmp_path / "dev.txt"
    stripped.write_text(DEV.read_text("utf-8").replace("coverage[toml]==", "coverage=="), encoding="utf-8")
    (version,) = re.findall(r"^coverage\[toml\]==(\S+)", DEV.read_text("utf-8"), re.MULTILINE)

    (sentence,) = said(stripped)

    assert re.fullmatch(rf"pytest-cov asks for coverage\[toml\]\S*, which is pinned as coverage=={version}", sentence)


def test_what_is_not_installed_is_asked_about_in_a_report_of_pip(tmp_path: Path) -> None:
    report = reported(tmp_path, no_such_thing=["other_thing[fast]>=1"], other_thing=[])

    assert said(pinned(tmp_path, "no-such-thing==1", "other-thing==2"), report) == [
        "no-such-thing asks for other_thing[fast]>=1, which is pinned as other-thing==2"
    ]


def test_a_pin_with_more_extras_than_are_asked_for_lacks_none(tmp_path: Path) -> None:
    report = reported(tmp_path, one=["two[a]"], two=[])

    assert said(pinned(tmp_path, "one==1", "two[a,b]==2"), report) == []


def test_an_extra_asked_for_by_an_extra_that_is_pinned_is_lacking(tmp_path: Path) -> None:
    report = reported(tmp_path, one=["two[a]; extra == 'more'"], two=[])

    assert said(pinned(tmp_path, "one[more]==1", "two==2"), report) != []


def test_an_extra_asked_for_by_an_extra_that_is_not_pinned_is_not_lacking(tmp_path: Path) -> None:
    report = reported(tmp_path, one=["two[a]; extra == 'more'"], two=[])

    assert said(pinned(tmp_path, "one==1", "two==2"), report) == []


def test_an_extra_asked_for_on_another_machine_is_not_lacking_here(tmp_path: Path) -> None:
    report = reported(tmp_path, one=["two[a]; python_version < '3'"], two=[])

    assert said(pinned(tmp_path, "one==1", "two==2"), report) == []


def test_a_pin_for_another_machine_is_not_asked_about(tmp_path: Path) -> None:
    report = reported(tmp_path, one=["two[a]"])

    assert said(pinned(tmp_path, "one==1", "two==2 ; python_version < '3'"), report) == []

"""Every kind of problem: a small file and the exact lines a person sees, from tests/golden/config/problems.txt.

A case is `=== name`, the text of wnmon.yaml, further files after `+++ name`, and the expected lines after `>>>`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from config_samples import ENV, GOLDEN, SHIPPED, write

from wnmon.config import load_config
from wnmon.config.problems import Problem
from wnmon.errors import ConfigError
from wnmon.model.said import Said

Case = tuple[str, dict[str, str], list[str]]


def _cases() -> list[Case]:
    blocks = (GOLDEN / "problems.txt").read_text("utf-8").split("=== ")[1:]
    return [_case(block) for block in blocks]


def _case(block: str) -> Case:
    name, _, rest = block.partition("\n")
    files, _, expected = rest.partition(">>>\n")
    first, *more = files.split("+++ ")
    others = dict(part.split("\n", 1) for part in more)
    return name, {"wnmon.yaml": first, **others}, expected.splitlines()


def seen(folder: Path, files: dict[str, str]) -> list[str]:
    """Return the problem lines of a folder of files, without the folder's own name."""
    for name, text in files.items():
        write(folder, text, name)
    with pytest.raises(ConfigError) as caught:
        load_config(folder / "wnmon.yaml", ENV, shipped=SHIPPED)
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


@pytest.mark.parametrize(("files", "expected"), [pytest.param(*case[1:], id=case[0]) for case in _cases()])
def test_a_broken_file_is_explained(files: dict[str, str], expected: list[str], tmp_path: Path) -> None:
    assert seen(tmp_path, files) == expected


def test_a_problem_can_be_said_in_chinese() -> None:
    wrong = Said("wanted_not", wanted=Said("a_mapping"), got='"x"')
    problem = Problem(file="f", line=1, column=2, path="a.b", message=wrong, hint=Said("keep_one"))

    assert problem.said().text("zh") == 'f:1:2 a.b：映射，实际为 "x"，只保留其一'


def test_no_message_quotes_what_a_variable_holds() -> None:
    text = (GOLDEN / "problems.txt").read_text("utf-8")

    expected = "".join(part.partition("=== ")[0] for part in text.split(">>>\n")[1:])
    assert not [value for value in ENV.values() if len(value) > 3 and value in expected and value != ENV["HOST"]]
    assert "sk-secret-of-mine" not in expected

"""Files not written for wnmon, or that cannot be read to their end: no message quotes anything of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from config_samples import TARGET, problems, write

from wnmon.config import BrokenConfigError, load_any, load_suites
from wnmon.config.load import load
from wnmon.config.problems import Problem

FOREIGN = {
    "passwd": "root:x:0:0:Secretary:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n",
    "shadow": "root:$6$Secretary$abc:19000:0:99999:7:::\n",
    "an environment": "SECRETARY=swordfish\nOTHER=1\n",
    "a mapping": "secretary: swordfish\nsword: fish\n",
    "a name twice": "secretary: swordfish\nsecretary: fish\n",
    "a number": "19000",
    "a document of others": "apiVersion: v1\nkind: Secretary\ndata: {secretary: c3dvcmRmaXNo}\n",
    "JSON": '{"secretary": "swordfish", "secretary": "fish"}',
}
UNREADABLE = {
    "a name twice, then no end": "secretary: 1\nsecretary: 2\nx: [1\n",
    "an alias": "x: *secretary\n",
    "an alias in its anchor": "x: &secretary [*secretary]\n",
    "a tag": "x: !secretary 1\n",
    "a handle": "x: !secretary!swordfish 1\n",
    "a sign": "secretary: @swordfish\n",
    "a colon": "secretary: swordfish: fish\n",
    "an escape": 'x: "\\secretary"\n',
    "a quotation": "x: 'secretary\n",
    "a key": "[PRIVATE secretary]\nswordfish\n",
    "an anchor": "&secretary x: &swordfish &fish 1\n",
    "no number": "x: .inf\n",
}
WORDS = ("secretary", "swordfish", "fish", "c3dvcmrm", "daemon", "nologin", "19000")


def words_of(said: str) -> list[str]:
    """Return which words of the files above a message holds, but for a file's own name."""
    return [word for word in WORDS if word in said.lower()]


@pytest.mark.parametrize("text", [*FOREIGN.values(), *UNREADABLE.values()], ids=[*FOREIGN, *UNREADABLE])
def test_an_included_file_of_others_is_quoted_nowhere(text: str, tmp_path: Path) -> None:
    write(tmp_path, text, "other")

    assert words_of("\n".join(problems(tmp_path, f"include: [other]\n{TARGET}"))) == []


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_an_included_file_of_others_is_one_problem_at_the_place_that_names_it(text: str, tmp_path: Path) -> None:
    write(tmp_path, text, "other")

    (problem,) = problems(tmp_path, f"include: [other]\n{TARGET}")

    assert problem.startswith("wnmon.yaml:1:11 include[0]: this is no file of wnmon: other")


@pytest.mark.parametrize("text", [*FOREIGN.values(), *UNREADABLE.values()], ids=[*FOREIGN, *UNREADABLE])
def test_a_file_of_others_named_by_hand_is_quoted_nowhere(text: str, tmp_path: Path) -> None:
    path = write(tmp_path, text, "other")

    for read in (lambda: load_any(str(path), {}), lambda: load_suites([str(path)], tmp_path)):
        with pytest.raises(BrokenConfigError) as refused:
            read()
        assert words_of(str(refused.value)) == []


@pytest.mark.parametrize("loader", [yaml.SafeLoader, yaml.CSafeLoader], ids=["python", "libyaml"])
@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_any_further_is_not_quoted(text: str, loader: Any) -> None:
    found: list[Problem] = []

    assert (load(text.encode(), "file", found, loader), words_of(str(found[-1].said()))) == (None, [])


def test_a_configuration_with_its_one_key_misspelt_is_still_one(tmp_path: Path) -> None:
    assert problems(tmp_path, "target: {}\n")[0] == 'wnmon.yaml:1:1 target: unknown key, did you mean "targets"?'

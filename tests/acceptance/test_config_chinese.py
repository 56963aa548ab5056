"""What is wrong with a configuration, said under a Chinese locale: no English sentence, and the places as they are.

The broken files are those of tests/golden/config/problems.txt. Keys, names, values, and the words of the YAML parser
and of RE2 stay as they are: they are quoted.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from service_process import wnmon

GOLDEN = Path(__file__).parents[1] / "golden" / "config" / "problems.txt"
CHINESE = {"LANG": "zh_CN.UTF-8", "PYTHONIOENCODING": "utf-8"}
ENV = {"KEY": "sk-test-0123456789", "SHORT": "abc", "EMPTY": "", "WITH_BREAK": "sk-test-0123456789\n"}

_PLACE = re.compile(r"^case-\d+/[^:]*:\d+:\d+(?: [^：: ]*(?:\"[^\"]*\"[^：: ]*)?)?")
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|'[^']*'")
_SENTENCE = re.compile(r"[A-Za-z]+(?: [A-Za-z]+){2,}")


def cases() -> dict[str, str]:
    """Return the name and the files of every broken configuration, as one text each."""
    blocks = GOLDEN.read_text("utf-8").split("=== ")[1:]
    return {block.split("\n", 1)[0]: block.split("\n", 1)[1].split(">>>\n")[0] for block in blocks}


def laid_out(folder: Path) -> list[str]:
    """Write the files of every case below a folder of its own; return the main ones."""
    for number, text in enumerate(cases().values()):
        below = folder / f"case-{number}"
        for part in f"wnmon.yaml\n{text}".split("+++ "):
            name, content = part.split("\n", 1)
            (below / name).parent.mkdir(parents=True, exist_ok=True)
            (below / name).write_text(content, "utf-8")
    return [f"case-{number}/wnmon.yaml" for number in range(len(cases()))]


Said = tuple[int, list[str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("broken")


@pytest.fixture(scope="module")
def chinese(folder: Path) -> Said:
    """Return exit code and lines of one `validate` over all broken files under a Chinese locale."""
    code, _, said = wnmon("validate", *laid_out(folder), env={**ENV, **CHINESE}, cwd=folder)
    return code, said.splitlines()


@pytest.fixture(scope="module")
def english(folder: Path) -> Said:
    """Return the same under no locale."""
    code, _, said = wnmon("validate", *laid_out(folder), env=ENV, cwd=folder)
    return code, said.splitlines()


def sentences(line: str) -> list[str]:
    """Return the English left in a line: three words in a row that are not quoted."""
    return _SENTENCE.findall(_QUOTED.sub("", _PLACE.sub("", line)))


def test_an_english_sentence_is_recognised(english: Said) -> None:
    assert len([line for line in english[1] if sentences(line)]) > 100


def test_the_exit_code_is_the_same_in_both_languages(chinese: Said, english: Said) -> None:
    assert (chinese[0], english[0]) == (2, 2)


@pytest.mark.parametrize("number", range(len(cases())), ids=list(cases()))
def test_every_broken_file_is_explained_without_an_english_sentence(number: int, chinese: Said) -> None:
    said = [line for line in chinese[1] if line.startswith(f"case-{number}/")]

    assert [sentences(line) for line in said] == [[]] * len(said)


@pytest.mark.parametrize("number", range(len(cases())), ids=list(cases()))
def test_every_problem_of_a_broken_file_is_said_in_chinese(number: int, chinese: Said) -> None:
    said = [line for line in chinese[1] if line.startswith(f"case-{number}/")]

    assert [bool(re.search("[\u4e00-\u9fff]", line)) for line in said] == [True] * max(len(said), 1)


def test_file_line_column_and_path_are_the_same_in_both_languages(chinese: Said, english: Said) -> None:
    places = [[match[0] for line in said if (match := _PLACE.match(line))] for _, said in (chinese, english)]

    assert places[0] == places[1]


def test_the_words_of_the_yaml_parser_are_quoted(chinese: Said) -> None:
    assert any("不是 YAML：“did not find expected ',' or ']'”" in line for line in chinese[1])


def test_a_check_explains_its_configuration_in_chinese(folder: Path, chinese: Said) -> None:
    number = list(cases()).index("no targets")
    _, _, said = wnmon("check", "-c", f"case-{number}/wnmon.yaml", env=CHINESE, cwd=folder)

    assert said == f"case-{number}/wnmon.yaml:1:1：没有给出 target，在 targets 中写明中转站\n"


def test_a_bad_address_of_the_command_line_is_explained_in_chinese() -> None:
    _, _, said = wnmon("check", "--base-url", "ftp://a", "--model", "m", env={**CHINESE, "WNMON_API_KEY": ENV["KEY"]})

    assert "--base-url：期望 https:// 或 http://，实际为 ftp://" in said


def test_what_a_good_configuration_will_cost_is_told_in_chinese(tmp_path: Path) -> None:
    (tmp_path / "wnmon.yaml").write_text(
        "targets: {wn: {base_url: https://relay.example, models: [m], budget: {requests_per_day: 5}}}\n"
        "checks: {alive: {prompt: hi}}\n",
        "utf-8",
    )
    _, said, _ = wnmon("validate", env=CHINESE, cwd=tmp_path)

    assert [sentences(line) for line in said.splitlines()] == [[]] * len(said.splitlines())
    assert "超出 wn 的 budget.requests_per_day：wnmon 会降低询问频率并跳过容不下的运行" in said


def test_the_columns_of_the_chinese_table_line_up(tmp_path: Path) -> None:
    (tmp_path / "wnmon.yaml").write_text(
        "targets: {wn: {base_url: https://relay.example, models: [m]}}\nchecks: {alive: {prompt: hi}}\n", "utf-8"
    )
    _, said, _ = wnmon("validate", env=CHINESE, cwd=tmp_path)
    head, row, total = said.splitlines()[-5:-2]

    assert len({len(line.encode("gbk")) for line in (head, row, total)}) == 1  # where a Chinese character is two bytes

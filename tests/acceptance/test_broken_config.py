"""Broken YAML given to the command: exit code 2, and every problem with file, line and column."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from check_process import PATIENCE_S, with_key
from warm_start import run_warm

GOOD = """\
targets:
  wn:
    base_url: http://127.0.0.1:9/v1
    api_key: ${WNMON_API_KEY}
    models: [m]
checks:
  alive:
    every: 15m
    prompt: hello
    expect: {status: 200}
"""


def broken(old: str, new: str) -> str:
    """Return the good configuration with one thing wrong."""
    assert old in GOOD
    return GOOD.replace(old, new, 1)


CASES = {
    "not YAML": (broken("models: [m]", "models: [m"), 6, 7),
    "tab": (broken("    every", "\tevery"), 8, 1),
    "unknown key": (broken("every: 15m", "evry: 15m"), 8, 5),
    "duplicate key": (broken("    every: 15m\n", "    every: 15m\n    every: 15m\n"), 9, 5),
    "unset variable": (broken("WNMON_API_KEY", "NO_SUCH_VARIABLE"), 4, 14),
    "no key": (broken("${WNMON_API_KEY}", "Bearer sk-0123456789"), 4, 14),
    "glued hosts": (broken("http://127.0.0.1:9/v1", "https://a.example/https://b.example/v1"), 3, 15),
    "interval below timeout": (broken("every: 15m", "every: 30s"), 8, 12),
    "no duration": (broken("15m", "soon"), 8, 12),
    "unknown assertion": (broken("{status: 200}", "{statsu: 200}"), 10, 14),
    "wrong type": (broken("[m]", "m"), 5, 13),
    "unknown model": (broken("    every", "    models: [other]\n    every"), 8, 14),
    "body against the documented schema": (broken("prompt: hello", "request: {messages: hello}"), 9, 25),
    "bad pattern": (broken("{status: 200}", '{content: {matches: "("}}'), 10, 33),
    "unknown suite": (broken("prompt: hello\n    expect: {status: 200}", "suite: builtin:nothing"), 9, 12),
}


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    done = run_warm(*arguments, env=with_key(), cwd=cwd, timeout_s=PATIENCE_S)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def write(folder: Path, text: str | bytes, name: str = "broken.yaml") -> Path:
    file = folder / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


@pytest.fixture(scope="module")
def validated(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, list[str]]:
    """Return exit code and complaints of one `validate` over all the broken files."""
    folder = tmp_path_factory.mktemp("broken")
    files = [str(write(folder, text, f"{name.replace(' ', '-')}.yaml")) for name, (text, _, _) in CASES.items()]
    done = run("validate", *files, cwd=folder)
    return done.returncode, done.stderr.splitlines()


def test_broken_yaml_exits_with_2(validated: tuple[int, list[str]]) -> None:
    assert validated[0] == 2


@pytest.mark.parametrize("case", CASES)
def test_a_problem_names_file_line_and_column(case: str, validated: tuple[int, list[str]]) -> None:
    _, line, column = CASES[case]
    said = [complaint for complaint in validated[1] if f"/{case.replace(' ', '-')}.yaml" in complaint]

    assert [f".yaml:{line}:{column}" in complaint for complaint in said] == [True], said


def test_each_problem_is_one_line(validated: tuple[int, list[str]]) -> None:
    assert [line for line in validated[1] if not re.match(r"/\S+\.yaml:\d+:\d+[ :]", line)] == []


@pytest.mark.parametrize("case", ["not YAML", "unknown key", "unset variable"])
def test_a_check_with_broken_yaml_says_the_same(case: str, tmp_path: Path) -> None:
    text, line, column = CASES[case]
    file = write(tmp_path, text)
    done = run("check", "-c", str(file), cwd=tmp_path)

    assert (done.returncode, done.stderr.startswith(f"{file}:{line}:{column}")) == (2, True), done.stderr


def test_the_good_one_is_good(tmp_path: Path) -> None:
    assert run("validate", str(write(tmp_path, GOOD)), cwd=tmp_path).returncode == 0


def test_all_problems_of_all_files_are_shown_at_once(tmp_path: Path) -> None:
    second = "  second: {every: soon, prompt: hi}\n"
    one = write(tmp_path, broken("status: 200", "statsu: 200") + second, "one.yaml")
    other = write(tmp_path, broken("[m]", "m"), "other.yaml")
    said = run("validate", str(one), str(other), cwd=tmp_path).stderr

    assert {line.split(":")[0].rpartition("/")[2] + ":" + line.split(":")[1] for line in said.splitlines()} >= {
        "one.yaml:10",
        "one.yaml:11",
        "other.yaml:5",
    }


def test_a_typing_error_gets_a_suggestion(tmp_path: Path) -> None:
    said = run("validate", str(write(tmp_path, CASES["unknown key"][0])), cwd=tmp_path).stderr

    assert 'did you mean "every"?' in said


def test_a_problem_of_an_included_file_names_that_file(tmp_path: Path) -> None:
    write(tmp_path, "checks:\n  more: {every: 15m, prompt: hi, expect: {statsu: 200}}\n", "more.yaml")
    said = run("validate", str(write(tmp_path, "include: [more.yaml]\n" + GOOD)), cwd=tmp_path).stderr

    assert re.search(r"more\.yaml:2:\d+", said), said


def test_the_value_of_a_variable_is_never_quoted(tmp_path: Path) -> None:
    text = broken("http://127.0.0.1:9/v1", "${WNMON_API_KEY}")
    done = run("validate", str(write(tmp_path, text)), cwd=tmp_path)

    assert (done.returncode, with_key()["WNMON_API_KEY"] in done.stderr + done.stdout) == (2, False)


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [BOMB, b"x" * (10 * 2**20 + 1), b"\xff\xfe\x00", b"[" * 100_000, b"", b"- just\n- a list\n", b"\x00" * 100],
    ids=["alias bomb", "over 10 MiB", "not UTF-8", "nested", "empty", "list", "NUL"],
)
@pytest.mark.parametrize("command", [["validate"], ["check", "-c"]], ids=["validate", "check"])
def test_a_file_that_is_no_configuration_at_all_exits_with_2(
    command: list[str], text: str | bytes, tmp_path: Path
) -> None:
    file = write(tmp_path, text)
    done = run(*command, str(file), cwd=tmp_path)

    assert done.returncode == 2
    assert done.stderr.startswith(str(file)), done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_not_there_exits_with_2(tmp_path: Path) -> None:
    done = run("check", "-c", "gone.yaml", cwd=tmp_path)

    assert (done.returncode, "gone.yaml" in done.stderr, "Traceback" in done.stderr) == (2, True, False)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [("needs: []", "needs: [MY-9]", 7), ("status: 200", "statsu: 200", 10), ("on: plain", "on: plian", 6)],
)
def test_a_broken_suite_exits_with_2_and_names_the_place(old: str, new: str, line: int, tmp_path: Path) -> None:
    text = (
        "suite: mine\nprofiles: [mine]\nrequests:\n  plain: {prompt: hello}\nrules:\n  MY-1: {on: plain,\n"
        "    needs: [],\n    levels: {mine: MUST}, source: us,\n    says: {en: it works, zh: 可用},\n"
        "    expect: {status: 200}}\n"
    )
    assert old in text
    file = write(tmp_path, text.replace(old, new))
    done = run("check", str(file), "--base-url", "http://127.0.0.1:9", "--model", "m", cwd=tmp_path)

    assert (done.returncode, done.stderr.startswith(f"{file}:{line}:")) == (2, True), done.stderr

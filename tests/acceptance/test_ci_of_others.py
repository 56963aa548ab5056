"""What wnmon brings for the CI of others: its scripts run by bash as a runner would, against a relay on loopback.

The install step of the action runs for real (pip from the configured index). Its two foreign steps, which set up Python
and upload the artifact, are looked at but not run.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from junitparser import JUnitXml
from leaks import LeakDetector
from service_process import environment, relay_beside

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from repository import address

from wnmon.mock.server import MockRelay
from wnmon.mock.settings import MockSettings
from wnmon.report.summary import Exit

ROOT = Path(__file__).parents[2]
SLUG = urlsplit(address(ROOT)).path.strip("/")
KEY = f"sk-{secrets.token_hex(20)}"
MODEL = "gpt-4o-mini"
SUITE = "builtin:documented"
PATIENCE_S = 300

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: dict[str, dict[str, Any]] = {step["name"]: step for step in ACTION["runs"]["steps"]}
HOOK = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))[0]
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


def example(name: str) -> Any:
    return yaml.safe_load((ROOT / "docs" / "ci" / name).read_text(encoding="utf-8"))


# A relay and an environment that wnmon was installed into by its own script


@pytest.fixture(scope="module")
def good() -> Iterator[MockRelay]:
    with relay_beside(MockSettings(ttft_s=0, gap_s=0.001)) as relay:
        yield relay


@pytest.fixture(scope="module")
def broken() -> Iterator[MockRelay]:
    with relay_beside(MockSettings(ttft_s=0, gap_s=0.001, faults=("null-fingerprint", "echo-key"))) as relay:
        yield relay


@pytest.fixture(scope="module")
def runner_temp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder a runner gives to its jobs, wnmon installed into it by the step of the action."""
    folder = tmp_path_factory.mktemp("runner temp")
    done = bash(
        STEPS["Install wnmon"]["run"], {"RUNNER_TEMP": str(folder), "PIP_CACHE_DIR": pinned(folder)["folder"]}, folder
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def pinned(folder: Path, **env: str) -> dict[str, str]:
    """Return what the step says that reads the pins: the key of the cache, and the folder that is kept under it."""
    outputs = folder / "pins"
    outputs.unlink(missing_ok=True)
    own = {"GITHUB_OUTPUT": str(outputs), "RUNNER_TEMP": str(folder), "RUNNER_OS": "Linux", "RUNNER_ARCH": "X64"}
    done = bash(STEPS["Read the pins"]["run"], {**own, "PYTHON_VERSION": "3.12", **env}, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(line.split("=", 1) for line in outputs.read_text(encoding="utf-8").splitlines())


def bash(script: str, env: Mapping[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a script as GitHub runs `shell: bash`."""
    file = cwd / "step.sh"
    file.write_text(script, encoding="utf-8")
    command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(file)]
    given = {**environment(), "GITHUB_ACTION_PATH": str(ROOT), **env}
    return subprocess.run(command, cwd=cwd, env=given, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


# The GitHub action


def test_every_action_used_is_pinned_to_a_commit() -> None:
    used = [step["uses"] for step in STEPS.values() if "uses" in step]

    assert (len(used), [one for one in used if not PINNED.fullmatch(one)]) == (3, [])


def test_pins_say_which_version_they_are() -> None:
    lines = [
        line
        for file in (ROOT / "action.yml", ROOT / "docs" / "ci" / "github.yml")
        for line in file.read_text(encoding="utf-8").splitlines()
        if re.search(r"uses: .*@[0-9a-f]{40}", line)
    ]

    assert [line for line in lines if not re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)] == []


def test_no_expression_stands_in_a_script() -> None:
    assert [name for name, step in STEPS.items() if "${{" in step.get("run", "")] == []


def test_every_input_is_used_and_every_one_used_exists() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")

    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(ACTION["inputs"])


def test_the_key_is_no_input() -> None:
    assert [name for name in ACTION["inputs"] if re.search("key|token(?!s)|secret", name)] == []


@dataclass(frozen=True)
class Stepped:
    """A finished check of the action: its exit code, log, outputs, and the folder it ran in."""

    code: int
    log: str
    outputs: dict[str, str]
    folder: Path

    @property
    def summary(self) -> str:
        """Return what the page of the run shows."""
        return (self.folder / "summary").read_text(encoding="utf-8")

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield the log and everything the step wrote, by name."""
        yield "log", self.log
        for file in sorted(self.folder.rglob("*")):
            if file.is_file():
                yield file.name, file.read_text(encoding="utf-8")


def checked(folder: Path, runner_temp: Path, key: str = KEY, **inputs: str) -> Stepped:
    """Run the check of the action with these inputs, those not given as the action declares them."""
    given = {f"inputs.{name}": one["default"] for name, one in ACTION["inputs"].items()}
    given |= {f"inputs.{name.replace('_', '-')}": value for name, value in inputs.items()}
    step = STEPS["Check the relay"]
    env = {name: EXPRESSION.sub(lambda found: given[found[1]], value) for name, value in step["env"].items()}
    own = {"GITHUB_OUTPUT": str(folder / "outputs"), "GITHUB_STEP_SUMMARY": str(folder / "summary")}
    done = bash(step["run"], {**env, **own, "RUNNER_TEMP": str(runner_temp), "WNMON_API_KEY": key}, folder)
    lines = (folder / "outputs").read_text(encoding="utf-8").splitlines()
    return Stepped(done.returncode, done.stdout + done.stderr, dict(line.split("=", 1) for line in lines), folder)


def test_a_good_relay_passes_and_leaves_every_report(good: MockRelay, runner_temp: Path, tmp_path: Path) -> None:
    stepped = checked(tmp_path, runner_temp, base_url=good.url, model=MODEL)

    assert (stepped.code, set(stepped.outputs)) == (0, set(ACTION["outputs"])), stepped.log
    assert [name for name in ("json", "junit", "html", "markdown", "transcript") if not _exists(stepped, name)] == []


def _exists(stepped: Stepped, output: str) -> bool:
    return (stepped.folder / stepped.outputs[output]).is_file()


@pytest.fixture(scope="module")
def failed(broken: MockRelay, runner_temp: Path, tmp_path_factory: pytest.TempPathFactory) -> Stepped:
    return checked(tmp_path_factory.mktemp("failed"), runner_temp, base_url=broken.url, model=MODEL)


def test_a_broken_relay_fails_the_step(failed: Stepped) -> None:
    assert (failed.code, failed.outputs["exit-code"], failed.outputs["outcome"]) == (1, "1", "broken")


def test_a_broken_rule_is_an_annotation(failed: Stepped) -> None:
    assert "\n::error title=DOC-009 MUST " in f"\n{failed.log}"


def test_the_summary_is_the_markdown_report(failed: Stepped) -> None:
    assert failed.summary == (failed.folder / failed.outputs["markdown"]).read_text(encoding="utf-8")


def test_the_key_shows_in_nothing_the_step_leaves(failed: Stepped) -> None:
    assert LeakDetector({"the key": KEY}).all_leaks(failed.texts()) == []


def test_the_artifact_is_made_of_the_reports_alone() -> None:
    paths = STEPS["Keep the reports"]["with"]["path"].split("\n")

    declared = {one["value"] for name, one in ACTION["outputs"].items() if name not in {"exit-code", "outcome"}}
    assert {path for path in paths if path} == declared


def test_a_target_of_a_configuration_is_checked_with_what_it_claims(
    good: MockRelay, runner_temp: Path, tmp_path: Path
) -> None:
    target = f"{{base_url: '{good.url}', api_key: '${{WNMON_API_KEY}}', models: [{MODEL}]}}"
    (tmp_path / "wn mon.yaml").write_text(f"targets: {{one: {target}, two: {target}}}", encoding="utf-8")

    stepped = checked(
        tmp_path,
        runner_temp,
        config="wn mon.yaml",
        target="two",
        suites="builtin:documented,\nbuiltin:semantics",
        features="tools",
        strict="true",
        report_dir="the reports",
    )

    report = json.loads((tmp_path / stepped.outputs["json"]).read_text(encoding="utf-8"))
    assert {(run["target"], run["suite"]) for run in report["runs"]} == {("two", "documented"), ("two", "semantics")}


def test_several_models_are_asked_each(good: MockRelay, runner_temp: Path, tmp_path: Path) -> None:
    stepped = checked(tmp_path, runner_temp, base_url=good.url, model=f"{MODEL},\n gpt-4o", suites="builtin:http")

    report = json.loads((tmp_path / stepped.outputs["json"]).read_text(encoding="utf-8"))
    assert [run["model"] for run in report["runs"]] == [MODEL, "gpt-4o"]


WAIVERS = "DOC-009=no fingerprint, upstream@2099-01-31\n\nDOC-010=asked for@2099-01-31\n"


def test_waivers_excuse_what_is_broken(broken: MockRelay, runner_temp: Path, tmp_path: Path) -> None:
    stepped = checked(tmp_path, runner_temp, base_url=broken.url, model=MODEL, suites=SUITE, waive=WAIVERS)

    assert stepped.code == 0, stepped.log


def test_a_baseline_excuses_what_is_known(broken: MockRelay, runner_temp: Path, tmp_path: Path) -> None:
    wnmon, known = str(runner_temp / "wnmon" / "bin" / "wnmon"), str(tmp_path / "known.json")
    asked = ["check", "--base-url", broken.url, "--model", MODEL, "--write-baseline", known, SUITE]
    env = environment({"WNMON_API_KEY": KEY})
    subprocess.run([wnmon, *asked], env=env, capture_output=True, timeout=PATIENCE_S, check=False)

    stepped = checked(tmp_path, runner_temp, base_url=broken.url, model=MODEL, suites=SUITE, baseline=known)

    assert stepped.code == 0, stepped.log


def test_a_cache_is_of_one_system_one_python_and_the_pins_there_are(tmp_path: Path) -> None:
    other = tmp_path / "action"
    shutil.copytree(ROOT / "requirements", other / "requirements")
    (other / "requirements" / "runtime.txt").write_text("changed", encoding="utf-8")
    changes: tuple[dict[str, str], ...] = ({}, {"RUNNER_OS": "macOS"}, {"RUNNER_ARCH": "ARM64"}, {"PYTHON_VERSION": ""})
    keys = {pinned(tmp_path, **change)["key"] for change in (*changes, {"GITHUB_ACTION_PATH": str(other)})}

    assert (len(keys), pinned(tmp_path)["key"] in keys) == (5, True)


def test_every_exit_code_is_told_beside_the_action_and_on_the_page() -> None:
    told = ACTION["outputs"]["exit-code"]["description"]
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")

    assert [code for code in map(int, Exit) if not re.search(rf"\b{code}\b", told) or f"\n| {code} |" not in page] == []


def test_full_agrees_to_the_risky_requests(good: MockRelay, runner_temp: Path, tmp_path: Path) -> None:
    stepped = checked(tmp_path, runner_temp, base_url=good.url, model=MODEL, suites="builtin:refusals", full="true")

    report = json.loads((tmp_path / stepped.outputs["json"]).read_text(encoding="utf-8"))
    assert report["runs"][0]["requests"] > 0, stepped.log


@pytest.mark.parametrize(
    "hostile", ["$(touch owned)", "`touch owned`", "'; touch owned; '", '"; touch owned; "', "--help"]
)
def test_an_input_is_never_a_piece_of_a_program(
    hostile: str, good: MockRelay, runner_temp: Path, tmp_path: Path
) -> None:
    names = [name for name in ACTION["inputs"] if name not in {"python-version", "artifact", "report-dir", "base-url"}]
    stepped = checked(tmp_path, runner_temp, **{"base_url": good.url, **dict.fromkeys(names, hostile)})

    assert (stepped.code, (tmp_path / "owned").exists()) == (2, False)


def test_a_check_that_could_not_begin_says_so_where_people_look(runner_temp: Path, tmp_path: Path) -> None:
    stepped = checked(tmp_path, runner_temp, base_url="http://127.0.0.1:9")

    assert (stepped.code, stepped.outputs) == (2, {"exit-code": "2", "outcome": "usage"})
    assert "::error title=wnmon check::" in stepped.log
    assert stepped.summary


def test_a_report_of_an_earlier_check_is_not_shown_as_this_one(
    good: MockRelay, runner_temp: Path, tmp_path: Path
) -> None:
    checked(tmp_path, runner_temp, base_url=good.url, model=MODEL)
    (tmp_path / "summary").unlink()
    (tmp_path / "outputs").unlink()

    assert "html" not in checked(tmp_path, runner_temp, base_url=good.url).outputs


def test_the_installed_wnmon_holds_nothing_but_what_it_needs_to_run(runner_temp: Path) -> None:
    listed = [sys.executable, "-m", "pip", "--python", str(runner_temp / "wnmon"), "list", "--format", "freeze"]
    names = subprocess.run(listed, capture_output=True, text=True, timeout=PATIENCE_S, check=True).stdout

    pinned = (ROOT / "requirements" / "runtime.txt").read_text(encoding="utf-8")
    wanted = {_plain(name) for name in re.findall(r"^([\w.-]+)==", pinned, re.MULTILINE)}
    installed = {_plain(line.partition("==")[0]) for line in names.splitlines()}
    assert installed - wanted <= {"wnmon", "pip", "setuptools"}


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


# The example workflow


def test_the_example_workflow_may_only_read() -> None:
    assert example("github.yml")["permissions"] == {"contents": "read"}


def test_the_example_workflow_pins_what_it_uses_and_leaves_wnmon_to_its_reader() -> None:
    used = [step["uses"] for step in example("github.yml")["jobs"]["check"]["steps"]]

    assert [one for one in used if not PINNED.fullmatch(one)] == [f"{SLUG}@COMMIT"]


def test_the_example_workflow_gives_only_inputs_there_are() -> None:
    steps = example("github.yml")["jobs"]["check"]["steps"]
    given = next(step["with"] for step in steps if step["uses"].startswith(SLUG))

    assert set(given) <= set(ACTION["inputs"])


# GitLab


def gitlab(relay: MockRelay, folder: Path, runner_temp: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    job = example("gitlab.yml")["wnmon"]
    own = {"RELAY_URL": relay.url, "RELAY_MODEL": MODEL, "WNMON_API_KEY": KEY}
    path = {"PATH": f"{runner_temp / 'wnmon' / 'bin'}:{os.environ['PATH']}"}
    return bash("\n".join(job["script"]), {**job["variables"], **own, **path, **variables}, folder)


def test_the_gitlab_script_passes_for_a_good_relay(good: MockRelay, runner_temp: Path, tmp_path: Path) -> None:
    done = gitlab(good, tmp_path, runner_temp)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_gitlab_script_fails_for_a_broken_relay_and_leaves_its_artifacts(
    broken: MockRelay, runner_temp: Path, tmp_path: Path
) -> None:
    done = gitlab(broken, tmp_path, runner_temp)

    artifacts = example("gitlab.yml")["wnmon"]["artifacts"]
    junit = JUnitXml.fromfile(str(tmp_path / artifacts["reports"]["junit"]))
    assert (done.returncode, junit.failures > 0) == (1, True), done.stdout + done.stderr
    assert [path for path in artifacts["paths"] if not (tmp_path / path).is_file()] == []


def test_the_gitlab_script_asks_several_models_and_takes_a_waiver(
    broken: MockRelay, runner_temp: Path, tmp_path: Path
) -> None:
    given = {"RELAY_MODEL": f"{MODEL},gpt-4o", "RELAY_SUITES": SUITE, "RELAY_WAIVE": WAIVERS.splitlines()[0]}
    done = gitlab(broken, tmp_path, runner_temp, **given)

    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (done.returncode, len(report["runs"])) == (0, 2), done.stdout + done.stderr


def test_the_gitlab_job_keeps_what_pip_fetches_by_what_pins_it() -> None:
    job = example("gitlab.yml")["wnmon"]

    assert job["cache"] == {
        "key": "wnmon-$WNMON_COMMIT",
        "paths": [job["variables"]["PIP_CACHE_DIR"].rpartition("/")[2]],
    }


def test_the_gitlab_job_installs_as_the_action_does() -> None:
    lines = example("gitlab.yml")["wnmon"]["before_script"]

    assert [line for line in lines if "install" in line] == [
        "bash /tmp/wnmon/scripts/install-pinned.sh /tmp/wnmon-venv"
    ]


# pre-commit


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository of somebody who uses wnmon: one good configuration, one broken, and a file of another kind."""
    target = "{base_url: 'http://127.0.0.1:9', api_key: '${WN_API_KEY}', models: [m]}"
    (tmp_path / "wnmon.yaml").write_text(f"targets: {{wn: {target}}}\n", encoding="utf-8")
    (tmp_path / "wnmon.broken.yaml").write_text("targets: {wn: {base_url: 'ftp://x', modells: []}}\n", encoding="utf-8")
    (tmp_path / "other.yaml").write_text("unlike: wnmon\n", encoding="utf-8")
    for arguments in (["init", "--quiet"], ["add", "."]):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True, timeout=PATIENCE_S)
    return tmp_path


def hooked(repository: Path, *, files: str, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run the entry of the hook as pre-commit does: over all tracked files that `files` finds, by their paths."""
    tracked = subprocess.run(["git", "ls-files"], cwd=repository, capture_output=True, text=True, check=True).stdout
    chosen = [path for path in tracked.splitlines() if re.search(files, path)]
    env = {name: value for name, value in environment().items() if name != "WN_API_KEY"}
    env["PATH"] = f"{Path(sys.executable).parent}:{env['PATH']}"
    command = [*HOOK["entry"].split(), *arguments, *chosen]
    return subprocess.run(
        command, cwd=repository, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


def example_hook() -> dict[str, Any]:
    (hook,) = example("pre-commit.yaml")["repos"][0]["hooks"]
    found: dict[str, Any] = hook
    return found


def test_the_hook_shows_every_problem_of_a_broken_file_and_passes_the_good_one(repository: Path) -> None:
    done = hooked(repository, files=HOOK["files"], arguments=example_hook()["args"])

    assert (done.returncode, "wnmon.yaml: OK" in done.stdout) == (2, True)
    assert {line.split(":")[0] for line in done.stderr.splitlines()} == {"wnmon.broken.yaml"}


def test_the_hook_passes_where_all_files_are_right_and_no_key_is_set(repository: Path) -> None:
    done = hooked(repository, files=example_hook()["files"], arguments=example_hook()["args"])

    assert done.returncode == 0, done.stderr


def test_without_the_assumed_key_the_hook_passes_and_says_what_is_missing(repository: Path) -> None:
    done = hooked(repository, files=example_hook()["files"], arguments=[])

    assert (done.returncode, "WN_API_KEY is not set" in done.stderr) == (0, True)


def test_an_assumption_of_the_wrong_form_is_not_quoted(repository: Path) -> None:
    done = hooked(repository, files=HOOK["files"], arguments=["--assume", KEY])

    assert (done.returncode, LeakDetector({"the key": KEY}).leaks("stderr", done.stderr)) == (2, [])


def test_the_example_names_the_hook_there_is() -> None:
    assert example_hook()["id"] == HOOK["id"]


# The page


@pytest.mark.parametrize("name", [path.name for path in sorted((ROOT / "docs" / "ci").iterdir())])
def test_the_page_shows_each_example_word_for_word(name: str) -> None:
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    shown = re.findall(r"^```\w+\n(.*?)^```", page, re.DOTALL | re.MULTILINE)

    assert (ROOT / "docs" / "ci" / name).read_text(encoding="utf-8") in shown


def shown_pytest_commands() -> list[str]:
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    return re.findall(r"^pytest (--.*)$", page, re.MULTILINE)


@pytest.fixture(scope="module")
def project(good: MockRelay, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project as the page has it in mind: the ini file of the page, a configuration, and a suite of its own."""
    folder = tmp_path_factory.mktemp("project")
    target = f"{{base_url: '{good.url}', api_key: '${{WNMON_API_KEY}}', models: [{MODEL}]}}"
    (folder / "wnmon.yaml").write_text(f"targets: {{wn: {target}}}", encoding="utf-8")
    (folder / "suites").mkdir()
    mine = (ROOT / "checks" / "semantics.yaml").read_text(encoding="utf-8")
    (folder / "suites" / "mine.yaml").write_text(mine, encoding="utf-8")
    return folder


@pytest.mark.parametrize("arguments", [*shown_pytest_commands(), "of the ini file"])
def test_the_pytest_of_the_page_passes_for_a_good_relay(arguments: str, good: MockRelay, project: Path) -> None:
    given = arguments.replace("http://127.0.0.1:8080", good.url).split()
    ini = project / "pytest.ini"
    ini.unlink(missing_ok=True)
    if arguments == "of the ini file":
        shutil.copy(ROOT / "docs" / "ci" / "pytest.ini", ini)
        given = []
    env = environment({"WNMON_API_KEY": KEY})
    command = [sys.executable, "-m", "pytest", "-p", "no:hypothesispytest", "-p", "no:pytest_cov", *given]
    done = subprocess.run(
        command, cwd=project, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr

"""What is released: the same bytes whoever builds it, and a bill of what comes with it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from sbom import pins, sbom

ROOT = Path(__file__).parents[2]
EPOCH = 1_800_000_000
BUILD = """\
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from release import build
build(Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
"""


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Two releases by their files: built in other folders, at other times, with files of other modes and dates."""
    return built(tmp_path_factory.mktemp("one"), 0o022), built(tmp_path_factory.mktemp("another one"), 0o077)


def built(folder: Path, umask: int) -> dict[str, bytes]:
    ignored = shutil.ignore_patterns(".git", ".venv", "*_cache", "__pycache__", ".hypothesis", "dist", "build")
    shutil.copytree(ROOT, folder / "checkout", ignore=ignored, copy_function=shutil.copyfile)
    given = [str(ROOT / "scripts"), str(folder / "checkout"), str(folder / "dist"), str(EPOCH)]
    command = [sys.executable, "-c", BUILD, *given]
    done = subprocess.run(command, capture_output=True, text=True, umask=umask, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return {path.name: path.read_bytes() for path in (folder / "dist").iterdir()}


def bill() -> Any:
    return json.loads(sbom(ROOT, EPOCH))


def test_a_release_is_a_wheel_an_sdist_a_bill_and_their_hashes(
    releases: tuple[dict[str, bytes], dict[str, bytes]],
) -> None:
    assert [re.sub(r"-0[\d.]+\d", "", name) for name in sorted(releases[0])] == [
        "SHA256SUMS",
        "wnmon-py3-none-any.whl",
        "wnmon.cdx.json",
        "wnmon.tar.gz",
    ]


def test_two_builds_give_the_same_bytes(releases: tuple[dict[str, bytes], dict[str, bytes]]) -> None:
    one, another = releases

    assert [name for name in one if one[name] != another.get(name)] == []


def test_the_bill_names_all_that_is_pinned_and_nothing_else() -> None:
    pinned = re.findall(
        r"^([\w.-]+).*?==([^\s;\\]+)", (ROOT / "requirements" / "runtime.txt").read_text(), re.MULTILINE
    )

    assert [(one["name"], one["version"]) for one in bill()["components"]] == pinned


def test_the_bill_says_what_format_it_is() -> None:
    assert (bill()["bomFormat"], bill()["specVersion"]) == ("CycloneDX", "1.6")


def test_every_component_can_be_looked_up() -> None:
    assert all(re.fullmatch(r"pkg:pypi/[a-z0-9-]+@[\w.!+-]+", one["purl"]) for one in bill()["components"])


def test_the_bill_leads_from_wnmon_to_every_component() -> None:
    root, *_ = bill()["dependencies"]

    assert root["dependsOn"] == [one["bom-ref"] for one in bill()["components"]]


def test_the_bill_has_a_serial_number_as_the_format_wants_it() -> None:
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", bill()["serialNumber"])


def test_a_requirement_that_is_no_pin_is_refused(tmp_path: Path) -> None:
    (tmp_path / "runtime.txt").write_text("httpx>=0.28\n", encoding="utf-8")

    with pytest.raises(ValueError, match=r"httpx>=0\.28"):
        pins(tmp_path / "runtime.txt")


def test_a_release_is_not_made_of_changes_that_are_in_no_commit(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    git = ["git", "-C", str(tmp_path), "-c", "init.defaultBranch=main"]
    subprocess.run([*git, "init", "--quiet"], check=True)

    done = subprocess.run(
        [sys.executable, str(tmp_path / "scripts" / "release.py"), str(tmp_path / "dist")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, "in none" in done.stderr) == (1, True)

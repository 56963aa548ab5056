"""The systemd unit, as far as systemd's own tools judge it: nothing is started."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "systemd" / "wnmon.service"
ANALYZE = shutil.which("systemd-analyze")
MOST_EXPOSED = 20
"""In tenths: what `systemd-analyze security` calls OK ends at 5.0, and 1.x is what wnmon needs the network for."""

pytestmark = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unit with the wnmon of this environment: the one it names is not installed here."""
    path = tmp_path_factory.mktemp("unit") / UNIT.name
    installed = Path(sys.executable).with_name("wnmon")
    path.write_text(UNIT.read_text("utf-8").replace("/opt/wnmon/bin/wnmon", str(installed)), encoding="utf-8")
    return path


def analyze(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def test_systemd_finds_nothing_in_the_unit(unit: Path) -> None:
    assert analyze("verify", "--man=no", str(unit)) == (0, "")


def test_systemd_finds_a_misspelt_setting(unit: Path, tmp_path: Path) -> None:
    broken = tmp_path / unit.name
    broken.write_text(unit.read_text("utf-8").replace("MemoryMax=", "MemoryMaximum="), encoding="utf-8")

    assert "MemoryMaximum" in analyze("verify", "--man=no", str(broken))[1]


def test_systemd_calls_the_service_hardly_exposed(unit: Path) -> None:
    code, text = analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager", str(unit))

    assert code == 0, text


def test_a_wrong_configuration_is_not_tried_again() -> None:
    assert "RestartPreventExitStatus=2\n" in UNIT.read_text(encoding="utf-8")


def test_the_key_is_handed_over_under_the_name_that_the_configuration_reads() -> None:
    text = UNIT.read_text(encoding="utf-8")
    (handed,) = re.findall(r"^LoadCredential=(\w+):", text, re.MULTILINE)

    assert f"/run/credentials/wnmon.service/{handed}}}" in text

"""The example of Alertmanager: well formed, and each alert goes where it should."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
import yaml
from simulation import FOLDER

CONFIG = FOLDER.parent / "alertmanager" / "alertmanager.yml"


@pytest.fixture(scope="session")
def amtool() -> str:
    found = shutil.which("amtool")
    if found is None and "CI" not in os.environ:
        pytest.skip("amtool is not installed")
    assert found is not None, "amtool must be installed in CI"
    return found


def test_the_example_is_well_formed(amtool: str) -> None:
    done = subprocess.run([amtool, "check-config", str(CONFIG)], capture_output=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (("alertname=WnmonWatchdog", "severity=none"), "dead-mans-switch"),
        (("alertname=WnmonTargetDown", "severity=critical"), "nobody"),
        (("alertname=WnmonRuleBroken", "severity=info"), "nobody"),
    ],
)
def test_an_alert_goes_to_its_receiver(amtool: str, labels: tuple[str, ...], receiver: str) -> None:
    order = [amtool, "config", "routes", "test", f"--config.file={CONFIG}", f"--verify.receivers={receiver}", *labels]

    assert subprocess.run(order, capture_output=True, check=False).returncode == 0


def test_inhibitions_name_only_alerts_there_are() -> None:
    rules = yaml.safe_load((FOLDER / "alerts.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]
    there = {rule["alert"] for rule in rules}
    named = {
        name.removesuffix(".+")
        for rule in yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["inhibit_rules"]
        for matcher in (*rule["source_matchers"], *rule["target_matchers"])
        for name in matcher.split('"')[1].split("|")
    }

    assert [name for name in named if not any(alert.startswith(name) for alert in there)] == []

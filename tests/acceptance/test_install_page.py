"""Every command of docs/install.md is run by test_wheel.py, or listed with the reason why not and what stands in."""

from __future__ import annotations

import re

import pytest
from page_commands import ROOT, commands_in

PAGE = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
COMMANDS = [command.line for command in commands_in(PAGE)]

RUN = [
    "wnmon-env/bin/wnmon --version",
    "wnmon export deploy wnmon-deploy --grafana-url https://grafana.example",
]
NOT_RUN = {
    "python3 -m venv": "the fixture `installed` of test_wheel.py does the same",
    "wnmon-env/bin/pip install": "the fixture `installed` of test_wheel.py does the same, from an index on loopback",
    "/opt/wnmon/bin/pip install": "the same command at another place, which root owns",
    "pipx install": "pipx is no development dependency; it calls the pip that is tested",
    "uvx": "uv is no development dependency; it takes the same wheel from the same kind of index",
    "pip install": "it needs the repository on a server; test_ci_of_others.py installs from a checkout",
    "docker": "needs a container engine; test_container.py parses the files, make image-test builds the image",
    "kubectl": "needs a cluster; test_kubernetes.py renders the base and holds it to the schemas",
    "install -D": "needs root; test_systemd.py has the unit verified",
    "systemctl": "needs systemd as process 1",
}


def reasons(command: str) -> list[str]:
    return [reason for start, reason in NOT_RUN.items() if command.startswith(start)]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_run_or_has_one_reason_why_not(command: str) -> None:
    assert (command in RUN) + len(reasons(command)) == 1


@pytest.mark.parametrize("command", RUN)
def test_a_command_that_is_run_stands_on_the_page(command: str) -> None:
    assert command in COMMANDS


@pytest.mark.parametrize("path", sorted(set(re.findall(r"wnmon-deploy/(\S+?)[` ]", PAGE))))
def test_a_path_below_an_export_is_one_that_is_shipped(path: str) -> None:
    assert (ROOT / path).exists()

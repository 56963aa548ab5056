"""What the tests of the configuration share: a small folder of built-in files, an environment, short ways to load."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from wnmon.config import Config, load_config
from wnmon.config.load import load
from wnmon.config.node import Cursor
from wnmon.config.problems import Problem
from wnmon.errors import ConfigError
from wnmon.model.check import Check, Plan
from wnmon.model.parameters import AS_WRITTEN, Parameters
from wnmon.model.target import Probe, Target

GOLDEN = Path(__file__).parents[2] / "golden" / "config"
SHIPPED = GOLDEN / "shipped"
KEY = "sk-test-0123456789"
ENV = {
    "KEY": KEY,
    "SHORT": "abc",
    "EMPTY": "",
    "WITH_BREAK": f"{KEY}\n",
    "HOST": "relay.example",
    "PW": "a-long%21password",
}
TARGET = "targets: {wn: {base_url: https://relay.example, models: [m]}}\n"


def write(folder: Path, text: str, name: str = "wnmon.yaml") -> Path:
    """Write a file, and its folders, and return its path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def config(folder: Path, text: str, env: Mapping[str, str] | None = None) -> Config:
    """Return what a configuration of this text says."""
    return load_config(write(folder, text), ENV if env is None else env, shipped=SHIPPED)


def problems(folder: Path, text: str, env: Mapping[str, str] | None = None) -> list[str]:
    """Return the problems of a configuration of this text, without its folder."""
    with pytest.raises(ConfigError) as caught:
        config(folder, text, env)
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


def target(folder: Path, members: str, env: Mapping[str, str] | None = None) -> Target:
    """Return a target with these members beside its models."""
    return config(folder, f"targets:\n  wn: {{models: [a, b], {members}}}\n", env).targets[0]


def probe(plan: Plan, parameters: Parameters = AS_WRITTEN) -> Probe:
    """Return a probe of a plan on the model `m`, asked by these parameters."""
    asked = Target(name="t", url="https://x.invalid", host="x", models=("m",), parameters={"m": parameters})
    return Probe(check=Check(name="c", plan=plan, every_s=60), target=asked, model="m")


def root(text: str) -> Cursor:
    """Return a cursor at the document of a text that is good YAML."""
    noted: list[Problem] = []
    node = load(text.encode(), "wnmon.yaml", noted)
    assert node is not None
    assert not noted
    return Cursor(node, "wnmon.yaml", (), [])

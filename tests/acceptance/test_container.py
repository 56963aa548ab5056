"""The container files, as far as they can be judged without a container engine.

`make image-test` builds and runs the image for real.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from wnmon.config import load_config

ROOT = Path(__file__).parents[2]
HADOLINT = Path(sys.executable).with_name("hadolint")
WNMON = str(Path(sys.executable).with_name("wnmon"))


def instructions() -> list[tuple[str, str]]:
    """Every instruction of the Dockerfile with its argument, continued lines joined, in order."""
    text = "\n".join(line for line in dockerfile().splitlines() if not line.lstrip().startswith("#"))
    lines = text.replace("\\\n", " ").splitlines()
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines if line.strip())]


def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text(encoding="utf-8")


def final_stage() -> dict[str, str]:
    """The last value of each instruction after the last FROM."""
    steps = instructions()
    last_from = max(at for at, (word, _) in enumerate(steps) if word == "FROM")
    return dict(steps[last_from:])


def context_rules() -> list[str]:
    """The lines of .dockerignore that are no comment."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def compose() -> dict[str, Any]:
    loaded = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def services() -> list[Any]:
    return [pytest.param(service, id=name) for name, service in compose()["services"].items()]


def short_mounts() -> list[str]:
    """Mounts of files of this repository, as `source:target:mode`."""
    volumes = [volume for service in compose()["services"].values() for volume in service.get("volumes", ())]
    shown = [by_default(volume) for volume in volumes if isinstance(volume, str)]
    return [volume for volume in shown if volume.startswith("./")]


def by_default(text: str) -> str:
    """What compose makes of a text where no variable is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def environment_by_default() -> dict[str, str]:
    given = compose()["services"]["wnmon"]["environment"]
    return {name: by_default(value) for name, value in given.items()}


def demo_configuration() -> Path:
    mount, _ = compose()["services"]["wnmon"]["volumes"]
    return ROOT / by_default(mount["source"]) / "wnmon.yaml"


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    command = [str(HADOLINT), "--no-color", "Dockerfile"]

    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (run.returncode, run.stdout) == (0, "")


def test_the_image_runs_as_a_numeric_user_that_is_not_root() -> None:
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", final_stage()["USER"])


@pytest.mark.parametrize("word", ["ENTRYPOINT", "CMD"])
def test_the_image_starts_without_a_shell(word: str) -> None:
    assert all(isinstance(argument, str) for argument in json.loads(final_stage()[word]))


def test_the_image_listens_on_all_addresses_inside() -> None:
    assert json.loads(final_stage()["CMD"])[-2:] == ["--listen", "0.0.0.0:9877"]


def test_the_image_asks_wnmon_itself_for_its_health() -> None:
    assert re.search(r'CMD \["wnmon", "healthcheck"\]$', final_stage()["HEALTHCHECK"])


def test_the_base_image_is_a_build_argument_with_a_tag() -> None:
    assert instructions()[0] == ("ARG", "BASE_IMAGE=python:3.12-slim")


def test_every_stage_starts_from_the_base_image_argument() -> None:
    assert all(rest.startswith("${BASE_IMAGE}") for word, rest in instructions() if word == "FROM")


def test_the_package_index_argument_is_empty_by_default() -> None:
    assert {rest for word, rest in instructions() if word == "ARG" and "INDEX" in rest} == {'PIP_INDEX_URL=""'}


def test_every_package_from_an_index_is_held_to_its_hash() -> None:
    installs = [rest for word, rest in instructions() if word == "RUN" and " install " in rest]

    assert all("--require-hashes" in install or "--no-index" in install for install in installs)


def test_the_build_tools_are_pinned_as_for_development() -> None:
    pins = (ROOT / "requirements" / "build.txt").read_text(encoding="utf-8").splitlines()
    development = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8").splitlines()

    assert set(pins) <= set(development)


def test_the_build_context_lets_in_only_what_is_named() -> None:
    assert context_rules()[0] == "*"


def test_everything_the_dockerfile_copies_is_let_into_the_build_context() -> None:
    let_in = {line[1:] for line in context_rules() if line.startswith("!")}
    copied = {
        source.split("/")[0]
        for word, rest in instructions()
        if word == "COPY" and not rest.startswith("--from")
        for source in rest.split()[:-1]
    }

    assert copied <= let_in


@pytest.mark.parametrize("service", services())
def test_every_port_is_open_on_the_loopback_only(service: dict[str, Any]) -> None:
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


@pytest.mark.parametrize("service", services())
def test_every_image_has_a_version(service: dict[str, Any]) -> None:
    assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+\.\d+", service["image"])


@pytest.mark.parametrize("service", services())
def test_every_service_gives_up_its_privileges(service: dict[str, Any]) -> None:
    assert (service["cap_drop"], service["security_opt"]) == (["ALL"], ["no-new-privileges:true"])


@pytest.mark.parametrize("mount", short_mounts())
def test_every_mounted_file_is_in_the_repository(mount: str) -> None:
    assert (ROOT / mount.split(":")[0]).exists()


@pytest.mark.parametrize("mount", short_mounts())
def test_every_mounted_file_is_read_only(mount: str) -> None:
    assert mount.endswith(":ro")


def test_wnmon_runs_on_a_read_only_file_system() -> None:
    assert compose()["services"]["wnmon"]["read_only"] is True


def test_the_configuration_is_mounted_as_a_folder() -> None:
    mount, _ = compose()["services"]["wnmon"]["volumes"]

    assert (mount["target"], mount["read_only"]) == ("/etc/wnmon", True)


def test_what_outlives_a_restart_lies_in_the_volume_that_the_image_names() -> None:
    _, mount = compose()["services"]["wnmon"]["volumes"]

    assert [mount.partition(":")[2]] == json.loads(final_stage()["VOLUME"])


def test_the_engine_waits_longer_than_wnmon_drains() -> None:
    assert compose()["services"]["wnmon"]["stop_grace_period"] == "15s"


def test_prometheus_keeps_forty_days() -> None:
    assert "--storage.tsdb.retention.time=40d" in compose()["services"]["prometheus"]["command"]


@pytest.mark.parametrize("service", services())
def test_every_service_has_a_limit_of_memory(service: dict[str, Any]) -> None:
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])


def test_compose_starts_without_any_variable() -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")

    assert [one for one in re.findall(r"\$\{[^}]*\}", text) if ":-" not in one] == []


def test_the_demo_configuration_is_valid_in_the_environment_of_its_container() -> None:
    config = load_config(demo_configuration(), environment_by_default())

    assert [target.name for target in config.targets] == ["relay"]


def test_the_demo_relay_is_a_service_that_listens_where_it_is_asked() -> None:
    url = urlsplit(environment_by_default()["RELAY_URL"])
    command = compose()["services"][url.hostname]["command"]

    assert command[:5] == ["mock", "--host", "0.0.0.0", "--port", str(url.port)]


def test_the_demo_relay_refuses_any_key_but_its_own() -> None:
    command = compose()["services"]["relay"]["command"]

    assert command[command.index("--strict") + 1 :][:2] == ["--key", environment_by_default()["WN_API_KEY"]]


@pytest.mark.parametrize(("key", "code"), [(None, 0), ("sk-mine-9876543210fedcba", 3)])
def test_the_demo_is_good_and_takes_no_key_of_somebody_else(key: str | None, code: int, tmp_path: Path) -> None:
    command = [*compose()["services"]["relay"]["command"], "--host", "127.0.0.1", "--port", "0"]
    with subprocess.Popen([WNMON, *command], stdout=subprocess.PIPE, text=True) as relay:
        try:
            assert relay.stdout is not None
            env = {**os.environ, **environment_by_default(), "RELAY_URL": relay.stdout.readline().strip()}
            done = subprocess.run(
                [WNMON, "check", "-c", str(demo_configuration()), "builtin:documented"],
                env=env if key is None else {**env, "WN_API_KEY": key},
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            relay.terminate()

    assert done.returncode == code, done.stdout + done.stderr


def test_the_demo_relay_is_reached_from_no_other_machine() -> None:
    assert "ports" not in compose()["services"]["relay"]


def test_no_password_of_grafana_is_known_to_all() -> None:
    environment = compose()["services"]["grafana"]["environment"]

    assert (
        environment.items()
        >= {
            "GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION": "true",
            "GF_AUTH_DISABLE_LOGIN_FORM": "true",
            "GF_AUTH_BASIC_ENABLED": "false",
        }.items()
    )


def test_who_looks_at_grafana_can_change_nothing() -> None:
    assert compose()["services"]["grafana"]["environment"]["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"


def test_all_boards_are_mounted_where_grafana_looks_for_them() -> None:
    provider = ROOT / "dashboards" / "provisioning" / "dashboards" / "wnmon.yml"
    (found,) = yaml.safe_load(provider.read_text(encoding="utf-8"))["providers"]

    assert f"./dashboards:{found['options']['path']}:ro" in short_mounts()

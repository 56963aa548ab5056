"""The kustomize base of deploy/, held to the schemas of Kubernetes and of the Prometheus operator: no cluster here."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from deploy_files import made

from wnmon import __version__
from wnmon.config import load_config

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
SCHEMAS = Path(__file__).with_name("operator_schemas")
KUBERNETES = "1.29"
"""The oldest version whose schema must hold: fields that came later would be dropped there without a word."""
APPLIED_BYTES = 256 * 1024
"""What kubectl keeps of an object in an annotation at most (apply without --server-side)."""

NO_KUBECTL = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")


def loaded(path: Path) -> dict[str, Any]:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def manifest(name: str) -> dict[str, Any]:
    return loaded(FOLDER / f"{name}.yaml")


def complaint(document: dict[str, Any]) -> str | None:
    """What an API server that checks fields strictly would complain of."""
    try:
        if document["apiVersion"].startswith("monitoring.coreos.com/"):
            schema = json.loads((SCHEMAS / f"{document['kind']}.json").read_text(encoding="utf-8"))
            # The schema itself goes unchecked: one pattern of it is written for Go.
            jsonschema.Draft202012Validator(closed(schema)).validate(document)
        else:
            kubernetes_validate.validate(document, KUBERNETES, strict=True)
    except (jsonschema.ValidationError, kubernetes_validate.ValidationError) as wrong:
        return str(wrong.message)
    return None


def closed(schema: Any) -> Any:
    """A schema whose objects take no other fields: the schema of a custom resource means it so without saying it."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    is_object = isinstance(schema.get("properties"), dict) and schema.get("type") == "object"
    return {"additionalProperties": False, **inner} if is_object else inner


def rendered() -> list[dict[str, Any]]:
    done = subprocess.run(["kubectl", "kustomize", str(FOLDER)], capture_output=True, text=True, check=True)
    return list(yaml.safe_load_all(done.stdout))


def pod() -> dict[str, Any]:
    spec = manifest("deployment")["spec"]["template"]["spec"]
    assert isinstance(spec, dict)
    return spec


def container() -> dict[str, Any]:
    (only,) = pod()["containers"]
    assert isinstance(only, dict)
    return only


RESOURCES = [name for name in manifest("kustomization")["resources"] if name.endswith(".yaml")]


@pytest.mark.parametrize("name", RESOURCES)
def test_every_manifest_holds_to_its_schema(name: str) -> None:
    assert complaint(loaded(FOLDER / name)) is None


@pytest.mark.parametrize("name", RESOURCES)
def test_a_misspelt_field_breaks_the_schema(name: str) -> None:
    document = loaded(FOLDER / name)
    document["spec"]["replicaz"] = 1

    assert "replicaz" in str(complaint(document))


def test_a_misspelt_field_of_an_alert_breaks_the_schema() -> None:
    document = manifest("prometheusrule")
    document["spec"]["groups"][0]["rules"][0]["exprs"] = "up"

    assert "exprs" in str(complaint(document))


def test_every_manifest_is_named_in_the_kustomization() -> None:
    others = {"kustomization.yaml", "wnmon.yaml"}

    assert {path.name for path in FOLDER.iterdir()} - others == set(RESOURCES)


def test_what_is_made_of_other_files_is_up_to_date() -> None:
    assert [str(path) for path, text in made(ROOT).items() if path.read_text(encoding="utf-8") != text] == []


def test_the_operator_gets_the_rules_that_prometheus_gets() -> None:
    files = [loaded(path) for path in sorted((ROOT / "dashboards" / "prometheus").glob("*.yml"))]

    groups = [group for file in files for group in file.get("groups", ())]
    assert manifest("prometheusrule")["spec"]["groups"] == groups


@pytest.mark.parametrize("lang", ["", "zh"])
def test_every_board_is_a_config_map_of_its_own(lang: str) -> None:
    folder = ROOT / "dashboards" / lang
    generators = loaded(folder / "kustomization.yaml")["configMapGenerator"]

    named = [file.partition("=")[2] for one in generators for file in one["files"]]
    assert named == sorted(path.name for path in folder.glob("*.json"))


@pytest.mark.parametrize("path", sorted((ROOT / "dashboards").glob("**/*.json")), ids=str)
def test_a_board_can_be_applied_by_any_kubectl(path: Path) -> None:
    assert len(json.dumps(path.read_text(encoding="utf-8"))) < APPLIED_BYTES


def test_boards_of_two_languages_are_no_files_of_one_name() -> None:
    keys = [
        file.partition("=")[0]
        for lang in ("", "zh")
        for one in loaded(ROOT / "dashboards" / lang / "kustomization.yaml")["configMapGenerator"]
        for file in one["files"]
    ]

    assert len(keys) == len(set(keys))


def test_one_pod_goes_before_another_comes() -> None:
    spec = manifest("deployment")["spec"]

    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


def test_the_pod_runs_as_the_user_of_the_image() -> None:
    user = next(line for line in (ROOT / "Dockerfile").read_text("utf-8").splitlines() if line.startswith("USER"))

    assert user == f"USER {pod()['securityContext']['runAsUser']}:{pod()['securityContext']['runAsGroup']}"


def test_the_pod_is_held_to_the_restricted_standard_of_pod_security() -> None:
    context, own = pod()["securityContext"], container()["securityContext"]

    assert {**context, **own}.items() >= {
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }.items()


def test_the_file_system_is_read_only() -> None:
    assert container()["securityContext"]["readOnlyRootFilesystem"] is True


def test_the_pod_holds_no_key_of_the_cluster() -> None:
    assert pod()["automountServiceAccountToken"] is False


def test_memory_is_limited() -> None:
    assert "memory" in container()["resources"]["limits"]


def test_the_pod_is_given_longer_than_wnmon_drains() -> None:
    assert pod()["terminationGracePeriodSeconds"] > 10


def test_the_image_has_the_version_of_this_checkout() -> None:
    assert container()["image"] == f"wnmon:{__version__}"


@pytest.mark.parametrize("probe", ["livenessProbe", "readinessProbe"])
def test_a_probe_asks_what_the_service_answers(probe: str) -> None:
    routes = (ROOT / "wnmon" / "web" / "routes.py").read_text(encoding="utf-8")

    assert f'Route("{container()[probe]["httpGet"]["path"]}"' in routes


@pytest.mark.parametrize(
    "selected",
    [
        manifest("deployment")["spec"]["selector"]["matchLabels"],
        manifest("service")["spec"]["selector"],
        manifest("networkpolicy")["spec"]["podSelector"]["matchLabels"],
    ],
)
def test_whoever_selects_the_pod_finds_it(selected: dict[str, str]) -> None:
    labels = manifest("deployment")["spec"]["template"]["metadata"]["labels"]

    assert selected.items() <= labels.items()


def test_the_service_monitor_asks_for_a_port_of_the_service() -> None:
    (endpoint,) = manifest("servicemonitor")["spec"]["endpoints"]

    assert endpoint["port"] in [port["name"] for port in manifest("service")["spec"]["ports"]]


def test_the_key_is_a_file_of_the_mounted_secret() -> None:
    mounted = {mount["name"]: mount["mountPath"] for mount in container()["volumeMounts"]}
    key = manifest("wnmon")["targets"]["relay"]["api_key"]["file"]

    assert Path(key).parent == Path(mounted["keys"])


def test_the_configuration_is_one_that_wnmon_takes(tmp_path: Path) -> None:
    (tmp_path / "relay").write_text("sk-of-a-secret-0123456789\n", encoding="utf-8")
    text = (FOLDER / "wnmon.yaml").read_text(encoding="utf-8").replace("/run/secrets/wnmon", str(tmp_path))
    (tmp_path / "wnmon.yaml").write_text(text, encoding="utf-8")

    assert [target.name for target in load_config(tmp_path / "wnmon.yaml", {}).targets] == ["relay"]


def test_the_configuration_can_be_validated_where_no_secret_is_mounted() -> None:
    command = [sys.executable, "-m", "wnmon", "validate", str(FOLDER / "wnmon.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, "tokens/day" in done.stdout) == (0, True), done.stderr


def test_only_what_outlives_a_restart_is_mounted_for_writing() -> None:
    written = [mount["mountPath"] for mount in container()["volumeMounts"] if not mount.get("readOnly")]

    assert written == ["/var/lib/wnmon"]


@NO_KUBECTL
def test_all_that_kustomize_makes_holds_to_its_schema() -> None:
    assert [found for found in map(complaint, rendered()) if found] == []


@NO_KUBECTL
def test_the_sidecar_finds_every_board() -> None:
    boards = [one for one in rendered() if one["metadata"].get("labels", {}).get("grafana_dashboard") == "1"]

    assert len(boards) == len([*(ROOT / "dashboards").glob("**/*.json")])


@NO_KUBECTL
def test_the_config_map_of_the_pod_is_made() -> None:
    (volume,) = [volume for volume in pod()["volumes"] if "configMap" in volume]

    assert volume["configMap"]["name"] in [one["metadata"]["name"] for one in rendered() if one["kind"] == "ConfigMap"]

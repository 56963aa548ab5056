"""Writes what of the deployment files is made of others: the operator's rules, and the boards' ConfigMaps.

A PrometheusRule is the rule files in another wrapping; kustomize cannot make one. The boards stay the files they are: a
ConfigMap of its own for each keeps every object far below the limits (1 MiB of a ConfigMap, 256 KiB of the annotation
that `kubectl apply` without --server-side writes).
"""

from __future__ import annotations

from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
MADE = "# Made by `make generate`; do not edit.\n"


def prometheus_rule(folder: Path) -> str:
    """Return the rule files of a folder (those with `groups`) as one PrometheusRule."""
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yml"))]
    groups = [group for file in files for group in file.get("groups", ())]
    kind = {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule"}
    return _text({**kind, "metadata": {"name": "wnmon"}, "spec": {"groups": groups}})


def boards(folder: Path) -> str:
    """Return the kustomization that makes a ConfigMap of each board of a folder, found by Grafana's sidecar.

    The key is the board's uid: the sidecar puts the boards of all languages into one folder.
    """
    suffix = "-zh" if folder.name == "zh" else ""
    made = [
        {"name": f"{path.stem}{suffix}", "files": [f"{path.stem}{suffix}.json={path.name}"]}
        for path in sorted(folder.glob("*.json"))
    ]
    kind = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    options = {"disableNameSuffixHash": True, "labels": {"grafana_dashboard": "1"}}
    return _text({**kind, "generatorOptions": options, "configMapGenerator": made})


class _Readable(yaml.SafeDumper):
    """Writes a text of several lines as such."""


def _lines(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Readable.add_representer(str, _lines)


def _text(document: object) -> str:
    return MADE + yaml.dump(document, Dumper=_Readable, sort_keys=False, allow_unicode=True, width=1000)


def made(root: Path) -> dict[Path, str]:
    """Return every such file of a checkout with what belongs in it."""
    dashboards = root / "dashboards"
    return {
        root / "deploy" / "kubernetes" / "prometheusrule.yaml": prometheus_rule(dashboards / "prometheus"),
        dashboards / "kustomization.yaml": boards(dashboards),
        dashboards / "zh" / "kustomization.yaml": boards(dashboards / "zh"),
    }


if __name__ == "__main__":
    for path, text in made(ROOT).items():
        path.write_text(text, encoding="utf-8")

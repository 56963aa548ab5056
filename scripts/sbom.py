"""The software bill of materials of a release: CycloneDX 1.6 as JSON, made of what requirements/runtime.txt pins."""

from __future__ import annotations

import json
import re
import tomllib
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_PIN = re.compile(
    r"^(?P<name>[\w.-]+)(?:\[[\w,.-]+\])?==(?P<version>[^\s;\\]+)\s*(?:;\s*(?P<marker>[^\\\n]+?))?\s*\\?$"
)


def sbom(root: Path, epoch: int) -> str:
    """Return the bill of the checkout at `root`, dated `epoch` (s since 1970). The same input gives the same bytes."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wnmon = _component("application", project["name"], project["version"])
    wnmon |= {
        "description": project["description"],
        "licenses": [{"license": {"id": project["license"]}}],
        "externalReferences": [{"type": "vcs", "url": project["urls"]["Repository"]}],
    }
    pinned = [_library(pin) for pin in pins(root / "requirements" / "runtime.txt")]
    refs = [one["bom-ref"] for one in pinned]
    bill: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"timestamp": datetime.fromtimestamp(epoch, UTC).isoformat(), "component": wnmon},
        "components": pinned,
        # Flat: the pins are what is installed, whoever of them asked for it.
        "dependencies": [{"ref": wnmon["bom-ref"], "dependsOn": refs}, *({"ref": ref} for ref in refs)],
    }
    bill["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(bill, sort_keys=True))}"
    return json.dumps(bill, indent=1, sort_keys=True) + "\n"


def pins(requirements: Path) -> list[re.Match[str]]:
    """Return every pin of a requirements file. Raises ValueError where a line is none: nothing may be left out."""
    lines = requirements.read_text(encoding="utf-8").splitlines()
    wanted = [line for line in lines if line.strip() and not line.startswith((" ", "#"))]
    found = [_PIN.match(line) for line in wanted]
    if None in found:
        raise ValueError(f"{requirements}: expected NAME==VERSION, not {wanted[found.index(None)]!r}")
    return [pin for pin in found if pin]


def _library(pin: re.Match[str]) -> dict[str, Any]:
    made = _component("library", pin["name"], pin["version"])
    return made | ({"scope": "optional"} if pin["marker"] else {"scope": "required"})


def _component(kind: str, name: str, version: str) -> dict[str, Any]:
    purl = f"pkg:pypi/{re.sub(r'[-_.]+', '-', name).lower()}@{version}"
    return {"type": kind, "bom-ref": purl, "purl": purl, "name": name, "version": version}

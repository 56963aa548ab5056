"""Builds what is released into a folder: wheel, sdist, bill of materials and their hashes. `release.py [FOLDER]`.

Whoever builds the same commit with the same pinned tools gets the same bytes: every time stamp is that of the commit.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from sbom import sbom

ROOT = Path(__file__).parent.parent


def build(root: Path, folder: Path, epoch: int) -> None:
    """Write the four files of the checkout at `root` into a folder that is new or empty. `epoch`: s since 1970."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(root)]
    subprocess.run(command, env=os.environ | {"SOURCE_DATE_EPOCH": str(epoch)}, check=True)
    version = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    (folder / f"wnmon-{version}.cdx.json").write_text(sbom(root, epoch), encoding="utf-8")
    hashes = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(folder.iterdir())]
    (folder / "SHA256SUMS").write_text("".join(hashes), encoding="utf-8")


def _git(*arguments: str) -> str:
    git = shutil.which("git") or "git"
    return subprocess.run([git, *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    if changed := _git("status", "--porcelain"):
        sys.exit(f"A release is made of a commit, and these files are in none:\n{changed}")
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist"
    if target.exists() and any(target.iterdir()):
        sys.exit(f"{target} holds an earlier release: move it away")
    build(ROOT, target, int(_git("log", "-1", "--format=%ct")))

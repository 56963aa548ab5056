"""Writes where wnmon lives into all that says so: `repository.py [--check]`.

The one setting is `project.urls.Repository` of pyproject.toml. What was written before stands in the label of the
Dockerfile, so a second move needs no placeholder. With --check nothing is written, and the exit code is 1 where
something is stale.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parent.parent
PLACEHOLDER = "https://github.com/OWNER/wnmon"
SAYING = (
    "*.md",
    "*.yaml",
    "*.yml",
    "Dockerfile",
    "docs/**/*",
    "dashboards/**/*",
    "deploy/**/*",
    "wnmon/**/*.yaml",
    "wnmon/**/*.html",
)
_LABEL = re.compile(r'org\.opencontainers\.image\.source="([^"]+)"')


def address(root: Path) -> str:
    """Return the address of the repository. Raises ValueError where it is none that can be cloned and linked to."""
    told = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]["Repository"]
    if not re.fullmatch(r"https://[\w.-]+(:\d+)?(/[\w.-]+){2,}", told) or told.endswith(".git"):
        raise ValueError(f"project.urls.Repository: expected https://HOST/OWNER/NAME without .git, not {told!r}")
    return str(told)


def saying(root: Path) -> list[Path]:
    """Return the files that may say it, without what Python keeps beside its modules."""
    found = {path for pattern in SAYING for path in root.glob(pattern) if path.is_file()}
    return sorted(path for path in found if path.suffix != ".pyc")


def stale(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files that say another address, with the text that belongs in them."""
    label = _LABEL.search((root / "Dockerfile").read_text(encoding="utf-8"))
    before = {PLACEHOLDER, label[1] if label else PLACEHOLDER}
    now = address(root)
    for path in saying(root):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        new = text
        for old in before - {now}:
            # GitHub's `uses:` names owner and repository alone.
            new = re.sub(rf"{re.escape(old)}(?![\w-])", now, new)
            new = re.sub(rf"(?<![\w./-]){re.escape(_path(old))}(?=@)", _path(now), new)
        if new != text:
            yield path, new


def _path(url: str) -> str:
    return urlsplit(url).path.strip("/")


if __name__ == "__main__":
    found = list(stale(ROOT))
    for path, text in found:
        if "--check" in sys.argv[1:]:
            print(f"{path.relative_to(ROOT)}: says another address than pyproject.toml; run `make generate`")
        else:
            path.write_text(text, encoding="utf-8")
    sys.exit("--check" in sys.argv[1:] and bool(found))

"""Every fence of pyproject.toml, broken on purpose in a copy of the package: import-linter must name the import."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

BREAKS: Mapping[str, tuple[str, str]] = {
    "layers": ("wnmon/report/tap.py", "wnmon.web.page"),
    "acyclic": ("wnmon/report/text.py", "wnmon.report.diff"),
    "kinds": ("wnmon/judge/kinds/word_price.py", "wnmon.judge.kinds.estimate"),
    "purity": ("wnmon/wire/sse.py", "time"),
    "pure-reports": ("wnmon/report/junit.py", "asyncio"),
    "pure-messages": ("wnmon/notify/message.py", "time"),
    "light-check": ("wnmon/app/check.py", "wnmon.metrics.prometheus"),
    "public-view": ("wnmon/web/public.py", "wnmon.engine.ports"),
    "below-httpx": ("wnmon/transport/decode.py", "httpcore"),
    "owner-framing": ("wnmon/transport/reachable.py", "h11"),
    "owner-loop": ("wnmon/engine/sending.py", "uvloop"),
    "owner-http": ("wnmon/cli/terminal.py", "httpx"),
    "owner-apscheduler": ("wnmon/schedule/timetable.py", "apscheduler"),
    "owner-prometheus": ("wnmon/web/routes.py", "prometheus_client"),
    "owner-yaml": ("wnmon/report/curl.py", "yaml"),
    "owner-web-server": ("wnmon/mock/http.py", "starlette"),
    "owner-passwords": ("wnmon/web/guard.py", "bcrypt"),
    "owner-templates": ("wnmon/report/markdown.py", "jinja2"),
    "owner-sql": ("wnmon/cli/history.py", "sqlite3"),
    "owner-click": ("wnmon/app/serve.py", "click"),
    "owner-pytest": ("wnmon/engine/budget.py", "pytest"),
    "owner-rich": ("wnmon/report/github.py", "rich"),
    "owner-jsonschema": ("wnmon/config/schema.py", "jsonschema"),
    "owner-re2": ("wnmon/judge/kinds/leaks.py", "re2"),
}
"""Contract -> a file of the package, and what it must not import."""


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return what import-linter says of a copy in which every fence is broken, by imports inside functions."""
    folder = tmp_path_factory.mktemp("fences")
    shutil.copytree(ROOT / "wnmon", folder / "wnmon", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    for number, (file, module) in enumerate(BREAKS.values()):
        with (folder / file).open("a", encoding="utf-8") as source:
            source.write(f"\n\ndef _breaks_{number}() -> None:\n    import {module}\n")
    linter = Path(sys.executable).with_name("lint-imports")
    wide = {**os.environ, "COLUMNS": "1000"}
    done = subprocess.run([linter, "--no-cache"], cwd=folder, env=wide, capture_output=True, text=True, check=False)
    return done.stdout


def test_every_fence_is_broken_by_a_test() -> None:
    declared = [line.split('"')[1] for line in _contracts() if line.startswith("id = ")]

    assert list(BREAKS) == declared


@pytest.mark.parametrize("fence", BREAKS)
def test_a_fence_notices_what_goes_over_it(fence: str, verdicts: str) -> None:
    file, module = BREAKS[fence]
    importer = file.removesuffix(".py").replace("/", ".")

    # Of a cycle only the places in the package are shown.
    package = file.rpartition("/")[0].replace("/", ".") if fence == "acyclic" else ""
    shown = f"{importer.removeprefix(package)} -> {module.removeprefix(package)}"
    assert shown in _section(fence, verdicts)


def _contracts() -> list[str]:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return text[text.index("[tool.importlinter]") :].splitlines()


def _section(fence: str, verdicts: str) -> str:
    """Return what is said of one broken contract, below its name."""
    lines = _contracts()
    at = lines.index(f'id = "{fence}"')
    name = lines[at + 1].removeprefix('name = "').removesuffix('"')
    return verdicts.rpartition(f"{name}\n---")[2].partition("\n\n\n")[0]

"""The wheel: built, installed into an environment that knows nothing of this checkout, and used there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from test_install_page import RUN

ROOT = Path(__file__).parents[2]
VERSION = "0.1.0"

CONFIG = """\
targets:
  relay:
    base_url: http://127.0.0.1:9/v1
    api_key: ${WN_API_KEY}
    models: [some-model]
checks:
  contract:
    every: 6h
    suite: builtin:documented
"""


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of the wheel that is to be released (WNMON_DIST), or of one built from this checkout."""
    if released := os.environ.get("WNMON_DIST"):
        (built,) = Path(released).resolve().glob("*.whl")
        return built
    folder = tmp_path_factory.mktemp("dist")
    run_ok([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)], cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of a fresh virtual environment into which `pip install wnmon` got all from an index on loopback.

    The index has the wheel and the pinned dependencies, and nothing else: what wnmon needs and does not say is missing.
    """
    folder = tmp_path_factory.mktemp("clean")
    files = folder / "files"
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    pins = ["--require-hashes", "--only-binary", ":all:", "--requirement", str(ROOT / "requirements" / "runtime.txt")]
    run_ok([*pip, "download", "--dest", str(files), *pins], cwd=folder)
    shutil.copy(wheel, files)
    run_ok([sys.executable, "-m", "venv", str(folder / "venv")], cwd=folder)
    binaries = folder / "venv" / "bin"
    with index_of(files) as index:
        alone = ["--isolated", "--no-cache-dir", "--index-url", index]
        run_ok([str(binaries / "pip"), "--quiet", "install", *alone, "wnmon"], cwd=folder)
    return binaries


@contextmanager
def index_of(files: Path) -> Iterator[str]:
    """Serve the wheels of a folder as a simple index (PEP 503), and yield its address."""
    for path in [*files.iterdir()]:
        project = files / "simple" / re.sub(r"[-_.]+", "-", path.name.split("-")[0]).lower()
        project.mkdir(parents=True, exist_ok=True)
        shutil.move(path, project / path.name)
    handler = partial(SimpleHTTPRequestHandler, directory=str(files))  # which lists a folder as links
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/simple"
        server.shutdown()


def run_ok(command: list[str], *, cwd: Path) -> str:
    """Run away from the checkout with no PYTHONPATH, require exit 0, return standard output."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["WN_API_KEY"] = "sk-wheel-test-0123456789"
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{command}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_carries_the_built_in_suites(wheel: Path) -> None:
    suites = {Path(name).name for name in names(wheel) if name.startswith("wnmon/_shipped/checks/")}

    assert {"documented.yaml", "stream.yaml", "smoke.yaml"} <= suites


def test_the_wheel_carries_the_board(wheel: Path) -> None:
    assert "wnmon/_shipped/dashboards/wnmon-overview.json" in names(wheel)


def test_the_wheel_carries_every_data_file_of_the_package(wheel: Path) -> None:
    kept = {".json", ".yaml", ".html", ".css", ".mo", ".typed"}
    data = [path for path in (ROOT / "wnmon").rglob("*") if path.suffix in kept or path.name == "py.typed"]

    assert {str(path.relative_to(ROOT)) for path in data} <= set(names(wheel))


def test_the_wheel_holds_the_package_its_metadata_and_nothing_else(wheel: Path) -> None:
    assert {name.split("/")[0] for name in names(wheel)} == {"wnmon", f"wnmon-{VERSION}.dist-info"}


def test_no_test_travels_in_the_wheel(wheel: Path) -> None:
    assert [name for name in names(wheel) if "tests/" in name or Path(name).name.startswith("test_")] == []


def test_no_bytecode_travels_in_the_wheel(wheel: Path) -> None:
    assert [name for name in names(wheel) if name.endswith(".pyc")] == []


def test_the_wheel_carries_the_licence(wheel: Path) -> None:
    assert f"wnmon-{VERSION}.dist-info/licenses/LICENSE" in names(wheel)


def test_the_installed_command_tells_its_version(installed: Path, tmp_path: Path) -> None:
    assert VERSION in run_ok([str(installed / "wnmon"), "--version"], cwd=tmp_path)


def test_the_installed_command_is_the_wheel_and_not_the_checkout(installed: Path, tmp_path: Path) -> None:
    place = run_ok([str(installed / "python"), "-c", "import wnmon; print(wnmon.__file__)"], cwd=tmp_path)

    assert place.startswith(str(installed.parent))


def test_an_installation_without_extras_brings_no_library_of_them(installed: Path, tmp_path: Path) -> None:
    there = "from importlib.util import find_spec as found; print([n for n in {names} if found(n)])"
    libraries = ["httptools", "uvloop", "socksio", "h2", "bcrypt"]

    assert run_ok([str(installed / "python"), "-c", there.format(names=libraries)], cwd=tmp_path) == "[]\n"


def test_the_installed_command_resolves_built_in_suites(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "wnmon.yaml").write_text(CONFIG, encoding="utf-8")

    run_ok([str(installed / "wnmon"), "validate", "wnmon.yaml"], cwd=tmp_path)


def test_the_installed_command_exports_the_board_as_it_is_in_the_repository(installed: Path, tmp_path: Path) -> None:
    run_ok([str(installed / "wnmon"), "export", "dashboards", "boards"], cwd=tmp_path)

    board = tmp_path / "boards" / "wnmon-overview.json"
    original = ROOT / "dashboards" / "wnmon-overview.json"
    assert json.loads(board.read_text(encoding="utf-8")) == json.loads(original.read_text(encoding="utf-8"))


def test_the_installed_command_exports_the_alert_rules(installed: Path, tmp_path: Path) -> None:
    run_ok([str(installed / "wnmon"), "export", "alerts", "rules"], cwd=tmp_path)

    assert (tmp_path / "rules" / "prometheus" / "alerts.yml").is_file()


@pytest.mark.parametrize("command", RUN)
def test_a_command_of_the_installation_page_runs(command: str, installed: Path, tmp_path: Path) -> None:
    (tmp_path / "wnmon-env").symlink_to(installed.parent)

    run_ok(["bash", "-ec", f'PATH="{installed}:$PATH"; {command}'], cwd=tmp_path)


def test_the_installed_command_judges_the_installed_relay(installed: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        [str(installed / "wnmon"), "mock", "--port", "0"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as relay:
        try:
            assert relay.stdout is not None
            url = relay.stdout.readline().strip()
            suites = [f"builtin:{name}" for name in ("documented", "stream", "semantics")]
            asked = ["--base-url", url, "--model", "gpt-4o", "--api-key-env", "WN_API_KEY", "--strict"]
            asked += ["--skip", "STR-013"]  # about time: a busy machine may leave it open, and --strict minds that

            report = run_ok([str(installed / "wnmon"), "check", *suites, *asked, "--report", "json"], cwd=tmp_path)
        finally:
            relay.terminate()

    assert [run["suite"] for run in json.loads(report)["runs"]] == ["documented", "stream", "semantics"]

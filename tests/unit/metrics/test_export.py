from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click import BadParameter
from click.testing import CliRunner

from wnmon.cli.export import command, linked, write
from wnmon.errors import UsageError

DASHBOARDS = Path(__file__).parents[3] / "dashboards"
PASSWORD = "aC9-" + "x7Qz" * 4


def export(*arguments: str) -> str:
    done = CliRunner().invoke(command, list(arguments), standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return done.output


def below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def of_dashboards(*patterns: str) -> set[str]:
    return {str(path.relative_to(DASHBOARDS)) for pattern in patterns for path in DASHBOARDS.glob(pattern)}


def test_boards_are_written_in_both_languages_with_their_provisioning(tmp_path: Path) -> None:
    export("dashboards", str(tmp_path / "new"))

    assert below(tmp_path / "new") == of_dashboards("*.json", "zh/*.json", "provisioning/*/*.yml")


@pytest.mark.parametrize(("lang", "pattern"), [("en", "*.json"), ("zh", "zh/*.json")])
def test_boards_of_one_language_are_written_alone(tmp_path: Path, lang: str, pattern: str) -> None:
    export("dashboards", "--lang", lang, str(tmp_path))

    assert {name for name in below(tmp_path) if name.endswith(".json")} == of_dashboards(pattern)


def test_deployment_files_lie_as_they_refer_to_each_other(tmp_path: Path) -> None:
    export("deploy", str(tmp_path))
    base = tmp_path / "deploy" / "kubernetes"
    resources = yaml.safe_load((base / "kustomization.yaml").read_text("utf-8"))["resources"]

    assert [name for name in resources if not (base / name).exists()] == []


@pytest.mark.parametrize(
    ("lang", "folders"),
    [("en", ["../../dashboards"]), ("zh", ["../../dashboards/zh"])],
)
def test_deployment_files_of_one_language_refer_to_its_boards_alone(
    tmp_path: Path, lang: str, folders: list[str]
) -> None:
    export("deploy", "--lang", lang, str(tmp_path))
    kustomization = (tmp_path / "deploy" / "kubernetes" / "kustomization.yaml").read_text("utf-8")

    assert [name for name in yaml.safe_load(kustomization)["resources"] if "dashboards" in name] == folders


LINKED = {"alerts.yml": b"a: https://GRAFANA/d/wnmon-target?var-target={{ $labels.target }}\n"}


@pytest.mark.parametrize(
    ("lang", "url", "link"),
    [
        (None, "https://grafana.example", b"https://grafana.example/d/wnmon-target?"),
        ("en", "http://127.0.0.1:3000", b"http://127.0.0.1:3000/d/wnmon-target?"),
        ("zh", "https://grafana.example/sub", b"https://grafana.example/sub/d/wnmon-target-zh?"),
        ("zh", None, b"https://GRAFANA/d/wnmon-target-zh?"),
    ],
)
def test_a_link_leads_to_the_board_of_a_language_at_a_grafana(lang: str | None, url: str | None, link: bytes) -> None:
    assert link in linked(LINKED, lang, url)["alerts.yml"]


def test_a_link_to_a_chinese_board_stays_one() -> None:
    files = linked(LINKED, "zh", None)

    assert linked(files, "zh", None) == files


def test_links_that_lead_nowhere_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    linked(LINKED, None, None)

    assert "--grafana-url" in capsys.readouterr().err


BAD_ADDRESSES = {
    "nothing": "",
    "no scheme": "grafana.example",
    "another scheme": "ftp://grafana.example",
    "a script": "javascript:alert(1)",
    "no host": "https://",
    "a user and a password": "https://admin:hunter2hunter2@grafana.example",
    "a query": "https://grafana.example/?orgId=1",
    "a fragment": "https://grafana.example/#top",
    "a port that is none": "https://grafana.example:x",
    "a port too high": "https://grafana.example:65536",
    "port zero": "https://grafana.example:0",
    "a blank": "https://grafana.example /d",
    "a quotation mark": 'https://grafana.example/"',
    "a template of Prometheus": "https://grafana.example/{{ $value }}",
    "a line end": "https://grafana.example\n",
}


@pytest.mark.parametrize("address", BAD_ADDRESSES.values(), ids=BAD_ADDRESSES)
@pytest.mark.parametrize("what", ["dashboards", "alerts", "deploy"])
def test_a_bad_address_of_grafana_is_refused(tmp_path: Path, what: str, address: str) -> None:
    with pytest.raises(BadParameter, match=r"expected an address such as https://grafana\.example"):
        export(what, "--grafana-url", address, str(tmp_path))
    assert below(tmp_path) == set()


def test_a_password_in_a_bad_address_is_not_quoted(tmp_path: Path) -> None:
    with pytest.raises(BadParameter) as refused:
        export("alerts", "--grafana-url", f"https://admin:{PASSWORD}@grafana.example", str(tmp_path))

    assert PASSWORD not in refused.value.message


@pytest.mark.parametrize("address", ["https://[::1]:3000", "http://127.0.0.1:3000/", "https://host.example/a/b/"])
def test_an_address_of_grafana_is_taken(tmp_path: Path, address: str) -> None:
    export("alerts", "--grafana-url", address, str(tmp_path))

    assert b"https://GRAFANA" not in b"".join(path.read_bytes() for path in tmp_path.rglob("*.yml"))


def test_a_folder_whose_name_is_too_long_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot write .*: File name too long"):
        export("alerts", str(tmp_path / ("a" * 300)))


def test_alert_rules_are_written(tmp_path: Path) -> None:
    export("alerts", str(tmp_path))

    assert "prometheus/alerts.yml" in below(tmp_path)


IN_LITTLE_ROOM = """\
import pathlib, resource, sys
from wnmon.cli.export import write
resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))
write({"small": b"x", "large": b"x" * 2000}, pathlib.Path(sys.argv[1]), force=True)
"""
"""Where no file may grow beyond a kilobyte; in a process of its own, for what the tests print is in a file as well."""


@pytest.mark.parametrize("older", [{}, {"small": b"of before"}], ids=["new", "there"])
def test_where_one_file_finds_no_room_none_is_written(tmp_path: Path, older: dict[str, bytes]) -> None:
    for name, body in older.items():
        (tmp_path / name).write_bytes(body)

    command = [sys.executable, "-c", IN_LITTLE_ROOM, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert "UsageError" in done.stderr
    assert "File too large" in done.stderr
    assert {name: (tmp_path / name).read_bytes() for name in below(tmp_path)} == older


def test_a_folder_in_the_place_of_a_file_leaves_the_others_unwritten(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()

    with pytest.raises(UsageError, match="Is a directory"):
        write({"a": b"x", "b": b"x"}, tmp_path, force=True)
    assert below(tmp_path) == set()


@pytest.mark.parametrize("what", ["dashboards", "alerts", "deploy"])
def test_no_folder_is_not_the_working_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(BadParameter, match="expected a folder, not nothing"):
        export(what, "")
    assert below(tmp_path) == set()


def test_every_written_path_is_printed(tmp_path: Path) -> None:
    assert str(tmp_path / "prometheus" / "alerts.yml") in export("alerts", str(tmp_path)).splitlines()


def test_writing_the_same_again_is_no_problem(tmp_path: Path) -> None:
    assert export("alerts", str(tmp_path)) == export("alerts", str(tmp_path))


def test_a_file_somebody_changed_is_not_overwritten(tmp_path: Path) -> None:
    export("alerts", str(tmp_path))
    mine = tmp_path / "prometheus" / "alerts.yml"
    mine.write_text("mine", encoding="utf-8")

    with pytest.raises(UsageError, match=r"prometheus/alerts\.yml"):
        export("alerts", str(tmp_path))
    assert mine.read_text(encoding="utf-8") == "mine"


def test_force_overwrites(tmp_path: Path) -> None:
    mine = tmp_path / "prometheus" / "alerts.yml"
    mine.parent.mkdir()
    mine.write_text("mine", encoding="utf-8")
    export("alerts", "--force", str(tmp_path))

    assert mine.read_text(encoding="utf-8").startswith("# wnmon's alerts")


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")

    with pytest.raises(UsageError, match="cannot write"):
        export("alerts", str(tmp_path / "file" / "below"))

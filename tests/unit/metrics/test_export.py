from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from wnmon.cli.export import command
from wnmon.errors import UsageError


def export(*arguments: str) -> str:
    done = CliRunner().invoke(command, list(arguments), standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return done.output


def below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_boards_are_written_in_both_languages_with_their_provisioning(tmp_path: Path) -> None:
    export("dashboards", str(tmp_path / "new"))

    boards = ("overview", "target", "model", "conformance", "slo", "cost", "self")
    assert below(tmp_path / "new") == {
        *(f"{folder}wnmon-{board}.json" for folder in ("", "zh/") for board in boards),
        "provisioning/datasources/prometheus.yml",
        "provisioning/dashboards/wnmon.yml",
    }


def test_alert_rules_are_written(tmp_path: Path) -> None:
    export("alerts", str(tmp_path))

    assert "prometheus/alerts.yml" in below(tmp_path)


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

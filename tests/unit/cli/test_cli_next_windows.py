"""`wnmon validate` says of each window when it is in force next, by the window's own clock."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from wnmon.cli.next_windows import next_windows
from wnmon.cli.validate import describe
from wnmon.config import load_config

NOW_S = datetime(2026, 12, 2, 12, tzinfo=UTC).timestamp()
NIGHT = "cron: '0 22 * * *', duration: 4h, timezone: Asia/Shanghai"


def written(folder: Path, window: str) -> Path:
    path = folder / "wnmon.yaml"
    path.write_text(
        "targets: {wn: {base_url: 'https://relay.example', models: [m]}}\n"
        f"checks: {{alive: {{prompt: x}}}}\nmaintenance: [{{{window}, reason: backup}}]\n",
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize(
    ("window", "english"),
    [
        (NIGHT, "maintenance (backup): next 2026-12-02 22:00–02:00 Asia/Shanghai"),
        (f"name: night, {NIGHT}", "night (backup): next 2026-12-02 22:00–02:00 Asia/Shanghai"),
        ("cron: '0 2 * * 0', duration: 2h", "maintenance (backup): next 2026-12-06 02:00–04:00 UTC"),
        ("cron: '0 2 1 1 *', duration: 36h", "maintenance (backup): next 2027-01-01 02:00–2027-01-02 14:00 UTC"),
        ("cron: '0 11 * * *', duration: 2h", "maintenance (backup): now, until 2026-12-02 13:00 UTC"),
        (
            "from: 2026-12-03T02:00:00+08:00, until: 2026-12-03T06:00:00+08:00",
            "maintenance (backup): next 2026-12-02 18:00–22:00 UTC",
        ),
        ("from: 2026-12-01T02:00:00Z, until: 2026-12-01T06:00:00Z", "maintenance (backup): never again"),
    ],
)
def test_a_window_says_when_it_is_next(tmp_path: Path, window: str, english: str) -> None:
    config = load_config(written(tmp_path, window), {})

    assert [str(said) for said in next_windows(config, NOW_S)] == [english]


def test_a_window_says_so_in_chinese(tmp_path: Path) -> None:
    (said,) = next_windows(load_config(written(tmp_path, NIGHT), {}), NOW_S)

    assert said.text("zh") == "maintenance（backup）：下次 2026-12-02 22:00–02:00 Asia/Shanghai"


def test_validate_prints_it(tmp_path: Path) -> None:
    path = written(tmp_path, "cron: '0 22 * * *', duration: 23h")

    assert "\n  maintenance (backup): n" in describe(str(path), load_config(path, {}))

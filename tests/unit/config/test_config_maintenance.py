"""Which probes a window or a pause is for, and that no secret stands in what is said of it."""

from __future__ import annotations

import struct
import sys
import zoneinfo
from collections.abc import Iterator
from pathlib import Path

import pytest
from config_samples import KEY, config, problems

TEXT = """\
targets:
  one: {base_url: https://relay.example, api_key: "${KEY}", models: [m]%s}
  two: {base_url: https://relay.example, models: [m]}
checks:
  a: {prompt: x%s}
  b: {kind: models}
maintenance: [%s]
"""
ZONE = b"TZif" + bytes(16) + struct.pack(">6l", 0, 0, 0, 0, 1, 4) + struct.pack(">lbb", 8 * 3600, 0, 0) + b"CST\0"
"""A file of one clock, UTC+8 (RFC 8536)."""
WINDOW = 'cron: "0 2 * * *", duration: 1h'


@pytest.fixture
def machine_with_all_zones(tmp_path: Path) -> Iterator[None]:
    """Have a data base with what machines put into theirs."""
    for name in ("localtime", "posixrules", "right/Asia/Shanghai", "posix/Asia/Shanghai"):
        path = tmp_path / "zones" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(ZONE)
    zoneinfo.reset_tzpath([str(tmp_path / "zones")])
    zoneinfo.ZoneInfo.clear_cache()
    yield
    zoneinfo.reset_tzpath()
    zoneinfo.ZoneInfo.clear_cache()


def left_alone(folder: Path, *, target: str = "", check: str = "", window: str = "") -> list[str]:
    """Return the probes that have a window."""
    return [probe.id for probe in config(folder, TEXT % (target, check, window)).probes if probe.windows]


@pytest.mark.parametrize(
    ("aim", "expected"),
    [
        ("", ["one/a/m", "two/a/m", "one/b/", "two/b/"]),
        (", targets: [one]", ["one/a/m", "one/b/"]),
        (", checks: [b]", ["one/b/", "two/b/"]),
        (", targets: [two], checks: [a]", ["two/a/m"]),
    ],
)
def test_a_window_is_for_what_it_names(tmp_path: Path, aim: str, expected: list[str]) -> None:
    assert left_alone(tmp_path, window=f"{{{WINDOW}, reason: x{aim}}}") == expected


def test_a_pause_of_a_target_is_for_all_its_checks(tmp_path: Path) -> None:
    assert left_alone(tmp_path, target=", paused: {reason: x, until: 2030-01-31}") == ["one/a/m", "one/b/"]


def test_a_pause_of_a_check_is_for_all_its_targets(tmp_path: Path) -> None:
    assert left_alone(tmp_path, check=", paused: {reason: x, until: 2030-01-31}") == ["one/a/m", "two/a/m"]


@pytest.mark.parametrize(
    ("until", "epoch_s"),
    [("2030-01-31", 1_896_134_400), ("2030-01-31T10:00+08:00", 1_896_055_200), ("2030-01-31T02:00:00Z", 1_896_055_200)],
)
def test_a_pause_ends_with_its_last_day_or_at_its_instant(tmp_path: Path, until: str, epoch_s: float) -> None:
    found = config(tmp_path, TEXT % (f", paused: {{reason: x, until: {until}}}", "", "")).targets[0].paused
    assert found is not None
    assert (found.is_pause, found.until_s) == (True, epoch_s)


@pytest.mark.parametrize("where", ["target", "check", "window"])
def test_no_reason_shows_a_secret(tmp_path: Path, where: str) -> None:
    pause = f', paused: {{reason: "new key {KEY}", until: 2030-01-31}}'
    text = pause if where != "window" else f'{{{WINDOW}, reason: "new key {KEY}"}}'
    texts = [text if where == place else "" for place in ("target", "check", "window")]
    reasons = [one.reason for probe in config(tmp_path, TEXT % tuple(texts)).probes for one in probe.windows]
    assert (bool(reasons), [reason for reason in reasons if KEY in reason]) == (True, [])


def test_a_window_is_of_utc_unless_it_says_otherwise(tmp_path: Path) -> None:
    texts = ("", "", f"{{{WINDOW}, reason: x}}, {{{WINDOW}, timezone: Asia/Shanghai, reason: x}}")
    zones = [str(aimed.window.zone) for aimed in config(tmp_path, TEXT % texts).maintenance]
    assert zones == ["UTC", "Asia/Shanghai"]


def test_every_window_is_told_by_name(tmp_path: Path) -> None:
    texts = (
        ", paused: {reason: x, until: 2030-01-31}",
        "",
        f"{{{WINDOW}, name: night, reason: x}}, {{{WINDOW}, reason: x}}",
    )
    assert [name for name, _ in config(tmp_path, TEXT % texts).windows()] == ["night", "maintenance", "one"]


@pytest.mark.parametrize(
    ("zone", "hint"),
    [
        ("CST", "such as Asia/Shanghai"),
        ("GMT+8", "such as Asia/Shanghai"),
        ("UTC+8", "such as Asia/Shanghai"),
        ("PST", "such as Asia/Shanghai"),
        ("Asia/Beijing", "such as Asia/Shanghai"),
        ("Europe/Munich", "such as Asia/Shanghai"),
        ("Shanghai", 'did you mean "Asia/Shanghai"?'),
        ("asia/shanghai", 'did you mean "Asia/Shanghai"?'),
        ("Hong Kong", 'did you mean "Asia/Hong_Kong"?'),
        ("Asia", "name a city too: Asia/CITY, such as Asia/Shanghai"),
        ("europe/", "name a city too: Europe/CITY, such as Asia/Shanghai"),
    ],
)
def test_no_zone_is_suggested_that_is_hours_away(tmp_path: Path, zone: str, hint: str) -> None:
    (only,) = problems(tmp_path, TEXT % ("", "", f"{{{WINDOW}, timezone: {zone}, reason: x}}"))
    assert only.endswith(hint)


@pytest.mark.parametrize("zone", ["Factory", "EST", "CET", "PST8PDT", "GMT+0", "Zulu"])
def test_a_zone_of_no_place_is_refused(tmp_path: Path, zone: str) -> None:
    (only,) = problems(tmp_path, TEXT % ("", "", f"{{{WINDOW}, timezone: {zone}, reason: x}}"))
    assert "is of no place" in only


@pytest.mark.parametrize("zone", ["localtime", "posixrules", "right/Asia/Shanghai", "posix/Asia/Shanghai"])
def test_a_zone_of_the_machine_is_refused_though_the_machine_knows_it(
    tmp_path: Path, zone: str, machine_with_all_zones: None
) -> None:
    (only,) = problems(tmp_path, TEXT % ("", "", f"{{{WINDOW}, timezone: {zone}, reason: x}}"))
    assert "is of no place" in only


@pytest.mark.parametrize(("zone", "meant"), [("Etc/GMT+8", "UTC-8"), ("Etc/GMT-8", "UTC+8"), ("Etc/GMT+12", "UTC-12")])
def test_a_zone_whose_sign_is_turned_round_is_refused_with_what_it_is(tmp_path: Path, zone: str, meant: str) -> None:
    (only,) = problems(tmp_path, TEXT % ("", "", f"{{{WINDOW}, timezone: {zone}, reason: x}}"))
    assert f'"{zone}" is {meant}' in only


@pytest.mark.parametrize("zone", ["UTC", "Etc/UTC", "GMT", "PRC", "US/Eastern", "America/Argentina/Salta"])
def test_a_zone_of_a_place_is_taken(tmp_path: Path, zone: str) -> None:
    assert left_alone(tmp_path, window=f"{{{WINDOW}, timezone: {zone}, reason: x}}")


def test_what_is_wrong_with_zone_and_duration_is_told_at_once(tmp_path: Path) -> None:
    window = '{cron: "0 2 * * *", duration: 25h, timezone: Mars/Base, reason: x}'
    assert len(problems(tmp_path, TEXT % ("", "", window))) == 2


def test_a_machine_without_zones_is_not_told_to_write_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tzdata", None)
    zoneinfo.reset_tzpath([])
    zoneinfo.ZoneInfo.clear_cache()
    try:
        (only,) = problems(tmp_path, TEXT % ("", "", f"{{{WINDOW}, timezone: Asia/Shanghai, reason: x}}"))
    finally:
        zoneinfo.reset_tzpath()
    assert "no data base of time zones, install tzdata" in only

"""Files: includes, built-ins, digests, suites, and files of the wrong kind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from config_samples import ENV, SHIPPED, TARGET, config, problems, write

from wnmon.config import BrokenConfigError, Config, built_in_suites, load_any, load_config, load_suites
from wnmon.config.problems import Problem
from wnmon.config.shipped import shipped_files, shipped_folder
from wnmon.config.starter import starter
from wnmon.errors import ConfigError
from wnmon.model.check import Plan
from wnmon.model.retention import Retention


def names(found: Config) -> list[str]:
    return [check.name for check in found.checks]


def test_files_folders_globs_and_built_ins_are_included_once_each_in_order(tmp_path: Path) -> None:
    for name in ("one.yaml", "folder/b.yml", "folder/a.yaml", "globbed/c.yaml", "globbed/deep/d.yaml"):
        write(tmp_path, f"checks: {{{Path(name).stem}: {{prompt: a}}}}", name)
    write(tmp_path, "not read", "folder/readme.md")

    found = config(tmp_path, f'{TARGET}include: [one.yaml, folder/, "globbed/**/*.yaml", builtin:smoke, ./one.yaml]')

    assert names(found) == ["one", "a", "b", "c", "d", "alive"]


def test_two_files_may_include_the_same_third(tmp_path: Path) -> None:
    write(tmp_path, "include: [c.yaml]", "a.yaml")
    write(tmp_path, "include: [c.yaml]", "b.yaml")
    write(tmp_path, "checks: {c: {prompt: a}}", "c.yaml")

    assert names(config(tmp_path, f"{TARGET}include: [a.yaml, b.yaml]")) == ["c"]


def test_a_glob_may_be_absolute(tmp_path: Path) -> None:
    write(tmp_path, "checks: {c: {prompt: a}}", "more/c.yaml")

    assert names(config(tmp_path, f'{TARGET}include: ["{tmp_path}/more/*.yaml"]')) == ["c"]


def test_more_files_than_anyone_means_are_refused(tmp_path: Path) -> None:
    for n in range(1001):
        write(tmp_path, "{}", f"many/{n}.yaml")

    assert problems(tmp_path, f"{TARGET}include: [many]") == [
        'wnmon.yaml:2:11 include[0]: 1001 files in "many", expected at most 1000'
    ]


def test_all_files_read_are_listed_for_a_watcher(tmp_path: Path) -> None:
    write(tmp_path, "checks: {c: {suite: builtin:good}}", "more.yaml")

    found = config(tmp_path, f"{TARGET}include: [more.yaml]")

    assert found.files == (tmp_path / "wnmon.yaml", tmp_path / "more.yaml", SHIPPED / "good.yaml")


def test_the_digest_changes_with_any_content_and_with_nothing_else(tmp_path: Path) -> None:
    first = config(tmp_path / "a", f"{TARGET}concurrency: 3")
    again = config(tmp_path / "b", f"{TARGET}concurrency: 3")
    other = config(tmp_path / "c", f"{TARGET}concurrency: 4")

    assert (first.sha == again.sha, first.sha == other.sha) == (True, False)


def test_a_broken_configuration_still_tells_which_files_to_watch(tmp_path: Path) -> None:
    write(tmp_path, "cheks: {}", "more.yaml")
    main = write(tmp_path, f"{TARGET}include: [more.yaml]")

    with pytest.raises(BrokenConfigError) as caught:
        load_config(main, {})

    assert caught.value.files == (main, tmp_path / "more.yaml")


def test_concurrency_has_a_default(tmp_path: Path) -> None:
    assert (config(tmp_path, TARGET).concurrency, config(tmp_path, f"{TARGET}concurrency: 2.0").concurrency) == (8, 2)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("wnmon.yaml", 'wnmon.yaml:1:1: no such file, "wnmon init" writes a first one'),
        ("other.yaml", "other.yaml:1:1: no such file"),
        ("folder", "folder:1:1: expected a regular file, not a folder or device"),
    ],
)
def test_a_file_that_is_not_there_is_explained(name: str, line: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / name, {})

    assert [str(one).replace(f"{tmp_path}/", "") for one in caught.value.problems] == [line]


def test_a_name_no_file_can_have_is_explained(tmp_path: Path) -> None:
    assert problems(tmp_path, f'{TARGET}include: ["a\\0b"]') == ["wnmon.yaml:2:11 include[0]: no such file: a�b"]


def test_a_device_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")

    assert problems(tmp_path, f"{TARGET}include: [pipe.yaml]") == [
        "wnmon.yaml:2:11 include[0]: expected a regular file, not a folder or device: pipe.yaml"
    ]


def test_a_name_too_long_for_the_system_is_explained(tmp_path: Path) -> None:
    line = problems(tmp_path, f"{TARGET}include: [{'x' * 300}]")[0]

    assert line.startswith("wnmon.yaml:2:11 include[0]: cannot be read (file name too long): ")


def test_links_in_a_circle_are_explained(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to(tmp_path / "b.yaml")
    (tmp_path / "b.yaml").symlink_to(tmp_path / "a.yaml")

    assert problems(tmp_path, f"{TARGET}include: [a.yaml]") == [
        "wnmon.yaml:2:11 include[0]: cannot be read (too many levels of symbolic links): a.yaml"
    ]


def test_problems_are_sorted_said_once_and_cut_at_200() -> None:
    many = [Problem(file="f", line=line, column=1, path="", message="m") for line in range(250, 0, -1)] * 2

    lines = [str(problem) for problem in BrokenConfigError(many).problems]

    assert (lines[0], lines[199], lines[200:]) == ("f:1:1: m", "f:200:1: m", ["and 50 more problems"])


def test_suites_are_loaded_by_built_in_name_or_path(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_bytes((SHIPPED / "flow.yaml").read_bytes())

    plans = load_suites(["builtin:good", "mine.yaml", "builtin:good"], tmp_path, shipped=SHIPPED)

    assert [plan.suite for plan in plans] == ["good", "flow"]


def test_a_suite_without_profiles_has_all_its_rules_speak_of() -> None:
    assert load_suites(["builtin:flow"], Path(), shipped=SHIPPED)[0].profiles == ("stream",)


def test_a_configuration_given_as_a_suite_gets_a_hint(tmp_path: Path) -> None:
    write(tmp_path, TARGET)

    with pytest.raises(ConfigError) as caught:
        load_suites(["wnmon.yaml", "builtin:gd"], tmp_path, shipped=SHIPPED)

    assert [str(one).replace(f"{tmp_path}/", "") for one in caught.value.problems] == [
        'wnmon.yaml:1:1: this is a configuration, not a suite, use "wnmon check -c FILE --target NAME", '
        "or name a suite such as builtin:documented",
        'builtin:gd:1:1: no built-in file "gd", did you mean "good"?',
    ]


def test_a_suite_that_is_no_mapping_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "[]", "suite.yaml")

    with pytest.raises(ConfigError, match="expected a mapping, not an empty list"):
        load_suites(["suite.yaml"], tmp_path)


def test_a_suite_with_bad_profiles_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "suite: s\nprofiles: [1]\nrequests: {}\nrules: {}", "suite.yaml")

    with pytest.raises(ConfigError) as caught:
        load_suites(["suite.yaml"], tmp_path)

    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("name", "kind"), [("builtin:good", Plan), ("builtin:smoke", ConfigError), ("builtin:nope", ConfigError)]
)
def test_a_file_of_either_kind_is_told_apart_by_its_keys(name: str, kind: type) -> None:
    try:
        loaded: object = load_any(name, ENV, shipped=SHIPPED)
    except ConfigError as error:
        loaded = error

    assert isinstance(loaded, kind)


def test_a_broken_suite_given_as_either_kind_is_explained(tmp_path: Path) -> None:
    path = write(tmp_path, "suite: s\nrequests: {}\nrules: {}", "suite.yaml")

    with pytest.raises(ConfigError, match="requests"):
        load_any(str(path), ENV)


def test_a_missing_file_of_either_kind_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_any(str(tmp_path / "x.yaml"), ENV)


def test_the_starter_file_is_valid_once_the_key_is_set(tmp_path: Path) -> None:
    path = write(tmp_path, starter())

    found = load_config(path, {"WN_API_KEY": "sk-0123456789"})

    assert [probe.id for probe in found.probes] == [
        "wn/alive/claude-3-5-sonnet-20241022",
        "wn/contract/claude-3-5-sonnet-20241022",
    ]


def test_every_file_that_comes_with_wnmon_is_valid() -> None:
    suites = [f"builtin:{name}" for name in shipped_files(shipped_folder()) if name != "smoke"]

    assert len(load_suites(suites, Path())) == len(suites)


def test_the_included_smoke_check_is_valid(tmp_path: Path) -> None:
    path = write(tmp_path, f"{TARGET}include: [builtin:smoke]")

    assert names(load_config(path, {}))


def test_a_broken_built_in_suite_is_told_where_all_are_asked_for(tmp_path: Path) -> None:
    write(tmp_path, "suite: mine\nrules: 3\n", "mine.yaml")

    with pytest.raises(ConfigError) as wrong:
        built_in_suites(shipped=tmp_path)

    assert all(str(tmp_path / "mine.yaml") in str(problem) for problem in wrong.value.problems)


def test_one_process_measures_unless_more_are_asked_for(tmp_path: Path) -> None:
    assert (config(tmp_path, TARGET).sensors, config(tmp_path, f"{TARGET}sensors: 3").sensors) == (1, 3)


def test_results_are_kept_as_long_as_is_said_and_else_by_default(tmp_path: Path) -> None:
    kept = config(tmp_path, f"{TARGET}retention: {{runs: 7d}}").retention

    assert kept == Retention(runs_s=7 * 86_400, hours_s=35 * 86_400, days_s=800 * 86_400)


@pytest.mark.parametrize(("text", "expected"), [("", "UTC"), ("timezone: Asia/Shanghai", "Asia/Shanghai")])
def test_a_day_is_one_of_the_zone_that_is_named_and_else_of_utc(tmp_path: Path, text: str, expected: str) -> None:
    assert str(config(tmp_path, f"{TARGET}{text}").zone) == expected


def test_a_guard_is_an_address_and_no_more(tmp_path: Path) -> None:
    read = config(tmp_path, f'{TARGET}guard: ["https://example.org", "http://[::1]:8080/"]')

    assert read.guard == ("https://example.org", "http://[::1]:8080")

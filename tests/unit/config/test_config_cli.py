"""`wnmon validate`, `wnmon schema` and `wnmon init`, and how fast a large file is validated."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from config_samples import GOLDEN, TARGET, write

from wnmon.cli import init, schema, validate
from wnmon.config.schema import language
from wnmon.config.starter import starter
from wnmon.errors import ConfigError, UsageError

CHECK = """  check-{n}:
    every: 15m
    timeout: {{connect: 10s, total: 45s}}
    prompt: "Reply with only: {{{{nonce}}}} number {n}"
    request: {{stream: true, max_tokens: 64, temperature: 0}}
    labels: {{env: production}}
    expect: {{status: 200, stream: complete, ttft: {{degraded: 2s, failed: 10s}}, content: {{contains: "pong"}}}}
"""


def test_validate_prints_counts_urls_and_cost(tmp_path: Path) -> None:
    path = write(tmp_path, f"{TARGET}checks: {{c: {{prompt: abcd, request: {{max_tokens: 10}}, every: 1h}}}}")

    result = CliRunner().invoke(validate.command, [str(path)])

    assert result.output.splitlines()[:5] == [
        f"{path}: OK, 1 target, 1 check, 1 probe",
        "  wn: https://relay.example/v1/chat/completions",
        "",
        "target  check  requests/day  tokens/day  requests/month  tokens/month",
        "wn      c                24         720             720        21,600",
    ]


def test_validate_of_targets_alone_has_no_cost_to_print(tmp_path: Path) -> None:
    path = write(tmp_path, TARGET)

    result = CliRunner().invoke(validate.command, [str(path)])

    assert result.output == (
        f"{path}: OK, 1 target, 0 checks, 0 probes\n  wn: https://relay.example/v1/chat/completions\n"
    )


def unset(name: str, tmp_path: Path) -> Result:
    path = write(
        tmp_path, f"targets: {{wn: {{base_url: 'https://relay.example', api_key: '${{{name}}}', models: [m]}}}}"
    )
    return CliRunner().invoke(validate.command, [str(path)])


def test_validate_passes_a_file_whose_key_is_not_here_and_says_so(tmp_path: Path) -> None:
    result = unset("NOBODY_S_API_KEY", tmp_path)

    assert (result.exit_code, "OK, 1 target" in result.stdout) == (0, True)
    assert "wnmon.yaml:1:60 targets.wn.api_key: the environment variable NOBODY_S_API_KEY is not set" in result.stderr


def test_validate_refuses_a_variable_that_is_not_set_and_of_no_key(tmp_path: Path) -> None:
    assert isinstance(unset("NO_SUCH_VARIABLE", tmp_path).exception, ConfigError)


def key_file(name: str, tmp_path: Path) -> Result:
    path = write(
        tmp_path, f"targets: {{wn: {{base_url: 'https://relay.example', api_key: {{file: '{name}'}}, models: [m]}}}}"
    )
    return CliRunner().invoke(validate.command, [str(path)])


def test_validate_passes_a_file_whose_key_is_mounted_elsewhere_and_says_so(tmp_path: Path) -> None:
    result = key_file("/nowhere/secrets/relay", tmp_path)

    assert (result.exit_code, "OK, 1 target" in result.stdout) == (0, True)
    assert "targets.wn.api_key.file: no such file" in result.stderr


def test_validate_refuses_a_key_in_the_place_of_its_file(tmp_path: Path) -> None:
    assert isinstance(key_file("sk-4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c", tmp_path).exception, ConfigError)


def test_validate_refuses_an_empty_file_of_a_key(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()

    assert isinstance(key_file("empty", tmp_path).exception, ConfigError)


def test_validate_shows_an_unset_key_beside_what_is_wrong(tmp_path: Path) -> None:
    path = write(tmp_path, "targets: {wn: {base_url: nowhere, api_key: '${NOBODY_S_API_KEY}', models: [m]}}")
    error = CliRunner().invoke(validate.command, [str(path)]).exception

    assert isinstance(error, ConfigError)
    assert ["NOBODY_S_API_KEY" in str(one) for one in error.problems] == [False, True]


def test_validate_accepts_a_suite() -> None:
    path = GOLDEN / "shipped" / "good.yaml"

    result = CliRunner().invoke(validate.command, [str(path)])

    assert result.output == f"{path}: OK, suite good, 3 requests, 6 rules\n"


def test_validate_shows_the_problems_of_all_files(tmp_path: Path) -> None:
    paths = [write(tmp_path, "x: 1", name) for name in ("a.yaml", "b.yaml")]

    result = CliRunner().invoke(validate.command, [str(path) for path in paths])

    assert isinstance(result.exception, ConfigError)
    assert [str(problem).split(":")[0] for problem in result.exception.problems] == [str(path) for path in paths]


def test_validate_looks_for_wnmon_yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(validate.command, [])

    assert str(result.exception) == 'wnmon.yaml:1:1: no such file, "wnmon init" writes a first one'


@pytest.mark.parametrize(("arguments", "suite"), [([], False), (["--suite"], True)])
def test_schema_prints_the_schema(arguments: list[str], suite: bool) -> None:
    result = CliRunner().invoke(schema.command, arguments)

    assert json.loads(result.output) == language(suite=suite)


def test_init_prints_the_starter_file() -> None:
    assert CliRunner().invoke(init.command, []).output == starter()


def test_init_writes_the_starter_file(tmp_path: Path) -> None:
    CliRunner().invoke(init.command, [str(tmp_path / "new.yaml")])

    assert (tmp_path / "new.yaml").read_text("utf-8") == starter()


def test_init_never_overwrites(tmp_path: Path) -> None:
    path = write(tmp_path, "mine")

    result = CliRunner().invoke(init.command, [str(path)])

    assert (isinstance(result.exception, UsageError), path.read_text("utf-8")) == (True, "mine")


def test_init_explains_a_folder_that_is_not_there(tmp_path: Path) -> None:
    result = CliRunner().invoke(init.command, [str(tmp_path / "none" / "new.yaml")])

    assert str(result.exception) == f"{tmp_path}/none/new.yaml cannot be written: no such file or directory"


def test_a_thousand_checks_are_validated_sooner_than_pyyaml_alone_reads_them(tmp_path: Path) -> None:
    """The processor's time of a fresh process, the best of three in turn."""
    path = write(tmp_path, f"{TARGET}checks:\n" + "".join(CHECK.format(n=f"{n:04}") for n in range(1000)))
    load = f"import yaml; yaml.load(open({str(path)!r}), yaml.SafeLoader)"

    pairs = [
        (
            _processor_s([sys.executable, "-m", "wnmon", "validate", str(path)]),
            _processor_s([sys.executable, "-c", load]),
        )
        for _ in range(3)
    ]
    validate_s, read_s = map(min, zip(*pairs, strict=True))

    assert path.stat().st_size > 270 * 1024
    assert validate_s < read_s


def _processor_s(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

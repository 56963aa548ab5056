"""A waiver of a rule that no suite has is warned of: it is likely misspelt, and excuses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_samples import ENV, SHIPPED, config, write

from wnmon.cli.validate import describe
from wnmon.config.named_target import named_by_config
from wnmon.config.sources import Sources
from wnmon.config.suite import Suites

SUITE = """
suite: mine
requests:
  r: {prompt: hi}
rules:
  OUR-001:
    "on": r
    levels: {ours: MUST}
    says: {en: the status is 200, zh: 状态码为 200}
    source: us
    expect: {status: 200}
"""
CHECKS = "checks:\n  mine: {suite: ./mine.yaml, every: 1h}\n"


def waiving(*rules: str) -> str:
    """Return a configuration whose target waives these rules."""
    waivers = ", ".join(f"{{rule: {rule}, reason: known, until: 2999-01-01}}" for rule in rules)
    return (
        "targets:\n  wn:\n    base_url: https://relay.example\n    api_key: ${KEY}\n    models: [m]\n"
        f"    waive: [{waivers}]\n"
    )


def warned(folder: Path, text: str) -> list[str]:
    return [one.rule for one in config(folder, text).unknown_waivers]


def test_a_waiver_of_a_rule_nobody_has_is_warned_of(tmp_path: Path) -> None:
    assert warned(tmp_path, waiving("ZZZ-001", "GOOD-003")) == ["ZZZ-001"]


def test_a_rule_of_a_suite_the_configuration_names_is_known(tmp_path: Path) -> None:
    write(tmp_path, SUITE, "mine.yaml")

    assert warned(tmp_path, waiving("OUR-001") + CHECKS) == []


def test_a_rule_of_a_suite_the_configuration_does_not_name_is_not_known(tmp_path: Path) -> None:
    assert warned(tmp_path, waiving("OUR-001")) == ["OUR-001"]


@pytest.mark.parametrize(
    ("rule", "hint"), [("GOOD-03", 'did you mean "GOOD-003"?'), ("QQQ-999", "is it misspelt, or of a suite")]
)
def test_the_warning_says_where_the_waiver_stands_and_what_may_be_meant(tmp_path: Path, rule: str, hint: str) -> None:
    said = describe("wnmon.yaml", config(tmp_path, waiving(rule)))

    assert (
        f'wnmon.yaml:6:20 targets.wn.waive[0].rule: the waiver excuses nothing: no suite has a rule "{rule}", {hint}'
        in said
    )


def test_what_is_looked_up_for_a_warning_is_no_file_of_the_configuration() -> None:
    suites = Suites(Sources(SHIPPED))

    assert ("GOOD-001" in suites.built_in_rules(), suites.sources.files) == (True, ())


def test_a_check_is_told_of_the_waivers_of_its_own_target(tmp_path: Path) -> None:
    file = write(
        tmp_path, waiving("DOC-09") + waiving("ZZZ-001").removeprefix("targets:\n").replace("  wn:", "  b:", 1)
    )

    assert named_by_config(file, "wn", (), ENV).unknown_waivers == {"DOC-09": "DOC-019"}

"""pytest as the judge of a relay: `pytest --wnmon-suite builtin:documented` makes one test of every rule.

pytest imports this module at every start where wnmon is installed, also where nobody asks for it. So it imports nothing
of wnmon: whatever makes tests is loaded once a suite is asked for.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import pytest


class _Option(NamedTuple):
    """An option `--wnmon-NAME`, and the entry `wnmon_NAME` of the ini file that stands in for it."""

    name: str
    help: str
    kind: Literal["string", "linelist", "bool"] = "string"
    metavar: str | None = None


OPTIONS = (
    _Option("suite", "Make a test of every rule of this suite: builtin:NAME or a file.", "linelist", "SUITE"),
    _Option(
        "base-url",
        "The relay: host, /v1 or the full path. Its key is read from WNMON_API_KEY, then OPENAI_API_KEY.",
        metavar="URL",
    ),
    _Option("model", "The models to ask (with a configuration: only these of the target's).", "linelist", "NAME"),
    _Option("config", "Take the target from this configuration of wnmon.", metavar="FILE"),
    _Option("target", "Which target of the configuration.", metavar="NAME"),
    _Option("profile", "Judge this profile instead of the suite's own.", "linelist", "NAME"),
    _Option("feature", "The relay claims this, such as tools.", "linelist", "NAME"),
    _Option(
        "patience",
        "Wait this long in all for the relay's limits of rate: 2m unless given, 0 for not at all.",
        metavar="DURATION",
    ),
    _Option("full", "Also send risky requests; a relay may ban a key or an address for them.", "bool"),
    _Option("strict", "A broken SHOULD fails its test.", "bool"),
    _Option("lang", "Language of sentences and reports: en or zh.", metavar="en|zh"),
)

MARKERS = (
    "wnmon(rule, suite, level, model): a rule of a suite of wnmon, judged on a relay",
    "wnmon_must: a rule that binds",
    "wnmon_should: a rule that binds with --wnmon-strict",
    "wnmon_may: a rule that never binds",
    "wnmon_info: a rule that only notes",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, each also as an entry of the ini file."""
    group = parser.getgroup("wnmon", "wnmon: judge a relay, one test per rule")
    for option in OPTIONS:
        flag = f"--wnmon-{option.name}"
        if option.kind == "bool":
            group.addoption(flag, action="store_true", help=option.help)
        else:
            action = "append" if option.kind == "linelist" else "store"
            group.addoption(flag, action=action, metavar=option.metavar, help=option.help)
        parser.addini(f"wnmon_{option.name.replace('-', '_')}", option.help, type=option.kind)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers; load what makes tests where a suite is asked for."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    asked = ("suite", "base_url", "config")
    if any(config.getoption(f"wnmon_{name}") for name in asked) or config.getini("wnmon_suite"):
        from wnmon.pytest_plugin.tests import RuleTests

        config.pluginmanager.register(RuleTests(config), "wnmon-rules")

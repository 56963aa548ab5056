"""YAML text -> probes and plans. The one owner of yaml; every problem of every file is reported at once.

`load_config` for a configuration, `load_suites` and `built_in_suites` for suites, `load_any` for a file that may be
either, `load_web_config` for who may reach the pages; `adhoc_target` for a relay named on the command line; `narrow`
for the rules that count; `plan_spend` for what it all costs; `never_missed` for objectives that say nothing.

Each is imported when it is first asked for: whoever wants to know where the built-in files are needs none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wnmon.config.problems import BrokenConfigError
    from wnmon.config.reading import built_in_suites, load_any, load_config, load_suites
    from wnmon.config.resolve import Config
    from wnmon.config.select import narrow
    from wnmon.config.slos import never_missed
    from wnmon.config.spend import Spend, plan_spend
    from wnmon.config.spend_table import render
    from wnmon.config.suite import profiles_of
    from wnmon.config.targets import adhoc_target
    from wnmon.config.web_config import load_web_config

__all__ = [
    "BrokenConfigError",
    "Config",
    "Spend",
    "adhoc_target",
    "built_in_suites",
    "load_any",
    "load_config",
    "load_suites",
    "load_web_config",
    "narrow",
    "never_missed",
    "plan_spend",
    "profiles_of",
    "render",
]

_ROOMS: Mapping[str, str] = {
    "BrokenConfigError": "problems",
    "Config": "resolve",
    "Spend": "spend",
    "adhoc_target": "targets",
    "built_in_suites": "reading",
    "load_any": "reading",
    "load_config": "reading",
    "load_suites": "reading",
    "load_web_config": "web_config",
    "narrow": "select",
    "never_missed": "slos",
    "plan_spend": "spend",
    "profiles_of": "suite",
    "render": "spend_table",
}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)

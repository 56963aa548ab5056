"""Whatever stands in a file, loading it ends in a configuration or in problems with a place."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from config_samples import ENV, KEY, SHIPPED, write
from hypothesis import given, settings
from hypothesis import strategies as st

from wnmon.config import load_any, plan_spend, render
from wnmon.config.schema import language
from wnmon.errors import ConfigError
from wnmon.model.check import Plan

_NAMES = sorted(
    {name for part in language()["$defs"].values() for name in part.get("properties", {})} | {"wn", "m", "A-1"}
)
_SCALARS = st.sampled_from(
    [
        None,
        True,
        0,
        1,
        2.5,
        -1,
        "",
        "on",
        "off",
        "2s",
        "1h",
        "text",
        "wn",
        "m",
        "MUST",
        "A-1",
        "4xx",
        "${KEY}",
        "${X}",
        "${",
        "builtin:good",
        "builtin:flow",
        "builtin:smoke",
        "https://relay.example",
        "documented",
        "stream",
        "complete",
        "a/b",
        "/a",
    ]
)
_ANY = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=5),
    max_leaves=15,
)
_TARGET = {"base_url": "https://relay.example", "models": ["m"]}


def _variants(part: str, base: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return good members of a part of the language, some of them replaced by anything."""
    return st.dictionaries(st.sampled_from(sorted(language()["$defs"][part]["properties"])), _ANY, max_size=4).map(
        lambda wild: {**base, **wild}
    )


_CONFIGS = st.fixed_dictionaries(
    {
        "targets": st.fixed_dictionaries({"wn": _variants("target", _TARGET)}),
        "checks": st.fixed_dictionaries({"c": _variants("check", {})}),
    },
    optional={"defaults": _ANY, "include": _ANY, "concurrency": _ANY},
)
_RULE = {"on": "a", "levels": {"p": "MUST"}, "says": {"en": "x"}, "source": "y", "expect": {"status": 200}}
_SUITES = st.fixed_dictionaries(
    {
        "suite": st.just("s") | _ANY,
        "requests": st.fixed_dictionaries({"a": _variants("suite_request", {"prompt": "a"})}) | _ANY,
        "rules": st.fixed_dictionaries({"A-1": _variants("rule", _RULE), "A-2": _variants("rule", _RULE)}) | _ANY,
    },
    optional={"profiles": _ANY},
)


@settings(max_examples=200, deadline=None)
@given(document=_CONFIGS | _SUITES | _ANY)
def test_no_document_crashes(document: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        said = _said(write(Path(folder), json.dumps(document)))

    assert said
    assert not [line for line in said if KEY in line or not line.startswith(folder)]


def _said(path: Path) -> tuple[str, ...]:
    """Return the problems of a file, or for a good one its cost, after its path."""
    try:
        loaded = load_any(str(path), ENV, shipped=SHIPPED)
    except ConfigError as error:
        return tuple(map(str, error.problems))
    return (f"{path} {loaded.suite if isinstance(loaded, Plan) else render(plan_spend(loaded))}",)

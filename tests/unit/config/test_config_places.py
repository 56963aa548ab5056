"""Places of compared answers: each must lie in a request of the suite."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_samples import write

from wnmon.config import load_suites
from wnmon.errors import ConfigError

SUITE = """\
suite: mine
requests: {plain: {prompt: hello}, again: {prompt: hello}}
rules:
  HOUSE-001:
    levels: {house: MUST}
    says: {en: answers agree}
    source: us
    expect: {EXPECT}
"""


def load(folder: Path, expect: str) -> None:
    load_suites([str(write(folder, SUITE.replace("EXPECT", expect), "mine.yaml"))], folder)


@pytest.mark.parametrize(
    ("expect", "place"),
    [
        ("same: [plain/id, agian/id]", "same[1]"),
        ("same: {of: [plain/id, agian/id], where: [plain/model, again/model]}", "same.of[1]"),
        ("same: {of: [plain/id, again/id], where: [agian/model, again/model]}", "same.where[0]"),
        ("grows_evenly: {of: [agian/n, again/n], tolerance: 0.2}", "grows_evenly.of[0]"),
        ("as_readable: [plain, agian]", "as_readable[1]"),
    ],
)
def test_a_place_in_an_unknown_request_is_reported_where_it_stands(tmp_path: Path, expect: str, place: str) -> None:
    with pytest.raises(ConfigError) as broken:
        load(tmp_path, expect)

    assert f"rules.HOUSE-001.expect.{place}: unknown request" in str(broken.value)


@pytest.mark.parametrize(
    "expect",
    [
        "same: {of: [plain/id, again/id], where: [plain/model, again/model]}",
        "grows_evenly: {of: [plain/n, again/n], tolerance: 0.2}",
        "as_readable: [plain, again]",
    ],
)
def test_places_in_known_requests_are_taken(tmp_path: Path, expect: str) -> None:
    load(tmp_path, expect)
